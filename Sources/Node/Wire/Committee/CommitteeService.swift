import GRPCCore
import LedgerModel
import Ordering

/// `selvage.Committee`: the streams on which other members speak to the members of this node. One method, one stream for each sender and lane.
package struct CommitteeService: RegistrableRPCService {
    static let link = MethodDescriptor(fullyQualifiedService: "selvage.Committee", method: "Link", type: .bidirectionalStreaming)

    private let context: WireContext
    private let wire: CommitteeWire
    private let gate: ConcurrencyGate

    package init(_ context: WireContext, wire: CommitteeWire) {
        self.context = context
        self.wire = wire
        self.gate = ConcurrencyGate("/selvage.Committee", limit: wire.limits.streams)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (context, wire, gate) = (self.context, self.wire, self.gate)
        router.registerHandler(forMethod: Self.link, deserializer: BytesReader(), serializer: WireFrameSerializer()) { request, call in
            let stream = InboundLink(context: context, wire: wire, clientKey: context.connections.key(of: call.remotePeer))
            return StreamingServerResponse { writer in
                try gate.enter()
                defer { gate.leave() }
                do {
                    // A parcel may be a whole block.
                    try await withTaskExecutorPreference(globalConcurrentExecutor) { try await stream.serve(request.messages, to: writer) }
                } catch let refusal as CommitteeLinkError {
                    throw refusal.status
                }
                return [:]
            }
        }
    }
}

/// One stream on which a member speaks: proofs first, then parcels until it ends.
private struct InboundLink: Sendable {
    let context: WireContext
    let wire: CommitteeWire
    /// The hash of the TLS key that the client has shown; nil without one.
    let clientKey: [UInt8]?

    func serve(_ messages: RPCAsyncSequence<[UInt8], any Error>, to writer: RPCWriter<WireFrame>) async throws {
        let proven = OneTimeSignal<Void>()
        let replaced = OneTimeSignal<Void>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.listen(messages, writer, proven, replaced) }
            group.addTask {
                try await Task.sleep(for: .seconds(self.wire.limits.proofSeconds))
                guard proven.value != nil else { throw CommitteeLinkError.tooSlow }
                _ = await self.context.stopping.wait()
                throw CommitteeLinkError.stopping
            }
            group.addTask {
                _ = await replaced.wait()
                throw CommitteeLinkError.replaced
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func listen(
        _ messages: RPCAsyncSequence<[UInt8], any Error>, _ writer: RPCWriter<WireFrame>, _ proven: OneTimeSignal<Void>,
        _ replaced: OneTimeSignal<Void>
    ) async throws {
        guard let clientKey = self.clientKey, let serverKey = self.context.serverKey else { throw CommitteeLinkError.noCertificate }
        let nonce = self.wire.nonce()
        try await writer.write(WireFrame(head: CommitteeLinkFormat.challenge(nonce)))
        var iterator = messages.makeAsyncIterator()
        guard let first = try await iterator.next() else { return }
        let hello = try Self.read { () throws(MessageError) in try CommitteeLinkFormat.hello(first) }
        let binding = CommitteeLinkFormat.Binding(
            serverNonce: nonce, clientNonce: hello.clientNonce, clientKey: clientKey, serverKey: serverKey)
        guard let links = self.wire.links(of: hello.link.chain) else { throw CommitteeLinkError.unknownChain }
        do {
            let sender = try links.judge(hello, binding)
            let signature = try links.sign(CommitteeLinkFormat.signedBytes(hello.link, binding, asClient: false))
            proven.fire(())
            let signal = links.begin(hello.link)
            defer { links.end(hello.link, signal) }
            try await writer.write(WireFrame(head: CommitteeLinkFormat.welcome(signature)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    guard await signal.wait() != nil else { return }
                    replaced.fire(())
                }
                defer { group.cancelAll() }
                while let bytes = try await iterator.next() { try self.take(bytes, of: hello.link.lane, from: sender, links) }
            }
        } catch let refusal as CommitteeLinkError {
            links.note(refusal, of: hello.link.from)
            throw refusal
        }
    }

    private func take(
        _ bytes: [UInt8], of lane: CommitteeLane, from sender: CommitteeContact, _ links: CommitteeLinks
    ) throws(CommitteeLinkError) {
        let limit = self.wire.limits.bytes(of: lane)
        guard bytes.count <= limit else { throw .tooLarge(sizeBytes: bytes.count, limit: limit) }
        let parcel = try Self.read { () throws(MessageError) in try MemberParcelFormat.decode(bytes) }
        guard CommitteeLane(parcel.lane) == lane else { throw .wrongLane }
        try links.take(parcel, from: sender)
    }

    private static func read<Value>(_ body: () throws(MessageError) -> Value) throws(CommitteeLinkError) -> Value {
        do {
            return try body()
        } catch {
            throw .malformed(error)
        }
    }
}

extension CommitteeLinkError {
    /// How a stream ends for the one who began it.
    var status: RPCError {
        let code: RPCError.Code =
            switch self {
            case .noCertificate, .notProven, .wrongTLSCertificate, .tooSlow: .unauthenticated
            case .unknownChain, .notMeantForUs: .notFound
            case .stranger: .permissionDenied
            case .malformed, .wrongLane: .invalidArgument
            case .tooLarge: .resourceExhausted
            case .replaced, .ended: .aborted
            case .stopping: .unavailable
            }
        return RPCError(code: code, message: self.description)
    }
}
