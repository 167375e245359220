import Endorsement
import FabricMessages
import LedgerModel

/// Runs a proposal on one peer without ordering it: `gateway.Gateway/Evaluate`.
struct GatewayEvaluation: Sendable {
    let channel: @Sendable (ChannelID) -> GatewayChannel?
    let limits: WireLimits

    func answer(_ request: Gateway_EvaluateRequest) async throws -> WireFrame {
        let signed = request.proposedTransaction.value
        let proposal: ReceivedProposal
        do {
            guard !signed.proposalBytes.isEmpty else { throw MessageError(part: "request", reason: "a signed proposal is required") }
            proposal = try ReceivedProposal(signed)
        } catch {
            throw GatewayFailure(.invalidArgument, "failed to unpack transaction proposal: \(error)")
        }
        let id = proposal.channelHeader.channelID
        guard !id.isEmpty else { throw GatewayFailure(.invalidArgument, "failed to unpack transaction proposal: no channel id provided") }
        guard let channel = self.channel(id) else {
            throw GatewayFailure(.unavailable, "failed to get config for channel [\(id)]: this peer has not joined it")
        }
        let peers = try self.peers(of: channel, request, proposal)
        return try await self.ask(peers, signed)
    }

    /// Who may see the proposal, in the order in which they are asked.
    private func peers(of channel: GatewayChannel, _ request: Gateway_EvaluateRequest, _ proposal: ReceivedProposal) throws -> [GatewayPeer] {
        var targets = request.targetOrganizations.map { MSPID($0) }
        // Transient data goes nowhere that the client did not name.
        let isSecret = !proposal.payload.transient.isEmpty && targets.isEmpty
        if isSecret { targets = [channel.organization] }
        let peers = targets.isEmpty ? channel.peers : channel.peers.filter { targets.contains($0.mspID) }
        if !peers.isEmpty, channel.defines(proposal.call.chaincode) { return peers }
        let reason = "no peers available to evaluate chaincode \(proposal.call.chaincode) in channel \(proposal.channelHeader.channelID)"
        throw GatewayFailure(.failedPrecondition, reason)
    }

    private func ask(_ peers: [GatewayPeer], _ signed: SignedProposal) async throws -> WireFrame {
        var details: [Gateway_ErrorDetail] = []
        var last = GatewayFailure(.failedPrecondition, "no peer was asked")
        for peer in peers {
            switch try await GatewayAnswer(of: peer, to: signed, seconds: self.limits.endorsementSeconds) {
            case .response(let response):
                var answer = Gateway_EvaluateResponse()
                answer.result = Self.result(of: response).wireMessage
                return WireFrame(head: answer.encoded())
            case .failure(let code, let message, let mayAskAnother):
                details.append(peer.detail(message))
                guard mayAskAnother else { throw GatewayFailure(code, "evaluate call to endorser returned error: \(message)", details: details) }
                last = GatewayFailure(code, "failed to evaluate transaction, see attached details for more info", details: details)
            }
        }
        throw last
    }

    /// The payload as it was signed, where there is one; what stands beside it need not be the chaincode's.
    private static func result(of response: ProposalResponse) -> ChaincodeResponse {
        var result = response.response
        if let payload = try? ProposalResponsePayload(serialized: response.payload),
            let action = try? ChaincodeAction(serialized: payload.actionBytes)
        {
            result.payload = action.response.payload
        }
        return result
    }
}

extension Protos_SignedProposal {
    var value: SignedProposal { SignedProposal(proposalBytes: self.proposalBytes.byteArray, signature: self.signature.byteArray) }
}
