import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Endorsement
import Identity
import Ledger
import LedgerModel
import SelvageClient
import Synchronization
import Validation

/// A peer of one organisation on one channel: it endorses proposals, and validates and commits blocks.
///
/// Blocks are received one at a time; proposals run meanwhile, each on its own snapshot.
package final class PeerNode: PeerConnection, BlockReceiver {
    package let name: String
    package let mspID: MSPID
    package let channel: ChannelID
    /// The folder of the peer's ledger.
    package let folder: String

    private let ledger: Ledger
    private let identity: SigningIdentity
    private let machine: ContractMachine
    /// What follows from the configuration in office; a configuration block replaces it.
    private let office: Mutex<Office>
    private let environment: SystemEnvironment
    private let waiters = CommitWaiters()
    private let reasons = Mutex(RecentReasons())
    private let position: Mutex<ChainPosition>

    private struct Office {
        let authority: BlockAuthority
        let endorser: Endorser
    }

    /// Opens the peer's ledger in a folder; an empty one joins the channel with the genesis block.
    ///
    /// - Throws: `NodeError` when the ledger is damaged or belongs to another channel.
    package init(
        name: String, identity: SigningIdentity, folder: String, genesis: OrderedBlock, machine: ContractMachine,
        environment: SystemEnvironment
    ) throws(NodeError) {
        self.name = name
        self.mspID = identity.mspID
        self.folder = folder
        self.environment = environment
        do {
            try HostFiles.makeFolders(folder)
            let ledger = try Ledger.open(folder: folder)
            let outcome = try BlockValidator.acceptGenesis(genesis)
            guard let bundle = outcome.newBundle else { throw LedgerMismatch(reason: "the genesis block holds no configuration") }
            if ledger.height == 0 { try ledger.commit(outcome.block) }
            self.ledger = ledger
            self.identity = identity
            self.machine = machine
            self.channel = bundle.channelID
            self.position = Mutex(try Self.position(of: ledger.snapshot(), genesis: genesis))
            let authority = try ConfigurationHistory(ledger.snapshot(), first: bundle).authority()
            self.office = Mutex(
                Office(authority: authority, endorser: Endorser(identity: identity, bundle: authority.bundle, machine: machine)))
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
        }
    }

    /// The number of blocks.
    package var height: UInt64 { self.ledger.height }

    /// The ledger as it is now.
    package func snapshot() -> LedgerSnapshot { self.ledger.snapshot() }

    /// Simulates and endorses a proposal on the ledger as it is now.
    package func process(_ proposal: SignedProposal) throws -> ProposalResponse {
        try self.office.withLock { $0.endorser }.process(proposal, on: self.ledger.snapshot(), now: self.environment.now())
    }

    /// Verifies, validates and commits the next block.
    ///
    /// - Throws: `NodeError.blockRefused` when the block does not continue the chain or is not signed by the ordering service.
    package func receive(_ block: OrderedBlock) async throws(NodeError) {
        let position = self.position.withLock { $0 }
        let office = self.office.withLock { $0 }
        let authority = office.authority
        do {
            if block.number <= position.number { return try self.requireSame(block) }
            try BlockVerifier(authority, form: .canonical).verify(block, after: position)
            let before = self.ledger.snapshot()
            let outcome = try await BlockValidator(bundle: authority.bundle).validate(
                block, state: before, transactions: before, previousCommitHash: before.head.commitHash)
            let after = try ChainPosition(after: block, chain: position.chain)
            try self.ledger.commit(outcome.block)
            self.position.withLock { $0 = after }
            let endorser = outcome.newBundle.map { Endorser(identity: self.identity, bundle: $0, machine: self.machine) }
            let next = Office(authority: authority.after(newBundle: outcome.newBundle), endorser: endorser ?? office.endorser)
            self.office.withLock { $0 = next }
            try self.announce(outcome)
        } catch {
            throw .blockRefused(node: self.name, block: block.number, reason: "\(error)")
        }
    }

    /// Waits for the verdict on a transaction.
    package func commitStatus(of transaction: TransactionID) async throws -> CommitStatus {
        try await self.waiters.wait(for: transaction) {
            guard let entry = try self.ledger.snapshot().entry(of: transaction) else { return nil }
            return CommitStatus(
                transaction: transaction, code: entry.code, block: BlockNumber(entry.block),
                reason: self.reasons.withLock { $0[transaction] })
        }
    }

    /// A block that is delivered again is not an error: the sender may not know that it arrived. Another one of its number is a fork.
    private func requireSame(_ block: OrderedBlock) throws {
        guard try self.ledger.snapshot().block(block.number)?.headerHash == block.headerHash else {
            throw LedgerMismatch(reason: "its ledger holds another block of that number; keep both blocks and find out who signed them")
        }
    }

    package func endOfBlocks(because reason: String) {
        self.waiters.fail(NodeError.noMoreBlocks(node: self.name, reason: reason))
    }

    private func announce(_ outcome: ValidationOutcome) throws {
        let number = outcome.block.block.number
        let snapshot = self.ledger.snapshot()
        var statuses: [CommitStatus] = []
        for (index, (id, verdict)) in zip(outcome.block.transactionIDs, outcome.verdicts).enumerated() {
            guard let id else { continue }
            if verdict.code != .valid {
                // The id may be that of another transaction, here or earlier: those who wait for that one hear its verdict, not this one's.
                guard let entry = try snapshot.entry(of: id), entry.block == number.rawValue, Int(entry.index) == index else { continue }
            }
            if let reason = verdict.reason { self.reasons.withLock { $0.add(reason, for: id) } }
            statuses.append(CommitStatus(transaction: id, code: verdict.code, block: number, reason: verdict.reason))
        }
        self.waiters.resume(statuses)
    }

    private static func position(of snapshot: LedgerSnapshot, genesis: OrderedBlock) throws -> ChainPosition {
        let first = ChainPosition(genesis: genesis)
        guard let stored = try snapshot.block(0), stored.headerHash == first.headerHash else {
            throw LedgerMismatch(reason: "its ledger begins with another genesis block")
        }
        guard snapshot.height > 1, let last = try snapshot.block(BlockNumber(snapshot.height - 1)) else { return first }
        return try ChainPosition(after: last, chain: first.chain)
    }
}

/// A ledger or genesis block that is not the channel's.
struct LedgerMismatch: Error, CustomStringConvertible {
    let reason: String
    var description: String { self.reason }
}
