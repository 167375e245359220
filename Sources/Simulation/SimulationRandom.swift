import CryptoPrimitives

/// The one source of luck of a world: xoshiro256**, its state filled by SplitMix64 from a seed. The same seed gives the same numbers for ever.
package struct SimulationRandom: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var filling = SplitMix64(seed: seed)
        self.state = (filling.next(), filling.next(), filling.next(), filling.next())
    }

    package mutating func next() -> UInt64 {
        func turned(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
        let result = turned(self.state.1 &* 5, 7) &* 9
        let shifted = self.state.1 << 17
        self.state.2 ^= self.state.0
        self.state.3 ^= self.state.1
        self.state.1 ^= self.state.2
        self.state.0 ^= self.state.3
        self.state.2 ^= shifted
        self.state.3 = turned(self.state.3, 45)
        return result
    }

    /// A number from 0 up to, not including, the bound; 0 for a bound of 0.
    package mutating func below(_ bound: UInt64) -> UInt64 { self.next().multipliedFullWidth(by: bound).high }

    mutating func below(_ bound: Int) -> Int { Int(self.below(UInt64(bound))) }

    /// True so many times in a thousand. A chance of 0 draws nothing.
    mutating func chance(_ perMille: UInt32) -> Bool { perMille > 0 && self.below(1000 as UInt64) < UInt64(perMille) }

    /// One of a list that is not empty.
    mutating func pick<Element>(_ list: [Element]) -> Element { list[self.below(list.count)] }
}
