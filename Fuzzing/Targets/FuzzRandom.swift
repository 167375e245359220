import CryptoPrimitives

/// Numbers that follow from a seed: SplitMix64, one word of state. Not for keys of anything real.
package struct FuzzRandom: RandomNumberGenerator, RandomSource, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var word = self.state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

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
