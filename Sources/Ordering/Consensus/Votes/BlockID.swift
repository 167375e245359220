/// The id of a block, 32 bytes: what the committee agrees on, see `ExtendedHeaderFormat`. Four words, so that comparing costs nothing.
package struct BlockID: Hashable, Sendable, CustomStringConvertible {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// - Returns: nil for another length than 32.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 { bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        self.words = (word(0), word(1), word(2), word(3))
    }

    /// An id made of one number, for worlds whose blocks are numbers.
    package init(number: UInt64) {
        self.words = (0, 0, 0, number)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for word in [self.words.0, self.words.1, self.words.2, self.words.3] { bytes.append(bigEndian: word) }
        return bytes
    }

    /// The last word: the number of `init(number:)`.
    package var number: UInt64 { self.words.3 }

    package var description: String {
        let digits = Array("0123456789abcdef")
        return String(self.bytes.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    package static func == (left: BlockID, right: BlockID) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.words.3)
        hasher.combine(self.words.0)
    }
}
