/// Verdicts by identity bytes, at most `capacity` of them; the oldest gives way.
struct IdentityCache: ~Copyable {
    private let capacity: Int
    private var verdicts: [[UInt8]: Result<VerifiedIdentity, IdentityError>] = [:]
    private var order: [[UInt8]] = []
    private var oldest = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { self.verdicts.count }

    func verdict(on identity: [UInt8]) -> Result<VerifiedIdentity, IdentityError>? { self.verdicts[identity] }

    mutating func remember(_ verdict: Result<VerifiedIdentity, IdentityError>, on identity: [UInt8]) {
        guard self.verdicts.updateValue(verdict, forKey: identity) == nil else { return }
        if self.order.count < self.capacity {
            self.order.append(identity)
        } else {
            self.verdicts[self.order[self.oldest]] = nil
            self.order[self.oldest] = identity
            self.oldest = (self.oldest + 1) % self.capacity
        }
    }
}
