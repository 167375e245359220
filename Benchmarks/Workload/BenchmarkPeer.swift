import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Validation

/// A peer's commit path on a ledger of its own in a temporary folder, with the times of its three steps.
final class BenchmarkPeer {
    /// What one block cost.
    struct Cost {
        var verify = 0.0
        var validate = 0.0
        var commit = 0.0
        var wall = 0.0

        var total: Double { self.verify + self.validate + self.commit }
    }

    let ledger: Ledger
    private let folder: TemporaryFolder
    private let verifier: BlockVerifier
    private let bundle: ChannelBundle
    private let isParallel: Bool
    private var plans = PolicyPlans()
    private var position: ChainPosition

    /// - Parameter isParallel: Whether transactions are inspected on all cores, as a node does, or on one thread.
    init(genesis: OrderedBlock, isParallel: Bool) throws {
        self.folder = try TemporaryFolder()
        self.ledger = try Ledger.open(folder: self.folder.path)
        let outcome = try BlockValidator.acceptGenesis(genesis, verifier: KeyTables())
        guard let bundle = outcome.newBundle else { throw WorkloadError.refused("the genesis block holds no configuration") }
        try self.ledger.commit(outcome.block)
        self.verifier = BlockVerifier(bundle: bundle, form: .canonical)
        self.bundle = bundle
        self.isParallel = isParallel
        self.position = ChainPosition(genesis: genesis)
    }

    /// Verifies, validates and commits a block; throws unless all of its transactions are valid.
    @discardableResult
    func commit(_ block: OrderedBlock) async throws -> Cost {
        var cost = Cost()
        let wall = CPUTime.wall()
        let start = CPUTime.process()
        try self.verifier.verify(block, after: self.position)
        let verified = CPUTime.process()
        let before = self.ledger.snapshot()
        let chunk = self.isParallel ? Validation.Limits.transactionsPerTask : block.envelopes.count
        let validator = BlockValidator(bundle: self.bundle, transactionsPerTask: chunk)
        let outcome = try await validator.validate(
            await validator.read(block), plans: self.plans, state: before, transactions: before, previousCommitHash: before.head.commitHash)
        let validated = CPUTime.process()
        try self.ledger.commit(outcome.block)
        self.plans = self.plans.after(outcome)
        self.position = try ChainPosition(after: block, chain: self.position.chain)
        cost.commit = CPUTime.process() - validated
        cost.validate = validated - verified
        cost.verify = verified - start
        cost.wall = CPUTime.wall() - wall
        if let bad = outcome.verdicts.first(where: { $0.code != .valid }) {
            throw WorkloadError.refused("a transaction is invalid: \(bad.code), \(bad.reason ?? "no reason")")
        }
        return cost
    }
}
