import ChannelConfiguration
import CryptoPrimitives
import Ledger
import LedgerModel
import Ordering
import Validation

/// Follows governance through the blocks of a channel: what anybody computes who has nothing but the blocks.
///
/// Every block must continue the chain and be signed by a quorum of the committee in office; governance transactions are judged again. What
/// peers decide about contracts is not looked at: that is the audit's work.
package struct GovernanceReplay: Sendable {
    /// Something that happened, with the block that brought it about.
    package struct Happening: Equatable, Sendable {
        package let block: BlockNumber
        package let event: GovernanceEvent
    }

    package private(set) var plane: ControlPlane
    package private(set) var happenings: [Happening] = []
    /// The configuration blocks after block 0 that change the committee, each with the consenters that it brings into office.
    package private(set) var changes: [(block: BlockNumber, consenters: [Consenter])] = []
    /// The configuration blocks that clients have asked for, each with the number of its configuration.
    package private(set) var updates: [(block: BlockNumber, sequence: UInt64)] = []
    private var position: ChainPosition
    private var authority: BlockAuthority
    private var chain = ReplayedChain()

    /// Begins with block 0.
    ///
    /// - Throws: `GovernanceReplayError` when the channel has no governance, or its settings cannot be used.
    package init(genesis: OrderedBlock) throws(GovernanceReplayError) {
        let bundle: ChannelBundle
        do throws(ConfigurationError) {
            bundle = try ChannelBundle(block: genesis)
        } catch {
            throw .block(0, reason: "\(error)")
        }
        guard !bundle.governance.isEmpty else { throw .noGovernance(bundle.channelID) }
        do throws(ControlPlaneError) {
            self.plane = try ControlPlane(bundle: bundle, chain: genesis.headerHash)
        } catch {
            throw .block(0, reason: "\(error)")
        }
        self.position = ChainPosition(genesis: genesis)
        self.authority = BlockAuthority(bundle)
    }

    /// The number of the last block.
    package var height: BlockNumber { self.position.number }

    /// The block that holds a transaction; nil when none does.
    package func block(of transaction: TransactionID) -> BlockNumber? { self.chain.height(of: transaction).map { BlockNumber($0) } }

    /// Takes in the next block.
    ///
    /// - Throws: `GovernanceReplayError.block` when it does not continue the chain, is not signed by the committee, or holds what may not be in it;
    ///   the state is then as before.
    package mutating func take(_ block: OrderedBlock) throws(GovernanceReplayError) {
        do {
            try BlockVerifier(self.authority, form: .canonical).verify(block, after: self.position)
            // A quorum's signatures do not make a configuration: the update in it has to be authorised, and lead to it.
            let new = try ConfigurationBlock.configEnvelope(in: block).map { try self.plane.bundle.successor(verifying: $0) }
            let next = try ChainPosition(after: block, chain: self.plane.chain)
            guard next.metadata?.header.govRoot == self.plane.root else {
                throw GovernanceReplayError.block(block.number, reason: "its header names another state of governance than the blocks before it give")
            }
            let before = self.plane.bundle.consenters
            let events = try self.plane.apply(block, decided: self.chain)
            try self.chain.append(block)
            self.happenings += events.map { Happening(block: block.number, event: $0) }
            if let new, new.consenters == before { self.updates.append((block.number, new.sequence)) }
            if let new, new.consenters != before { self.changes.append((block.number, new.consenters)) }
            self.authority = self.authority.after(newBundle: new)
            self.position = next
        } catch let error as GovernanceReplayError {
            throw error
        } catch {
            throw .block(block.number, reason: "\(error)")
        }
    }
}

/// The decided blocks as evidence asks for them.
struct ReplayedChain: DecidedChain {
    /// From block 1 on.
    private var decided: [DecidedHeight] = []
    private var heights: [TransactionID: UInt64] = [:]

    mutating func append(_ block: OrderedBlock) throws(MessageError) {
        self.decided.append(try DecidedHeight(block))
        for bytes in block.envelopes {
            guard let id = ConfigurationRequest.orderedID(in: bytes), self.heights[id] == nil else { continue }
            self.heights[id] = block.number.rawValue
        }
    }

    func decided(_ height: UInt64) -> DecidedHeight? {
        guard height > 0, height <= UInt64(self.decided.count) else { return nil }
        return self.decided[Int(height) - 1]
    }

    func height(of transaction: TransactionID) -> UInt64? { self.heights[transaction] }
}

/// Why blocks cannot be followed.
package enum GovernanceReplayError: Error, Equatable, Sendable, CustomStringConvertible {
    case noGovernance(ChannelID)
    case block(BlockNumber, reason: String)

    package var description: String {
        switch self {
        case .noGovernance(let channel): "channel '\(channel)' has a committee that nobody elects: its configuration holds no settings of governance"
        case .block(let number, let reason): "block \(number): \(reason)"
        }
    }
}
