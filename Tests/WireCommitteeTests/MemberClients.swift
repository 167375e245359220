import CommitteeTestSupport
import FabricMessages
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import Identity
import LedgerModel
import Synchronization

/// Connections of clients to all members, as any client of Fabric makes them: Broadcast and Deliver over TLS.
struct MemberClients: Sendable {
    typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    let network: PortedCommittee
    private let clients: [UInt32: Client]

    /// - Parameter host: Where a member is reached.
    init(_ network: PortedCommittee, host: (UInt32) -> String = { _ in "127.0.0.1" }) throws {
        self.network = network
        var clients: [UInt32: Client] = [:]
        for member in network.members {
            let transport = try HTTP2ClientTransport.Posix(
                target: .ipv4(address: host(member.id), port: member.port),
                transportSecurity: .tls { $0.trustRoots = .certificates([.bytes(member.tlsRoot, format: .pem)]) },
                config: .defaults {
                    $0.http2.authority = "orderer.orderer\(member.id).example"
                    $0.backoff.initial = .milliseconds(100)
                    $0.backoff.max = .milliseconds(500)
                })
            clients[member.id] = Client(transport: transport)
        }
        self.clients = clients
    }

    /// Keeps the connections while the body runs.
    func whileOpen(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in self.clients.values { group.addTask { try? await client.runConnections() } }
            defer { for client in self.clients.values { client.beginGracefulShutdown() } }
            try await body()
        }
    }

    private func options(seconds: Int64) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = .seconds(seconds)
        options.waitForReady = false
        options.maxResponseMessageBytes = 104_857_600
        return options
    }

    /// Sends one envelope; the status and the words of the answer.
    func broadcast(_ envelope: Envelope, to member: UInt32) async throws -> (status: Int, info: String) {
        guard let client = self.clients[member] else { throw UnknownMember(id: member) }
        var message = Common_Envelope()
        message.payload = envelope.payload.data
        message.signature = envelope.signature.data
        return try await Orderer_AtomicBroadcast.Client(wrapping: client).broadcast(options: self.options(seconds: 5)) { [message] writer in
            try await writer.write(message)
        } onResponse: { response in
            for try await answer in response.messages { return (answer.status.rawValue, answer.info) }
            throw RPCError(code: .unavailable, message: "no answer")
        }
    }

    /// Reads a member's blocks from a number on, as they come, until the visitor has seen enough; after some seconds without that it throws.
    func read(
        from number: UInt64, of member: UInt32, waits: Bool = true, seconds: Int64 = 5, at now: Timestamp,
        _ visit: @escaping @Sendable (OrderedBlock) throws -> Bool
    ) async throws {
        guard let client = self.clients[member] else { throw UnknownMember(id: member) }
        var seek = Orderer_SeekInfo()
        seek.start.specified.number = number
        seek.stop.specified.number = .max
        seek.behavior = waits ? .blockUntilReady : .failIfNotReady
        var header = Common_ChannelHeader()
        header.type = 5
        header.channelID = PortedCommittee.channel.text
        header.timestamp = now.message
        var payload = Common_Payload()
        payload.header.channelHeader = header.encoded().data
        payload.header.signatureHeader = SignatureHeader(creator: self.network.client.serialized, nonce: [1, 2, 3]).serialized().data
        payload.data = seek.encoded().data
        var envelope = Common_Envelope()
        envelope.payload = payload.encoded().data
        envelope.signature = try self.network.client.sign(envelope.payload.byteArray).data
        try await client.bidirectionalStreaming(
            request: StreamingClientRequest { [envelope] writer in try await writer.write(envelope) },
            descriptor: Orderer_AtomicBroadcast.Method.Deliver.descriptor, serializer: ProtobufSerializer<Common_Envelope>(),
            deserializer: ProtobufDeserializer<Orderer_DeliverResponse>(), options: self.options(seconds: seconds)
        ) { response in
            for try await message in response.messages {
                guard case .block(let block)? = message.type else { return }
                if try visit(try OrderedBlock(serialized: block.encoded())) { return }
            }
        }
    }

    /// All blocks of a member after block 0.
    func chain(of member: UInt32, at now: Timestamp) async throws -> [OrderedBlock] {
        let blocks = Mutex<[OrderedBlock]>([])
        try await self.read(from: 1, of: member, waits: false, seconds: 20, at: now) { block in
            blocks.withLock { $0.append(block) }
            return false
        }
        return blocks.withLock { $0 }
    }
}
