import LedgerModel

/// The commit path of a peer node as it runs: blocks from a file through the pipeline into a ledger, in processes that do nothing else.
struct CommitCase {
    /// Limits on CPU time, in three checks of the fastest library, for blocks of 500 and of 10 transactions.
    private static let limit = 1.25
    private static let smallBlockLimit = 1.8
    /// How much faster two cores are than one, at least.
    private static let coresLimit = 1.8
    /// Megabytes that a peer holds after 30,000 transactions, at most.
    private static let memoryLimit = 100.0
    private static let references = 300
    /// How often a process on one core and one on all cores take the same chain, one after the other.
    private static let turns = 5
    /// At the end of a round the pipeline runs empty and the other cores wait for its last block: rounds are not short.
    private static let blocksPerRound = 11

    let workload: Workload

    func run() async throws -> CaseReport {
        let folder = try TemporaryFolder()
        Progress.say("preparing 30,000 transactions in blocks of 500, 2,400 in blocks of 10 and 7,500 in blocks of 10 MB")
        let usual = try ChainFile(path: folder.path + "/usual", blocks: 60, transactionsPerBlock: 500)
        let small = try ChainFile(path: folder.path + "/small", blocks: 240, transactionsPerBlock: 10)
        let large = try ChainFile(path: folder.path + "/large", blocks: 3, transactionsPerBlock: 2_500)
        Progress.say("measuring the steps of the commit path")
        let steps = try await CommitSteps(workload: self.workload).figures()
        Progress.say("measuring peers that take these chains")
        let (one, all, cores) = try self.inTurns(usual)
        let remembering = try self.follow(usual, warmUp: 5, blocksPerRound: 5, on: .all, remembersSignatures: true)
        let smallBlocks = try self.follow(small, warmUp: 120, blocksPerRound: 20, on: .one)
        let largeBlocks = try self.follow(large, warmUp: 0, blocksPerRound: 1, on: .all)
        let scaling = try await CoreScaling.measure()
        return CaseReport(
            name: .commit,
            title: "a peer node takes blocks of 2-of-2 endorsed transactions, \(self.workload.averageEnvelopeBytes) bytes each",
            iterations: "\(one.cpu.count) rounds of \(Self.blocksPerRound) blocks of 500 on one core and as many on all, "
                + "in \(2 * Self.turns) processes in turns, 5 blocks to warm up each, LevelDB on disk, synced; CPU time of the whole process; reference: \(2 * Self.references) checks before and after each round",
            figures: [
                self.ratio("blocks of 500, one core, CPU per transaction", one, limit: Self.limit),
                self.ratio("blocks of 500, all cores, CPU per transaction", all),
                self.ratio("  the same, signatures remembered since the door", remembering),
                self.ratio("blocks of 10, one core, CPU per transaction", smallBlocks, limit: Self.smallBlockLimit),
                self.ratio("blocks of 10 MB, all cores, CPU per transaction", largeBlocks),
                Figure(name: "throughput on one core, by the wall clock", value: 1e9 / one.wallSamples.median, unit: "tx/s"),
                Figure(name: "throughput on all cores, by the wall clock", value: 1e9 / all.wallSamples.median, unit: "tx/s"),
                Figure(
                    name: "all cores, in throughputs of one", value: cores.median, unit: "x",
                    target: .atLeast(Self.coresLimit)),
                Figure(name: "  signature checks alone: all cores, in those of one", value: scaling, unit: "x"),
                Figure(name: "throughput with remembered signatures", value: 1e9 / remembering.wallSamples.median, unit: "tx/s"),
                self.megabytes("resident after 30,000 transactions in \(all.chainBytes / 1_000_000) MB", all.endMemory, limit: Self.memoryLimit),
                self.megabytes("  at most on the way", all.peakMemory),
                self.megabytes("  before the ledger was opened", all.startMemory),
                self.megabytes("blocks of 10 MB: resident at most", largeBlocks.peakMemory),
            ] + steps)
    }

    /// One core and all cores, and for each turn the throughput of all in that of one: the host moves both, but not at once.
    private func inTurns(_ chain: ChainFile) throws -> (one: FollowerAnswer, all: FollowerAnswer, ratio: Samples) {
        var (one, all, ratio) = (FollowerAnswer(), FollowerAnswer(), Samples())
        for _ in 0..<Self.turns {
            let single = try self.follow(chain, warmUp: 5, blocksPerRound: Self.blocksPerRound, on: .one)
            let shared = try self.follow(chain, warmUp: 5, blocksPerRound: Self.blocksPerRound, on: .all)
            ratio.add(single.wallSamples.median / shared.wallSamples.median)
            one.add(single)
            all.add(shared)
        }
        return (one, all, ratio)
    }

    private func follow(
        _ chain: ChainFile, warmUp: Int, blocksPerRound: Int, on cores: FollowerProcess.Cores, remembersSignatures: Bool = false
    ) throws -> FollowerAnswer {
        let answer = try FollowerProcess.answer(
            to: FollowerRequest(
                chain: chain.path, warmUp: ChainFile.setUpBlocks + warmUp, blocksPerRound: blocksPerRound, remembersSignatures: remembersSignatures,
                references: Self.references), cores: cores)
        guard answer.transactions == (chain.blocks - warmUp) * chain.transactionsPerBlock else {
            throw WorkloadError.refused("a follower took \(answer.transactions) transactions only")
        }
        return answer
    }

    private func ratio(_ name: String, _ answer: FollowerAnswer, limit: Double? = nil) -> Figure {
        Figure(
            name: name, value: answer.cpuSamples.median / 1e6, unit: "ms",
            reference: Figure.Reference(
                name: "3 checks by \(answer.fastestName), ms", value: answer.threeFastest.median / 1e6,
                ratio: (answer.cpuSamples / answer.threeFastest).median, limit: limit))
    }

    private func megabytes(_ name: String, _ bytes: Int, limit: Double? = nil) -> Figure {
        Figure(name: name, value: Double(bytes) / 1e6, unit: "MB", target: limit.map { .atMost($0) })
    }
}

/// What all cores of this machine give together: cores of a virtual machine may be halves of one.
enum CoreScaling {
    private static let checks = 2_000

    /// Signature checks of all cores at once in a second, divided by those of one core alone.
    static func measure() async throws -> Double {
        let alone = try await self.seconds(tasks: 1)
        let cores = MachineFacts().cores
        let together = try await self.seconds(tasks: cores)
        return Double(cores) * alone / together
    }

    private static func seconds(tasks: Int) async throws -> Double {
        let start = CPUTime.wall()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                // Its own keys; making them takes little beside the checks, and as much alone as together.
                group.addTask { keep(try SignatureReference().swiftCryptoVerification(count: self.checks)) }
            }
            try await group.waitForAll()
        }
        return CPUTime.wall() - start
    }
}
