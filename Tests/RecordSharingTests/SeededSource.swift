import CryptoPrimitives

/// Reproducible randomness for tests (SplitMix64); never for keys outside tests.
struct SeededSource: RandomSource, RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func bytes(count: Int) -> [UInt8] {
        (0..<max(0, count)).map { _ in UInt8(truncatingIfNeeded: next() >> 24) }
    }
}

/// A byte repeated, as hexadecimal text.
func hex(_ byte: String, _ count: Int) -> String { String(repeating: byte, count: count) }
