import FabricServices
import GRPCCore
import LedgerModel
import SelvageClient

/// `protos.Endorser`: proposals to contracts, and to those of the node itself.
package struct EndorserService: RegistrableRPCService {
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

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (process, gate) = (self.process, self.gate)
        router.registerHandler(
            forMethod: Protos_Endorser.Method.ProcessProposal.descriptor, deserializer: WireReader<SignedProposal>(),
            serializer: WireFrameSerializer()
        ) { request, _ in
            let single = try await ServerRequest(stream: request)
            try gate.enter()
            defer { gate.leave() }
            return StreamingServerResponse(single: ServerResponse(message: try await Self.answer(single.message, process)))
        }
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
