import LedgerModel

/// The ledger as it was after some block: blocks, transactions, world state and history; later commits do not change it.
///
/// It is safe to share between threads. Keep it only as long as needed: the database keeps old values for it.
package struct LedgerSnapshot: StateReading, HistoryReading, TransactionIndexReading {
    package let head: LedgerHead
    let content: any KeyValueSnapshot
    let blocks: BlockStore

    /// The number of blocks, and the number of the next one.
    package var height: UInt64 { self.head.height }

    /// Where the ledger began, when that was a snapshot; nil for a ledger that holds the whole chain.
    package func base() throws(LedgerError) -> LedgerBase? {
        guard let bytes = try self.entry(StateKeyFormat.baseKey) else { return nil }
        guard let base = IndexValueFormat.decodeBase(bytes) else { throw .stateDamaged(reason: "the place where the ledger began") }
        return base
    }

    /// The channel's configuration in office, a serialised `common.ConfigEnvelope`; nil before the first block.
    package func configEnvelope() throws(StateReadError) -> [UInt8]? {
        try self.value(at: .key(Namespace(""), ConfigurationState.key))?.value
    }

    // MARK: World state

    package func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        try StateSnapshot(self.content).value(at: address)
    }

    package func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        try StateSnapshot(self.content).scan(namespace, from: start, to: end)
    }

    // MARK: Blocks

    /// The stored `common.Block` with a number, as it was written; nil when the chain is shorter.
    package func blockBytes(_ number: BlockNumber) throws(LedgerError) -> [UInt8]? {
        guard number.rawValue < self.height else { return nil }
        if let base = try self.base(), number.rawValue < base.height {
            throw .notHere(item: "block \(number)", snapshotBlock: base.lastBlock)
        }
        guard let entry = try self.entry(StateKeyFormat.block(number.rawValue)), let location = IndexValueFormat.decodeLocation(entry) else {
            throw .stateDamaged(reason: "the index has no place for block \(number)")
        }
        do { return try self.blocks.read(number.rawValue, at: location) } catch { throw .blocks(error) }
    }

    /// The block with a number, with the codes and the commit hash that this peer gave it.
    package func block(_ number: BlockNumber) throws(LedgerError) -> OrderedBlock? {
        guard let bytes = try self.blockBytes(number) else { return nil }
        do { return try OrderedBlock(serialized: bytes) } catch { throw .blockUnusable(block: number.rawValue, reason: error.description) }
    }

    /// The number of the block with a header hash.
    package func number(ofBlockWithHash hash: [UInt8]) throws(LedgerError) -> BlockNumber? {
        guard let entry = try self.entry(StateKeyFormat.blockHash(hash)) else { return nil }
        guard let number = IndexValueFormat.decodeNumber(entry) else { throw .stateDamaged(reason: "an entry of the block hash index") }
        return BlockNumber(number)
    }

    /// The block with a header hash.
    package func block(withHash hash: [UInt8]) throws(LedgerError) -> OrderedBlock? {
        guard let number = try self.number(ofBlockWithHash: hash) else { return nil }
        return try self.block(number)
    }

    // MARK: Transactions

    /// Where a transaction stands and what its verdict is; of several with the same id the valid one, else the first.
    package func entry(of id: TransactionID) throws(LedgerError) -> TransactionEntry? {
        guard let entry = try self.entry(StateKeyFormat.transaction(id)) else { return nil }
        if entry.isEmpty, let base = try self.base() { throw .notHere(item: "transaction \(id)", snapshotBlock: base.lastBlock) }
        guard let transaction = IndexValueFormat.decodeTransaction(entry) else { throw .stateDamaged(reason: "the index entry of transaction \(id)") }
        return transaction
    }

    /// A transaction with its verdict.
    package func transaction(_ id: TransactionID) throws(LedgerError) -> StoredTransaction? {
        guard let entry = try self.entry(of: id), let block = try self.block(BlockNumber(entry.block)) else { return nil }
        guard Int(entry.index) < block.envelopes.count else { throw .stateDamaged(reason: "the index entry of transaction \(id)") }
        return StoredTransaction(
            block: block.number, index: Int(entry.index), code: entry.code, envelope: block.envelopes[Int(entry.index)])
    }

    /// The block that holds a transaction.
    package func block(containing id: TransactionID) throws(LedgerError) -> OrderedBlock? {
        guard let entry = try self.entry(of: id) else { return nil }
        return try self.block(BlockNumber(entry.block))
    }

    package func contains(_ id: TransactionID) throws(StateReadError) -> Bool {
        try reading { () throws(KeyValueError) in try self.content.value(for: StateKeyFormat.transaction(id)) } != nil
    }

    private func entry(_ key: [UInt8]) throws(LedgerError) -> [UInt8]? {
        do { return try self.content.value(for: key) } catch { throw .state(error) }
    }
}
