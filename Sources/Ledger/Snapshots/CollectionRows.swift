import LedgerModel

/// The history of collections, as Fabric keeps it beside the state: one row for each block that committed a definition with collections.
///
/// It is told from the definitions of the lifecycle and their history; the older lifecycle, whose definitions are `lscc`'s, is not looked at.
extension LedgerSnapshot {
    private static let lifecycle: Namespace = "_lifecycle"
    private static let fields = Array("namespaces/fields/".utf8)
    private static let sequence = Array("/Sequence".utf8)
    private static let collections = Array("/Collections".utf8)

    /// All rows in byte order of their keys; see `SnapshotFileFormat`.
    func collectionRows() throws -> [(key: [UInt8], package: [UInt8])] {
        var rows: [(key: [UInt8], package: [UInt8])] = []
        let stored = StateKeyFormat.range(of: "c")
        let scan = try self.content.scan(from: stored.start, to: stored.end)
        while let entry = try scan.next() { rows.append((Array(entry.key.dropFirst()), entry.value)) }
        for (chaincode, blocks) in try self.definitions() {
            for block in blocks {
                let package = try self.collections(of: chaincode, afterBlock: block, knowing: rows)
                guard !package.isEmpty else { continue }
                rows.append((SnapshotFileFormat.rowKey(chaincode: chaincode, block: block), package))
            }
        }
        return rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// The chaincodes whose definition was committed, each with the blocks that did it, oldest first.
    private func definitions() throws -> [(chaincode: [UInt8], blocks: [UInt64])] {
        var found: [(chaincode: [UInt8], blocks: [UInt64])] = []
        let range = StateKeyFormat.historyRange(Self.lifecycle)
        let scan = try self.content.scan(from: range.start, to: range.end)
        while let entry = try scan.next() {
            guard case .history(_, let key, let version) = StateDatabaseKey(entry.key) else {
                throw LedgerError.stateDamaged(reason: "an entry of the history")
            }
            guard key.utf8.starts(with: Self.fields), key.utf8.suffix(Self.sequence.count).elementsEqual(Self.sequence) else { continue }
            let chaincode = Array(key.utf8.dropFirst(Self.fields.count).dropLast(Self.sequence.count))
            if found.last?.chaincode != chaincode { found.append((chaincode, [])) }
            // The walk goes from the newest change to the oldest; one block may hold several.
            if found[found.count - 1].blocks.first != version.block { found[found.count - 1].blocks.insert(version.block, at: 0) }
        }
        return found
    }

    /// The package of a chaincode's collections as it was after a block; empty when it had none.
    private func collections(
        of chaincode: [UInt8], afterBlock block: UInt64, knowing rows: [(key: [UInt8], package: [UInt8])]
    ) throws -> [UInt8] {
        let key = StateKey(utf8: Self.fields + chaincode + Self.collections)
        let range = StateKeyFormat.historyRange(Self.lifecycle, key)
        let scan = try self.content.scan(from: range.start, to: range.end)
        var isNewest = true
        while let entry = try scan.next() {
            guard let version = StateKeyFormat.historyVersion(entry.key) else { throw LedgerError.stateDamaged(reason: "an entry of the history") }
            guard version.block <= block else {
                isNewest = false
                continue
            }
            // The newest change up to that block: the state still has it, or the block that made it says what it was.
            if isNewest, let current = try self.value(at: .key(Self.lifecycle, key)) { return Self.bytesField(current.value) }
            return Self.bytesField(try self.written(key, at: version))
        }
        // Not changed since the ledger began: as the last row of the snapshot says.
        return rows.last { SnapshotFileFormat.readRowKey($0.key)?.chaincode == chaincode }?.package ?? []
    }

    /// What a transaction wrote to a key of the lifecycle.
    private func written(_ key: StateKey, at version: StateVersion) throws -> [UInt8] {
        guard let block = try self.block(BlockNumber(version.block)), version.transaction < UInt64(block.envelopes.count) else { return [] }
        let payload = try Payload(serialized: Envelope(serialized: block.envelopes[Int(version.transaction)]).payload)
        let response = try ProposalResponsePayload(serialized: EndorserTransaction(serialized: payload.data).responsePayloadBytes)
        let set = try ReadWriteSet(serialized: ChaincodeAction(serialized: response.actionBytes).results)
        return set.namespaces.first { $0.namespace == Self.lifecycle }?.writes.last { $0.key == key }?.value ?? []
    }

    /// The `bytes` of a serialised `lifecycle.StateData`, field 2; empty when there are none.
    private static func bytesField(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.first == 2 << 3 | 2 else { return [] }
        var reader = ByteReader(bytes[1...])
        return reader.sizedBytes().map { Array($0) } ?? []
    }
}
