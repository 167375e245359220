import CryptoPrimitives

/// Random bytes that follow from a seed, for code that takes a source of randomness and for tests that must repeat.
package struct SeededRandomSource: RandomSource, Sendable, CustomStringConvertible {
    private var generator: SeededGenerator

    /// Starts the sequence of a seed, which `SELVAGE_SEED` replaces.
    package init(seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
    }

    /// Starts the sequence of exactly this seed; for tests that pin bytes.
    package init(exactSeed seed: UInt64) {
        self.generator = SeededGenerator(exactSeed: seed)
    }

    package mutating func bytes(count: Int) -> [UInt8] {
        self.generator.bytes(count: count)
    }

    /// How to run this sequence again.
    package var description: String {
        self.generator.description
    }
}
