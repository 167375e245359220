import LedgerModel

extension LedgerSnapshot: BlockReading {
    package var blockCount: UInt64 { self.height }
    package var lastBlockHash: [UInt8] { self.head.blockHash }

    package func storedBlock(_ number: BlockNumber) throws(StateReadError) -> OrderedBlock? {
        do { return try self.block(number) } catch { throw StateReadError(error) }
    }

    package func blockNumber(withHash hash: [UInt8]) throws(StateReadError) -> BlockNumber? {
        do { return try self.number(ofBlockWithHash: hash) } catch { throw StateReadError(error) }
    }

    package func storedTransaction(_ id: TransactionID) throws(StateReadError) -> StoredTransaction? {
        do { return try self.transaction(id) } catch { throw StateReadError(error) }
    }

    package func snapshotBeginning() throws(StateReadError) -> SnapshotBeginning? {
        let base: LedgerBase?
        do { base = try self.base() } catch { throw StateReadError(error) }
        return base.map { SnapshotBeginning(lastBlock: BlockNumber($0.lastBlock), previousBlockHash: $0.previousBlockHash) }
    }

    package func configurationInOffice() throws(StateReadError) -> [UInt8]? { try self.configEnvelope() }
}
