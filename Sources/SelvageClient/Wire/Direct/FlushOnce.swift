import NIOCore

/// Sends once what several calls have written in one turn of the event loop.
final class FlushOnce: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var isDue = false

    func flush(context: ChannelHandlerContext) {
        guard !self.isDue else { return }
        self.isDue = true
        context.eventLoop.assumeIsolated().execute {
            self.isDue = false
            context.flush()
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if self.isDue { context.flush() }
        context.close(mode: mode, promise: promise)
    }
}
