/// Counts the elements of a DER text without taking it apart.
///
/// The parser makes a list of all of them first, some 64 bytes for each, and the shortest has two bytes: a text of nothing but those would take a
/// hundred times its size. No certificate or revocation list looks like that; the densest part of one, a name, has three bytes for each element.
/// Nor has one an object identifier of hundreds of numbers, each of which is written out wherever a name is shown or compared.
enum DERElements {
    /// How many may be there whatever the size.
    private static let least = 64
    private static let bytesPerElement = 4
    /// Bytes of an object identifier; those in use have fewer than 20.
    private static let identifierBytes = 64
    private static let identifierTag: UInt8 = 0x06

    /// Whether there are no more than an object of this size has, and no object identifier is longer than any in use.
    static func arePlain(in der: [UInt8]) -> Bool {
        let limit = Self.least + der.count / Self.bytesPerElement
        var (position, count) = (0, 0)
        while position < der.count {
            count += 1
            guard count <= limit else { return false }
            let tag = der[position]
            // What does not add up ends here; the parser says so.
            guard let length = Self.header(of: der, &position) else { return true }
            if tag == Self.identifierTag, length > Self.identifierBytes { return false }
            position += length
        }
        return true
    }

    /// Steps over tag and length, and says how far the next element is from there: the first one inside, or the one behind.
    private static func header(of der: [UInt8], _ position: inout Int) -> Int? {
        let tag = der[position]
        position += 1
        if tag & 0x1F == 0x1F {
            while position < der.count, der[position] & 0x80 != 0 { position += 1 }
            position += 1
        }
        guard position < der.count else { return nil }
        let first = Int(der[position])
        position += 1
        var length = first
        if first >= 0x80 {
            let digits = first & 0x7F
            guard (1...4).contains(digits), position + digits <= der.count else { return nil }
            length = der[position..<position + digits].reduce(0) { $0 << 8 | Int($1) }
            position += digits
        }
        let isConstructed = tag & 0x20 != 0
        return isConstructed ? 0 : length
    }
}
