import LedgerModel

/// A proposal on its way.
package struct Proposed: Sendable {
    package let transaction: TransactionID
    package let channel: ChannelID
    package let signed: SignedProposal

    package init(transaction: TransactionID, channel: ChannelID, signed: SignedProposal) {
        self.transaction = transaction
        self.channel = channel
        self.signed = signed
    }
}

/// Whether the ordering service has an envelope.
package enum Sending: Hashable, Sendable {
    case taken
    /// Nobody knows; the reason is for people.
    case unclear(String)
}

/// A way to the network: through the gateway of one peer, or to peers and ordering nodes directly.
///
/// All functions throw `ClientFailure`, or `CancellationError` when their task was cancelled.
package protocol TransactionRoute: Sendable {
    /// Who is called, for people.
    var name: String { get }

    /// Runs a proposal without ordering it, and returns the chaincode's payload.
    ///
    /// - Parameter organizations: Who may run it; empty for anybody.
    func evaluate(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8]

    /// Has a proposal endorsed and returns the payload that the client signs.
    ///
    /// - Parameter organizations: Who has to endorse; empty for those that the policies ask for.
    func endorse(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8]

    /// Hands an envelope to the ordering service.
    func submit(_ envelope: Envelope, transaction: TransactionID, channel: ChannelID) async throws -> Sending

    /// Waits for the verdict on a transaction for as long as the task lasts.
    func status(_ request: SignedStatusRequest) async throws -> CommitStatus
}

/// A signed question for a verdict: `gateway.SignedCommitStatusRequest`.
package struct SignedStatusRequest: Sendable {
    package let transaction: TransactionID
    /// A serialised `gateway.CommitStatusRequest`.
    package let request: [UInt8]
    package let signature: [UInt8]
}
