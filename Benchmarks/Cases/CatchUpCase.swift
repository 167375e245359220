/// What a peer holds while it catches up: more blocks are offered at once than it can commit, and only some may be in memory.
struct CatchUpCase {
    /// Megabytes above what the peer holds with an empty line, at most: the line's own bound, and twice that for what one block takes at work.
    private static let memoryLimit = 100.0
    /// Megabytes that 100 MB of further blocks may add: less than two blocks of 10 MB, so none of the waiting ones is in memory.
    private static let growthLimit = 16.0

    /// A chain of 200 MB, and how many of its blocks make the first 100 MB: those have filled the line, and the buffers of LevelDB.
    private struct Chain {
        let name: String
        let blocks: Int
        let transactionsPerBlock: Int
        let firstBlocks: Int
    }

    private static let chains = [
        Chain(name: "2 MB", blocks: 100, transactionsPerBlock: 500, firstBlocks: 50),
        Chain(name: "10 MB", blocks: 20, transactionsPerBlock: 2_500, firstBlocks: 10),
    ]

    func run() throws -> CaseReport {
        let folder = try TemporaryFolder()
        var figures: [Figure] = []
        for chain in Self.chains {
            Progress.say("preparing \(chain.blocks) blocks of \(chain.name)")
            let file = try ChainFile(
                path: folder.path + "/\(chain.transactionsPerBlock)", blocks: chain.blocks, transactionsPerBlock: chain.transactionsPerBlock)
            let first = try self.offer(file, blocks: chain.firstBlocks)
            let all = try self.offer(file, blocks: chain.blocks)
            let (firstSize, size) = (first.chainBytes / 1_000_000, all.chainBytes / 1_000_000)
            figures += [
                self.megabytes("blocks of \(chain.name), \(firstSize) MB offered at once: most above the start", first.above, Self.memoryLimit),
                self.megabytes("  \(size) MB offered at once", all.above),
                self.megabytes("  what the further blocks add", all.above - first.above, Self.growthLimit),
                self.megabytes("  the start: contract defined, state filled, nothing waiting", all.baseMemory),
            ]
        }
        return CaseReport(
            name: .catchUp, title: "a peer node is offered 100 MB of blocks faster than it commits them",
            iterations: "each time in a process of its own on all cores; blocks are read from a file as soon as the peer takes them; "
                + "VmHWM of the kernel",
            figures: figures)
    }

    /// Offers so many blocks at once to a fresh peer.
    private func offer(_ chain: ChainFile, blocks: Int) throws -> FollowerAnswer {
        let answer = try FollowerProcess.answer(
            to: FollowerRequest(
                chain: chain.path, warmUp: ChainFile.setUpBlocks, blocksPerRound: blocks, mostRounds: 1, remembersSignatures: false, references: 1),
            cores: .all)
        guard answer.transactions == blocks * chain.transactionsPerBlock else {
            throw WorkloadError.refused("a follower took \(answer.transactions) transactions only")
        }
        return answer
    }

    private func megabytes(_ name: String, _ bytes: Int, _ limit: Double? = nil) -> Figure {
        Figure(name: name, value: Double(bytes) / 1e6, unit: "MB", target: limit.map { .atMost($0) })
    }
}

extension FollowerAnswer {
    /// The most that the process has held above what it held before the first measured round.
    fileprivate var above: Int { self.peakMemory - self.baseMemory }
}
