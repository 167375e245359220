import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Identity
import Ledger
import LedgerModel
import SelvageClient
import Validation

/// A peer of one organisation on one channel: it endorses proposals, and validates and commits blocks.
///
/// Blocks go through a `CommitPipeline`; proposals run meanwhile, each on its own snapshot.
package final class PeerNode: PeerConnection, BlockReceiver, DeliverSource {
    package let name: String
    package let mspID: MSPID
    package let channel: ChannelID
    /// The folder of the peer's ledger.
    package let folder: String

    /// What its administrators ask for.
    package let snapshots: SnapshotRequests

    private let ledger: Ledger
    private let office: PeerOffice
    private let pipeline: CommitPipeline
    private let environment: SystemEnvironment
    /// Where proposals run on a peer whose contracts may be processes; nil where they run at once.
    private let threads: SimulationThreads?
    /// Whether a proposal may have to wait for a process.
    private let mayWait: @Sendable () -> Bool

    /// Opens the peer's ledger in a folder; an empty one joins the channel with the genesis block.
    ///
    /// - Parameters:
    ///   - form: What is demanded of blocks; `.fabric` follows a stock ordering service.
    ///   - signatures: Which signatures are known to be right; parts of one host share it, so that each is computed once.
    ///   - mayWait: Whether a proposal may have to wait for a process; asked for each one where contracts may be processes.
    /// - Throws: `NodeError.notJoined` when the ledger is damaged or belongs to another channel, `.notStarted` when it began from a snapshot and
    ///   has no block of its own yet: the other initialiser fetches what it needs.
    package convenience init(
        name: String, identity: SigningIdentity, folder: String, genesis: OrderedBlock, machine: ContractMachine,
        environment: SystemEnvironment, form: BlockVerifier.Form = .canonical,
        signatures: any SignatureVerifying = SignatureMemory(capacity: NodeLimits.rememberedSignatures),
        mayWait: @escaping @Sendable () -> Bool = { true }
    ) throws(NodeError) {
        let ledger: Ledger
        let start: PeerStart
        do {
            ledger = try Self.open(folder)
            let outcome = try BlockValidator.acceptGenesis(genesis, verifier: signatures)
            guard let bundle = outcome.newBundle else { throw LedgerMismatch(reason: "the genesis block holds no configuration") }
            if let base = try ledger.snapshot().base() {
                let joined = try SnapshotStart(ledger.snapshot(), base: base, folder: folder, genesis: genesis, form: form, verifier: signatures)
                guard let known = try joined.local() else { throw SnapshotStartError.needsSource(block: BlockNumber(base.lastBlock)) }
                start = known
            } else {
                if ledger.height == 0 { try ledger.commit(outcome.block) }
                start = try PeerStart(ledger.snapshot(), genesis: genesis, first: bundle, verifier: signatures)
            }
        } catch {
            throw Self.failure(error, of: name)
        }
        try self.init(
            name: name, identity: identity, folder: folder, ledger: ledger, start: start, machine: machine, environment: environment, form: form,
            mayWait: mayWait)
    }

    /// Opens a ledger that began from a snapshot (`Ledger.join`).
    ///
    /// While the ledger has no block of its own, the snapshot's last block is fetched from another node and held against the hash that the
    /// snapshot gives; afterwards nobody is asked.
    ///
    /// - Parameters:
    ///   - genesis: Block 0 where it is known; without it the name of the chain is the one that the committee signed.
    ///   - sources: Who is asked for blocks, in this order.
    /// - Throws: `NodeError.notStarted` with what each source gave that cannot be used, `.notJoined` when the ledger is damaged.
    package convenience init(
        name: String, identity: SigningIdentity, snapshotLedger folder: String, genesis: OrderedBlock? = nil, sources: [any BlockSource],
        machine: ContractMachine, environment: SystemEnvironment, form: BlockVerifier.Form = .canonical,
        signatures: any SignatureVerifying = SignatureMemory(capacity: NodeLimits.rememberedSignatures)
    ) async throws(NodeError) {
        let ledger: Ledger
        let start: PeerStart
        do {
            ledger = try Self.open(folder)
            guard let base = try ledger.snapshot().base() else { throw LedgerMismatch(reason: "its ledger did not begin from a snapshot") }
            let joined = try SnapshotStart(ledger.snapshot(), base: base, folder: folder, genesis: genesis, form: form, verifier: signatures)
            if let known = try joined.local() { start = known } else { start = try await joined.fetched(from: sources) }
        } catch {
            throw Self.failure(error, of: name)
        }
        try self.init(
            name: name, identity: identity, folder: folder, ledger: ledger, start: start, machine: machine, environment: environment, form: form)
    }

    private init(
        name: String, identity: SigningIdentity, folder: String, ledger: Ledger, start: PeerStart, machine: ContractMachine,
        environment: SystemEnvironment, form: BlockVerifier.Form, mayWait: @escaping @Sendable () -> Bool = { true }
    ) throws(NodeError) {
        do {
            self.snapshots = try SnapshotRequests(
                folder: folder + "/snapshots", ledger: ledger, thread: MemberThread(label: "\(name) commits"))
        } catch {
            throw Self.failure(error, of: name)
        }
        self.name = name
        self.mspID = identity.mspID
        self.folder = folder
        self.environment = environment
        self.mayWait = mayWait
        self.threads = machine.contracts.packages == nil ? nil : SimulationThreads()
        self.ledger = ledger
        self.channel = start.authority.bundle.channelID
        let office = PeerOffice(ledger: ledger, identity: identity, machine: machine, bundle: start.authority.bundle)
        self.office = office
        self.pipeline = CommitPipeline(
            name: name, ledger: ledger, authority: start.authority, position: start.position,
            verify: { block, authority, position in try BlockVerifier(authority, form: form).verify(block, after: position) },
            snapshots: self.snapshots, publish: { outcome in try office.publish(outcome) })
    }

    private static func open(_ folder: String) throws -> Ledger {
        try HostFiles.makeFolders(folder)
        return try Ledger.open(folder: folder)
    }

    private static func failure(_ error: any Error, of name: String) -> NodeError {
        if let error = error as? SnapshotStartError { return .notStarted(node: name, error) }
        return .notJoined(node: name, reason: "\(error)")
    }

    /// The number of blocks.
    package var height: UInt64 { self.ledger.height }

    /// The ledger as it is now.
    package func snapshot() -> LedgerSnapshot { self.ledger.snapshot() }

    /// The configuration in office.
    package var bundle: ChannelBundle { self.office.bundle }

    package var deliverableHeight: UInt64 { self.ledger.height }

    package func blockBytes(_ number: UInt64) throws -> [UInt8]? { try self.ledger.snapshot().blockBytes(BlockNumber(number)) }

    package func waitForBlock(_ number: UInt64) async -> Bool { await self.office.waitForBlock(number) }

    /// Simulates and endorses a proposal on the ledger as it is now.
    package func process(_ proposal: SignedProposal) async throws -> ProposalResponse {
        let (endorser, ledger, now) = (self.office.endorser, self.ledger.snapshot(), self.environment.now())
        guard let threads = self.threads, self.mayWait() else {
            // A contract may compute for long: not on a loop that carries connections.
            return try await withTaskExecutorPreference(globalConcurrentExecutor) { try endorser.process(proposal, on: ledger, now: now) }
        }
        return try await threads.run { try endorser.process(proposal, on: ledger, now: now) }
    }

    /// Verifies, validates and commits the next block, and returns when it is durable. Blocks may be brought at once, in order of their numbers.
    ///
    /// - Throws: `NodeError.blockRefused` when the block does not continue the chain or is not signed by the ordering service,
    ///   `.storageFailed` when the peer's own disk or database fails, and `.blockDropped` when a block before it was not committed.
    package func receive(_ block: OrderedBlock) async throws(NodeError) { try await self.pipeline.take(block) }

    package func receive(each next: () async throws -> OrderedBlock?, failed: @escaping @Sendable (NodeError) -> Void) async throws {
        try await self.pipeline.take(each: next, failed: failed)
    }

    /// Waits for the verdict on a transaction.
    package func commitStatus(of transaction: TransactionID) async throws -> CommitStatus { try await self.office.status(of: transaction) }

    /// Has somebody told, block by block, of transactions that are not valid; one observer at a time.
    package func observeInvalid(_ observer: @escaping @Sendable ([CommitStatus]) -> Void) { self.office.observeInvalid(observer) }

    package func endOfBlocks(because reason: String) {
        self.office.fail(NodeError.noMoreBlocks(node: self.name, reason: reason))
    }
}

/// A ledger or genesis block that is not the channel's.
struct LedgerMismatch: Error, CustomStringConvertible {
    let reason: String
    var description: String { self.reason }
}
