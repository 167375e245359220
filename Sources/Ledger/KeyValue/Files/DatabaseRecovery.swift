/// Removes what a crash has left at the end of LevelDB's newest log and of its manifest, before LevelDB opens them.
///
/// LevelDB takes a record that is cut short for the end of the file, but refuses to open when sectors inside of the last record did not
/// reach the disk, although nobody was told that it is there. On the other hand it does not notice when the manifest lacks its last
/// records, and opens without the entries of tables that those name. The first is mended here, the second refused.
struct DatabaseRecovery {
    private let folder: String
    private let files: any BlockFileIO

    init(folder: String, files: any BlockFileIO) {
        self.folder = folder
        self.files = files
    }

    /// Cuts unfinished records off; a database that is not there yet is left to LevelDB, and so is damage of other kinds.
    ///
    /// The caller holds the lock of the ledger: a log that is in use must not be cut.
    /// - Throws: When a file cannot be read or cut, or the manifest does not go on to where the logs begin.
    func run() throws(KeyValueError) {
        let refusal: String?
        do { refusal = try self.mendAll() } catch { throw KeyValueError(operation: "open \(self.folder)", reason: error.description) }
        if let refusal { throw KeyValueError(operation: "open \(self.folder)", reason: "Corruption: \(refusal)") }
    }

    /// Returns why the database must not be opened, if so.
    private func mendAll() throws(FileError) -> String? {
        let names: [String]
        do throws(FileError) { names = try self.files.list(self.folder) } catch {
            if error.isMissing { return nil }
            throw error
        }
        guard names.contains("CURRENT"), let manifest = try self.manifest(among: names) else { return nil }
        let logs = names.filter { $0.hasSuffix(".log") }.compactMap { UInt64($0.dropLast(4)) }
        if let newest = names.filter({ $0.hasSuffix(".log") }).max(by: { (UInt64($0.dropLast(4)) ?? 0) < (UInt64($1.dropLast(4)) ?? 0) }) {
            try self.mend(newest, keepsRecords: false)
        }
        let number = try self.mend(manifest, keepsRecords: true).compactMap(Self.logNumber(inEdit:)).last
        guard let number, number > 0, !logs.contains(number) else { return nil }
        // A log is removed only when a later record of the manifest, safe on the disk, names the next one.
        return "\(manifest) lacks its last records"
    }

    /// The manifest that CURRENT names, if it is there.
    private func manifest(among names: [String]) throws(FileError) -> String? {
        let current = try self.files.open(self.folder + "/CURRENT", for: .reading).read(256, at: 0)
        return names.first { $0.hasPrefix("MANIFEST-") && Array($0.utf8) + [UInt8(ascii: "\n")] == current }
    }

    /// Cuts an unfinished record off the end of a file, and returns the records before it.
    @discardableResult
    private func mend(_ name: String, keepsRecords: Bool) throws(FileError) -> [[UInt8]] {
        let path = self.folder + "/" + name
        let reader = try self.files.open(path, for: .reading)
        let size = try reader.sizeBytes()
        guard size <= LedgerLimits.maximumDatabaseLogSizeBytes else { return [] }
        let content = DatabaseRecords(try reader.read(Int(size), at: 0), keepsRecords: keepsRecords)
        if case .torn(let offset) = content.end {
            let file = try self.files.open(path, for: .writing)
            try file.truncate(to: UInt64(offset))
            try file.sync()
        }
        return content.records
    }

    /// The number of the oldest log that is needed, if a record of the manifest names one.
    ///
    ///     edit  = field*
    ///     field = 1 sized(comparator) | 2 log | 3 next-file | 4 sequence | 5 level sized(key) | 6 level file
    ///           | 7 level file size sized(key) sized(key) | 9 log        all numbers, and the lengths, are varints
    private static func logNumber(inEdit bytes: [UInt8]) -> UInt64? {
        var reader = ByteReader(bytes)
        var found: UInt64?
        while let tag = reader.varint() {
            let fields: (numbers: Int, texts: Int)
            switch tag {
            case 1: fields = (0, 1)
            case 2, 3, 4, 9: fields = (1, 0)
            case 5: fields = (1, 1)
            case 6: fields = (2, 0)
            case 7: fields = (3, 2)
            default: return found
            }
            for _ in 0..<fields.numbers {
                guard let number = reader.varint() else { return found }
                if tag == 2 { found = number }
            }
            for _ in 0..<fields.texts where reader.sizedBytes() == nil { return found }
        }
        return found
    }
}
