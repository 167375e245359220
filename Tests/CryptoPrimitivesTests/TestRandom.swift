import CryptoPrimitives

/// Repeatable bytes from a seed: SplitMix64.
struct TestRandom: RandomSource, RandomNumberGenerator {
    private var state: UInt64
    let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

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
