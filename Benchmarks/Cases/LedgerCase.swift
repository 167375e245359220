import Ledger
import LedgerModel

/// The ledger alone: storing blocks whose verdicts are known, and building the state again from the block files.
struct LedgerCase {
    private static let rebuilds = 3
    /// Milliseconds of CPU for one transaction.
    private static let rebuildLimit = 0.05

    let workload: Workload

    func run() async throws -> CaseReport {
        let folder = try TemporaryFolder()
        var append = Samples()
        var wall = Samples()
        try self.fill(folder, &append, &wall)
        var rebuild = Samples()
        var transactions = 0.0
        for _ in 0..<Self.rebuilds {
            try folder.remove("state")
            let start = CPUTime.process()
            let ledger = try Ledger.open(folder: folder.path)
            let time = CPUTime.process() - start
            guard ledger.recovery.replayedBlocks == ledger.height else { throw WorkloadError.refused("the state was not built again") }
            transactions = Double(self.workload.blocks.count * Workload.transactionsPerBlock + self.workload.setUp.count + 1)
            rebuild.add(time / transactions)
        }
        return CaseReport(
            name: .ledger, title: "blocks of \(Workload.transactionsPerBlock) transactions without any signature check",
            iterations: "\(append.values.count) blocks; \(Self.rebuilds) rebuilds of \(Int(transactions)) transactions and a state of "
                + "\(Workload.assetCount) keys; block file and LevelDB synced once for each block; CPU time of the whole process",
            figures: [
                Figure(name: "append a block and its state batch, CPU per transaction", value: append.median / 1e3, unit: "us"),
                Figure(name: "append a block and its state batch, wall per transaction", value: wall.median / 1e3, unit: "us"),
                Figure(
                    name: "rebuild the state from the blocks, CPU per transaction", value: rebuild.median / 1e6, unit: "ms",
                    target: .atMost(Self.rebuildLimit)),
            ])
    }

    /// Commits all blocks of the workload, as another peer's ledger holds them.
    private func fill(_ folder: TemporaryFolder, _ append: inout Samples, _ wall: inout Samples) throws {
        let source = self.workload.peer.ledger.snapshot()
        let ledger = try Ledger.open(folder: folder.path)
        for number in 0..<source.height {
            guard let stored = try source.block(BlockNumber(number)), let codes = stored.storedCodes else {
                throw WorkloadError.refused("block \(number) is missing")
            }
            let before = ledger.snapshot()
            let block = try BlockEffects.derive(from: stored, codes: codes, state: before, previousCommitHash: before.head.commitHash)
            let (startCPU, startWall) = (CPUTime.process(), CPUTime.wall())
            try ledger.commit(block)
            let count = Double(block.codes.count)
            // Small blocks and the first full one are not measured.
            if number > UInt64(self.workload.setUp.count) + 1 {
                append.add((CPUTime.process() - startCPU) / count)
                wall.add((CPUTime.wall() - startWall) / count)
            }
        }
    }
}
