import CryptoPrimitives
import FabricMessages
import LedgerModel

// What is signed by somebody else: each step is bytes that can be kept, carried away, signed, and brought back. They are the messages that
// Fabric's client libraries use for the same purpose, so a step that was begun with one of those can be ended here.

/// A proposal that is signed elsewhere.
public struct OfflineProposal: Hashable, Sendable {
    /// The transaction that it may become.
    public let transactionID: String
    /// ECDSA over `digest`, DER with low S; empty until it is signed.
    public var signature: [UInt8]
    let channel: ChannelID
    let organizations: [String]
    private let proposal: [UInt8]

    init(_ draft: ProposalDraft, channel: ChannelID, organizations: [String]) {
        self.transactionID = draft.transactionID.text
        self.signature = []
        self.channel = channel
        self.organizations = organizations
        self.proposal = draft.proposal.serialized()
    }

    /// Reads the bytes of one (`gateway.ProposedTransaction`).
    ///
    /// - Throws: `ClientFailure` when they are not.
    public init(bytes: [UInt8]) throws(ClientFailure) {
        do {
            let message = try Gateway_ProposedTransaction.decode(bytes, as: "proposed transaction")
            self.proposal = message.proposal.proposalBytes.byteArray
            self.signature = message.proposal.signature.byteArray
            self.organizations = message.endorsingOrganizations
            let header = try ChannelHeader(serialized: Proposal(serialized: self.proposal).channelHeaderBytes)
            self.channel = header.channelID
            self.transactionID = header.transactionID.text
            guard !self.transactionID.isEmpty, self.transactionID.utf8.elementsEqual(message.transactionID.utf8) else {
                throw MessageError(part: "proposed transaction", reason: "names another transaction than its proposal")
            }
        } catch {
            throw .unreadable("proposal", error)
        }
    }

    /// All of it, signed or not.
    public var bytes: [UInt8] {
        var message = Gateway_ProposedTransaction()
        message.transactionID = self.transactionID
        message.proposal = SignedProposal(proposalBytes: self.proposal, signature: self.signature).message
        message.endorsingOrganizations = self.organizations
        return message.encoded()
    }

    /// SHA-256 of what is signed.
    public var digest: [UInt8] { SHA256.hash(self.proposal) }

    /// The same, signed here.
    public func signed(by identity: ClientIdentity) throws(ClientIdentityError) -> OfflineProposal {
        var copy = self
        copy.signature = try identity.sign(self.proposal)
        return copy
    }

    var proposed: Proposed {
        Proposed(
            transaction: TransactionID(self.transactionID), channel: self.channel,
            signed: SignedProposal(proposalBytes: self.proposal, signature: self.signature))
    }
}

/// An endorsed transaction that is signed elsewhere.
public struct OfflineTransaction: Hashable, Sendable {
    /// Its id.
    public let transactionID: String
    /// What the chaincode answered, as its endorsers signed it.
    public let result: [UInt8]
    /// ECDSA over `digest`, DER with low S; empty until it is signed.
    public var signature: [UInt8]
    let channel: ChannelID
    private let payload: [UInt8]

    /// - Parameter payload: A serialised `common.Payload`.
    init(payload: [UInt8], signature: [UInt8] = []) throws {
        let content = try Payload(serialized: payload)
        let header = try ChannelHeader(serialized: content.channelHeaderBytes)
        let transaction = try EndorserTransaction(serialized: content.data)
        let action = try ChaincodeAction(serialized: ProposalResponsePayload(serialized: transaction.responsePayloadBytes).actionBytes)
        self.transactionID = header.transactionID.text
        self.channel = header.channelID
        self.result = action.response.payload
        self.payload = payload
        self.signature = signature
    }

    /// Reads the bytes of one (`gateway.PreparedTransaction`).
    ///
    /// - Throws: `ClientFailure` when they are not.
    public init(bytes: [UInt8]) throws(ClientFailure) {
        do {
            let message = try Gateway_PreparedTransaction.decode(bytes, as: "prepared transaction")
            try self.init(payload: message.envelope.payload.byteArray, signature: message.envelope.signature.byteArray)
            guard self.transactionID.utf8.elementsEqual(message.transactionID.utf8) else {
                throw MessageError(part: "prepared transaction", reason: "names another transaction than its envelope")
            }
        } catch {
            throw .unreadable("transaction", error)
        }
    }

    /// All of it, signed or not.
    public var bytes: [UInt8] {
        var message = Gateway_PreparedTransaction()
        message.transactionID = self.transactionID
        message.envelope.payload = self.payload.data
        message.envelope.signature = self.signature.data
        return message.encoded()
    }

    /// SHA-256 of what is signed.
    public var digest: [UInt8] { SHA256.hash(self.payload) }

    /// The same, signed here.
    public func signed(by identity: ClientIdentity) throws(ClientIdentityError) -> OfflineTransaction {
        var copy = self
        copy.signature = try identity.sign(self.payload)
        return copy
    }

    var envelope: Envelope { Envelope(payload: self.payload, signature: self.signature) }

    /// Whether this is what was proposed: nobody signs what somebody else put in its place.
    func answers(_ proposal: Proposal) -> Bool {
        guard let content = try? Payload(serialized: self.payload), let transaction = try? EndorserTransaction(serialized: content.data),
            let proposed = try? ProposalPayload(serialized: proposal.payloadBytes)
        else { return false }
        return content.channelHeaderBytes == proposal.channelHeaderBytes && content.signatureHeaderBytes == proposal.signatureHeaderBytes
            && transaction.signatureHeaderBytes == proposal.signatureHeaderBytes
            && transaction.proposalPayloadBytes == proposed.withoutTransient
    }
}

/// A question for the verdict on a transaction that is signed elsewhere.
public struct OfflineStatusRequest: Hashable, Sendable {
    /// The transaction that it asks about.
    public let transactionID: String
    /// ECDSA over `digest`, DER with low S; empty until it is signed.
    public var signature: [UInt8]
    let channel: ChannelID
    private let request: [UInt8]

    init(_ transaction: TransactionID, channel: ChannelID, creator: [UInt8]) {
        var request = Gateway_CommitStatusRequest()
        request.transactionID = transaction.text
        request.channelID = channel.text
        request.identity = creator.data
        self.transactionID = transaction.text
        self.channel = channel
        self.request = request.encoded()
        self.signature = []
    }

    /// Reads the bytes of one (`gateway.SignedCommitStatusRequest`).
    ///
    /// - Throws: `ClientFailure` when they are not.
    public init(bytes: [UInt8]) throws(ClientFailure) {
        do {
            let message = try Gateway_SignedCommitStatusRequest.decode(bytes, as: "commit status request")
            let request = try Gateway_CommitStatusRequest.decode(message.request, as: "commit status request")
            self.transactionID = request.transactionID
            self.channel = ChannelID(request.channelID)
            self.request = message.request.byteArray
            self.signature = message.signature.byteArray
            guard !request.transactionID.isEmpty else { throw MessageError(part: "commit status request", reason: "names no transaction") }
        } catch {
            throw .unreadable("commit status request", error)
        }
    }

    /// All of it, signed or not.
    public var bytes: [UInt8] {
        var message = Gateway_SignedCommitStatusRequest()
        message.request = self.request.data
        message.signature = self.signature.data
        return message.encoded()
    }

    /// SHA-256 of what is signed.
    public var digest: [UInt8] { SHA256.hash(self.request) }

    /// The same, signed here.
    public func signed(by identity: ClientIdentity) throws(ClientIdentityError) -> OfflineStatusRequest {
        var copy = self
        copy.signature = try identity.sign(self.request)
        return copy
    }

    var signedRequest: SignedStatusRequest {
        SignedStatusRequest(transaction: TransactionID(self.transactionID), request: self.request, signature: self.signature)
    }
}

extension ClientFailure {
    fileprivate static func unreadable(_ what: String, _ error: any Error) -> ClientFailure {
        ClientFailure(
            .sign, .setup, peer: "the client", cause: "these are not the bytes of a \(what): \(error)", nextStep: "give the bytes as they were kept")
    }
}
