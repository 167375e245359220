import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel
import SelvageClient

/// `gateway.Gateway`: one peer through which applications evaluate, endorse, submit, and learn what became of it (interop 12.2).
package struct GatewayService: RegistrableRPCService, DirectService {
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
        let (context, channel, waits) = (self.context, self.channel, self.waits)
        router.registerHandler(
            forMethod: Gateway_Gateway.Method.ChaincodeEvents.descriptor, deserializer: WireReader<Gateway_SignedChaincodeEventsRequest>(),
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

    var directMethods: [DirectMethod] {
        typealias Method = Gateway_Gateway.Method
        let (evaluation, endorsement, submission, status) = (self.evaluation, self.endorsement, self.submission, self.status)
        return [
            DirectMethod(Method.Evaluate.descriptor, .unary, Gateway_EvaluateRequest.self, gate: self.calls) { request in
                DirectMethod.Reply(frame: try await evaluation.answer(request))
            },
            DirectMethod(Method.Endorse.descriptor, .unary, Gateway_EndorseRequest.self, gate: self.calls) { request in
                DirectMethod.Reply(frame: try await endorsement.answer(request))
            },
            DirectMethod(Method.Submit.descriptor, .unary, Gateway_SubmitRequest.self, gate: self.calls) { request in
                DirectMethod.Reply(frame: try await submission.answer(request))
            },
            DirectMethod(
                Method.CommitStatus.descriptor, .unary, Gateway_SignedCommitStatusRequest.self, gate: self.waits, endsWithServer: true
            ) { request in
                DirectMethod.Reply(frame: try await status.answer(request))
            },
        ]
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
