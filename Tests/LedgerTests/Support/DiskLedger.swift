import Glibc
import Ledger
import LedgerModel
import TestSupport
import Testing

/// A small ledger in a folder, with several block files, and a database of tables and a log.
struct DiskLedger {
    static let blockCount: UInt64 = 14
    private static let segmentSizeBytes: UInt64 = 600

    let folder: TemporaryFolder
    let path: String

    init(blocks: UInt64 = Self.blockCount) throws {
        self.folder = try TemporaryFolder("selvage-ledger")
        self.path = self.folder.path(of: "ledger")
        try SystemFiles().makeFolder(self.path)
        let chain = try Self.chain()
        // Each opening turns LevelDB's log into a table.
        for part in [0..<5, 5..<9, 9..<Int(Self.blockCount)] where UInt64(part.lowerBound) < blocks {
            let ledger = try Ledger(
                blockFolder: self.path + "/blocks", files: SystemFiles(), store: try LevelDBStore(folder: self.path + "/state"),
                segmentSizeBytes: Self.segmentSizeBytes)
            for number in part where UInt64(number) < blocks { try ledger.commit(chain.blocks[number]) }
        }
    }

    /// A copy of another one.
    init(of other: DiskLedger) throws {
        self.folder = try TemporaryFolder("selvage-ledger")
        self.path = self.folder.path(of: "ledger")
        try SystemFiles().makeFolder(self.path)
        for part in try SystemFiles().list(other.path) where part != "LOCK" {
            try SystemFiles().makeFolder(self.path + "/" + part)
            for name in try SystemFiles().list(other.path + "/" + part) {
                try SystemFiles().copy(other.path + "/" + part + "/" + name, to: self.path + "/" + part + "/" + name, isTemporary: true)
            }
        }
    }

    /// The same blocks every time: keys that come, change, get metadata and go, hashed keys, and verdicts of both kinds.
    static func chain(salt: String = "") throws -> SampleChain {
        var chain = SampleChain()
        try chain.add([SampleChain.Transaction(id: "genesis", readWriteSet: SampleChain.writes([]), kind: .config)])
        for block in 1..<Int(Self.blockCount) {
            let id = "\(salt)t\(block)"
            var transactions = [
                SampleChain.Transaction(
                    id: TransactionID(id + "a"), readWriteSet: SampleChain.writes([("k\(block % 5)", "value of block \(block)"), ("b\(block)", "x")])),
                SampleChain.Transaction(
                    id: TransactionID(id + "b"), readWriteSet: SampleChain.writes([("k\(block % 3)", nil)]),
                    code: block % 3 == 0 ? .valid : .mvccReadConflict),
            ]
            if block % 4 == 0 {
                transactions.append(.init(id: TransactionID(id + "c"), readWriteSet: SampleChain.metadata("b\(block - 1)", "policy")))
            }
            if block % 4 == 1 { transactions.append(.init(id: TransactionID(id + "d"), readWriteSet: SampleChain.hashed("secret", [UInt8(block)]))) }
            try chain.add(transactions)
        }
        return chain
    }

    /// The paths of all files that hold data, from the ledger's folder.
    func dataFiles() throws -> [String] {
        var found: [String] = []
        for part in ["blocks", "state", "base"] {
            for name in (try? SystemFiles().list(self.path + "/" + part)) ?? [] where !name.hasPrefix("LO") { found.append(part + "/" + name) }
        }
        return found
    }

    func read(_ file: String) throws -> [UInt8] { try #require(self.folder.read("ledger/" + file)) }

    func write(_ bytes: [UInt8], to file: String) throws { try self.folder.write(bytes, to: "ledger/" + file) }

    func check(_ steps: LedgerCheckSteps = .all) throws -> LedgerCheckReport {
        try LedgerFolder(self.path).check(temporary: self.folder.path, steps: steps)
    }

    func repair(from source: String? = nil) throws -> LedgerRepairReport {
        try LedgerFolder(self.path).repair(from: source, temporary: self.folder.path)
    }

    /// All blocks and all entries of the database, places in the block files included.
    func content() throws -> LedgerContent {
        let ledger = try Ledger.open(folder: self.path)
        var blocks: [[UInt8]] = []
        var scan = try ledger.scanBlocks()
        while let block = try scan.next() { blocks.append(block.bytes) }
        return LedgerContent(blocks: blocks, head: ledger.snapshot().head)
    }

    /// Changes entries of the database behind the ledger's back.
    func alter(_ key: [UInt8], _ value: [UInt8]?) throws {
        let store = try LevelDBStore(folder: self.path + "/state")
        var batch = WriteBatch()
        if let value { batch.put(key, value) } else { batch.remove(key) }
        try store.write(batch)
    }
}

struct LedgerContent: Equatable {
    var blocks: [[UInt8]]
    var head: LedgerHead
}

/// A file system that stops after so many changes, as if the power went: all calls fail from then on.
final class StoppingFiles: FolderIO {
    private let files = SystemFiles()
    private let left: Countdown

    init(after changes: Int) { self.left = Countdown(changes) }

    var isStopped: Bool { self.left.isDone }

    private func change(_ path: String) throws(FileError) {
        guard self.left.take() else { throw FileError(operation: "change", path: path, code: EIO) }
    }

    func makeFolder(_ path: String) throws(FileError) {
        try self.change(path)
        try self.files.makeFolder(path)
    }

    func list(_ path: String) throws(FileError) -> [String] { try self.files.list(path) }

    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile {
        access == .reading
            ? try self.files.open(path, for: access) : StoppingFile(try self.files.open(path, for: access), path: path, left: self.left)
    }

    func create(_ path: String) throws(FileError) -> any BlockFile {
        try self.change(path)
        return StoppingFile(try self.files.create(path), path: path, left: self.left)
    }

    func syncFolder(_ path: String) throws(FileError) { try self.files.syncFolder(path) }

    func lock(_ path: String) throws(FileError) -> (any FolderLock)? { try self.files.lock(path) }

    func rename(_ from: String, to target: String) throws(FileError) {
        try self.change(from)
        try self.files.rename(from, to: target)
    }

    func removeFile(_ path: String) throws(FileError) {
        try self.change(path)
        try self.files.removeFile(path)
    }

    func removeEmptyFolder(_ path: String) throws(FileError) {
        try self.change(path)
        try self.files.removeEmptyFolder(path)
    }
}

private final class StoppingFile: BlockFile {
    private let file: any BlockFile
    private let path: String
    private let left: Countdown

    init(_ file: any BlockFile, path: String, left: Countdown) {
        self.file = file
        self.path = path
        self.left = left
    }

    private func change() throws(FileError) {
        guard self.left.take() else { throw FileError(operation: "change", path: self.path, code: EIO) }
    }

    func sizeBytes() throws(FileError) -> UInt64 { try self.file.sizeBytes() }

    func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] { try self.file.read(count, at: offset) }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) {
        do { try self.change() } catch {
            // Half of what is written arrives.
            try self.file.write(Array(bytes.prefix(bytes.count / 2)), at: offset)
            throw error
        }
        try self.file.write(bytes, at: offset)
    }

    func sync() throws(FileError) { try self.file.sync() }

    func truncate(to sizeBytes: UInt64) throws(FileError) {
        try self.change()
        try self.file.truncate(to: sizeBytes)
    }
}
