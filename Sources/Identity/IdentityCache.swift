import LedgerModel

/// Verdicts by identity bytes, at most `capacity` of them; the oldest gives way.
struct IdentityCache: ~Copyable {
    /// The bytes of an identity with a hash of all of them, computed once for all memories that are asked.
    struct Key: Hashable {
        let bytes: [UInt8]
        private let hash: UInt64

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            self.hash = KeyedHash.ofThisProcess.hash(bytes)
        }

        static func == (left: Key, right: Key) -> Bool { left.hash == right.hash && ByteOrder.areEqual(left.bytes, right.bytes) }

        func hash(into hasher: inout Hasher) { hasher.combine(self.hash) }
    }

    private let capacity: Int
    private var verdicts: [Key: Result<VerifiedIdentity, IdentityError>] = [:]
    private var order: [Key] = []
    private var oldest = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { self.verdicts.count }

    func verdict(on identity: Key) -> Result<VerifiedIdentity, IdentityError>? { self.verdicts[identity] }

    mutating func remember(_ verdict: Result<VerifiedIdentity, IdentityError>, on identity: Key) {
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

/// A hash for tables over long byte strings, ten times as fast as the standard one for the 800 bytes of an identity.
///
/// Each 16 bytes are multiplied with two secret keys of this process, so nobody outside can prepare strings that collide. It decides nothing
/// but places in memory: what is found is compared byte by byte.
struct KeyedHash: Sendable {
    /// The standard library draws the seed of its own hash once for each process; these keys follow from it.
    static let ofThisProcess = KeyedHash(
        UInt64(bitPattern: Int64(Self.word(1))), UInt64(bitPattern: Int64(Self.word(2))), UInt64(bitPattern: Int64(Self.word(3))))

    private let first: UInt64
    private let second: UInt64
    private let start: UInt64

    init(_ first: UInt64, _ second: UInt64, _ start: UInt64) {
        self.first = first
        self.second = second
        self.start = start
    }

    func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { bytes in
            var state = self.start ^ UInt64(bytes.count)
            var offset = 0
            while offset + 16 <= bytes.count {
                state = self.mixed(
                    state, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
                offset += 16
            }
            var (low, high): (UInt64, UInt64) = (0, 0)
            for index in offset..<bytes.count {
                if index - offset < 8 { low = low << 8 | UInt64(bytes[index]) } else { high = high << 8 | UInt64(bytes[index]) }
            }
            return self.mixed(self.mixed(state, low, high), self.second, self.first)
        }
    }

    private func mixed(_ state: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64 {
        let product = (low ^ self.first ^ state).multipliedFullWidth(by: high ^ self.second)
        // The sum keeps the state when one factor happens to be zero.
        return product.high ^ product.low &+ state.rotated(by: 23)
    }

    private static func word(_ number: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(number)
        return hasher.finalize()
    }
}

extension UInt64 {
    fileprivate func rotated(by count: UInt64) -> UInt64 { self << count | self >> (64 - count) }
}
