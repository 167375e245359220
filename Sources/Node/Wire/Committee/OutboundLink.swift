import GRPCCore
import LedgerModel
import Ordering
import Synchronization

/// One lane to one member: waits for parcels, and keeps a stream for them; it is made again for ever, with growing pauses.
///
/// What was on the way when a stream ends is lost, what waits is not. Nothing is sent twice: members send again at their ticks what still matters.
final class OutboundLink: Sendable {
    let queue: OutboundLane
    private let wire: CommitteeWire
    private let from: UInt32
    private let to: UInt32
    private let lane: CommitteeLane
    private let closed = OneTimeSignal<Void>()
    private let state = Mutex<(failure: String?, isLinked: Bool)>((nil, false))

    init(wire: CommitteeWire, from: UInt32, to: UInt32, lane: CommitteeLane) {
        self.wire = wire
        self.from = from
        self.to = to
        self.lane = lane
        self.queue = OutboundLane(lane, limits: wire.limits)
    }

    /// Why there is no stream; nil while there is one, and before the first try.
    var failure: String? { self.state.withLock { $0.failure } }

    func close() {
        self.queue.close()
        self.closed.fire(())
    }

    /// Runs until it is closed or the task is cancelled.
    func run(_ links: CommitteeLinks) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.reconnect(links) }
            group.addTask { _ = await self.closed.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func reconnect(_ links: CommitteeLinks) async {
        var pause = self.wire.limits.firstRetryMilliseconds
        while !Task.isCancelled {
            self.state.withLock { $0.isLinked = false }
            let reason: String
            do {
                try await self.connect(links)
                reason = CommitteeLinkError.ended.description
            } catch {
                reason = "\(error)"
            }
            let wasLinked = self.state.withLock { state in
                state.failure = reason
                return state.isLinked
            }
            if wasLinked { pause = self.wire.limits.firstRetryMilliseconds }
            guard (try? await Task.sleep(for: .milliseconds(pause))) != nil else { return }
            pause = min(pause * 2, self.wire.limits.lastRetryMilliseconds)
        }
    }

    private func connect(_ links: CommitteeLinks) async throws {
        guard let contact = links.contact(self.to) else { throw CommitteeLinkError.stranger(consenter: self.to) }
        let route = MemberConnection.Route(
            host: contact.host, port: contact.port, serverKey: contact.serverKey, isForVotes: self.lane == .votes)
        let connection = try self.wire.connection(route)
        defer { self.wire.release(route) }
        var options = CallOptions.defaults
        options.waitForReady = false
        options.maxRequestMessageBytes = self.wire.limits.parcelBytes
        let proofs = LinkProofs()
        try await connection.client.bidirectionalStreaming(
            request: StreamingClientRequest { writer in try await self.speak(writer, links, contact, connection, proofs) },
            descriptor: CommitteeService.link, serializer: WireFrameSerializer(), deserializer: BytesReader(), options: options
        ) { response in
            defer { proofs.end() }
            var iterator = response.messages.makeAsyncIterator()
            proofs.challenge.fire(try await iterator.next())
            proofs.welcome.fire(try await iterator.next())
            // The server says nothing more; this waits for the end.
            while try await iterator.next() != nil {}
        }
    }

    private func speak(
        _ writer: RPCWriter<WireFrame>, _ links: CommitteeLinks, _ contact: CommitteeContact, _ connection: MemberConnection, _ proofs: LinkProofs
    ) async throws {
        guard let challenge = await proofs.challenge.wait() ?? nil, let serverKey = connection.serverKey else { throw CommitteeLinkError.ended }
        let link = CommitteeLinkFormat.Link(chain: links.chain, from: self.from, to: self.to, lane: self.lane)
        let binding = CommitteeLinkFormat.Binding(
            serverNonce: try CommitteeLinkFormat.nonce(ofChallenge: challenge), clientNonce: self.wire.nonce(), clientKey: self.wire.key,
            serverKey: serverKey)
        let signature = try links.sign(CommitteeLinkFormat.signedBytes(link, binding, asClient: true))
        let hello = CommitteeLinkFormat.Hello(link: link, clientNonce: binding.clientNonce, signature: signature)
        try await writer.write(WireFrame(head: CommitteeLinkFormat.hello(hello)))
        guard let welcome = await proofs.welcome.wait() ?? nil else { throw CommitteeLinkError.ended }
        let proof = try CommitteeLinkFormat.signature(ofWelcome: welcome)
        guard contact.publicKey.isValid(signature: proof, for: CommitteeLinkFormat.signedBytes(link, binding, asClient: false)) else {
            throw CommitteeLinkError.notProven(consenter: self.to)
        }
        self.state.withLock { $0 = (nil, true) }
        while let parcel = await self.queue.next() {
            guard let bytes = MemberParcelFormat.encode(parcel), bytes.count <= self.wire.limits.bytes(of: self.lane) else { continue }
            try await writer.write(WireFrame(head: bytes))
            // Whoever lost its place or has moved is not spoken to any longer.
            guard links.contact(self.to) == contact else { throw CommitteeLinkError.stranger(consenter: self.to) }
        }
    }
}

/// What the two halves of a stream at the client's side tell each other.
private final class LinkProofs: Sendable {
    let challenge = OneTimeSignal<[UInt8]?>()
    let welcome = OneTimeSignal<[UInt8]?>()

    func end() {
        self.challenge.fire(nil)
        self.welcome.fire(nil)
    }
}
