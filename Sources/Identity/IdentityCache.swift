/// Verdicts by identity bytes, at most `capacity` of them; the oldest gives way.
struct IdentityCache: ~Copyable {
    /// The bytes of an identity, hashed all at once: an array's own hash takes its elements one by one, and these are some 800.
    private struct Key: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) {
            self.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private let capacity: Int
    private var verdicts: [Key: Result<VerifiedIdentity, IdentityError>] = [:]
    private var order: [Key] = []
    private var oldest = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { self.verdicts.count }

    func verdict(on identity: [UInt8]) -> Result<VerifiedIdentity, IdentityError>? { self.verdicts[Key(bytes: identity)] }

    mutating func remember(_ verdict: Result<VerifiedIdentity, IdentityError>, on identity: [UInt8]) {
        let key = Key(bytes: identity)
        guard self.verdicts.updateValue(verdict, forKey: key) == nil else { return }
        if self.order.count < self.capacity {
            self.order.append(key)
        } else {
            self.verdicts[self.order[self.oldest]] = nil
            self.order[self.oldest] = key
            self.oldest = (self.oldest + 1) % self.capacity
        }
    }
}
