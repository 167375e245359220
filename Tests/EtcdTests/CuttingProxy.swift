import NIOCore
import NIOPosix
import SelvageClient
import Synchronization
import TestSupport

/// A way to one address that a test can cut: at once, or right after a request that holds certain bytes.
final class CuttingProxy: Sendable {
    private struct State {
        var isCut = false
        /// Once these bytes have passed, no answer does.
        var needle: [UInt8]?
        var channels: [ObjectIdentifier: any Channel] = [:]
        var cuts = 0
    }

    private let state = Mutex(State())
    private let listener: Mutex<(any Channel)?> = Mutex(nil)
    let address: NodeAddress

    init(to target: NodeAddress) async throws {
        let port = try FreePorts.inRow(1)
        self.address = NodeAddress(host: "127.0.0.1", port: port)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [weak self] inbound in
                guard let self, self.take(inbound) else { return inbound.close() }
                return ClientBootstrap(group: inbound.eventLoop).channelInitializer { outbound in
                    guard self.take(outbound) else { return outbound.close() }
                    return outbound.eventLoop.makeCompletedFuture {
                        try outbound.pipeline.syncOperations.addHandler(Pipe(to: inbound, proxy: self, isRequest: false))
                    }
                }.connect(host: target.host, port: target.port).flatMapThrowing { outbound in
                    try inbound.pipeline.syncOperations.addHandler(Pipe(to: outbound, proxy: self, isRequest: true))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.listener.withLock { $0 = channel }
    }

    /// Ends all connections, and every new one, until `mend()`.
    func cut() {
        let channels = self.state.withLock { state in
            state.isCut = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    func mend() { self.state.withLock { $0.isCut = false } }

    /// Lets the next request that holds these bytes pass, and cuts all connections instead of letting its answer pass.
    func cut(afterRequestWith needle: [UInt8]) { self.state.withLock { $0.needle = needle } }

    /// How many answers were kept back.
    var cuts: Int { self.state.withLock { $0.cuts } }

    func close() async {
        self.cut()
        try? await self.listener.withLock { $0 }?.close()
    }

    private func take(_ channel: any Channel) -> Bool {
        self.state.withLock { state in
            guard !state.isCut else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    fileprivate func left(_ channel: any Channel) { self.state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) } }

    fileprivate func isNeedle(in bytes: [UInt8]) -> Bool {
        self.state.withLock { state in
            guard let needle = state.needle, bytes.count >= needle.count,
                (0...(bytes.count - needle.count)).contains(where: { bytes[$0..<$0 + needle.count].elementsEqual(needle) })
            else { return false }
            state.needle = nil
            state.cuts += 1
            return true
        }
    }

    /// Ends the connections that a request with the bytes went over.
    fileprivate func drop(_ channels: [any Channel]) {
        for channel in channels { channel.close(promise: nil) }
    }
}

/// One direction of one connection.
private final class Pipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let other: any Channel
    private let proxy: CuttingProxy
    private let isRequest: Bool
    /// Shared by both directions by way of the channels' attachment: set on requests, looked at on answers.
    private let gate: Gate

    init(to other: any Channel, proxy: CuttingProxy, isRequest: Bool) {
        self.other = other
        self.proxy = proxy
        self.isRequest = isRequest
        // The answers' pipe is made first and sits in the other channel.
        if isRequest, let pipe = try? other.pipeline.syncOperations.handler(type: Pipe.self) { self.gate = pipe.gate } else { self.gate = Gate() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        if self.isRequest {
            if self.proxy.isNeedle(in: Array(buffer.readableBytesView)) { self.gate.isShut = true }
        } else if self.gate.isShut {
            // The server has answered, so the request was carried out; the client never hears of it.
            return self.proxy.drop([context.channel, self.other])
        }
        self.other.writeAndFlush(buffer, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.proxy.left(context.channel)
        self.other.close(promise: nil)
    }

    final class Gate {
        var isShut = false
    }
}
