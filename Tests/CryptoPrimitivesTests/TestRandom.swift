import CryptoPrimitives

/// Repeatable bytes from a seed.
struct TestRandom: RandomSource, RandomNumberGenerator {
    private var numbers: SplitMix64
    let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        numbers = SplitMix64(seed: seed)
    }

    mutating func next() -> UInt64 { numbers.next() }

    mutating func bytes(count: Int) -> [UInt8] {
        (0..<max(count, 0)).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// Bytes from hexadecimal test vectors; blanks are ignored, and a wrong digit gives bytes no expectation can match.
func hex(_ text: String) -> [UInt8] {
    Base16.decode(text.filter { !$0.isWhitespace }) ?? Array("not hexadecimal".utf8)
}

/// The bytes with one bit turned over.
func flipped(_ bytes: [UInt8], bit: Int) -> [UInt8] {
    var bytes = bytes
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    return bytes
}
