import LedgerModel

/// What happens to a node that its operator may want to read; one line each, no content of the ledger in it.
package enum NodeEvent: Sendable, CustomStringConvertible {
    case listening(node: String, WireEndpoint)
    /// The admin port listens.
    case administered(node: String, WireEndpoint)
    /// A channel is open, at this height.
    case channelOpen(node: String, ChannelID, height: UInt64)
    case ordering(node: String, ChannelID)
    /// Blocks are asked of an ordering node, from this number on.
    case following(node: String, ChannelID, orderer: String, from: UInt64)
    /// An ordering node gave nothing more, or something wrong; the next one is asked.
    case left(node: String, ChannelID, orderer: String, reason: String)
    /// The configuration of a channel names no ordering node that can be asked.
    case noOrderers(node: String, ChannelID)
    /// The channel gets no more blocks until the node is started again.
    case channelStopped(node: String, ChannelID, reason: String)
    case stopped(node: String)

    package var description: String {
        switch self {
        case .listening(let node, let endpoint): "\(node): listening on \(endpoint)"
        case .administered(let node, let endpoint): "\(node): admin port on \(endpoint)"
        case .channelOpen(let node, let channel, let height): "\(node): channel \(channel) is open, height \(height)"
        case .ordering(let node, let channel): "\(node): ordering channel \(channel)"
        case .following(let node, let channel, let orderer, let from): "\(node): channel \(channel): asking \(orderer) for blocks from \(from)"
        case .left(let node, let channel, let orderer, let reason): "\(node): channel \(channel): leaving \(orderer): \(reason)"
        case .noOrderers(let node, let channel): "\(node): channel \(channel): its configuration names no ordering node that can be asked"
        case .channelStopped(let node, let channel, let reason): "\(node): channel \(channel) is stopped: \(reason)"
        case .stopped(let node): "\(node): stopped"
        }
    }
}
