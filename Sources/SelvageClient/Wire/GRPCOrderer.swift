import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel

/// An ordering node on the wire, ours or a stock one: `orderer.AtomicBroadcast`, one stream for each envelope.
package struct GRPCOrderer: OrdererConnection {
    private let connection: NodeConnection

    package var answerSeconds: Int64? { self.connection.limits.callSeconds }

    package init(_ connection: NodeConnection) {
        self.connection = connection
    }

    /// - Throws: `NodeConnectionError` when there was no answer; the envelope may have been taken all the same.
    package func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
        let connection = self.connection
        let answer = try await connection.exchange(Orderer_AtomicBroadcast.Method.Broadcast.descriptor, envelope.serialized())
        guard let answer else { throw NodeConnectionError.noAnswer(node: connection.name) }
        do {
            let reply = try Orderer_BroadcastResponse.decode(answer, as: "broadcast response")
            return BroadcastReply(status: Int32(clamping: reply.status.rawValue), info: reply.info)
        } catch {
            throw NodeConnectionError.badAnswer(node: connection.name, reason: error.description)
        }
    }
}
