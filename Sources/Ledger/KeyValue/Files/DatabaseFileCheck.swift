/// Checks the files of a LevelDB database byte for byte, without opening it: every checksum, and that no byte is outside of one.
///
/// LevelDB itself reads a damaged filter as none, and drops the damaged end of a log, without a word; and it does not say where damage is.
///
///     CURRENT          "MANIFEST-" number newline
///     MANIFEST, *.log  blocks of 32 KiB of records; a block's last bytes that have no room for a record's head are zeros
///       record         crc4 length2 type1 bytes     type 1 whole, 2 first, 3 middle, 4 last; the crc covers type and bytes
///     *.ldb, *.sst     block* footer
///       block          bytes type1 crc4             type 0 plain, 1 Snappy; the crc covers bytes and type
///       footer         handle of the meta index, handle of the index, zeros up to 40 bytes, the magic number in 8
///       handle         varint(offset) varint(length without type and crc)
///
/// Numbers are little-endian, crcs are masked. The index and the meta index name all other blocks; together they cover the file without a gap.
package struct DatabaseFileCheck {
    private static let logBlockSizeBytes = 32 << 10
    private static let logHeadSizeBytes = 7
    private static let footerSizeBytes = 48
    private static let blockTrailerSizeBytes = 5
    private static let magic: [UInt8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

    private let folder: String
    /// The name of the folder in the ledger's.
    private let name: String
    private let kind: LedgerFinding.Kind
    private let files: any BlockFileIO
    package private(set) var findings: [LedgerFinding] = []
    /// Bytes of the database's files that were checked.
    package private(set) var checkedBytes: UInt64 = 0

    package init(folder: String, name: String = LedgerLayout.state, kind: LedgerFinding.Kind = .databaseFile, files: any BlockFileIO) {
        self.folder = folder
        self.name = name
        self.kind = kind
        self.files = files
    }

    /// Checks all files; what is wrong is in `findings`.
    package mutating func run() throws(FileError) {
        let names = try self.files.list(self.folder)
        for name in names {
            if name == "CURRENT" {
                try self.checkCurrent(names: names)
            } else if name.hasPrefix("MANIFEST-") || name.hasSuffix(".log") {
                try self.checkLog(name)
            } else if name.hasSuffix(".ldb") || name.hasSuffix(".sst") {
                try self.checkTable(name)
            }
        }
        if !names.contains("CURRENT") { self.found("CURRENT", 0, "the file is missing") }
    }

    private mutating func found(_ name: String, _ offset: UInt64, _ text: String, isUnfinished: Bool = false) {
        let path = self.name + "/" + name
        self.findings.append(LedgerFinding(isUnfinished ? .unfinishedDatabaseWrite : self.kind, file: path, offset: offset, text: text))
    }

    private mutating func checkCurrent(names: [String]) throws(FileError) {
        let bytes = try self.files.open(self.folder + "/CURRENT", for: .reading).read(256, at: 0)
        self.checkedBytes += UInt64(bytes.count)
        guard bytes.last == UInt8(ascii: "\n"), let name = String(validating: bytes.dropLast(), as: UTF8.self), name.hasPrefix("MANIFEST-"),
            names.contains(name)
        else { return self.found("CURRENT", 0, "it does not name a manifest that is there") }
    }

    // MARK: Logs

    /// Checks a log or the manifest.
    ///
    /// Where it breaks and nothing whole follows, it may be an unfinished write: that is what `DatabaseRecovery` takes it for.
    private mutating func checkLog(_ name: String) throws(FileError) {
        let file = try self.files.open(self.folder + "/" + name, for: .reading)
        let size = try file.sizeBytes()
        self.checkedBytes += size
        guard size <= LedgerLimits.maximumDatabaseLogSizeBytes else { return self.found(name, 0, "the log is larger than any that is read") }
        let bytes = try file.read(Int(clamping: size), at: 0)
        switch DatabaseRecords(bytes, keepsRecords: false).end {
        case .whole: break
        case .torn(let offset):
            let text = "the last record of the log is not whole: an unfinished write, or damage to it"
            self.found(name, UInt64(offset), text, isUnfinished: true)
        case .damaged(let offset): self.found(name, UInt64(offset), "a record of the log does not match its checksum, and whole ones follow")
        }
        self.checkPadding(bytes, of: name)
    }

    /// Where a block of a log has no room for a record's head, only zeros may stand.
    private mutating func checkPadding(_ bytes: [UInt8], of name: String) {
        for start in stride(from: 0, to: bytes.count, by: Self.logBlockSizeBytes) {
            let end = min(start + Self.logBlockSizeBytes, bytes.count)
            var position = start
            while end - position >= Self.logHeadSizeBytes {
                position += Self.logHeadSizeBytes + Int(bytes[position + 4]) + Int(bytes[position + 5]) << 8
            }
            guard position < end, start + Self.logBlockSizeBytes - position < Self.logHeadSizeBytes else { continue }
            if bytes[position..<end].contains(where: { $0 != 0 }) {
                self.found(name, UInt64(position), "the padding of a block of the log is not zero")
            }
        }
    }

    // MARK: Tables

    private struct Handle {
        var offset: UInt64
        var length: UInt64
    }

    private mutating func checkTable(_ name: String) throws(FileError) {
        let file = try self.files.open(self.folder + "/" + name, for: .reading)
        let size = try file.sizeBytes()
        self.checkedBytes += size
        guard size >= UInt64(Self.footerSizeBytes) else { return self.found(name, 0, "the table is shorter than its footer") }
        let footerStart = size - UInt64(Self.footerSizeBytes)
        let footer = try file.read(Self.footerSizeBytes, at: footerStart)
        var reader = ByteReader(footer.prefix(40))
        guard footer.suffix(8).elementsEqual(Self.magic), let metaIndex = Self.handle(&reader), let index = Self.handle(&reader),
            reader.rest.allSatisfy({ $0 == 0 })
        else { return self.found(name, footerStart, "the footer of the table is damaged") }
        var handles = [metaIndex, index]
        for handle in [metaIndex, index] {
            guard let content = try self.block(handle, of: file, name, end: footerStart) else { return }
            guard let entries = content.flatMap(Self.handles(inIndex:)) else {
                return self.found(name, handle.offset, "an index of the table cannot be read")
            }
            for entry in entries where try self.block(entry, of: file, name, end: footerStart, isRead: false) == nil { return }
            handles += entries
        }
        var next: UInt64 = 0
        for handle in handles.sorted(by: { $0.offset < $1.offset }) {
            guard handle.offset == next else { break }
            next += handle.length + UInt64(Self.blockTrailerSizeBytes)
        }
        if next != footerStart { self.found(name, next, "there are bytes here that belong to no block of the table") }
    }

    /// Checks a block. Nil when it is damaged; else its text, or nothing when it was not asked for or cannot be read.
    private mutating func block(
        _ handle: Handle, of file: any BlockFile, _ name: String, end: UInt64, isRead: Bool = true
    ) throws(FileError) -> [UInt8]?? {
        let trailer = UInt64(Self.blockTrailerSizeBytes)
        let limit = UInt64(LedgerLimits.maximumTableBlockSizeBytes)
        guard handle.length <= limit, handle.offset <= end, handle.length + trailer <= end - handle.offset else {
            self.found(name, min(handle.offset, end), "a block of the table would reach beyond it")
            return nil
        }
        let bytes = try file.read(Int(handle.length + trailer), at: handle.offset)
        guard bytes.count == Int(handle.length + trailer),
            CRC32C.masked(bytes.dropLast(4)) == UInt32(truncatingIfNeeded: bytes.suffix(4).reversed().bigEndianNumber)
        else {
            self.found(name, handle.offset, "a block of the table does not match its checksum")
            return nil
        }
        guard isRead else { return .some(nil) }
        let content = bytes.prefix(Int(handle.length))
        switch bytes[Int(handle.length)] {
        case 0: return .some(Array(content))
        case 1: return .some(SnappyBlock.decompress(content, limit: LedgerLimits.maximumTableBlockSizeBytes))
        default: return .some(nil)
        }
    }

    private static func handle(_ reader: inout ByteReader) -> Handle? {
        guard let offset = reader.varint(), let length = reader.varint() else { return nil }
        return Handle(offset: offset, length: length)
    }

    /// The handles that the entries of an index hold.
    ///
    ///     index = entry* restart4* count of restarts4      entry = varint(shared) varint(own) varint(value) key bytes, value
    private static func handles(inIndex bytes: [UInt8]) -> [Handle]? {
        guard bytes.count >= 4 else { return nil }
        let restarts = bytes.suffix(4).reversed().bigEndianNumber
        guard restarts <= UInt64(bytes.count / 4 - 1) else { return nil }
        var reader = ByteReader(bytes.dropLast(4 + 4 * Int(restarts)))
        var handles: [Handle] = []
        while !reader.rest.isEmpty {
            guard reader.varint() != nil, let own = reader.varint(), let size = reader.varint(), own <= UInt64(reader.rest.count),
                size <= UInt64(reader.rest.count) - own
            else { return nil }
            reader.skip(Int(own))
            var value = ByteReader(reader.rest.prefix(Int(size)))
            guard let handle = self.handle(&value), value.rest.isEmpty else { return nil }
            handles.append(handle)
            reader.skip(Int(size))
        }
        return handles
    }
}
