import CryptoPrimitives

/// Makes chaincode packages, good and bad ones.
package enum PackageMaker {
    /// A gzip file whose content is not compressed.
    package static func gzip(_ content: [UInt8]) -> [UInt8] {
        var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
        var rest = content[...]
        repeat {
            let part = rest.prefix(0xffff)
            rest = rest.dropFirst(part.count)
            let length = UInt16(part.count)
            file += [rest.isEmpty ? 1 : 0] + self.little(length) + self.little(~length) + part
        } while !rest.isEmpty
        return file + self.little(self.checksum(content)) + self.little(UInt32(truncatingIfNeeded: content.count))
    }

    /// 20,000 zeros.
    package static let bomb = Base64.decode("H4sIAAAAAAACA+3BMQEAAADCoPVPbQ0PoAAAAAAAAAAAAAAAAAAAAAAAAAB4MAJTL5cgTgAA")

    package static func tar(_ entries: [(name: String, kind: Character, content: [UInt8])]) -> [UInt8] {
        var archive: [UInt8] = []
        for entry in entries {
            var header = [UInt8](repeating: 0, count: 512)
            func put(_ text: String, _ offset: Int) { header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8) }
            func octal(_ number: Int, _ digits: Int) -> String {
                let text = String(number, radix: 8)
                return String(repeating: "0", count: digits - text.utf8.count) + text
            }
            put(entry.name, 0)
            put("0000644", 100)
            put(octal(entry.content.count, 11), 124)
            put(String(entry.kind), 156)
            put("ustar", 257)
            put("        ", 148)
            put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", 148)
            archive += header + entry.content
            while !archive.count.isMultiple(of: 512) { archive.append(0) }
        }
        return archive + [UInt8](repeating: 0, count: 1024)
    }

    /// A package of a chaincode that waits for peers.
    package static func service(label: String, connection: String, codeFile: String = "connection.json") -> [UInt8] {
        self.package(
            metadata: #"{"type": "ccaas", "label": "\#(label)"}"#, code: self.gzip(self.tar([(codeFile, "0", Array(connection.utf8))])))
    }

    package static func package(metadata: String = #"{"type": "ccaas", "label": "notes_1.0"}"#, code: [UInt8] = [1, 2, 3]) -> [UInt8] {
        self.gzip(self.tar([("metadata.json", "0", Array(metadata.utf8)), ("code.tar.gz", "0", code)]))
    }

    /// The check sum of gzip files (RFC 1952, 8), bit by bit: another way than the library's.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
        }
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
