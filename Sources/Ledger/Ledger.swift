import LedgerModel
import Synchronization

/// One channel's ledger in a folder: block files, and a database with the world state, the history and the indexes.
///
/// A block is first made durable in the block files; then one database batch makes its effects durable together with the savepoint.
/// A crash in between leaves the block files ahead, and opening the ledger replays the rest from the codes that each block carries.
/// There is one writer at a time; readers work on snapshots and never wait for it.
package final class Ledger: Sendable {
    /// What opening the ledger had to mend.
    package struct Recovery: Equatable, Sendable {
        /// Blocks that were in the block files and not in the state.
        package var replayedBlocks: UInt64
        /// Bytes of an unfinished write removed from the end of the block files; no acknowledged block was in them.
        package var droppedBytes: UInt64

        package init(replayedBlocks: UInt64, droppedBytes: UInt64) {
            self.replayedBlocks = replayedBlocks
            self.droppedBytes = droppedBytes
        }
    }

    package let recovery: Recovery

    private let blocks: BlockStore
    private let store: any KeyValueStore
    private let privateData: PrivateDataStore
    private let lock: (any FolderLock)?
    /// Why no more blocks are taken; also makes commits one at a time.
    private let stoppedBecause: Mutex<String?>
    private let published: Mutex<LedgerSnapshot>

    /// Opens the ledger in a folder, creating it if it is missing: block files in `blocks`, the database in `state`,
    /// and, on a node that has any, private data in `private`.
    ///
    /// If the `state` folder is missing it is rebuilt from the blocks and the private data, and from the snapshot in `base` if the ledger
    /// began from one.
    ///
    /// - Parameter stateBufferSizeBytes: What the database keeps in memory before it writes a sorted file.
    /// - Throws: `LedgerError`; each case says what to do.
    package static func open(
        folder: String, segmentSizeBytes: UInt64 = LedgerLimits.segmentSizeBytes, stateBufferSizeBytes: Int = LedgerLimits.stateBufferSizeBytes,
        progress: (LedgerProgress) -> Void = { _ in }
    ) throws(LedgerError) -> Ledger {
        let files = SystemFiles()
        let lock: (any FolderLock)?
        do {
            try files.makeFolder(folder)
            lock = try files.lock(folder)
        } catch { throw .blocks(.file(error)) }
        guard let lock else { throw .locked(folder: folder) }
        do { try StateFolderSwap(folder, files: files).settle() } catch { throw .blocks(.file(error)) }
        let store: LevelDBStore
        do {
            store = try LevelDBStore(recovering: folder + "/" + LedgerLayout.state, files: files, bufferSizeBytes: stateBufferSizeBytes)
        } catch { throw .state(error) }
        return try self.over(
            store, folder: folder, blockFiles: files, lock: lock, segmentSizeBytes: segmentSizeBytes, progress: progress)
    }

    /// Opens the ledger of a folder over a given database, which may be empty, and a given view of the block files.
    ///
    /// - Parameter privateCopy: Where a copy of the private data is, when the original is not to be opened.
    static func over(
        _ store: any KeyValueStore, folder: String, blockFiles: any BlockFileIO, privateCopy: String? = nil, lock: (any FolderLock)?,
        segmentSizeBytes: UInt64 = LedgerLimits.segmentSizeBytes, progress: (LedgerProgress) -> Void = { _ in }
    ) throws(LedgerError) -> Ledger {
        try SnapshotLoading.beginIfEmpty(store, ledger: folder, files: SystemFiles(), progress: progress)
        let privateFolder = privateCopy ?? folder + "/" + LedgerLayout.privateData
        let hasPrivateData: Bool
        do { hasPrivateData = try SystemFiles().list(folder).contains(LedgerLayout.privateData) } catch { throw .blocks(.file(error)) }
        let privateData = PrivateDataStore { () throws(KeyValueError) in
            try LevelDBStore(recovering: privateFolder, files: SystemFiles())
        }
        return try Ledger(
            blockFolder: folder + "/" + LedgerLayout.blocks, files: blockFiles, store: store, privateData: privateData,
            hasPrivateData: hasPrivateData, lock: lock, segmentSizeBytes: segmentSizeBytes)
    }

    /// Opens a ledger over given files and a given database; recovers what a crash left unfinished.
    ///
    /// - Parameter hasPrivateData: Whether the store of private data exists already.
    package init(
        blockFolder: String, files: any BlockFileIO, store: any KeyValueStore, privateData: PrivateDataStore = PrivateDataStore(),
        hasPrivateData: Bool = false, lock: (any FolderLock)? = nil,
        segmentSizeBytes: UInt64 = LedgerLimits.segmentSizeBytes
    ) throws(LedgerError) {
        let content = store.snapshot()
        let head = try Self.readHead(content)
        let checkpoint = head.height > 0 ? BlockCheckpoint(height: head.height, end: head.end) : nil
        let blocks: BlockStore
        do {
            blocks = try BlockStore(folder: blockFolder, files: files, checkpoint: checkpoint, segmentSizeBytes: segmentSizeBytes)
        } catch { throw .blocks(error) }
        let before = LedgerSnapshot(head: head, content: content, blocks: blocks)
        try Self.checkLastBlock(of: before)
        if hasPrivateData { try privateData.open(knowing: before) }
        let after = try Self.replay(from: before, checkpoint: checkpoint, store: store, privateData: privateData)
        self.privateData = privateData
        self.blocks = blocks
        self.store = store
        self.lock = lock
        self.recovery = Recovery(replayedBlocks: after.height - head.height, droppedBytes: blocks.droppedBytes)
        self.stoppedBecause = Mutex(nil)
        self.published = Mutex(after)
    }

    /// The ledger as it is now; later commits do not change what is returned.
    package func snapshot() -> LedgerSnapshot { self.published.withLock { $0 } }

    /// The number of blocks, and the number of the next one.
    package var height: UInt64 { self.snapshot().height }

    /// Makes a block and its effects durable, then visible.
    ///
    /// - Throws: `.outOfSequence`, `.wrongPreviousHash` or `.notValidated` when the block does not continue this ledger, and
    ///   `.blocks(.file)` when the disk is full: nothing has changed then. `.state` and `.stopped` ask for opening the ledger again.
    package func commit(_ block: ValidatedBlock) throws(LedgerError) {
        try self.stoppedBecause.withLock { (stoppedBecause: inout sending String?) throws(LedgerError) in
            if let reason = stoppedBecause { throw .stopped(reason: reason) }
            let before = self.snapshot()
            try Self.requireContinuation(block, of: before.head)
            // First, because the block is the promise that everything of it can be had again.
            try self.privateData.keep(for: block)
            let privateWrites = try self.privateData.kept(for: block)
            let location: BlockLocation
            do throws(BlockStoreError) {
                location = try self.blocks.append(block.block.serialized(), number: block.block.number.rawValue)
            } catch { throw .blocks(error) }
            do throws(LedgerError) {
                let after = try Self.write(block, privateWrites, at: location, after: before, store: self.store)
                self.published.withLock { $0 = after }
                self.privateData.release(block)
            } catch {
                stoppedBecause = "block \(block.block.number) is stored but its effects are not: \(error)"
                throw error
            }
        }
    }

    /// Keeps the private writes of a transaction that this node is endorsing until it is in a block; they are durable on return.
    package func hold(_ sets: [PrivateWriteSet], for id: TransactionID) throws(LedgerError) {
        try self.privateData.hold(sets, for: id, height: self.height)
    }

    /// Reads all stored blocks in order, with every checksum checked, for audit; it sees blocks committed after the call too.
    package func scanBlocks() throws(LedgerError) -> BlockScan {
        let base = try self.snapshot().base()
        do { return try self.blocks.scan(from: base?.checkpoint) } catch { throw .blocks(error) }
    }

    private static func requireContinuation(_ validated: ValidatedBlock, of head: LedgerHead) throws(LedgerError) {
        let block = validated.block
        let number = block.number.rawValue
        guard number == head.height else { throw .outOfSequence(expected: head.height, found: number) }
        guard block.previousHash == head.blockHash else { throw .wrongPreviousHash(block: number) }
        guard block.storedCodes == validated.codes else {
            throw .notValidated(block: number, reason: "slot 2 does not hold one known code for each transaction")
        }
        guard !validated.codes.contains(.notValidated) else { throw .notValidated(block: number, reason: "a transaction has no verdict") }
        guard validated.transactionIDs.count == validated.codes.count else {
            throw .notValidated(block: number, reason: "it lists \(validated.transactionIDs.count) ids for \(validated.codes.count) transactions")
        }
        guard number == 0 || (try? block.storedCommitHash()) == validated.commitHash else {
            throw .notValidated(block: number, reason: "slot 4 does not hold its commit hash")
        }
    }

    /// Writes the effects of a stored block, the indexes and the savepoint in one batch.
    static func write(
        _ block: ValidatedBlock, _ privateWrites: [CommittedPrivateWrites], at location: BlockLocation, after before: LedgerSnapshot,
        store: any KeyValueStore
    ) throws(LedgerError) -> LedgerSnapshot {
        let number = block.block.number.rawValue
        let hash = block.block.headerHash
        let head = LedgerHead(height: number + 1, blockHash: hash, commitHash: block.commitHash, end: location.end)
        var batch = WriteBatch()
        batch.reserveCapacity(block.updates.count + block.history.count + block.codes.count + 4)
        batch.add(block.updates)
        try batch.add(privateWrites)
        for write in block.history { batch.put(StateKeyFormat.history(write.namespace, write.key, write.version), []) }
        do throws(KeyValueError) {
            for (index, id) in block.transactionIDs.enumerated() {
                guard let id else { continue }
                let key = StateKeyFormat.transaction(id)
                // An invalid transaction takes an id only if it is free; a validated block has each id in at most one valid one.
                if block.codes[index] != .valid {
                    let taken = try before.content.value(for: key)
                    if taken != nil || block.isIDTaken(before: index) { continue }
                }
                batch.put(key, IndexValueFormat.encode(TransactionEntry(block: number, index: UInt32(clamping: index), code: block.codes[index])))
            }
            batch.put(StateKeyFormat.block(number), IndexValueFormat.encode(location))
            batch.put(StateKeyFormat.blockHash(hash), IndexValueFormat.encode(number))
            batch.put(StateKeyFormat.formatKey, [StateKeyFormat.version])
            batch.put(StateKeyFormat.savepointKey, IndexValueFormat.encode(head))
            try store.write(batch)
        } catch { throw .state(error) }
        return LedgerSnapshot(head: head, content: store.snapshot(), blocks: before.blocks)
    }
}

extension ValidatedBlock {
    /// Whether a transaction before this one in the block has the same id.
    fileprivate func isIDTaken(before index: Int) -> Bool {
        let id = self.transactionIDs[index]
        return self.transactionIDs[..<index].contains { $0 == id }
    }
}
