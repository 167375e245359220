import Foundation
import Glibc
import Ledger
import Synchronization

/// A disk that fails where a test asks for it: files and a database that pass everything on until they are armed.
///
/// The failing call waits first until the test says that enough has happened meanwhile; it runs on the thread that commits blocks.
final class FailingDisk: Sendable {
    enum Fault: Sendable {
        /// The frame cannot be written: no room, or an error.
        case fullAtAppend, errorAtAppend
        /// The frame is written, and nobody knows whether it is on the disk.
        case errorAtSync
        /// The block is durable; its effects are not.
        case fullAtBatch, errorAtBatch
        /// The planted bug: the effects are lost and nobody is told.
        case silenceAtBatch

        /// Those that are told.
        static let told: [Fault] = [.fullAtAppend, .errorAtAppend, .errorAtSync, .fullAtBatch, .errorAtBatch]

        var code: Int32 { self == .fullAtAppend || self == .fullAtBatch ? ENOSPC : EIO }

        /// Whether the same ledger can take the block once the cause is mended.
        var canGoOn: Bool { self == .fullAtAppend || self == .errorAtAppend }

        /// Whether the block may be found when the ledger is opened again.
        var leavesBlock: Bool { !self.canGoOn }
    }

    private let armed = Mutex<Fault?>(nil)
    private let gate = DispatchSemaphore(value: 0)

    func arm(_ fault: Fault) { self.armed.withLock { $0 = fault } }

    /// Lets the failing call fail.
    func open() { self.gate.signal() }

    /// Whether this call fails; it fails once.
    fileprivate func fails(_ faults: [Fault]) -> Fault? {
        let fault = self.armed.withLock { armed -> Fault? in
            guard let fault = armed, faults.contains(fault) else { return nil }
            armed = nil
            return fault
        }
        if fault != nil { self.gate.wait() }
        return fault
    }

    /// Opens the ledger in a folder over this disk.
    func ledger(in folder: String) throws -> Ledger {
        try SystemFiles().makeFolder(folder)
        let store = FailingStore(disk: self, store: try LevelDBStore(folder: folder + "/state"))
        return try Ledger(blockFolder: folder + "/blocks", files: FailingFiles(disk: self), store: store)
    }
}

private struct FailingStore: KeyValueStore {
    let disk: FailingDisk
    let store: LevelDBStore

    func snapshot() -> any KeyValueSnapshot { self.store.snapshot() }

    func write(_ batch: WriteBatch) throws(KeyValueError) {
        if let fault = self.disk.fails([.fullAtBatch, .errorAtBatch, .silenceAtBatch]) {
            if fault == .silenceAtBatch { return }
            throw KeyValueError(operation: "write", reason: String(cString: strerror(fault.code)))
        }
        try self.store.write(batch)
    }
}

private struct FailingFiles: BlockFileIO {
    let disk: FailingDisk
    let files = SystemFiles()

    func makeFolder(_ path: String) throws(FileError) { try self.files.makeFolder(path) }
    func list(_ path: String) throws(FileError) -> [String] { try self.files.list(path) }
    func syncFolder(_ path: String) throws(FileError) { try self.files.syncFolder(path) }
    func lock(_ path: String) throws(FileError) -> (any FolderLock)? { try self.files.lock(path) }
    func create(_ path: String) throws(FileError) -> any BlockFile { FailingFile(disk: self.disk, file: try self.files.create(path), path: path) }
    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile {
        FailingFile(disk: self.disk, file: try self.files.open(path, for: access), path: path)
    }
}

private final class FailingFile: BlockFile {
    let disk: FailingDisk
    let file: any BlockFile
    let path: String

    init(disk: FailingDisk, file: any BlockFile, path: String) { (self.disk, self.file, self.path) = (disk, file, path) }

    func sizeBytes() throws(FileError) -> UInt64 { try self.file.sizeBytes() }
    func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] { try self.file.read(count, at: offset) }
    func truncate(to sizeBytes: UInt64) throws(FileError) { try self.file.truncate(to: sizeBytes) }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) {
        guard let fault = self.disk.fails([.fullAtAppend, .errorAtAppend]) else { return try self.file.write(bytes, at: offset) }
        // Some of it gets there.
        try self.file.write(Array(bytes.prefix(bytes.count / 2)), at: offset)
        throw FileError(operation: "write", path: self.path, code: fault.code)
    }

    func sync() throws(FileError) {
        if let fault = self.disk.fails([.errorAtSync]) { throw FileError(operation: "sync", path: self.path, code: fault.code) }
        try self.file.sync()
    }
}
