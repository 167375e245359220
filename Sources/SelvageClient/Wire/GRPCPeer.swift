import FabricMessages
import FabricServices
import Identity
import LedgerModel

/// A peer on the wire, ours or a stock one: proposals by `protos.Endorser`, verdicts by `gateway.Gateway`.
package struct GRPCPeer: PeerConnection {
    package let mspID: MSPID
    package var name: String { self.connection.name }
    package var answerSeconds: Int64? { self.connection.limits.callSeconds }

    private let connection: NodeConnection
    private let channel: ChannelID
    private let identity: SigningIdentity

    /// - Parameters:
    ///   - mspID: The organisation that owns the peer.
    ///   - identity: Who asks for verdicts; the peer wants to know that it may read the channel.
    package init(_ connection: NodeConnection, mspID: MSPID, channel: ChannelID, identity: SigningIdentity) {
        self.connection = connection
        self.mspID = mspID
        self.channel = channel
        self.identity = identity
    }

    /// - Throws: `NodeConnectionError`: `.failed` with the endorser's words when it did not run the proposal, else what is wrong on the way.
    package func process(_ proposal: SignedProposal) async throws -> ProposalResponse {
        let bytes = try await self.connection.unary(Protos_Endorser.Method.ProcessProposal.descriptor, proposal.serialized())
        do {
            return try ProposalResponse(serialized: bytes)
        } catch {
            throw NodeConnectionError.badAnswer(node: self.name, reason: "\(error)")
        }
    }

    /// Asks for the verdict on a transaction, and waits for it as long as this task lasts.
    ///
    /// The peer answers at once about a transaction that it knows; why one is invalid it does not say.
    package func commitStatus(of transaction: TransactionID) async throws -> CommitStatus {
        var request = Gateway_CommitStatusRequest()
        request.transactionID = transaction.text
        request.channelID = self.channel.text
        request.identity = self.identity.serialized.data
        let bytes = request.encoded()
        var signed = Gateway_SignedCommitStatusRequest()
        signed.request = bytes.data
        do {
            signed.signature = try self.identity.sign(bytes).data
        } catch {
            throw ClientError.signing(error)
        }
        let answer = try await self.connection.unary(
            Gateway_Gateway.Method.CommitStatus.descriptor, signed.encoded(), hasDeadline: false)
        return try self.status(answer, of: transaction)
    }

    private func status(_ answer: [UInt8], of transaction: TransactionID) throws(NodeConnectionError) -> CommitStatus {
        let response: Gateway_CommitStatusResponse
        do {
            response = try Gateway_CommitStatusResponse.decode(answer, as: "commit status")
        } catch {
            throw .badAnswer(node: self.name, reason: error.description)
        }
        guard let number = UInt8(exactly: response.result.rawValue), let code = ValidationCode(rawValue: number) else {
            throw .badAnswer(node: self.name, reason: "validation code \(response.result.rawValue) is not known")
        }
        return CommitStatus(transaction: transaction, code: code, block: BlockNumber(response.blockNumber))
    }
}
