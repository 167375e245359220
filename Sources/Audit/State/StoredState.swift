import Glibc
import Ledger

/// The state database of a ledger, read from a temporary copy: opening a database writes into its folder, and an audit changes nothing.
struct StoredState: Sendable {
    let content: any KeyValueSnapshot
    /// How far the database is.
    let head: LedgerHead
    /// Deleted when the last reference goes.
    private let copy: TemporaryCopy

    /// What looking for the database gave.
    enum Search: Sendable {
        case found(StoredState)
        /// It cannot be compared, and that is no fault of the ledger.
        case unavailable(reason: String)
        /// It is damaged.
        case damaged(reason: String)
    }

    /// Copies the database of a ledger and opens the copy.
    ///
    /// A ledger that is in use is left alone: its files change while they are copied. The space needed in the temporary folder is that of
    /// the database; the copy is deleted when the last reference to the result goes.
    static func search(ledger folder: String, temporaryFolder: String) -> Search {
        if FolderUse.isLocked(folder) { return .unavailable(reason: "the ledger is in use; stop its node, or audit a copy of the folder") }
        let files = SystemFiles()
        let source = folder + "/state"
        let names: [String]
        do {
            names = try files.list(source).filter(self.belongsToDatabase)
        } catch {
            return .unavailable(reason: error.isMissing ? "there is no state database; the node rebuilds it when it starts" : "\(error)")
        }
        guard !names.isEmpty else { return .unavailable(reason: "the state folder is empty; the node rebuilds it when it starts") }
        let copy: TemporaryCopy
        do {
            copy = try TemporaryCopy(of: names, in: source, under: temporaryFolder, files: files)
        } catch {
            return .unavailable(reason: "it could not be copied: \(error)")
        }
        do {
            let content = try LevelDBStore(folder: copy.path).snapshot()
            guard let format = try content.value(for: StateKeyFormat.formatKey),
                let savepoint = try content.value(for: StateKeyFormat.savepointKey)
            else { return .damaged(reason: "a database without a savepoint") }
            guard format == [StateKeyFormat.version] else {
                return .unavailable(reason: "the database has format \(format.first ?? 0), this program reads \(StateKeyFormat.version)")
            }
            guard let head = IndexValueFormat.decodeHead(savepoint) else { return .damaged(reason: "a savepoint that cannot be read") }
            return .found(StoredState(content: content, head: head, copy: copy))
        } catch {
            return .damaged(reason: error.description)
        }
    }

    /// LevelDB's own names: only these are copied, and a file of another name is nobody's business.
    private static func belongsToDatabase(_ name: String) -> Bool {
        name == "CURRENT" || name.hasPrefix("MANIFEST-") || name.hasSuffix(".log") || name.hasSuffix(".ldb") || name.hasSuffix(".sst")
    }
}

/// Whether a node has a ledger's folder open.
private enum FolderUse {
    /// Asks for a shared lock without writing, and gives it back at once.
    static func isLocked(_ folder: String) -> Bool {
        let descriptor = open(folder + "/LOCK", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}

/// A copy of files in a folder of its own, which is deleted with this value.
private final class TemporaryCopy: Sendable {
    let path: String

    init(of names: [String], in source: String, under parent: String, files: SystemFiles) throws(FileError) {
        var template = Array((parent + "/selvage-audit-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(operation: "create a folder in", path: parent, code: errno) }
        self.path = template.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        for name in names {
            let from = try files.open(source + "/" + name, for: .reading)
            let to = try files.create(self.path + "/" + name)
            var offset: UInt64 = 0
            while true {
                let bytes = try from.read(AuditLimits.copyChunkBytes, at: offset)
                if bytes.isEmpty { break }
                try to.write(bytes, at: offset)
                offset += UInt64(bytes.count)
            }
        }
    }

    deinit {
        for name in (try? SystemFiles().list(self.path)) ?? [] { unlink(self.path + "/" + name) }
        rmdir(self.path)
    }
}
