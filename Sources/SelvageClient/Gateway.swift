import CryptoPrimitives
import Identity
import LedgerModel

/// What makes one client's requests unique and dated; the host gives it.
package protocol ClientEnvironment: Sendable {
    /// Fresh random bytes.
    func randomBytes(count: Int) -> [UInt8]
    /// The client's clock.
    func now() -> Timestamp
}

/// Calls chaincode for one identity on one channel: evaluate, endorse, submit, wait.
package struct Gateway: Sendable {
    package let identity: SigningIdentity
    package let channel: ChannelID
    private let orderer: any OrdererConnection
    private let environment: any ClientEnvironment
    private let patience: Duration

    /// How long a client waits until a transaction that was taken is in a block.
    package static let patience = Duration.seconds(60)

    /// - Parameter patience: How long `submit` waits until a transaction that was taken is committed.
    package init(
        identity: SigningIdentity, channel: ChannelID, orderer: any OrdererConnection, environment: any ClientEnvironment,
        patience: Duration = Gateway.patience
    ) {
        self.identity = identity
        self.channel = channel
        self.orderer = orderer
        self.environment = environment
        self.patience = patience
    }

    /// Drafts a proposal with a fresh nonce and the time.
    package func draft(_ call: ChaincodeCall, transient: [TransientEntry] = []) -> ProposalDraft {
        ProposalDraft(
            channel: self.channel, call: call, transient: transient, creator: self.identity.serialized,
            nonce: self.environment.randomBytes(count: ProposalDraft.nonceBytes), timestamp: self.environment.now())
    }

    /// Runs a call on one peer without ordering it, and returns the chaincode's payload.
    package func evaluate(_ call: ChaincodeCall, transient: [TransientEntry] = [], on peer: any PeerConnection) async throws -> [UInt8] {
        let response = try await self.process(self.draft(call, transient: transient), on: peer).response
        guard (200..<400).contains(response.status) else {
            throw ClientError.chaincode(peer: peer.name, status: response.status, message: response.message)
        }
        return response.payload
    }

    /// Has a call endorsed by the given peers and returns the signed envelope.
    package func endorse(
        _ call: ChaincodeCall, transient: [TransientEntry] = [], by peers: [any PeerConnection]
    ) async throws -> (transaction: TransactionID, envelope: Envelope, result: [UInt8]) {
        let draft = self.draft(call, transient: transient)
        var responses: [NamedResponse] = []
        for peer in peers {
            responses.append(NamedResponse(peer: peer.name, response: try await self.process(draft, on: peer)))
        }
        let payload = try TransactionAssembly.payload(of: draft, responses: responses)
        let result = try responses.first.map(TransactionAssembly.result(of:)) ?? []
        let envelope = try TransactionAssembly.envelope(payload, signedBy: self.identity)
        return (draft.transactionID, envelope, result)
    }

    /// Hands an envelope to the ordering service.
    package func broadcast(_ envelope: Envelope, transaction: TransactionID) async throws {
        let reply = try await self.orderer.broadcast(envelope)
        guard reply.isSuccess else {
            throw ClientError.notOrdered(transaction: transaction, status: reply.status, reason: reply.info)
        }
    }

    /// Endorses, orders and waits until the first peer has committed the transaction as valid; returns the chaincode's payload.
    ///
    /// - Throws: `ClientError.invalid` when the transaction is in a block but has no effect; `ClientError.notCommitted` when it is in none in time.
    package func submit(
        _ call: ChaincodeCall, transient: [TransientEntry] = [], endorsedBy peers: [any PeerConnection]
    ) async throws -> (status: CommitStatus, result: [UInt8]) {
        guard let watched = peers.first else { throw ClientError.noEndorsement }
        let endorsed = try await self.endorse(call, transient: transient, by: peers)
        try await self.broadcast(endorsed.envelope, transaction: endorsed.transaction)
        let status = try await self.commitStatus(of: endorsed.transaction, on: watched)
        guard status.isValid else { throw ClientError.invalid(status) }
        return (status, endorsed.result)
    }

    /// Waits until a peer has committed a transaction, valid or not.
    ///
    /// - Throws: `ClientError.notCommitted` when it takes longer than this client's patience.
    package func commitStatus(of transaction: TransactionID, on peer: any PeerConnection) async throws -> CommitStatus {
        let patience = self.patience
        return try await Deadline.wait(patience) {
            ClientError.notCommitted(peer: peer.name, transaction: transaction, seconds: patience.components.seconds)
        } for: {
            try await peer.commitStatus(of: transaction)
        }
    }

    private func process(_ draft: ProposalDraft, on peer: any PeerConnection) async throws -> ProposalResponse {
        let signed: SignedProposal
        do {
            signed = try draft.signed(by: self.identity)
        } catch {
            throw ClientError.signing(error)
        }
        do {
            return try await peer.process(signed)
        } catch let error as ClientError {
            throw error
        } catch let error as NodeConnectionError {
            // What happened on the way is no word of the peer's.
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ClientError.refused(peer: peer.name, reason: "\(error)")
        }
    }
}
