import CryptoPrimitives

/// The choices of one synthetic record, which all follow from a seed and the record's number.
///
/// The sequence is SplitMix64, started from the first eight bytes of SHA-256("selvage synthetic record" || seed || number), both numbers in
/// eight bytes, big-endian. Records of one seed are therefore independent of each other. It chooses made-up facts and is no source of keys.
struct SyntheticDraws {
    private var numbers: SplitMix64

    init(seed: UInt64, number: UInt64) {
        let digest = SHA256.hash(Array("selvage synthetic record".utf8) + Self.bigEndian(seed) + Self.bigEndian(number))
        self.numbers = SplitMix64(seed: digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    mutating func next() -> UInt64 { self.numbers.next() }

    /// A number of the range; the slight preference that comes from the remainder does not matter here.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(self.next() % UInt64(range.count))
    }

    mutating func choice<Element>(of elements: [Element]) -> Element {
        elements[self.number(in: 0...(elements.count - 1))]
    }

    /// A version 4 UUID (RFC 9562) in lower-case text.
    mutating func uuid() -> String {
        var bytes = Self.bigEndian(self.next()) + Self.bigEndian(self.next())
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Base16.encode(bytes)
        var text = ""
        for (index, character) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(character)
        }
        return text
    }

    private static func bigEndian(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }
}
