import LedgerModel

/// What happens to a node that its operator may want to read; one line each, no content of the ledger in it.
package enum NodeEvent: Sendable, CustomStringConvertible {
    case listening(node: String, WireEndpoint)
    /// The admin port listens.
    case administered(node: String, WireEndpoint)
    /// A channel is open, at this height.
    case channelOpen(node: String, ChannelID, height: UInt64)
    case ordering(node: String, ChannelID)
    /// The node is a member of the channel's committee, in office or not, under this number.
    case seated(node: String, ChannelID, member: UInt32)
    /// An ordering node that the channel does not know keeps its blocks and orders nothing.
    case followingChannel(node: String, ChannelID)
    /// Blocks are asked of an ordering node, from this number on.
    case following(node: String, ChannelID, orderer: String, from: UInt64)
    /// An ordering node gave nothing more, or something wrong; the next one is asked.
    case left(node: String, ChannelID, orderer: String, reason: String)
    /// The configuration of a channel names no ordering node that can be asked.
    case noOrderers(node: String, ChannelID)
    /// The gateway does not ask a node that the configuration or the node's file names.
    case passedOver(node: String, ChannelID, address: String, reason: String)
    /// Chaincode that nobody waits for may connect there.
    case takingChaincode(node: String, WireEndpoint)
    /// A transaction is in a block and has no effect.
    case invalid(node: String, ChannelID, TransactionID, BlockNumber, ValidationCode)
    /// As many more of the same block are not told one by one.
    case moreInvalid(node: String, ChannelID, BlockNumber, count: Int)
    /// The channel gets no more blocks until the node is started again.
    case channelStopped(node: String, ChannelID, reason: String)
    /// Something that needs a person.
    case warning(node: String, String)
    case stopped(node: String)

    package var description: String {
        switch self {
        case .listening(let node, let endpoint): "\(node): listening on \(endpoint)"
        case .administered(let node, let endpoint): "\(node): admin port on \(endpoint)"
        case .channelOpen(let node, let channel, let height): "\(node): channel \(channel) is open, height \(height)"
        case .ordering(let node, let channel): "\(node): ordering channel \(channel)"
        case .seated(let node, let channel, let member): "\(node): channel \(channel): member \(member) of its committee"
        case .followingChannel(let node, let channel): "\(node): channel \(channel): follows it without an office"
        case .following(let node, let channel, let orderer, let from): "\(node): channel \(channel): asking \(orderer) for blocks from \(from)"
        case .left(let node, let channel, let orderer, let reason): "\(node): channel \(channel): leaving \(orderer): \(reason)"
        case .noOrderers(let node, let channel): "\(node): channel \(channel): its configuration names no ordering node that can be asked"
        case .passedOver(let node, let channel, let address, let reason):
            "\(node): channel \(channel): the gateway does not ask \(address): \(reason)"
        case .takingChaincode(let node, let endpoint): "\(node): taking chaincode that connects to \(endpoint)"
        case .invalid(let node, let channel, let id, let block, let code):
            "\(node): channel \(channel): transaction \(id) in block \(block) is invalid: \(code)\(Self.advice(code))"
        case .moreInvalid(let node, let channel, let block, let count):
            "\(node): channel \(channel): \(count) more transactions in block \(block) are invalid"
        case .channelStopped(let node, let channel, let reason): "\(node): channel \(channel) is stopped: \(reason)"
        case .warning(let node, let text): "\(node): warning: \(text)"
        case .stopped(let node): "\(node): stopped"
        }
    }

    /// What the transaction's client can do; nothing of the ledger's content is told.
    private static func advice(_ code: ValidationCode) -> String {
        switch code {
        case .endorsementPolicyFailure: "; have it endorsed by peers of all organisations that the policies ask for"
        case .mvccReadConflict, .phantomReadConflict: "; what it read has changed since: submit it again"
        case .duplicateTransactionID: "; make a new proposal"
        default: ""
        }
    }
}
