import FabricServices
import GRPCCore
import LedgerModel
import SelvageClient

/// `orderer.AtomicBroadcast`: takes envelopes and gives blocks.
package struct AtomicBroadcastService: RegistrableRPCService, DirectService {
    private let context: WireContext
    private let orderer: any OrdererConnection
    private let source: @Sendable (ChannelID) -> (any DeliverSource)?
    private let gate: ConcurrencyGate

    /// - Parameters:
    ///   - orderer: Judges envelopes and queues them; it bounds what waits there and answers 503 beyond.
    ///   - source: The blocks of a channel; nil when it is not ordered here.
    package init(_ context: WireContext, orderer: any OrdererConnection, source: @escaping @Sendable (ChannelID) -> (any DeliverSource)?) {
        self.context = context
        self.orderer = orderer
        self.source = source
        self.gate = ConcurrencyGate("/orderer.AtomicBroadcast", limit: context.limits.streams)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (context, source, gate) = (self.context, self.source, self.gate)
        router.registerHandler(
            forMethod: Orderer_AtomicBroadcast.Method.Deliver.descriptor, deserializer: WireReader<Envelope>(),
            serializer: WireFrameSerializer()
        ) { request, call in
            let stream = DeliverStream(context: context, call: call, source: source, rule: .orderer, form: .whole)
            return StreamingServerResponse { writer in
                try gate.enter()
                defer { gate.leave() }
                try await stream.serve(request.messages, to: writer)
                return [:]
            }
        }
    }

    /// Broadcast: one answer for each envelope, in their order; the first refusal is the last answer (interop 7.1).
    var directMethods: [DirectMethod] {
        let orderer = self.orderer
        return [
            DirectMethod(Orderer_AtomicBroadcast.Method.Broadcast.descriptor, .exchange, Envelope.self, gate: self.gate) { envelope in
                let reply: BroadcastReply
                do {
                    reply = try await orderer.broadcast(envelope)
                } catch {
                    reply = BroadcastReply(status: 503, info: "\(error)")
                }
                return DirectMethod.Reply(frame: Self.frame(reply), isLast: !reply.isSuccess)
            }
        ]
    }

    /// The number of the receipt (`ReceiptFormat`) in a response, far from those that Fabric may still use.
    static let receiptField: UInt32 = 50_028

    /// An `orderer.BroadcastResponse`.
    static func frame(_ reply: BroadcastReply) -> WireFrame {
        var bytes: [UInt8] = [1 << 3] + WireFrame.varint(UInt64(max(reply.status, 0)))
        if !reply.info.isEmpty { bytes += WireFrame.lengthPrefix(tag: 2 << 3 | 2, reply.info.utf8.count) + Array(reply.info.utf8) }
        // Behind Fabric's fields: clients that do not know it skip it.
        if !reply.receipt.isEmpty {
            bytes += WireFrame.varint(UInt64(self.receiptField) << 3 | 2) + WireFrame.varint(UInt64(reply.receipt.count)) + reply.receipt
        }
        return WireFrame(head: bytes)
    }
}
