import LedgerModel

/// Why a peer cannot begin after the snapshot from which its ledger began. Nothing was committed; the ledger stays as it is.
package enum SnapshotStartError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was wrong with what a source gave, or that it gave nothing.
    package struct Refusal: Hashable, Sendable, CustomStringConvertible {
        package enum Problem: Hashable, Sendable {
            /// It does not have the block, or cannot be asked.
            case unavailable(reason: String)
            /// The block's header hash is not the one that the snapshot gives.
            case wrongHash
            /// The block is the right one; the commit hash that its peer gave it is not the one in the snapshot.
            case wrongCommitHash
            /// The block is the right one; what is signed beside it, or its signatures, is not as it must be.
            case wrongMetadata(reason: String)
            /// Not the configuration from which the one in the snapshot followed.
            case wrongFormerConfiguration(reason: String)
        }

        package let source: String
        package let block: BlockNumber
        package let problem: Problem

        package var description: String {
            switch self.problem {
            case .unavailable(let reason): "\(self.source) does not give block \(self.block): \(reason)"
            case .wrongHash: "\(self.source) gives another block \(self.block): its header does not have the hash in the snapshot"
            case .wrongCommitHash:
                "\(self.source) gives block \(self.block) another commit hash than the snapshot: one of the two has another past"
            case .wrongMetadata(let reason): "\(self.source) gives block \(self.block) with wrong metadata: \(reason)"
            case .wrongFormerConfiguration(let reason):
                "\(self.source) gives block \(self.block) for the configuration before the last block, which it is not: \(reason)"
            }
        }
    }

    /// The last block of the snapshot is needed, and no other node is named. Start the peer once with a node that has that block.
    case needsSource(block: BlockNumber)
    /// No source gave what is needed. Name a peer or an ordering node that holds the channel's blocks.
    case refused(block: BlockNumber, [Refusal])
    /// The state holds no configuration that can be used. Join from another snapshot.
    case unusableConfiguration(reason: String)
    /// The ledger belongs to another channel than the genesis block.
    case otherChannel(ChannelID, expected: ChannelID)
    /// The ledger's chain begins with another genesis block.
    case otherGenesis

    package var description: String {
        switch self {
        case .needsSource(let block):
            "its ledger began from a snapshot at block \(block) and has no later block: to judge block \(block.rawValue &+ 1) it needs block "
                + "\(block) from another node; start it with a peer or an ordering node that has that block"
        case .refused(let block, let refusals):
            "block \(block), the last one of the snapshot, is needed from another node: "
                + refusals.map(\.description).joined(separator: "; ") + "; name a node that holds the channel's blocks, and compare the snapshot's "
                + "hash with peers that you trust"
        case .unusableConfiguration(let reason):
            "the configuration in the snapshot's state cannot be used: \(reason); compare the snapshot's hash with peers that you trust"
        case .otherChannel(let found, let expected): "its ledger is one of channel \(found), not of \(expected); name the right folder"
        case .otherGenesis: "its ledger is of a chain that begins with another genesis block; name the right folder or the right block"
        }
    }
}
