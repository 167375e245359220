import FabricServices
import GRPCCore
import LedgerModel
import SelvageClient

/// `protos.Endorser`: proposals to contracts, and to those of the node itself.
package struct EndorserService: RegistrableRPCService {
    private let peer: any PeerConnection
    private let gate: ConcurrencyGate

    package init(_ context: WireContext, peer: any PeerConnection) {
        self.peer = peer
        self.gate = ConcurrencyGate("/protos.Endorser", limit: context.limits.proposals)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (peer, gate) = (self.peer, self.gate)
        router.registerHandler(
            forMethod: Protos_Endorser.Method.ProcessProposal.descriptor, deserializer: WireReader<SignedProposal>(),
            serializer: WireFrameSerializer()
        ) { request, _ in
            let single = try await ServerRequest(stream: request)
            try gate.enter()
            defer { gate.leave() }
            return StreamingServerResponse(single: ServerResponse(message: try await Self.process(single.message, on: peer)))
        }
    }

    /// - Throws: `RPCError` UNKNOWN with the endorser's words when the proposal was not run (interop chapter 6).
    private static func process(_ proposal: SignedProposal, on peer: any PeerConnection) async throws -> WireFrame {
        do {
            return WireFrame(head: try await peer.process(proposal).serialized())
        } catch {
            throw RPCError(code: .unknown, message: "\(error)")
        }
    }
}
