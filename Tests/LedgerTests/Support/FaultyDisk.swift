import Glibc
import Ledger
import Synchronization

/// A file system in memory that loses power, fills up and fails syncs on demand.
///
/// It keeps apart what a program has written and what is durable: content is durable after `sync`, a file's name after `syncFolder`.
final class FaultyDisk: BlockFileIO {
    /// What happened to the bytes that were written and not synced when the power went.
    enum Loss: CaseIterable {
        /// They all reached the disk.
        case nothing
        /// None of them did, nor did new names.
        case everything
        /// The files have their size, but the unsynced bytes are zeros.
        case contentOnly
    }

    struct Faults: Sendable {
        /// The power goes after this many more bytes are written.
        var powerFailsAfterBytes: Int?
        /// The disk is full when all files together hold this many bytes.
        var capacityBytes: Int?
        /// This many syncs succeed, all later ones fail.
        var syncsBeforeFailure: Int?
        /// Truncating fails.
        var truncateFails = false
        /// A planted bug: syncs report success and do nothing.
        var ignoresSync = false
    }

    fileprivate struct Content {
        var written: [UInt8] = []
        var durable: [UInt8] = []
        var hasDurableName = false
    }

    fileprivate struct State {
        var files: [String: Content] = [:]
        var faults = Faults()
        var isDead = false
        var writtenBytes = 0
        var syncs = 0
    }

    fileprivate final class Lock: FolderLock {
        let release: @Sendable () -> Void
        init(release: @escaping @Sendable () -> Void) { self.release = release }
        deinit { self.release() }
    }

    fileprivate let state: Mutex<State>
    private let locked = Mutex<Set<String>>([])

    init(_ faults: Faults = Faults()) {
        self.state = Mutex(State(faults: faults))
    }

    private init(files: [String: Content]) {
        self.state = Mutex(State(files: files))
    }

    var faults: Faults {
        get { self.state.withLock { $0.faults } }
        set { self.state.withLock { $0.faults = newValue } }
    }

    /// All bytes written so far, through any file.
    var writtenBytes: Int { self.state.withLock { $0.writtenBytes } }

    /// The content of a file as a program sees it.
    subscript(path: String) -> [UInt8] {
        get { self.state.withLock { $0.files[path]?.written ?? [] } }
        set { self.state.withLock { $0.files[path] = Content(written: newValue, durable: newValue, hasDurableName: true) } }
    }

    func removeFile(_ path: String) {
        self.state.withLock { $0.files[path] = nil }
    }

    /// A disk with the same content and no faults.
    func copy() -> FaultyDisk { FaultyDisk(files: self.state.withLock { $0.files }) }

    /// The disk as it is found when the power is back.
    func afterPowerFailure(_ loss: Loss) -> FaultyDisk {
        var files: [String: Content] = [:]
        for (path, content) in self.state.withLock({ $0.files }) where content.hasDurableName || loss != .everything {
            var found = content.durable
            switch loss {
            case .nothing: found = content.written
            case .everything: break
            case .contentOnly: found += Array(repeating: 0, count: max(0, content.written.count - found.count))
            }
            files[path] = Content(written: found, durable: found, hasDurableName: true)
        }
        return FaultyDisk(files: files)
    }

    func makeFolder(_ path: String) throws(FileError) { try self.requirePower("create the folder", path) }

    func list(_ path: String) throws(FileError) -> [String] {
        try self.requirePower("list", path)
        return self.state.withLock { state in
            state.files.keys.filter { $0.hasPrefix(path + "/") }.map { String($0.dropFirst(path.count + 1)) }.sorted()
        }
    }

    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile {
        try self.requirePower("open", path)
        guard self.state.withLock({ $0.files[path] != nil }) else { throw FileError(operation: "open", path: path, code: ENOENT) }
        return File(disk: self, path: path)
    }

    func create(_ path: String) throws(FileError) -> any BlockFile {
        try self.requirePower("create", path)
        self.state.withLock { $0.files[path] = Content() }
        return File(disk: self, path: path)
    }

    func syncFolder(_ path: String) throws(FileError) {
        try self.sync(path) { state in
            for name in state.files.keys where name.hasPrefix(path + "/") { state.files[name]?.hasDurableName = true }
        }
    }

    func lock(_ path: String) throws(FileError) -> (any FolderLock)? {
        try self.requirePower("lock", path)
        guard self.locked.withLock({ $0.insert(path).inserted }) else { return nil }
        return Lock { [weak self] in _ = self?.locked.withLock { $0.remove(path) } }
    }

    fileprivate func requirePower(_ operation: String, _ path: String) throws(FileError) {
        if self.state.withLock({ $0.isDead }) { throw FileError(operation: operation, path: path, code: EIO) }
    }

    fileprivate func sync(_ path: String, _ makeDurable: (inout State) -> Void) throws(FileError) {
        try self.requirePower("sync", path)
        let isDone = self.state.withLock { state in
            if let left = state.faults.syncsBeforeFailure, state.syncs >= left { return false }
            state.syncs += 1
            if !state.faults.ignoresSync { makeDurable(&state) }
            return true
        }
        guard isDone else { throw FileError(operation: "sync", path: path, code: EIO) }
    }

    fileprivate func write(_ bytes: [UInt8], to path: String, at offset: UInt64) throws(FileError) {
        try self.requirePower("write", path)
        let code: Int32 = self.state.withLock { state in
            var allowed = bytes.count
            var code: Int32 = 0
            if let budget = state.faults.powerFailsAfterBytes, state.writtenBytes + allowed > budget {
                allowed = max(0, budget - state.writtenBytes)
                state.isDead = true
                code = EIO
            }
            if let capacity = state.faults.capacityBytes {
                let used = state.files.values.reduce(0) { $0 + $1.written.count }
                if used + allowed > capacity {
                    allowed = max(0, capacity - used)
                    code = ENOSPC
                }
            }
            var content = state.files[path] ?? Content()
            let start = Int(offset)
            if content.written.count < start + allowed {
                content.written += Array(repeating: 0, count: start + allowed - content.written.count)
            }
            content.written.replaceSubrange(start..<start + allowed, with: bytes.prefix(allowed))
            state.files[path] = content
            state.writtenBytes += allowed
            return code
        }
        guard code == 0 else { throw FileError(operation: "write", path: path, code: code) }
    }
}

private final class File: BlockFile {
    let disk: FaultyDisk
    let path: String

    init(disk: FaultyDisk, path: String) {
        self.disk = disk
        self.path = path
    }

    func sizeBytes() throws(FileError) -> UInt64 {
        try self.disk.requirePower("inspect", self.path)
        return UInt64(self.disk[self.path].count)
    }

    func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] {
        try self.disk.requirePower("read", self.path)
        return Array(self.disk[self.path].dropFirst(Int(offset)).prefix(count))
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) { try self.disk.write(bytes, to: self.path, at: offset) }

    func sync() throws(FileError) {
        try self.disk.sync(self.path) { state in
            if let content = state.files[self.path] { state.files[self.path]?.durable = content.written }
        }
    }

    func truncate(to sizeBytes: UInt64) throws(FileError) {
        try self.disk.requirePower("truncate", self.path)
        guard !self.disk.faults.truncateFails else { throw FileError(operation: "truncate", path: self.path, code: EIO) }
        self.disk.state.withLock { state in
            let written = state.files[self.path]?.written ?? []
            state.files[self.path]?.written = Array(written.prefix(Int(sizeBytes)))
        }
    }
}
