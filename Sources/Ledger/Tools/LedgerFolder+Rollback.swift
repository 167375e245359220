extension LedgerFolder {
    /// Takes the ledger back to an earlier block, which becomes the last one.
    ///
    /// First the state is built anew from the blocks that stay, and takes the place of the old one; then the blocks behind are removed, the
    /// last file first. A crash before the second step leaves a ledger that opens at its old height, and one in it a ledger that opens at a
    /// height in between: the rollback is then to be asked for again.
    ///
    /// - Throws: `LedgerToolError.noSuchBlock` when the ledger does not hold that block or it is the last one; nothing has been changed then.
    package func rollback(
        toBlock last: UInt64, progress: @escaping @Sendable (LedgerProgress) -> Void = { _ in }
    ) throws(LedgerToolError) -> LedgerRollbackReport {
        let first = try self.base().map { $0.metadata.lastBlockNumber + 1 } ?? 0
        let (end, height) = try self.end(ofBlock: last, first: first)
        guard last < UInt64.max, last + 1 < height, last + 1 >= max(first, 1), let end else {
            throw .noSuchBlock(number: last, first: first, height: height)
        }
        _ = try self.rebuildState(upTo: end, expecting: last + 1 - first, progress: progress)
        let removed = try self.removeBlocks(behind: end)
        let ledger = try self.open(progress: progress)
        guard ledger.height == last + 1 else { throw .unexpected(reason: "after the rollback the ledger has \(ledger.height) blocks") }
        return LedgerRollbackReport(height: ledger.height, removedBlocks: height - ledger.height, removedBytes: removed)
    }

    /// Takes the ledger back to its genesis block.
    package func reset(progress: @escaping @Sendable (LedgerProgress) -> Void = { _ in }) throws(LedgerToolError) -> LedgerRollbackReport {
        if let base = try self.base() { throw .beganFromSnapshot(block: base.metadata.lastBlockNumber) }
        let (_, height) = try self.end(ofBlock: 0, first: 0)
        if height == 1 {
            // Nothing to remove; the state is made anew all the same, because that is what a reset is for.
            return LedgerRollbackReport(height: try self.rebuild(progress: progress).height, removedBlocks: 0, removedBytes: 0)
        }
        return try self.rollback(toBlock: 0, progress: progress)
    }

    /// Where a block ends, and how many blocks there are; every block up to the end is checked against its checksum.
    private func end(ofBlock number: UInt64, first: UInt64) throws(LedgerToolError) -> (BlockPosition?, UInt64) {
        let start = BlockCheckpoint(height: first, end: BlockPosition(segment: 0, offset: 0))
        var end = number &+ 1 == first ? start.end : nil
        var isFound = false
        do throws(BlockStoreError) {
            var scan = try BlockScan(folder: self.blocksPath, files: BlockFilesView(self.files), from: start)
            while let block = try scan.next() {
                guard block.number == number else { continue }
                end = block.location.end
                isFound = true
            }
            return (end, scan.height)
        } catch {
            // Damage behind the block goes away with what is behind it.
            guard case .damaged(let damage) = error, isFound || number &+ 1 == first else { throw .ledger(.blocks(error)) }
            return (end, damage.block + 1)
        }
    }

    /// Removes everything behind a place, so that what is left after a crash is always a chain without gaps.
    private func removeBlocks(behind end: BlockPosition) throws(LedgerToolError) -> UInt64 {
        try toolFiles { () throws(FileError) in
            var removed: UInt64 = 0
            let segments = try self.files.list(self.blocksPath).compactMap(BlockFileFormat.segment(fileName:))
            for segment in segments.reversed() where segment > end.segment || end.offset == 0 {
                let path = self.blocksPath + "/" + BlockFileFormat.fileName(segment: segment)
                removed += try self.files.open(path, for: .reading).sizeBytes()
                try self.files.removeFile(path)
                // One by one: a crash may not keep a later file without the one before it.
                try self.files.syncFolder(self.blocksPath)
            }
            guard end.offset > 0 else { return removed }
            let file = try self.files.open(self.blocksPath + "/" + BlockFileFormat.fileName(segment: end.segment), for: .writing)
            let size = try file.sizeBytes()
            try file.truncate(to: end.offset)
            try file.sync()
            return removed + size - min(size, end.offset)
        }
    }
}

/// What a rollback did.
package struct LedgerRollbackReport: Equatable, Sendable {
    /// The number of blocks that are left.
    package let height: UInt64
    package let removedBlocks: UInt64
    /// Bytes of block files that were removed.
    package let removedBytes: UInt64
}
