import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import FabricServices
import GRPCCore
import Identity
import LedgerModel
import SelvageClient

/// The ordering nodes of channels as feeds of blocks, under the addresses and TLS roots that the configuration in office names.
struct OrdererFeeds: Sendable {
    let identity: SigningIdentity
    /// The node's own pair, which it shows to ordering nodes too; nil for plain text.
    let tls: ServerTLS?
    let environment: SystemEnvironment

    /// Those of a configuration, in its order; an address that cannot be used is left out.
    func feeds(of bundle: ChannelBundle) -> [any BlockFeed] {
        bundle.orderingNodes().map { node in
            let own = self.tls.map { ClientTLS.Certificate(chain: $0.certificates, key: $0.key) }
            let tls = self.tls == nil ? nil : ClientTLS(roots: node.roots, certificate: own)
            return OrdererFeed(
                address: node.address, tls: tls, channel: bundle.channelID, identity: self.identity, environment: self.environment)
        }
    }
}

/// One ordering node, asked over gRPC: `AtomicBroadcast/Deliver`, from a block on without end.
struct OrdererFeed: BlockFeed {
    let address: NodeAddress
    let tls: ClientTLS?
    let channel: ChannelID
    let identity: SigningIdentity
    let environment: SystemEnvironment

    var name: String { self.address.description }

    func read(from number: UInt64, _ take: @Sendable (_ next: () async throws -> OrderedBlock?) async throws -> Void) async throws {
        let connection = try NodeConnection(to: self.address, name: self.name, tls: self.tls)
        let request = try self.request(Self.seek(from: number), certificateHash: connection.certificateHash)
        // What the taker says of a block is not a failure of the connection, which would be put in other words.
        let verdict = OneTimeSignal<any Error>()
        do {
            try await withoutActuallyEscaping(take) { take in
                try await NodeConnection.whileOpen([connection]) {
                    try await self.read(request, on: connection, verdict, take)
                }
            }
        } catch {
            throw verdict.value ?? error
        }
    }

    func has(_ number: UInt64) async throws -> Bool {
        let connection = try NodeConnection(to: self.address, name: self.name, tls: self.tls)
        var seek = Self.seek(from: number)
        seek.stop.specified.number = number
        seek.behavior = .failIfNotReady
        // The header alone, where the block is large.
        seek.contentType = .headerWithSig
        let request = try self.request(seek, certificateHash: connection.certificateHash)
        return try await NodeConnection.whileOpen([connection]) {
            try await connection.call { client in
                try await client.bidirectionalStreaming(
                    request: StreamingClientRequest { try await $0.write(request) },
                    descriptor: Orderer_AtomicBroadcast.Method.Deliver.descriptor, serializer: BytesCoding(), deserializer: BytesCoding(),
                    options: connection.options(hasDeadline: true)
                ) { response in
                    for try await message in response.messages { return DeliveredItem.isBlock(message) }
                    return false
                }
            }
        }
    }

    private func read(
        _ request: [UInt8], on connection: NodeConnection, _ verdict: OneTimeSignal<any Error>,
        _ take: @escaping @Sendable (_ next: () async throws -> OrderedBlock?) async throws -> Void
    ) async throws {
        try await connection.call { client in
            try await client.bidirectionalStreaming(
                request: StreamingClientRequest { try await $0.write(request) }, descriptor: Orderer_AtomicBroadcast.Method.Deliver.descriptor,
                serializer: BytesCoding(), deserializer: BytesCoding(), options: connection.options(hasDeadline: false)
            ) { response in
                var messages = response.messages.makeAsyncIterator()
                do {
                    try await take {
                        guard let message = try await messages.next() else { return nil }
                        return try DeliveredItem(message).block()
                    }
                } catch {
                    if !(error is RPCError), !(error is CancellationError) { verdict.fire(error) }
                    throw error
                }
            }
        }
    }

    /// All blocks from a number on, those to come too.
    private static func seek(from number: UInt64) -> Orderer_SeekInfo {
        var seek = Orderer_SeekInfo()
        seek.start.specified.number = number
        seek.stop.specified.number = .max
        seek.behavior = .blockUntilReady
        return seek
    }

    /// A signed envelope that asks for blocks.
    private func request(_ seek: Orderer_SeekInfo, certificateHash: [UInt8]) throws -> [UInt8] {
        var header = Common_ChannelHeader()
        header.type = Int32(Common_HeaderType.deliverSeekInfo.rawValue)
        header.channelID = self.channel.text
        header.timestamp = self.environment.now().message
        header.tlsCertHash = certificateHash.data
        let signer = SignatureHeader(creator: self.identity.serialized, nonce: self.environment.randomBytes(count: 24))
        let payload = Payload(
            channelHeaderBytes: header.encoded(), signatureHeaderBytes: signer.serialized(), data: seek.encoded()
        ).serialized()
        return Envelope(payload: payload, signature: try self.identity.sign(payload)).serialized()
    }
}

/// What an ordering node answers on a Deliver stream: a block as its bytes, or the status that ends it.
struct DeliveredItem: Equatable {
    /// Why a stream gives no more blocks.
    enum Ending: Error, Equatable, CustomStringConvertible {
        case status(UInt64)
        case malformed

        var description: String {
            switch self {
            case .status(403): "status 403: it does not let this node read the channel"
            case .status(404): "status 404: it does not know the channel or does not have the blocks"
            case .status(503): "status 503: it cannot serve now"
            case .status(let status): "status \(status)"
            case .malformed: "its answer is no block"
            }
        }
    }

    private enum Content: Equatable {
        case block([UInt8])
        case status(UInt64)
    }

    private let content: Content

    /// Reads an `orderer.DeliverResponse`.
    init(_ bytes: [UInt8]) throws(Ending) {
        if let block = Self.blockAlone(bytes) {
            self.content = .block(block)
            return
        }
        let response: Orderer_DeliverResponse
        do {
            response = try Orderer_DeliverResponse.decode(bytes, as: "deliver response")
        } catch {
            throw .malformed
        }
        switch response.type {
        case .block(let block): self.content = .block(block.encoded())
        case .status(let status): self.content = .status(UInt64(clamping: status.rawValue))
        case nil: throw .malformed
        }
    }

    /// The bytes of a block that is all there is, as every node writes it; nil for other ways to write the message.
    private static func blockAlone(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.first == 2 << 3 | 2 else { return nil }
        var (length, shift, index): (UInt64, UInt64, Int) = (0, 0, 1)
        while index < bytes.count, index <= 5 {
            length |= UInt64(bytes[index] & 0x7F) << shift
            shift += 7
            index += 1
            if bytes[index - 1] < 0x80 { return length == UInt64(bytes.count - index) ? Array(bytes[index...]) : nil }
        }
        return nil
    }

    /// Whether an `orderer.DeliverResponse` holds a block, which may be without its data.
    static func isBlock(_ bytes: [UInt8]) -> Bool {
        if case .block? = (try? DeliveredItem(bytes))?.content { return true }
        return false
    }

    /// - Throws: `Ending.status` when it is none.
    func block() throws -> OrderedBlock {
        switch self.content {
        case .block(let bytes): try OrderedBlock(serialized: bytes)
        case .status(let status): throw Ending.status(status)
        }
    }
}
