import NIOCore
import NIOSSL
import NIOTLS
import SelvageClient

/// Stands between TLS and HTTP/2 of one connection: notes the client's certificate, and ends connections of which nothing comes.
///
/// A new one has `handshakeSeconds` to agree on TLS and to say HTTP/2's first words, one without a call ends after `idleSeconds`.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let table: ConnectionTable
    private let name: String
    private let host: String
    private let limits: WireLimits
    private var context: ChannelHandlerContext?
    private var beginning: Scheduled<Void>?
    private var idling: Scheduled<Void>?
    /// What of HTTP/2's first words is still to come, in bytes.
    private var unsaid = PingFilter.prefaceBytes
    private var calls = 0
    private var lastCall = NIODeadline.now()

    init(table: ConnectionTable, name: String, host: String, limits: WireLimits) {
        self.table = table
        self.name = name
        self.host = host
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.beginning = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(self.limits.handshakeSeconds)) {
            self.context?.channel.close(promise: nil)
        }
        self.watch(in: .seconds(self.limits.idleSeconds))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.stopTimers()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.unsaid > 0 {
            self.unsaid -= min(self.unsaid, self.unwrapInboundIn(data).readableBytes)
            if self.unsaid == 0 { self.beginning?.cancel() }
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            if let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(), let der = try? certificate.toDERBytes() {
                self.table.note(certificate: der, key: TLSKey.hash(of: certificate), of: self.name)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.stopTimers()
        self.table.remove(self.name, from: self.host)
        context.fireChannelInactive()
    }

    private func stopTimers() {
        self.beginning?.cancel()
        self.idling?.cancel()
    }

    /// Counts a call of this connection until it ends.
    static func count(_ call: any Channel) {
        if let handler = try? call.parent?.pipeline.syncOperations.handler(type: ConnectionHandler.self) {
            handler.calls += 1
            call.closeFuture.assumeIsolated().whenComplete { _ in
                handler.calls -= 1
                handler.lastCall = .now()
            }
        }
    }

    /// One timer for all calls: it looks at when the last one ended.
    private func watch(in time: TimeAmount) {
        self.idling = self.context?.eventLoop.assumeIsolated().scheduleTask(in: time) {
            guard let context = self.context else { return }
            let limit = TimeAmount.seconds(self.limits.idleSeconds)
            let silence = NIODeadline.now() - self.lastCall
            if self.calls > 0 || silence < limit { return self.watch(in: self.calls > 0 ? limit : limit - silence) }
            // A call that is on its way is served; who does not answer is not waited for.
            context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            self.retire()
        }
    }

    private func retire() {
        self.idling = self.context?.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(self.limits.graceMilliseconds)) {
            if self.calls > 0 { self.retire() } else { self.context?.channel.close(promise: nil) }
        }
    }
}
