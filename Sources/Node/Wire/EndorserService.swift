import FabricServices
import GRPCCore
import LedgerModel
import SelvageClient

/// `protos.Endorser`: proposals to contracts, and to those of the node itself.
package struct EndorserService: RegistrableRPCService, DirectService {
    private let process: @Sendable (SignedProposal) async throws -> ProposalResponse
    private let gate: ConcurrencyGate

    package init(_ context: WireContext, peer: any PeerConnection) {
        self.init(context) { try await peer.process($0) }
    }

    /// - Parameter process: Runs a proposal of any channel, or of none; throws the refusal of one that was not run.
    package init(_ context: WireContext, process: @escaping @Sendable (SignedProposal) async throws -> ProposalResponse) {
        self.process = process
        self.gate = ConcurrencyGate("/protos.Endorser", limit: context.limits.proposals)
    }

    /// None: its one method is answered directly.
    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {}

    var directMethods: [DirectMethod] {
        let process = self.process
        return [
            DirectMethod(Protos_Endorser.Method.ProcessProposal.descriptor, .unary, SignedProposal.self, gate: self.gate) { proposal in
                DirectMethod.Reply(frame: try await Self.answer(proposal, process))
            }
        ]
    }

    /// - Throws: `RPCError` UNKNOWN with the endorser's words when the proposal was not run (interop chapter 6).
    private static func answer(
        _ proposal: SignedProposal, _ process: (SignedProposal) async throws -> ProposalResponse
    ) async throws -> WireFrame {
        do {
            return WireFrame(head: try await process(proposal).serialized())
        } catch {
            throw RPCError(code: .unknown, message: "\(error)")
        }
    }
}
