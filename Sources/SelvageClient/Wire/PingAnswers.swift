import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOSSL

/// Answers the pings of the other side of a connection below the library's part of it, behind TLS where there is TLS.
///
/// A side that pings without end, or that never reads the answers, is cut off: `PingBudget` and `waiting` bound it.
package final class PingAnswers: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = IOData
    package typealias OutboundOut = IOData

    /// Answers that may wait for a side that does not read; then the connection ends.
    package static let waiting = 10_000

    private var filter: PingFilter
    private var budget = PingBudget(now: PingAnswers.milliseconds())
    private var unsent = 0
    /// Pings that came before the library's first bytes, which have to be the first ones; nil once they are out.
    private var early: [UInt64]? = []
    private var isOver = false

    /// - Parameter isClient: Whether the other side is the one that connected.
    package init(ofClient isClient: Bool) {
        self.filter = PingFilter(ofClient: isClient)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isOver else { return }
        let (passed, pings) = self.filter.take(self.unwrapInboundIn(data))
        let now = Self.milliseconds()
        for ping in pings {
            guard self.unsent < Self.waiting, self.budget.spend(now: now) else { return self.cutOff(context) }
            if self.early == nil { self.answer(ping, context) } else { self.early?.append(ping) }
        }
        if !pings.isEmpty, self.early == nil { context.flush() }
        if passed.readableBytes > 0 { context.fireChannelRead(self.wrapInboundOut(passed)) }
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.budget.wrote(bytes: self.unwrapOutboundIn(data).readableBytes)
        context.write(data, promise: promise)
        guard let early = self.early else { return }
        self.early = nil
        for ping in early { self.answer(ping, context) }
    }

    private func answer(_ ping: UInt64, _ context: ChannelHandlerContext) {
        self.unsent += 1
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in self.unsent -= 1 }
        context.write(self.wrapOutboundOut(.byteBuffer(PingFilter.answer(ping))), promise: sent)
    }

    private func cutOff(_ context: ChannelHandlerContext) {
        self.isOver = true
        context.writeAndFlush(self.wrapOutboundOut(.byteBuffer(PingFilter.tooManyPings())), promise: nil)
        context.close(promise: nil)
    }

    private static func milliseconds() -> UInt64 { NIODeadline.now().uptimeNanoseconds / 1_000_000 }
}

extension HTTP2ClientTransport.Posix.Config {
    /// Has the pings of the called side answered below the library.
    package mutating func answerPings(isTLS: Bool) {
        self.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                let position: ChannelPipeline.SynchronousOperations.Position =
                    isTLS ? .after(try pipeline.handler(type: NIOSSLClientHandler.self)) : .first
                try pipeline.addHandler(PingAnswers(ofClient: false), position: position)
            }
        }
    }
}
