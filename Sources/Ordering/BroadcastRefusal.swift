import ChannelConfiguration
import LedgerModel

/// Why an envelope is not taken (interop 7.1); clients see the status and the text, which is worded like Fabric's where it has the case.
package enum BroadcastRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The envelope is not one of a channel: payload or channel header are missing or do not parse.
    case noChannel(MessageError)
    /// This service does not order for the channel.
    case unknownChannel(ChannelID)
    /// Configurations and orderer transactions are made by orderers, never sent by clients.
    case notForClients(type: Int32)
    /// Something else than a transaction of a contract.
    case unknownType(Int32)
    /// This ordering service takes no changes of the configuration from clients.
    case configurationUpdate
    /// The change of the configuration that is asked for breaks a rule (interop 7.3).
    case refusedUpdate(ConfigurationUpdateError)
    case emptyPayload
    case tooLarge(sizeBytes: Int, limit: Int)
    /// The header that names the creator does not parse.
    case noCreator(MessageError)
    /// The creator's certificate is over: enroll again.
    case creatorExpired(MSPID)
    /// The signature does not satisfy the policy for writers.
    case notWriter(policy: String, missing: String)
    /// The channel is closed for all but its orderers.
    case maintenance
    /// The transaction id is not the hash of nonce and creator.
    case wrongTransactionID
    /// The time in the header is missing or too far from the chain's: sign a new transaction.
    case outsideTimeWindow
    /// This very envelope is in a block already. It is not ordered again, and its sender is told that it was taken: clients of a committee
    /// send to all members, and the last of these may hear of it after the block.
    case repeated(TransactionID, BlockNumber)
    /// The transaction is in a block already, in another envelope.
    case alreadyOrdered(TransactionID, BlockNumber)
    /// Another envelope with the same transaction id waits for its block.
    case alreadyPending(TransactionID)
    /// Too much is waiting; send again later.
    case full(BlockCutter.Full)
    /// Too many envelopes of the creator wait.
    case tooManyPending(limit: Int)
    /// The creator sends faster than this member takes.
    case tooFast(perSecond: Int)
    /// The chain is too short for anything but governance.
    case warmingUp(height: BlockNumber, threshold: UInt64)
    /// The committee's own contract refuses it.
    case governance(reason: String)
    /// This node has the channel's blocks and does not order it.
    case follows(members: [String])
    /// No block can be made at present.
    case unavailable(reason: String)

    /// A `common.Status` number.
    package var status: Int32 {
        switch self {
        case .repeated: 200
        case .noChannel, .unknownChannel, .notForClients, .unknownType, .emptyPayload, .tooLarge, .noCreator, .creatorExpired,
            .refusedUpdate, .wrongTransactionID, .outsideTimeWindow, .alreadyOrdered, .alreadyPending, .governance:
            400
        case .notWriter: 403
        case .configurationUpdate: 501
        case .maintenance, .full, .unavailable, .tooManyPending, .tooFast, .warmingUp, .follows: 503
        }
    }

    /// The answer that the client gets.
    package var verdict: BroadcastVerdict { BroadcastVerdict(status: self.status, info: self.description) }

    package var description: String {
        switch self {
        case .noChannel(let error): "could not determine channel ID: \(error)"
        case .unknownChannel: "channel does not exist"
        case .notForClients(let type): "message of type \(type) cannot be processed directly: it is made by orderers"
        case .unknownType(let type): "message of type \(type) cannot be ordered: only endorser transactions (3) can"
        case .configurationUpdate: "this ordering service takes no configuration updates from clients"
        case .refusedUpdate(let error): "error applying config update to existing channel: \(error)"
        case .emptyPayload: "message payload is empty"
        case .tooLarge(let size, let limit): "message payload is \(size) bytes and exceeds maximum allowed \(limit) bytes"
        case .noCreator(let error): "could not convert message to signed data: \(error)"
        case .creatorExpired(let organization): "broadcast client identity expired: \(organization); enroll again"
        case .notWriter(let policy, let missing): "policy \(policy) is not satisfied: \(missing): permission denied"
        case .maintenance: "normal transactions are rejected: the channel is in maintenance mode"
        case .wrongTransactionID: "the transaction id is not the hash of nonce and creator"
        case .outsideTimeWindow: "the timestamp is missing or too far from the time of the last block: sign a new transaction"
        case .repeated(let id, let block): "transaction \(id) was taken: it is in block \(block)"
        case .alreadyOrdered(let id, let block): "transaction \(id) is already in block \(block)"
        case .alreadyPending(let id): "another envelope with transaction id \(id) is already waiting to be ordered"
        case .full(let full): full.description
        case .tooManyPending(let limit): "\(limit) envelopes of this creator are waiting, which is the limit: send again later"
        case .tooFast(let rate): "this creator sends more than \(rate) envelopes a second: send again later"
        case .warmingUp(let height, let threshold): "the channel is warming up (\(height) of \(threshold) blocks): only governance is ordered yet"
        case .governance(let reason): "the committee's contract refuses it: \(reason)"
        case .follows(let members):
            "this orderer follows the channel and does not order: send to one in office: \(members.joined(separator: ", "))"
        case .unavailable(let reason): "this orderer cannot order now: \(reason)"
        }
    }
}
