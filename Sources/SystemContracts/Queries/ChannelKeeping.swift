import LedgerModel

/// The channels of a node, as `cscc` shows and changes them.
package protocol ChannelKeeping: Sendable {
    /// What the node has joined, in byte order.
    var channelIDs: [ChannelID] { get }
    /// Joins a channel, durably.
    ///
    /// - Parameter genesis: A serialised `common.Block`, the channel's first.
    func join(genesis: [UInt8]) throws(ChannelJoinError)
}

/// Why a node does not join a channel.
package enum ChannelJoinError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes are no block 0 with the configuration of a channel.
    case notAGenesisBlock(reason: String)
    /// The node has a ledger of this channel.
    case alreadyJoined(ChannelID)
    /// The node serves as many channels as it may.
    case tooMany(limit: Int)
    /// The node's own disk failed, or its role does not allow it.
    case failed(ChannelID, reason: String)

    package var description: String {
        switch self {
        case .notAGenesisBlock(let reason):
            "this is no genesis block of a channel: \(reason); fetch it with: peer channel fetch oldest"
        // Scripts look for these words of Fabric's peers.
        case .alreadyJoined(let channel): "cannot create ledger from genesis block: ledger [\(channel)] already exists with state [ACTIVE]"
        case .tooMany(let limit): "this node serves \(limit) channels, which is the limit; start another node"
        case .failed(let channel, let reason): "cannot join channel [\(channel)]: \(reason)"
        }
    }
}
