import GRPCCore
import NIOCore
import NIOHTTP2

/// The end of a connection's pipeline: says when the node is ready for calls, when it takes no more, and when the connection is over and why.
///
/// A connection of which nothing is heard is pinged, and closed when nothing answers.
final class ConnectionWatch: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    enum Event {
        case ready
        /// The node takes no more calls; those under way go on.
        case draining
        /// - Parameter cause: What broke it; nil for one that was closed.
        case over(cause: (any Error)?)
    }

    private let limits: ClientWireLimits
    private let tell: (Event) -> Void
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var cause: (any Error)?
    private var isReady = false
    private var lastHeard = NIODeadline.now()
    private var calls = 0
    private var begun = 0
    private var isRetired = false
    /// Whether the node has said that calls can share a stream.
    var offersSharedStream = false

    init(_ limits: ClientWireLimits, tell: @escaping (Event) -> Void) {
        self.limits = limits
        self.tell = tell
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // As long for the beginning as for one silent moment later.
        self.schedule(.seconds(self.limits.pingAnswerSeconds)) { self.fail(Self.isSilent) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.context = nil
    }

    /// One call more is on this connection.
    func enter() {
        self.calls += 1
        self.begun += 1
    }

    /// The same, of a call without a stream of its own.
    func enterShared() { self.calls += 1 }

    /// Whether there are no numbers left for many more calls: HTTP/2 counts them.
    var isWornOut: Bool { self.begun >= 1 << 29 }

    func leave() {
        self.calls -= 1
        if self.isRetired, self.calls == 0 { self.context?.close(promise: nil) }
    }

    /// Closes the connection when its last call has ended.
    func retire() {
        self.isRetired = true
        if self.calls == 0 { self.context?.close(promise: nil) }
    }

    /// Notes a sign of life.
    func hear() { self.lastHeard = .now() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.hear()
        switch self.unwrapInboundIn(data).payload {
        case .settings(.settings) where !self.isReady:
            self.isReady = true
            self.watch(in: .seconds(self.limits.pingSeconds))
            self.tell(.ready)
        case .goAway: self.tell(.draining)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Errors of single calls pass here too; they end with their streams.
        if error is NIOHTTP2Errors.StreamClosed || error is NIOHTTP2Errors.NoSuchStream { return }
        self.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.tell(.over(cause: self.cause))
        context.fireChannelInactive()
    }

    private static let isSilent = RPCError(code: .unavailable, message: "nothing is heard of the node")

    private func fail(_ cause: any Error) {
        if self.cause == nil { self.cause = cause }
        self.context?.close(promise: nil)
    }

    private func watch(in time: TimeAmount) {
        self.schedule(time) {
            let limit = TimeAmount.seconds(self.limits.pingSeconds)
            let silence = NIODeadline.now() - self.lastHeard
            guard silence >= limit else { return self.watch(in: limit - silence) }
            self.ping()
        }
    }

    private func ping() {
        guard let context = self.context else { return }
        let asked = NIODeadline.now()
        let frame = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: asked.uptimeNanoseconds), ack: false))
        context.writeAndFlush(self.wrapOutboundOut(frame), promise: nil)
        self.schedule(.seconds(self.limits.pingAnswerSeconds)) {
            guard self.lastHeard >= asked else { return self.fail(Self.isSilent) }
            self.watch(in: .seconds(self.limits.pingSeconds))
        }
    }

    private func schedule(_ time: TimeAmount, _ work: @escaping () -> Void) {
        self.timer?.cancel()
        self.timer = self.context?.eventLoop.assumeIsolated().scheduleTask(in: time, work)
    }
}
