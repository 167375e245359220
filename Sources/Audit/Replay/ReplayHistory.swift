import Ledger
import LedgerModel
import Synchronization

/// The history of keys during a replay: it keeps versions, and reads values from the block files again when a contract asks.
final class ReplayHistory: HistoryReading {
    private struct Item: Hashable {
        let namespace: Namespace
        let key: StateKey
    }

    private struct Content {
        /// Oldest first.
        var versions: [Item: [StateVersion]] = [:]
        /// Where each block begins, by number.
        var blocks: [BlockCheckpoint] = []
    }

    private let folder: String
    private let content = Mutex(Content())

    /// - Parameter folder: The folder of the block files.
    init(folder: String) {
        self.folder = folder
    }

    /// Adds the next block.
    func add(_ writes: [HistoryWrite], of block: StoredBlock) {
        self.content.withLock { content in
            content.blocks.append(BlockCheckpoint(height: block.number, end: block.location.position))
            for write in writes { content.versions[Item(namespace: write.namespace, key: write.key), default: []].append(write.version) }
        }
    }

    func history(of key: StateKey, in namespace: Namespace) throws(StateReadError) -> [KeyModification] {
        let versions = self.content.withLock { $0.versions[Item(namespace: namespace, key: key)] ?? [] }
        var modifications: [KeyModification] = []
        var block: OrderedBlock?
        for version in versions.reversed() {
            if block?.number.rawValue != version.block { block = try self.block(version.block) }
            guard let envelopes = block?.envelopes, version.transaction < UInt64(envelopes.count) else {
                throw StateReadError(reason: "the history of a key names transaction \(version), which does not exist")
            }
            modifications.append(try Self.modification(of: key, in: namespace, by: envelopes[Int(version.transaction)], version))
        }
        return modifications
    }

    private func block(_ number: UInt64) throws(StateReadError) -> OrderedBlock {
        let place = self.content.withLock { number < UInt64($0.blocks.count) ? $0.blocks[Int(number)] : nil }
        do {
            var scan = try BlockScan(folder: self.folder, files: SystemFiles(), from: place)
            guard let stored = try scan.next() else { throw StateReadError(reason: "block \(number) is gone from the block files") }
            return try OrderedBlock(serialized: stored.bytes)
        } catch {
            throw StateReadError(reason: "block \(number): \(error)")
        }
    }

    private static func modification(
        of key: StateKey, in namespace: Namespace, by envelope: [UInt8], _ version: StateVersion
    ) throws(StateReadError) -> KeyModification {
        do {
            let payload = try Payload(serialized: try Envelope(serialized: envelope).payload)
            let header = try ChannelHeader(serialized: payload.channelHeaderBytes)
            let response = try ProposalResponsePayload(serialized: try EndorserTransaction(serialized: payload.data).responsePayloadBytes)
            let set = try ReadWriteSet(serialized: try ChaincodeAction(serialized: response.actionBytes).results)
            let part = set.namespaces.first { $0.namespace == namespace }
            // Inside one transaction the last write of a key counts.
            guard let write = part?.writes.last(where: { $0.key == key }) else {
                throw MessageError(part: "read-write set", reason: "does not write the key")
            }
            return KeyModification(
                transaction: header.transactionID, value: write.value, timestamp: header.timestamp ?? Timestamp(seconds: 0),
                isDelete: write.isDelete)
        } catch {
            throw StateReadError(reason: "the history of a key names transaction \(version), which is unusable: \(error)")
        }
    }
}
