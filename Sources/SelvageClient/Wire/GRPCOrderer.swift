import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel

/// An ordering node on the wire, ours or a stock one: `orderer.AtomicBroadcast`, one stream for each envelope.
package struct GRPCOrderer: OrdererConnection {
    private let connection: NodeConnection

    package init(_ connection: NodeConnection) {
        self.connection = connection
    }

    /// - Throws: `NodeConnectionError` when there was no answer; the envelope may have been taken all the same.
    package func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
        let (connection, bytes) = (self.connection, envelope.serialized())
        let answer = try await connection.call { client in
            try await client.bidirectionalStreaming(
                request: StreamingClientRequest { try await $0.write(bytes) }, descriptor: Orderer_AtomicBroadcast.Method.Broadcast.descriptor,
                serializer: BytesCoding(), deserializer: BytesCoding(), options: connection.options()
            ) { response -> [UInt8]? in
                for try await message in response.messages { return message }
                return nil
            }
        }
        guard let answer else { throw NodeConnectionError.noAnswer(node: connection.name) }
        do {
            let reply = try Orderer_BroadcastResponse.decode(answer, as: "broadcast response")
            return BroadcastReply(status: Int32(clamping: reply.status.rawValue), info: reply.info)
        } catch {
            throw NodeConnectionError.badAnswer(node: connection.name, reason: error.description)
        }
    }
}
