import Endorsement
import FabricMessages
import GRPCCore
import LedgerModel
import SelvageClient

/// What one peer's answer to a proposal means for the client's call (interop 12.2).
enum GatewayAnswer: Sendable {
    case response(ProposalResponse)
    /// `mayAskAnother` is false when every peer would say the same.
    case failure(RPCError.Code, message: String, mayAskAnother: Bool)

    /// Asks a peer, for some time.
    ///
    /// - Throws: `CancellationError` alone.
    init(of peer: GatewayPeer, to proposal: SignedProposal, seconds: Int64) async throws {
        do {
            self = Self.judge(
                try await Deadline.wait(.seconds(seconds), unless: peer.connection.answerSeconds) {
                    NodeConnectionError.timedOut(node: peer.connection.name, address: NodeAddress(host: peer.address, port: 0))
                } for: {
                    try await peer.connection.process(proposal)
                })
        } catch let error as CancellationError {
            throw error
        } catch NodeConnectionError.timedOut {
            self = .failure(.unavailable, message: "no answer in \(seconds) s", mayAskAnother: true)
        } catch NodeConnectionError.failed(_, _, RPCError.Code.unknown.rawValue, let message) {
            self = .failure(.failedPrecondition, message: message, mayAskAnother: false)
        } catch let error as EndorsementRefusal {
            self = .failure(.failedPrecondition, message: "\(error)", mayAskAnother: false)
        } catch {
            self = .failure(.unavailable, message: "\(error)", mayAskAnother: true)
        }
    }

    private static func judge(_ response: ProposalResponse) -> Self {
        let status = response.response.status
        if (200..<400).contains(status) { return .response(response) }
        // Without a payload it is the peer that failed, and not the chaincode.
        if status == 500, response.payload.isEmpty { return .failure(.aborted, message: response.response.message, mayAskAnother: true) }
        return .failure(.unknown, message: "chaincode response \(status), \(response.response.message)", mayAskAnother: false)
    }
}

extension GatewayPeer {
    func detail(_ message: String) -> Gateway_ErrorDetail {
        Gateway_ErrorDetail(address: self.address, mspID: self.mspID.text, message: message)
    }
}
