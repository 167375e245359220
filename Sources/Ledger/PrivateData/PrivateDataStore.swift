import CryptoPrimitives
import LedgerModel
import Synchronization

/// The private data that this node holds in the clear, beside the blocks and not below the state: blocks hold only hashes.
///
/// An endorser holds the private writes of what it endorsed until the transaction is in a block. At the commit those whose hash is the one in the
/// transaction are kept for good, under their block; the state database gets a copy that can be made again from here. A node that never endorsed private
/// writes has no such store on its disk.
package final class PrivateDataStore: Sendable {
    private struct Content {
        var store: (any KeyValueStore)?
        /// The heights and sizes of what is held; few, as transactions are committed or forgotten.
        var held: [TransactionID: (height: UInt64, sizeBytes: Int)] = [:]
        var heldBytes = 0
    }

    private let make: @Sendable () throws(KeyValueError) -> any KeyValueStore
    private let content = Mutex(Content())

    /// - Parameter make: Opens the store when it is first needed.
    package init(make: @escaping @Sendable () throws(KeyValueError) -> any KeyValueStore) {
        self.make = make
    }

    /// A store that lives and dies with the process.
    package convenience init() {
        self.init { () throws(KeyValueError) in InMemoryStore() }
    }

    /// Opens the store and forgets what is in a block already.
    func open(knowing transactions: some TransactionIndexReading) throws(LedgerError) {
        do {
            try self.content.withLock { content in
                let store = try self.store(&content)
                var batch = WriteBatch()
                let scan = try store.snapshot().scan(from: PrivateDataFormat.heldRange.start, to: PrivateDataFormat.heldRange.end)
                while let entry = try scan.next() {
                    guard let id = PrivateDataFormat.heldID(entry.key), let held = PrivateDataFormat.decodeHeld(entry.value) else {
                        throw KeyValueError(operation: "read", reason: "an entry of what is held is damaged")
                    }
                    if try transactions.contains(id) {
                        batch.remove(entry.key)
                    } else {
                        content.held[id] = (held.height, entry.value.count)
                        content.heldBytes += entry.value.count
                    }
                }
                if !batch.operations.isEmpty { try store.write(batch) }
            }
        } catch { throw Self.failure(error) }
    }

    /// Keeps the private writes of a transaction that is being endorsed, durably, until it is in a block.
    ///
    /// - Throws: `.privateData` when too much is held already, or the store refuses.
    package func hold(_ sets: [PrivateWriteSet], for id: TransactionID, height: UInt64) throws(LedgerError) {
        guard !sets.isEmpty else { return }
        let value = PrivateDataFormat.encode(HeldPrivateWrites(height: height, sets: sets))
        do {
            try self.content.withLock { content in
                let store = try self.store(&content)
                var batch = WriteBatch()
                Self.forgetOld(at: height, &content, &batch)
                let before = content.held[id]?.sizeBytes ?? 0
                guard content.held.count < LedgerLimits.heldTransactions || before > 0,
                    content.heldBytes - before + value.count <= LedgerLimits.heldBytes
                else {
                    throw KeyValueError(
                        operation: "hold the private writes of another transaction", reason: "too many endorsed transactions wait for their block")
                }
                batch.put(PrivateDataFormat.held(id), value)
                try store.write(batch)
                content.heldBytes += value.count - before
                content.held[id] = (height, value.count)
            }
        } catch { throw Self.failure(error) }
    }

    /// Makes the private writes of a block's valid transactions durable, as far as this node has them.
    ///
    /// What was held is checked against the hashes in the transactions; what does not match or is missing is left out.
    func keep(for block: ValidatedBlock) throws(LedgerError) {
        do {
            try self.content.withLock { content in
                guard !content.held.isEmpty else { return }
                var kept: [CommittedPrivateWrites] = []
                for (index, id) in block.transactionIDs.enumerated() {
                    guard let id, block.codes[index] == .valid, content.held[id] != nil else { continue }
                    let store = try self.store(&content)
                    guard let value = try store.snapshot().value(for: PrivateDataFormat.held(id)), let held = PrivateDataFormat.decodeHeld(value)
                    else {
                        throw KeyValueError(operation: "read", reason: "an entry of what is held is damaged")
                    }
                    let version = StateVersion(block: block.block.number.rawValue, transaction: UInt64(index))
                    kept += PrivateHashes(of: block.block.envelopes[index]).matching(held.sets).map {
                        CommittedPrivateWrites(version: version, set: $0)
                    }
                }
                guard !kept.isEmpty else { return }
                var batch = WriteBatch()
                for writes in kept {
                    batch.put(PrivateDataFormat.writes(writes.version, writes.set.namespace, writes.set.collection), writes.set.bytes)
                }
                try self.store(&content).write(batch)
            }
        } catch { throw Self.failure(error) }
    }

    /// Forgets what was held for the transactions of a block, once its effects are in the state.
    func release(_ block: ValidatedBlock) {
        self.content.withLock { content in
            guard !content.held.isEmpty else { return }
            var batch = WriteBatch()
            for case .some(let id) in block.transactionIDs { Self.forget(id, &content, &batch) }
            Self.forgetOld(at: block.block.number.rawValue, &content, &batch)
            // A failure costs nothing: what is left on the disk is forgotten when the store is opened again.
            if !batch.operations.isEmpty { try? content.store?.write(batch) }
        }
    }

    /// What this node has of the private writes of a block's valid transactions, kept now or when the block was applied before.
    func kept(for block: ValidatedBlock) throws(LedgerError) -> [CommittedPrivateWrites] {
        do {
            return try self.content.withLock { content in
                guard let store = content.store else { return [] }
                let range = PrivateDataFormat.range(ofBlock: block.block.number.rawValue)
                let scan = try store.snapshot().scan(from: range.start, to: range.end)
                var result: [CommittedPrivateWrites] = []
                while let entry = try scan.next() {
                    guard let writes = PrivateDataFormat.decodeWrites(key: entry.key, value: entry.value) else {
                        throw KeyValueError(operation: "read", reason: "an entry of block \(block.block.number) is damaged")
                    }
                    // Blocks that were taken back and ordered anew may hold another transaction in this place.
                    guard let index = Int(exactly: writes.version.transaction), index < block.codes.count, block.codes[index] == .valid else {
                        continue
                    }
                    if !PrivateHashes(of: block.block.envelopes[index]).matching([writes.set]).isEmpty { result.append(writes) }
                }
                return result
            }
        } catch { throw Self.failure(error) }
    }

    private func store(_ content: inout Content) throws -> any KeyValueStore {
        if let store = content.store { return store }
        let store = try self.make()
        let format = try store.snapshot().value(for: PrivateDataFormat.formatKey)
        if let format {
            guard format == [PrivateDataFormat.version] else {
                throw KeyValueError(operation: "open", reason: "the private data have format \(format.first ?? 0), use the program that wrote them")
            }
        } else {
            var batch = WriteBatch()
            batch.put(PrivateDataFormat.formatKey, [PrivateDataFormat.version])
            try store.write(batch)
        }
        content.store = store
        return store
    }

    /// Forgets transactions that nobody has had ordered for long.
    private static func forgetOld(at height: UInt64, _ content: inout Content, _ batch: inout WriteBatch) {
        let old = content.held.filter { height >= LedgerLimits.heldBlocks && $0.value.height <= height - LedgerLimits.heldBlocks }
        for id in old.keys.sorted() { self.forget(id, &content, &batch) }
    }

    private static func forget(_ id: TransactionID, _ content: inout Content, _ batch: inout WriteBatch) {
        guard let held = content.held.removeValue(forKey: id) else { return }
        content.heldBytes -= held.sizeBytes
        batch.remove(PrivateDataFormat.held(id))
    }

    private static func failure(_ error: any Error) -> LedgerError {
        if let error = error as? LedgerError { return error }
        return .privateData(error as? KeyValueError ?? KeyValueError(operation: "read", reason: "\(error)"))
    }
}

/// The hashes of private write sets in one transaction.
struct PrivateHashes {
    private struct Place: Hashable {
        let namespace: Namespace
        let collection: CollectionName
    }

    private var hashes: [Place: [UInt8]] = [:]

    /// - Parameter envelope: A serialised `common.Envelope`; one that does not parse has no hashes.
    init(of envelope: [UInt8]) {
        guard let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
            let transaction = try? EndorserTransaction(serialized: payload.data),
            let response = try? ProposalResponsePayload(serialized: transaction.responsePayloadBytes),
            let results = try? ReadWriteSet(serialized: ChaincodeAction(serialized: response.actionBytes).results)
        else { return }
        for part in results.namespaces {
            for collection in part.collections {
                self.hashes[Place(namespace: part.namespace, collection: collection.collection)] = collection.privateHash
            }
        }
    }

    /// The sets whose SHA-256 is the one in the transaction.
    func matching(_ sets: [PrivateWriteSet]) -> [PrivateWriteSet] {
        sets.filter { self.hashes[Place(namespace: $0.namespace, collection: $0.collection)] == SHA256.hash($0.bytes) }
    }
}
