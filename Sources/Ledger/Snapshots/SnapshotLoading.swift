import LedgerModel

/// Loads a snapshot into an empty state database.
enum SnapshotLoading {
    private static let batchSizeBytes = 4 << 20
    private static let batchCount = 10_000

    /// Loads the snapshot from which a ledger began, when it did and the database is empty.
    ///
    /// A load that a crash interrupted has left no savepoint and is done again.
    static func beginIfEmpty(
        _ store: any KeyValueStore, ledger folder: String, files: any FolderIO, progress: (LedgerProgress) -> Void = { _ in }
    ) throws(LedgerError) {
        let path = folder + "/" + LedgerLayout.base
        do {
            guard try store.snapshot().value(for: StateKeyFormat.savepointKey) == nil else { return }
            guard try files.contains(LedgerLayout.base, in: folder) else { return }
            let snapshot = try SnapshotFolder(path, files: files)
            try snapshot.verifyHashes(progress: progress)
            try self.load(snapshot, into: store, progress: progress)
        } catch let error as SnapshotError {
            throw .snapshot(error)
        } catch let error as KeyValueError {
            throw .state(error)
        } catch let error as FileError {
            throw .blocks(.file(error))
        } catch {
            throw .stateDamaged(reason: "\(error)")
        }
    }

    /// Loads a snapshot whose hashes have been verified; the savepoint comes last.
    static func load(_ snapshot: SnapshotFolder, into store: any KeyValueStore, progress: (LedgerProgress) -> Void) throws {
        let metadata = snapshot.metadata
        var batch = WriteBatch()
        var sizeBytes = 0
        func put(_ key: [UInt8], _ value: [UInt8]) throws {
            batch.put(key, value)
            sizeBytes += key.count + value.count
            guard sizeBytes >= self.batchSizeBytes || batch.operations.count >= self.batchCount else { return }
            try store.write(batch)
            (batch, sizeBytes) = (WriteBatch(), 0)
        }
        for file in [SnapshotFile.publicState, .privateStateHashes] {
            guard var records = try snapshot.records(of: file) else { continue }
            var done: UInt64 = 0
            while let record = try records.next() {
                let value = record.value
                try put(
                    StateKeyFormat.state(record.address), StateValueFormat.encode(value.value, metadata: value.metadata, version: value.version))
                done += 1
                progress(LedgerProgress(work: "load \(file.rawValue)", done: done, total: records.count, unit: "records"))
            }
        }
        if var ids = try snapshot.transactionIDs() {
            var done: UInt64 = 0
            while let id = try ids.next() {
                try put(StateKeyFormat.transaction(id), [])
                done += 1
                progress(LedgerProgress(work: "load transaction ids", done: done, total: ids.count, unit: "ids"))
            }
        }
        if var rows = try snapshot.configurationHistory() {
            while let row = try rows.next() { try put(StateKeyFormat.collections(rowKey: row.key), row.package) }
        }
        let base = LedgerBase(
            height: metadata.lastBlockNumber + 1, blockHash: metadata.lastBlockHash, previousBlockHash: metadata.previousBlockHash,
            commitHash: metadata.commitHash, channelName: metadata.channelName)
        let start = base.checkpoint
        let head = LedgerHead(height: base.height, blockHash: base.blockHash, commitHash: base.commitHash, end: start.end)
        batch.put(StateKeyFormat.blockHash(base.blockHash), IndexValueFormat.encode(base.lastBlock))
        batch.put(StateKeyFormat.baseKey, IndexValueFormat.encode(base))
        batch.put(StateKeyFormat.formatKey, [StateKeyFormat.version])
        batch.put(StateKeyFormat.savepointKey, IndexValueFormat.encode(head))
        try store.write(batch)
    }
}

extension Ledger {
    /// Begins a ledger from a snapshot in a folder that holds none yet, and opens it at the snapshot's height.
    ///
    /// The snapshot is copied into the ledger's folder, so that the state can be rebuilt. Until the copy is whole the folder holds no ledger;
    /// from then on opening it ends what a crash interrupted.
    /// - Throws: `LedgerError.snapshot` with the file and offset; `.snapshot(.exists)` when the folder holds a ledger already.
    package static func join(
        snapshot source: String, folder: String, files: any FolderIO = SystemFiles(), progress: (LedgerProgress) -> Void = { _ in }
    ) throws(LedgerError) -> Ledger {
        let snapshot: SnapshotFolder
        do {
            snapshot = try SnapshotFolder(source, files: files)
            try snapshot.verifyHashes(progress: progress)
            try self.copy(snapshot, toLedger: folder, files: files, progress: progress)
        } catch { throw .snapshot(error) }
        let ledger = try self.open(folder: folder, progress: progress)
        guard try ledger.snapshot().base()?.blockHash == snapshot.metadata.lastBlockHash else {
            throw .snapshot(.exists(folder: folder))
        }
        return ledger
    }

    private static func copy(
        _ snapshot: SnapshotFolder, toLedger folder: String, files: any FolderIO, progress: (LedgerProgress) -> Void
    ) throws(SnapshotError) {
        try snapshotFiles { () throws(FileError) in try files.makeFolder(folder) }
        guard let lock = try snapshotFiles({ () throws(FileError) in try files.lock(folder) }) else { throw .exists(folder: folder) }
        defer { withExtendedLifetime(lock) {} }
        let names = try snapshotFiles { () throws(FileError) in try files.list(folder) }
        guard !names.contains(where: { [LedgerLayout.blocks, LedgerLayout.state, LedgerLayout.base].contains($0) }) else {
            throw .exists(folder: folder)
        }
        let target = folder + "/" + LedgerLayout.unfinishedBase
        try snapshotFiles { () throws(FileError) in
            try files.removeFolder(target)
            try files.makeFolder(target)
            let copied = [SnapshotFile.signableMetadata, .additionalMetadata] + snapshot.metadata.fileHashes.map(\.file)
            for (index, file) in copied.enumerated() {
                progress(LedgerProgress(work: "copy", done: UInt64(index), total: UInt64(copied.count), unit: "files"))
                try files.copy(snapshot.folder + "/" + file.rawValue, to: target + "/" + file.rawValue)
            }
            try files.syncFolder(target)
            try files.rename(target, to: folder + "/" + LedgerLayout.base)
            try files.syncFolder(folder)
        }
    }
}
