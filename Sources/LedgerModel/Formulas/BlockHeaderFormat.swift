import CryptoPrimitives

/// The bytes of a block header that are hashed and signed (interop 4.7).
///
///     header  = 30 length number previous data          DER SEQUENCE
///     number  = 02 length value                         INTEGER, minimal two's complement: 128 is 02 02 00 80
///     previous, data = 04 length bytes                  OCTET STRING, empty is 04 00
///     length  = one byte below 128; else 81 n or 82 n n
package enum BlockHeaderFormat {
    /// The DER form of a header.
    package static func encode(number: BlockNumber, previousHash: [UInt8], dataHash: [UInt8]) -> [UInt8] {
        var content = self.element(tag: 0x02, self.integer(number.rawValue))
        content += self.element(tag: 0x04, previousHash)
        content += self.element(tag: 0x04, dataHash)
        return self.element(tag: 0x30, content)
    }

    private static func integer(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        repeat {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        } while rest > 0
        // A set top bit would read as a negative number.
        if let top = bytes.last, top >= 0x80 { bytes.append(0) }
        return bytes.reversed()
    }

    private static func element(tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var lengthBytes: [UInt8] = []
        var rest = content.count
        if rest < 0x80 {
            lengthBytes = [UInt8(rest)]
        } else {
            while rest > 0 {
                lengthBytes.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
            lengthBytes = [0x80 | UInt8(lengthBytes.count)] + lengthBytes.reversed()
        }
        return [tag] + lengthBytes + content
    }
}
