import LedgerModel

/// The folder of a ledger that no node has open, held for the tools that look at it and mend it as files.
package final class LedgerFolder: Sendable {
    package let path: String
    let files: any FolderIO
    private let lock: any FolderLock

    /// Takes the folder.
    ///
    /// - Throws: `LedgerToolError.notALedger`, `.locked`, `.file`.
    package init(_ path: String, files: any FolderIO = SystemFiles()) throws(LedgerToolError) {
        let names: [String]
        do { names = try files.list(path) } catch {
            throw error.isMissing ? .notALedger(folder: path) : .file(error)
        }
        guard names.contains(LedgerLayout.blocks) || names.contains(LedgerLayout.base) else { throw .notALedger(folder: path) }
        guard let lock = try toolFiles({ () throws(FileError) in try files.lock(path) }) else { throw .locked(folder: path) }
        self.path = path
        self.files = files
        self.lock = lock
        try toolFiles { () throws(FileError) in try StateFolderSwap(path, files: files).settle() }
    }

    var blocksPath: String { self.path + "/" + LedgerLayout.blocks }
    var statePath: String { self.path + "/" + LedgerLayout.state }
    var basePath: String { self.path + "/" + LedgerLayout.base }
    var privatePath: String { self.path + "/" + LedgerLayout.privateData }

    /// Whether the node has ever held private data.
    func hasPrivateData() throws(LedgerToolError) -> Bool {
        try toolFiles { () throws(FileError) in try self.files.contains(LedgerLayout.privateData, in: self.path) }
    }

    /// The snapshot from which the ledger began, with its metadata checked; nil when the ledger holds the whole chain.
    func base() throws(LedgerToolError) -> SnapshotFolder? {
        guard try toolFiles({ () throws(FileError) in try self.files.contains(LedgerLayout.base, in: self.path) }) else { return nil }
        do { return try SnapshotFolder(self.basePath, files: self.files) } catch { throw .baseDamaged(error) }
    }

    /// Opens the ledger while the folder is held, with what opening mends.
    package func open(progress: (LedgerProgress) -> Void = { _ in }) throws(LedgerToolError) -> Ledger {
        let store: LevelDBStore
        do {
            try DatabaseRecovery(folder: self.statePath, files: self.files).run()
            store = try LevelDBStore(folder: self.statePath)
        } catch { throw .ledger(.state(error)) }
        return try self.ledger(over: store, blockFiles: self.files, progress: progress)
    }

    /// Replays the blocks up to a place, and the snapshot before them, into an empty database.
    ///
    /// - Parameter privateCopy: Where a copy of the private data is; without it the original is opened, which nothing else changes.
    func replay(
        into store: any KeyValueStore, upTo end: BlockPosition? = nil, privateCopy: String? = nil, expecting blocks: UInt64,
        progress: @escaping @Sendable (LedgerProgress) -> Void
    ) throws(LedgerToolError) -> Ledger {
        let counting = CountingStore(store, total: blocks, progress: progress)
        return try self.ledger(
            over: counting, blockFiles: BlockFilesView(self.files, upTo: end), privateCopy: privateCopy, progress: progress)
    }

    private func ledger(
        over store: any KeyValueStore, blockFiles: any BlockFileIO, privateCopy: String? = nil, progress: (LedgerProgress) -> Void
    ) throws(LedgerToolError) -> Ledger {
        do {
            return try Ledger.over(store, folder: self.path, blockFiles: blockFiles, privateCopy: privateCopy, lock: nil, progress: progress)
        } catch { throw .ledger(error) }
    }

    /// Builds the state database anew from the blocks up to a place, and puts it in the place of the old one.
    ///
    /// - Returns: The height of the new one.
    func rebuildState(
        upTo end: BlockPosition? = nil, expecting blocks: UInt64, progress: @escaping @Sendable (LedgerProgress) -> Void
    ) throws(LedgerToolError) -> UInt64 {
        let swap = StateFolderSwap(self.path, files: self.files)
        let target = try toolFiles { () throws(FileError) in try swap.prepare() }
        // The database is closed when the store goes, before it is moved.
        let height = try self.build(in: target, upTo: end, expecting: blocks, progress: progress)
        try toolFiles { () throws(FileError) in try swap.replace() }
        return height
    }

    private func build(
        in target: String, upTo end: BlockPosition?, expecting blocks: UInt64, progress: @escaping @Sendable (LedgerProgress) -> Void
    ) throws(LedgerToolError) -> UInt64 {
        let store: LevelDBStore
        do { store = try LevelDBStore(folder: target) } catch { throw .ledger(.state(error)) }
        return try self.replay(into: store, upTo: end, expecting: blocks, progress: progress).height
    }
}

/// A store that tells how many batches, and so blocks, were written to it.
private final class CountingStore: KeyValueStore {
    private let store: any KeyValueStore
    private let total: UInt64
    private let progress: @Sendable (LedgerProgress) -> Void
    private let written = Counter()

    init(_ store: any KeyValueStore, total: UInt64, progress: @escaping @Sendable (LedgerProgress) -> Void) {
        self.store = store
        self.total = total
        self.progress = progress
    }

    func snapshot() -> any KeyValueSnapshot { self.store.snapshot() }

    func write(_ batch: WriteBatch) throws(KeyValueError) {
        try self.store.write(batch)
        self.progress(LedgerProgress(work: "replay", done: self.written.next(), total: self.total, unit: "blocks"))
    }
}
