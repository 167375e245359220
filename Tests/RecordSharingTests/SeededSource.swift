import CryptoPrimitives

/// Reproducible randomness for tests; never for keys outside tests.
struct SeededSource: RandomSource, RandomNumberGenerator {
    private var numbers: SplitMix64

    init(_ seed: UInt64) { numbers = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { numbers.next() }

    mutating func bytes(count: Int) -> [UInt8] {
        (0..<max(0, count)).map { _ in UInt8(truncatingIfNeeded: next() >> 24) }
    }
}

/// A byte repeated, as hexadecimal text.
func hex(_ byte: String, _ count: Int) -> String { String(repeating: byte, count: count) }
