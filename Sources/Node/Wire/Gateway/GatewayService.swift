import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel
import SelvageClient

/// `gateway.Gateway`: one peer through which applications evaluate, endorse, submit, and learn what became of it (interop 12.2).
package struct GatewayService: RegistrableRPCService {
    private let context: WireContext
    private let evaluation: GatewayEvaluation
    private let endorsement: GatewayEndorsement
    private let submission: GatewaySubmission
    private let status: GatewayStatus
    private let channel: @Sendable (ChannelID) -> GatewayChannel?
    /// Calls that work, and those that wait for a block: the latter cost little and last long.
    private let calls: ConcurrencyGate
    private let waits: ConcurrencyGate

    /// - Parameter channel: What is known of a channel; nil when the peer has not joined it.
    package init(_ context: WireContext, channel: @escaping @Sendable (ChannelID) -> GatewayChannel?) {
        self.context = context
        self.channel = channel
        self.evaluation = GatewayEvaluation(channel: channel, limits: context.limits)
        self.endorsement = GatewayEndorsement(channel: channel, limits: context.limits)
        self.submission = GatewaySubmission(channel: channel, limits: context.limits)
        self.status = GatewayStatus(channel: channel, now: context.now)
        self.calls = ConcurrencyGate("/gateway.Gateway", limit: context.limits.gatewayCalls)
        self.waits = ConcurrencyGate("/gateway.Gateway", limit: context.limits.gatewayWaits)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        typealias Method = Gateway_Gateway.Method
        let (evaluation, endorsement, submission, status) = (self.evaluation, self.endorsement, self.submission, self.status)
        self.register(Method.Evaluate.descriptor, Gateway_EvaluateRequest.self, self.calls, with: &router) { try await evaluation.answer($0) }
        self.register(Method.Endorse.descriptor, Gateway_EndorseRequest.self, self.calls, with: &router) { try await endorsement.answer($0) }
        self.register(Method.Submit.descriptor, Gateway_SubmitRequest.self, self.calls, with: &router) { try await submission.answer($0) }
        self.register(
            Method.CommitStatus.descriptor, Gateway_SignedCommitStatusRequest.self, self.waits, endsWithServer: true, with: &router
        ) { try await status.answer($0) }
        let (context, channel, waits) = (self.context, self.channel, self.waits)
        router.registerHandler(
            forMethod: Method.ChaincodeEvents.descriptor, deserializer: WireReader<Gateway_SignedChaincodeEventsRequest>(),
            serializer: WireFrameSerializer()
        ) { request, call in
            let single = try await ServerRequest(stream: request)
            let stream = ChaincodeEventStream(context: context, call: call, channel: channel)
            return StreamingServerResponse { writer in
                try waits.enter()
                defer { waits.leave() }
                do {
                    try await stream.serve(single.message, to: writer)
                } catch {
                    throw GatewayFailure.rpcError(of: error)
                }
                return [:]
            }
        }
    }

    /// A method with one message in and one out.
    private func register<Transport: ServerTransport, Request: WireReadable>(
        _ method: MethodDescriptor, _ request: Request.Type, _ gate: ConcurrencyGate, endsWithServer: Bool = false,
        with router: inout RPCRouter<Transport>, _ answer: @escaping @Sendable (Request) async throws -> WireFrame
    ) {
        let stopping = endsWithServer ? self.context.stopping : nil
        router.registerHandler(forMethod: method, deserializer: WireReader<Request>(), serializer: WireFrameSerializer()) { request, call in
            let message = try await ServerRequest(stream: request).message
            try gate.enter()
            defer { gate.leave() }
            do {
                return StreamingServerResponse(
                    single: ServerResponse(message: try await Self.whileWanted(call, stopping) { try await answer(message) }))
            } catch {
                throw GatewayFailure.rpcError(of: error)
            }
        }
    }

    /// Does a call's work as long as the client waits for it, and the server too where `stopping` is given.
    private static func whileWanted<Result: Sendable>(
        _ call: ServerContext, _ stopping: OneTimeSignal<Void>?, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try? await call.cancellation.cancelled
                return nil
            }
            if let stopping {
                group.addTask {
                    guard await stopping.wait() != nil else { return nil }
                    throw GatewayFailure(.unavailable, "\(DeliverRefusal.stopping)")
                }
            }
            // Whoever comes first decides; the others are told.
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw CancellationError() }
            return result
        }
    }
}

extension Gateway_EvaluateRequest: WireReadable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) { self = try Self.decode([UInt8](bytes), as: "evaluate request") }
}

extension Gateway_EndorseRequest: WireReadable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) { self = try Self.decode([UInt8](bytes), as: "endorse request") }
}

extension Gateway_SubmitRequest: WireReadable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) { self = try Self.decode([UInt8](bytes), as: "submit request") }
}

extension Gateway_SignedCommitStatusRequest: WireReadable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) { self = try Self.decode([UInt8](bytes), as: "signed status request") }
}

extension Gateway_SignedChaincodeEventsRequest: WireReadable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) { self = try Self.decode([UInt8](bytes), as: "signed events request") }
}
