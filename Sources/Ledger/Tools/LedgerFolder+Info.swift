import LedgerModel

extension LedgerFolder {
    /// Opens the ledger, which ends what a crash left unfinished, and tells what it is.
    package func info(progress: (LedgerProgress) -> Void = { _ in }) throws(LedgerToolError) -> LedgerInfo {
        let ledger = try self.open(progress: progress)
        let snapshot = ledger.snapshot()
        do {
            let base = try snapshot.base()
            let last = snapshot.height > (base?.height ?? 0) ? try snapshot.block(BlockNumber(snapshot.height - 1)) : nil
            return LedgerInfo(
                channelName: snapshot.height > 0 ? try snapshot.channelName() : nil, height: snapshot.height, base: base,
                lastBlockHash: snapshot.head.blockHash, previousBlockHash: last?.previousHash ?? base?.previousBlockHash ?? [],
                commitHash: snapshot.head.commitHash, recovery: ledger.recovery, blockFiles: try self.size(of: LedgerLayout.blocks),
                stateFiles: try self.size(of: LedgerLayout.state), baseFiles: base == nil ? nil : try self.size(of: LedgerLayout.base))
        } catch let error as LedgerError {
            throw .ledger(error)
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .unexpected(reason: "\(error)")
        }
    }

    private func size(of folder: String) throws(FileError) -> LedgerInfo.Files {
        var files = LedgerInfo.Files(count: 0, sizeBytes: 0)
        let path = self.path + "/" + folder
        for name in try self.files.list(path) {
            let size: UInt64
            // LevelDB removes files in the background.
            do { size = try self.files.open(path + "/" + name, for: .reading).sizeBytes() } catch {
                if error.isMissing { continue }
                throw error
            }
            guard size > 0 else { continue }
            files.count += 1
            files.sizeBytes += size
        }
        return files
    }
}

/// What a ledger is, told from its head.
package struct LedgerInfo: Equatable, Sendable {
    package struct Files: Equatable, Sendable {
        /// Files that are not empty.
        package var count: Int
        package var sizeBytes: UInt64
    }

    /// Nil before the first block.
    package let channelName: String?
    package let height: UInt64
    /// Where the ledger began, when that was a snapshot.
    package let base: LedgerBase?
    package let lastBlockHash: [UInt8]
    package let previousBlockHash: [UInt8]
    package let commitHash: [UInt8]
    /// What opening the ledger had to mend.
    package let recovery: Ledger.Recovery
    package let blockFiles: Files
    package let stateFiles: Files
    package let baseFiles: Files?
}
