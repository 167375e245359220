import FabricMessages
import GRPCCore
import Identity
import LedgerModel

/// Tells what became of a transaction, and waits until something has: `gateway.Gateway/CommitStatus`.
struct GatewayStatus: Sendable {
    static let rule = DeliverAccess.Rule(resource: "gateway/CommitStatus", fallback: "/Channel/Application/Readers")

    let channel: @Sendable (ChannelID) -> GatewayChannel?
    let now: @Sendable () -> Timestamp

    func answer(_ signed: Gateway_SignedCommitStatusRequest) async throws -> WireFrame {
        guard !signed.request.isEmpty else { throw GatewayFailure(.invalidArgument, "a commit status request is required") }
        let request: Gateway_CommitStatusRequest
        do {
            request = try Gateway_CommitStatusRequest.decode(signed.request, as: "commit status request")
        } catch {
            throw GatewayFailure(.invalidArgument, "invalid status request: \(error)")
        }
        guard !request.identity.isEmpty else { throw GatewayFailure(.invalidArgument, "no identity provided") }
        guard !request.channelID.isEmpty else { throw GatewayFailure(.invalidArgument, "no channel ID provided") }
        guard !request.transactionID.isEmpty else { throw GatewayFailure(.invalidArgument, "transaction ID should not be empty") }
        guard let channel = self.channel(ChannelID(request.channelID)) else {
            throw GatewayFailure(.permissionDenied, "Failed to get policy manager for channel [\(request.channelID)]")
        }
        var access = DeliverAccess(
            rule: Self.rule,
            signed: SignedMessage(
                identity: request.identity.byteArray, message: signed.request.byteArray, signature: signed.signature.byteArray))
        do {
            try access.check(channel.ledger.bundle, now: self.now())
        } catch {
            throw GatewayFailure(.permissionDenied, "\(error)")
        }
        let status = try await channel.ledger.commitStatus(of: TransactionID(request.transactionID))
        var answer = Gateway_CommitStatusResponse()
        answer.result = Protos_TxValidationCode(rawValue: Int(status.code.rawValue)) ?? .invalidOtherReason
        answer.blockNumber = status.block.rawValue
        return WireFrame(head: answer.encoded())
    }
}
