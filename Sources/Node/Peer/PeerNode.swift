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

    private let ledger: Ledger
    private let office: PeerOffice
    private let pipeline: CommitPipeline
    private let environment: SystemEnvironment

    /// Opens the peer's ledger in a folder; an empty one joins the channel with the genesis block.
    ///
    /// - Parameter signatures: Which signatures are known to be right; parts of one host share it, so that each is computed once.
    /// - Throws: `NodeError` when the ledger is damaged or belongs to another channel.
    package init(
        name: String, identity: SigningIdentity, folder: String, genesis: OrderedBlock, machine: ContractMachine,
        environment: SystemEnvironment, signatures: any SignatureVerifying = SignatureMemory(capacity: NodeLimits.rememberedSignatures)
    ) throws(NodeError) {
        self.name = name
        self.mspID = identity.mspID
        self.folder = folder
        self.environment = environment
        do {
            try HostFiles.makeFolders(folder)
            let ledger = try Ledger.open(folder: folder)
            let outcome = try BlockValidator.acceptGenesis(genesis, verifier: signatures)
            guard let bundle = outcome.newBundle else { throw LedgerMismatch(reason: "the genesis block holds no configuration") }
            if ledger.height == 0 { try ledger.commit(outcome.block) }
            self.ledger = ledger
            self.channel = bundle.channelID
            let position = try Self.position(of: ledger.snapshot(), genesis: genesis)
            let authority = try ConfigurationHistory(ledger.snapshot(), first: bundle, verifier: signatures).authority()
            let office = PeerOffice(ledger: ledger, identity: identity, machine: machine, bundle: authority.bundle)
            self.office = office
            self.pipeline = CommitPipeline(name: name, ledger: ledger, authority: authority, position: position) { outcome in
                try office.publish(outcome)
            }
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
        }
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
    package func process(_ proposal: SignedProposal) throws -> ProposalResponse {
        try self.office.endorser.process(proposal, on: self.ledger.snapshot(), now: self.environment.now())
    }

    /// Verifies, validates and commits the next block, and returns when it is durable. Blocks may be brought at once, in order of their numbers.
    ///
    /// - Throws: `NodeError.blockRefused` when the block does not continue the chain or is not signed by the ordering service, and
    ///   `.blockDropped` when a block before it was not committed.
    package func receive(_ block: OrderedBlock) async throws(NodeError) { try await self.pipeline.take(block) }

    package func receive(each next: () async throws -> OrderedBlock?) async throws { try await self.pipeline.take(each: next) }

    /// Waits for the verdict on a transaction.
    package func commitStatus(of transaction: TransactionID) async throws -> CommitStatus { try await self.office.status(of: transaction) }

    package func endOfBlocks(because reason: String) {
        self.office.fail(NodeError.noMoreBlocks(node: self.name, reason: reason))
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
