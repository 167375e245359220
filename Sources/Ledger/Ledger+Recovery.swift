import LedgerModel

extension Ledger {
    /// Reads how far the database is.
    static func readHead(_ content: any KeyValueSnapshot) throws(LedgerError) -> LedgerHead {
        do {
            guard let savepoint = try content.value(for: StateKeyFormat.savepointKey) else { return .empty }
            let format = try content.value(for: StateKeyFormat.formatKey) ?? []
            guard format == [StateKeyFormat.version] else { throw LedgerError.unknownFormat(version: format.first ?? 0) }
            guard let head = IndexValueFormat.decodeHead(savepoint) else { throw LedgerError.stateDamaged(reason: "the savepoint") }
            return head
        } catch let error as LedgerError {
            throw error
        } catch let error as KeyValueError {
            throw .state(error)
        } catch {
            throw .stateDamaged(reason: "\(error)")
        }
    }

    /// Makes sure that the last block the database knows is the one in the block files: the two folders belong together.
    static func checkLastBlock(of snapshot: LedgerSnapshot) throws(LedgerError) {
        // The last block of a snapshot is not in the files.
        guard snapshot.height > (try snapshot.base()?.height ?? 0) else { return }
        let number = snapshot.height - 1
        guard try snapshot.block(BlockNumber(number))?.headerHash == snapshot.head.blockHash else {
            throw .blockUnusable(block: number, reason: "it is not the block whose effects are in the state")
        }
    }

    /// Applies the blocks that are stored but not in the database, trusting the codes that they carry and checking their commit hashes.
    static func replay(
        from start: LedgerSnapshot, checkpoint: BlockCheckpoint?, store: any KeyValueStore, privateData: PrivateDataStore
    ) throws(LedgerError) -> LedgerSnapshot {
        var snapshot = start
        do {
            var scan = try start.blocks.scan(from: checkpoint)
            while let stored = try scan.next() {
                let block = try self.revalidated(stored, on: snapshot)
                snapshot = try self.write(block, try privateData.kept(for: block), at: stored.location, after: snapshot, store: store)
            }
        } catch let error as LedgerError {
            throw error
        } catch let error as BlockStoreError {
            throw .blocks(error)
        } catch {
            throw .stateDamaged(reason: "\(error)")
        }
        return snapshot
    }

    /// Derives the effects of a stored block from its codes.
    private static func revalidated(_ stored: StoredBlock, on snapshot: LedgerSnapshot) throws(LedgerError) -> ValidatedBlock {
        func unusable(_ reason: String) -> LedgerError { .blockUnusable(block: stored.number, reason: reason) }
        let block: OrderedBlock
        let commitHash: [UInt8]
        do {
            block = try OrderedBlock(serialized: stored.bytes)
            commitHash = try block.storedCommitHash()
        } catch { throw unusable(error.description) }
        guard block.number.rawValue == stored.number else { throw unusable("its header has number \(block.number)") }
        guard block.previousHash == snapshot.head.blockHash else { throw unusable("it does not name the hash of the block before it") }
        guard let codes = block.storedCodes else { throw unusable("slot 2 does not hold one known code for each transaction") }
        let validated: ValidatedBlock
        do {
            validated = try BlockEffects.derive(from: block, codes: codes, state: snapshot, previousCommitHash: snapshot.head.commitHash)
        } catch { throw unusable(error.description) }
        guard validated.commitHash == commitHash else { throw .stateDiverged(block: stored.number) }
        return validated
    }
}
