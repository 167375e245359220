import FabricServices
import GRPCCore
import LedgerModel

/// `protos.Deliver`: the blocks of a peer, whole or filtered.
package struct DeliverService: RegistrableRPCService {
    private let context: WireContext
    private let source: @Sendable (ChannelID) -> (any DeliverSource)?
    private let gate: ConcurrencyGate

    /// - Parameter source: The peer's ledger of a channel; nil when it has not joined it.
    package init(_ context: WireContext, source: @escaping @Sendable (ChannelID) -> (any DeliverSource)?) {
        self.context = context
        self.source = source
        self.gate = ConcurrencyGate("/protos.Deliver", limit: context.limits.streams)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        self.register(Protos_Deliver.Method.Deliver.descriptor, .peerBlocks, .whole, with: &router)
        self.register(Protos_Deliver.Method.DeliverFiltered.descriptor, .peerFilteredBlocks, .filtered, with: &router)
        self.register(Protos_Deliver.Method.DeliverWithPrivateData.descriptor, .peerBlocks, .withPrivateData, with: &router)
    }

    private func register<Transport: ServerTransport>(
        _ method: MethodDescriptor, _ rule: DeliverAccess.Rule, _ form: DeliverForm, with router: inout RPCRouter<Transport>
    ) {
        let (context, source, gate) = (self.context, self.source, self.gate)
        router.registerHandler(forMethod: method, deserializer: WireReader<Envelope>(), serializer: WireFrameSerializer()) { request, call in
            let stream = DeliverStream(context: context, call: call, source: source, rule: rule, form: form)
            return StreamingServerResponse { writer in
                try gate.enter()
                defer { gate.leave() }
                // Blocks are read from the disk, filtered and cut there.
                try await withTaskExecutorPreference(globalConcurrentExecutor) { try await stream.serve(request.messages, to: writer) }
                return [:]
            }
        }
    }
}
