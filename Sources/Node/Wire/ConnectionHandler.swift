import CryptoPrimitives
import NIOCore
import NIOSSL
import NIOTLS

/// Stands between TLS and HTTP/2 of one connection: notes the client's certificate, and ends a handshake that takes too long.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let table: ConnectionTable
    private let name: String
    private let host: String
    /// Nil without TLS.
    private let deadline: TimeAmount?
    private var timer: Scheduled<Void>?

    init(table: ConnectionTable, name: String, host: String, deadline: TimeAmount?) {
        self.table = table
        self.name = name
        self.host = host
        self.deadline = deadline
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard let deadline = self.deadline else { return }
        let channel = context.channel
        self.timer = context.eventLoop.scheduleTask(in: deadline) { channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            self.timer?.cancel()
            if let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(), let der = try? certificate.toDERBytes() {
                self.table.note(certificateHash: SHA256.hash(der), key: TLSKey.hash(of: certificate), of: self.name)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.table.remove(self.name, from: self.host)
        context.fireChannelInactive()
    }
}
