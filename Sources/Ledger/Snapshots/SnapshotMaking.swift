import LedgerModel

extension LedgerSnapshot {
    /// Writes a snapshot in Fabric's format of the ledger as it is in this view.
    ///
    /// The folder appears under its name when all of it is durable. The bytes depend on the ledger's content alone.
    /// - Throws: `SnapshotError.exists` when there is something of that name, `.emptyLedger`, `.ledger`, `.file`.
    package func writeSnapshot(
        to folder: String, files: any FolderIO = SystemFiles(), progress: (LedgerProgress) -> Void = { _ in }
    ) throws(SnapshotError) -> SnapshotMetadata {
        guard self.height > 0 else { throw .emptyLedger }
        let unfinished = folder + LedgerLayout.unfinished
        try snapshotFiles { () throws(FileError) in try files.removeFolder(unfinished) }
        guard !Self.exists(folder, files: files) else { throw .exists(folder: folder) }
        try snapshotFiles { () throws(FileError) in try files.makeFolder(unfinished) }
        do {
            let metadata = try self.write(to: unfinished, files: files, progress: progress)
            try files.rename(unfinished, to: folder)
            let parent = folder.utf8.contains(UInt8(ascii: "/")) ? folder + "/.." : "."
            try files.syncFolder(parent)
            return metadata
        } catch let error as SnapshotError {
            throw error
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .ledger(reason: "\(error)")
        }
    }

    private static func exists(_ path: String, files: any FolderIO) -> Bool {
        do throws(FileError) { _ = try files.open(path, for: .reading) } catch { return !error.isMissing }
        return true
    }

    private func write(to folder: String, files: any FolderIO, progress: (LedgerProgress) -> Void) throws -> SnapshotMetadata {
        var writer = SnapshotFolderWriter(folder, files: files)
        var records: UInt64 = 0
        func count(_ work: String) {
            records += 1
            progress(LedgerProgress(work: work, done: records, total: 0, unit: "items"))
        }
        let walk = SnapshotWalk(content: self.content)
        let namespaces = try walk.publicNamespaces()
        try writer.writeState(.publicState, namespaces: namespaces.map(\.utf8)) { index, append in
            try walk.records(in: StateKeyFormat.stateRange(namespaces[index], from: "", to: nil)) { record in
                try append(record)
                count("write public state")
            }
        }
        let collections = try walk.collections()
        try writer.writeState(.privateStateHashes, namespaces: collections.map { SnapshotFileFormat.hashedNamespace($0.namespace, $0.collection) }) {
            index, append in
            try walk.records(in: StateKeyFormat.hashedRange(collections[index].namespace, collections[index].collection)) { record in
                try append(record)
                count("write hashed state")
            }
        }
        try writer.writeItems(.transactionIDs) { append in
            try walk.transactionIDs { id in
                try append(id)
                count("write transaction ids")
            }
        }
        let rows = try self.collectionRows()
        try writer.writeItems(
            .configurationHistory,
            items: { append in
                for row in rows {
                    try append(row.key)
                    try append(row.package)
                }
            }, perCount: 2)
        return try self.finish(&writer)
    }

    private func finish(_ writer: inout SnapshotFolderWriter) throws -> SnapshotMetadata {
        let last = self.height - 1
        let base = try self.base()
        let previous: [UInt8]
        if let base, base.lastBlock == last {
            previous = base.previousBlockHash
        } else {
            previous = try self.block(BlockNumber(last))?.previousHash ?? []
        }
        return try writer.finish(
            channel: try base?.channelName ?? self.channelName(), lastBlock: last, lastBlockHash: self.head.blockHash,
            previousBlockHash: previous, commitHash: self.head.commitHash)
    }

    /// The channel that the genesis block names.
    func channelName() throws(LedgerError) -> String {
        if let base = try self.base() { return base.channelName }
        guard let envelope = try self.block(0)?.envelopes.first else { throw .blockUnusable(block: 0, reason: "it has no transaction") }
        do {
            return try ChannelHeader(serialized: Payload(serialized: Envelope(serialized: envelope).payload).channelHeaderBytes).channelID.text
        } catch { throw .blockUnusable(block: 0, reason: "\(error)") }
    }
}

/// Walks over the database in the order of a snapshot, which is not that of the database.
private struct SnapshotWalk {
    let content: any KeyValueSnapshot

    /// All namespaces with public state, in byte order.
    func publicNamespaces() throws -> [Namespace] {
        var found: [Namespace] = []
        var range = StateKeyFormat.range(of: "s")
        while let entry = try self.content.scan(from: range.start, to: range.end).next() {
            guard case .state(.key(let namespace, _)) = StateDatabaseKey(entry.key) else {
                throw LedgerError.stateDamaged(reason: "a key of the state")
            }
            found.append(namespace)
            range.start = StateKeyFormat.stateRange(namespace, from: "", to: nil).end
        }
        return found.sorted()
    }

    /// All collections with hashed state, in byte order of their names in a snapshot.
    func collections() throws -> [(namespace: Namespace, collection: CollectionName)] {
        var found: [(namespace: Namespace, collection: CollectionName)] = []
        var range = StateKeyFormat.range(of: "h")
        while let entry = try self.content.scan(from: range.start, to: range.end).next() {
            guard case .state(.hashed(let namespace, let collection, _)) = StateDatabaseKey(entry.key) else {
                throw LedgerError.stateDamaged(reason: "a key of the hashed state")
            }
            found.append((namespace, collection))
            range.start = StateKeyFormat.hashedRange(namespace, collection).end
        }
        return found.sorted {
            SnapshotFileFormat.hashedNamespace($0.namespace, $0.collection)
                .lexicographicallyPrecedes(SnapshotFileFormat.hashedNamespace($1.namespace, $1.collection))
        }
    }

    func records(in range: (start: [UInt8], end: [UInt8]), _ body: (SnapshotRecord) throws -> Void) throws {
        let scan = try self.content.scan(from: range.start, to: range.end)
        while let entry = try scan.next() {
            guard let value = StateValueFormat.decode(entry.value), case .state(let address) = StateDatabaseKey(entry.key) else {
                throw LedgerError.stateDamaged(reason: "the \(StateDatabaseKey(entry.key))")
            }
            switch address {
            case .key(_, let key): try body(SnapshotRecord(key: key.utf8, value: value))
            case .hashed(_, _, let keyHash): try body(SnapshotRecord(key: keyHash, value: value))
            }
        }
    }

    /// All ids, shorter ones first, else in byte order.
    func transactionIDs(_ body: ([UInt8]) throws -> Void) throws {
        let range = StateKeyFormat.range(of: "t")
        var lengths: Set<Int> = []
        var scan = try self.content.scan(from: range.start, to: range.end)
        while let entry = try scan.next() { lengths.insert(entry.key.count - 1) }
        for length in lengths.sorted() {
            scan = try self.content.scan(from: range.start, to: range.end)
            while let entry = try scan.next() {
                if entry.key.count - 1 == length { try body(Array(entry.key.dropFirst())) }
            }
        }
    }
}
