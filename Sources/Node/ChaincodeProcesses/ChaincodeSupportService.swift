import ChaincodeShim
import FabricServices
import GRPCCore

/// `protos.ChaincodeSupport`: chaincodes that connect to their peer.
package struct ChaincodeSupportService: RegistrableRPCService {
    private let processes: ChaincodeProcesses
    private let gate: ConcurrencyGate

    package init(_ context: WireContext, processes: ChaincodeProcesses) {
        self.processes = processes
        self.gate = ConcurrencyGate("/protos.ChaincodeSupport", limit: context.limits.streams)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (processes, gate) = (self.processes, self.gate)
        router.registerHandler(
            forMethod: Protos_ChaincodeSupport.Method.Register.descriptor, deserializer: ShimReader(), serializer: WireFrameSerializer()
        ) { request, _ in
            StreamingServerResponse { writer in
                try gate.enter()
                defer { gate.leave() }
                await withTaskExecutorPreference(globalConcurrentExecutor) { await processes.serve(request.messages) { try await writer.write($0) } }
                return [:]
            }
        }
    }
}
