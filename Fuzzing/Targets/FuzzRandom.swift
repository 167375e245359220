import CryptoPrimitives

/// The choices of a fuzzing run, which all follow from its seed.
package struct FuzzRandom: RandomNumberGenerator, RandomSource, Sendable {
    private var numbers: SplitMix64

    package init(seed: UInt64) {
        self.numbers = SplitMix64(seed: seed)
    }

    package mutating func next() -> UInt64 { self.numbers.next() }

    package mutating func bytes(count: Int) -> [UInt8] {
        (0..<max(0, count)).map { _ in UInt8(truncatingIfNeeded: self.next()) }
    }

    /// A number from 0 up to and without `bound`; 0 when there is none.
    package mutating func below(_ bound: Int) -> Int {
        bound > 1 ? Int(self.next(upperBound: UInt64(bound))) : 0
    }

    /// True once in so many times.
    package mutating func oneIn(_ count: Int) -> Bool { self.below(count) == 0 }

    /// One of the elements; nil when there are none.
    package mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[self.below(elements.count)]
    }
}
