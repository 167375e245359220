import CryptoPrimitives

/// Choices that follow from a number alone, for the writer process, which does without Foundation to start quickly.
package struct SeededChoices: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    package init(seed: UInt64) { self.numbers = SplitMix64(seed: seed) }

    package mutating func next() -> UInt64 { self.numbers.next() }

    /// Bytes that look random.
    package mutating func bytes(count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = self.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return Array(bytes.prefix(count))
    }
}
