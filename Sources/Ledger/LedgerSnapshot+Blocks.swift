import LedgerModel

extension LedgerSnapshot: BlockReading {
    package var blockCount: UInt64 { self.height }
    package var lastBlockHash: [UInt8] { self.head.blockHash }

    package func storedBlock(_ number: BlockNumber) throws(StateReadError) -> OrderedBlock? {
        do { return try self.block(number) } catch { throw StateReadError(reason: error.description) }
    }

    package func blockNumber(withHash hash: [UInt8]) throws(StateReadError) -> BlockNumber? {
        do { return try self.number(ofBlockWithHash: hash) } catch { throw StateReadError(reason: error.description) }
    }

    package func storedTransaction(_ id: TransactionID) throws(StateReadError) -> StoredTransaction? {
        do { return try self.transaction(id) } catch { throw StateReadError(reason: error.description) }
    }
}
