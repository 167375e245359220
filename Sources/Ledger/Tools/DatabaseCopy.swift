import Glibc

/// A folder for temporary files that is deleted with this value.
final class TemporaryDatabaseFolder: Sendable {
    let path: String

    /// Makes an empty folder below another one.
    init(under parent: String) throws(FileError) {
        var template = Array((parent + "/selvage-ledger-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(operation: "create a folder in", path: parent, code: errno) }
        self.path = template.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    deinit { try? SystemFiles().removeFolder(self.path) }
}

/// A copy of a state database, opened: opening a database writes into its folder, and a check changes nothing.
struct DatabaseCopy {
    let content: any KeyValueSnapshot
    private let folder: TemporaryDatabaseFolder

    /// Copies the database's files and opens the copy, which must not be empty.
    init(of source: String, under temporary: String) throws(LedgerToolError) {
        self.folder = try Self.files(of: source, under: temporary)
        do {
            // What a crash left at the end of a log is removed as it would be if the ledger were opened.
            try DatabaseRecovery(folder: self.folder.path, files: SystemFiles()).run()
            self.content = try LevelDBStore(folder: self.folder.path).snapshot()
        } catch {
            // LevelDB names the copy; what is meant is the original.
            let reason = error.reason.replacing(self.folder.path, with: LedgerLayout.state)
            throw .ledger(.state(KeyValueError(operation: "open", reason: reason)))
        }
    }

    /// Copies the files of a database to a folder of their own.
    static func files(of source: String, under temporary: String) throws(LedgerToolError) -> TemporaryDatabaseFolder {
        // LevelDB knows the system's files only, so the copy is made of those too.
        let files = SystemFiles()
        return try toolFiles { () throws(FileError) in
            let folder = try TemporaryDatabaseFolder(under: temporary)
            for name in try files.list(source) where Self.belongsToDatabase(name) {
                try files.copy(source + "/" + name, to: folder.path + "/" + name, isTemporary: true)
            }
            return folder
        }
    }

    /// LevelDB's own names; its text logs and its lock hold no data.
    static func belongsToDatabase(_ name: String) -> Bool {
        name == "CURRENT" || name.hasPrefix("MANIFEST-") || name.hasSuffix(".log") || name.hasSuffix(".ldb") || name.hasSuffix(".sst")
    }
}
