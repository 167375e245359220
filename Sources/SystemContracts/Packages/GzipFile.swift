/// Unpacks gzip files (RFC 1952) of one or more members.
enum GzipFile {
    /// The content, at most `limit` bytes.
    static func content(_ file: [UInt8], limit: Int) throws(ChaincodePackageError) -> [UInt8] {
        var content: [UInt8] = []
        var position = 0
        repeat {
            var inflate = Inflate(file, from: try endOfHeader(file, at: position), limit: limit - content.count)
            position = try inflate.run()
            guard file.count - position >= 8 else { throw .gzip(reason: "it ends before its check sum") }
            let trailer = file[position..<(position + 8)]
            guard number(trailer.prefix(4)) == CRC32.checksum(inflate.output),
                number(trailer.suffix(4)) == UInt32(truncatingIfNeeded: inflate.output.count)
            else { throw .gzip(reason: "its check sum is wrong") }
            position += 8
            content += inflate.output
        } while position < file.count
        return content
    }

    /// Where the compressed data of the member that begins at a position begin.
    private static func endOfHeader(_ file: [UInt8], at start: Int) throws(ChaincodePackageError) -> Int {
        guard file.count - start >= 18, file[start] == 0x1f, file[start + 1] == 0x8b, file[start + 2] == 8 else {
            throw .gzip(reason: "it does not begin as one")
        }
        let flags = file[start + 3]
        guard flags & 0xe0 == 0 else { throw .gzip(reason: "its header has unknown flags") }
        var position = start + 10
        if flags & 4 != 0 {
            guard file.count - position >= 2 else { throw .gzip(reason: "its header is cut short") }
            position += 2 + Int(file[position]) + Int(file[position + 1]) << 8
        }
        // A name and a comment, each up to a zero.
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard position < file.count, let zero = file[position...].firstIndex(of: 0) else { throw .gzip(reason: "its header is cut short") }
            position = zero + 1
        }
        if flags & 2 != 0 { position += 2 }
        guard position <= file.count else { throw .gzip(reason: "its header is cut short") }
        return position
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// The check sum of gzip files.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
}
