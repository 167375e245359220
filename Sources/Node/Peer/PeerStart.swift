import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Validation

/// Where a peer's ledger stands when it is opened: what the next block is held against, and under which configurations.
struct PeerStart {
    let position: ChainPosition
    let authority: BlockAuthority

    init(position: ChainPosition, authority: BlockAuthority) {
        self.position = position
        self.authority = authority
    }

    /// Of a ledger that holds all blocks, the first of which is trusted.
    ///
    /// - Parameter first: The configuration in the genesis block.
    init(_ snapshot: LedgerSnapshot, genesis: OrderedBlock, first: ChannelBundle, verifier: any SignatureVerifying) throws {
        let beginning = ChainPosition(genesis: genesis)
        guard let stored = try snapshot.block(0), stored.headerHash == beginning.headerHash else {
            throw LedgerMismatch(reason: "its ledger begins with another genesis block")
        }
        self.authority = try ConfigurationHistory(snapshot, channel: first.channelID, verifier: verifier) { first }.authority()
        if snapshot.height > 1, let last = try snapshot.block(BlockNumber(snapshot.height - 1)) {
            self.position = try ChainPosition(after: last, chain: beginning.chain)
        } else {
            self.position = beginning
        }
    }
}
