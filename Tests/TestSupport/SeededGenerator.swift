import CryptoPrimitives
import Foundation

/// A random number generator whose whole sequence follows from one number, so that a failed run can be repeated.
///
/// The sequence is xoshiro256**, its four words drawn from the seed by SplitMix64. It is not fit for keys outside of tests.
/// Setting `SELVAGE_SEED` in the environment replaces the seed of every generator made with `init(seed:)`.
package struct SeededGenerator: RandomNumberGenerator, Sendable, CustomStringConvertible {
    /// The seed in use, after the environment had its say.
    package let seed: UInt64
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// The seed that `SELVAGE_SEED` asks for, when it holds a decimal number.
    package static let seedOfEnvironment: UInt64? = ProcessInfo.processInfo.environment["SELVAGE_SEED"].flatMap { UInt64($0) }

    /// Starts the sequence of a seed.
    package init(seed: UInt64) {
        self.init(exactSeed: Self.seedOfEnvironment ?? seed)
    }

    /// Starts the sequence of exactly this seed, whatever the environment says; for tests that pin bytes.
    package init(exactSeed seed: UInt64) {
        self.seed = seed
        var filling = SplitMix64(seed: seed)
        self.state = (filling.next(), filling.next(), filling.next(), filling.next())
    }

    package mutating func next() -> UInt64 {
        let product = self.state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = self.state.1 << 17
        self.state.2 ^= self.state.0
        self.state.3 ^= self.state.1
        self.state.1 ^= self.state.2
        self.state.0 ^= self.state.3
        self.state.2 ^= shifted
        self.state.3 = self.state.3 << 45 | self.state.3 >> 19
        return result
    }

    /// The next bytes of the sequence: words in little-endian order, the unused bytes of the last word dropped.
    package mutating func bytes(count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            var word = self.next()
            for _ in 0..<min(8, count - bytes.count) {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return bytes
    }

    /// What a failed expectation should print: how to run this sequence again.
    package var description: String {
        "SELVAGE_SEED=\(self.seed)"
    }
}
