/// Reads tar archives (ustar) that are in memory.
enum TarArchive {
    /// One entry.
    struct Entry {
        let name: String
        /// Regular files have "0" or zero.
        let kind: UInt8
        let content: ArraySlice<UInt8>

        var isFile: Bool { kind == 0 || kind == UInt8(ascii: "0") }
    }

    private static let blockSize = 512

    static func entries(_ archive: [UInt8]) throws(ChaincodePackageError) -> [Entry] {
        var entries: [Entry] = []
        var position = 0
        while archive.count - position >= blockSize {
            let header = archive[position..<(position + blockSize)]
            // A block of zeros ends the archive.
            if header.allSatisfy({ $0 == 0 }) { return entries }
            guard entries.count < Limits.packageEntries else { throw .archive(reason: "it has more than \(Limits.packageEntries) entries") }
            guard checksum(header) == octal(header, 148, 8) else { throw .archive(reason: "the check sum of an entry is wrong") }
            guard let size = octal(header, 124, 12), size <= UInt64(archive.count - position - blockSize) else {
                throw .archive(reason: "an entry is longer than the archive")
            }
            let start = position + blockSize
            let end = start + Int(size)
            guard let name = name(of: header) else { throw .archive(reason: "the name of an entry is not UTF-8") }
            entries.append(Entry(name: name, kind: header[header.startIndex + 156], content: archive[start..<end]))
            position = min(archive.count, start + (Int(size) + blockSize - 1) / blockSize * blockSize)
        }
        guard !entries.isEmpty, position == archive.count else { throw .archive(reason: "it ends in the middle of an entry") }
        return entries
    }

    /// The sum of a header's bytes, the sum itself counted as spaces.
    private static func checksum(_ header: ArraySlice<UInt8>) -> UInt64 {
        header.enumerated().reduce(0) { $0 + UInt64((148..<156).contains($1.offset) ? UInt8(ascii: " ") : $1.element) }
    }

    /// A number in octal digits, ended by a space or zero; nil for anything else, also for the binary form of huge numbers.
    private static func octal(_ header: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> UInt64? {
        let field = header[(header.startIndex + offset)..<(header.startIndex + offset + length)]
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | UInt64($1 - UInt8(ascii: "0")) }
    }

    private static func name(of header: ArraySlice<UInt8>) -> String? {
        func text(_ offset: Int, _ length: Int) -> ArraySlice<UInt8> {
            header[(header.startIndex + offset)..<(header.startIndex + offset + length)].prefix { $0 != 0 }
        }
        let isUstar = text(257, 5).elementsEqual(Array("ustar".utf8))
        let prefix = isUstar ? text(345, 155) : []
        return String(validating: prefix.isEmpty ? Array(text(0, 100)) : Array(prefix) + [UInt8(ascii: "/")] + text(0, 100), as: UTF8.self)
    }
}
