import NIOCore
import NIOPosix
import SelvageClient

/// A server of HTTP/2 by hand, so that a node can be as wrong as it likes.
///
/// Each connection runs the script, which reads frames and writes bytes; when it returns, the connection is closed.
struct ScriptedServer {
    let address: NodeAddress

    struct Connection {
        /// Which connection this is, from 0 on.
        let number: Int
        private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private var received: [UInt8] = []
        private var isBegun = false

        init(_ number: Int, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
            self.number = number
            self.inbound = inbound.makeAsyncIterator()
            self.outbound = outbound
        }

        func write(_ bytes: [UInt8]) async throws { try await self.outbound.write(ByteBuffer(bytes: bytes)) }

        /// The next frame of the client; nil when it has gone.
        mutating func next() async -> RawHTTP2.Frame? {
            while true {
                if !self.isBegun, self.received.count >= RawHTTP2.preface.count {
                    self.received.removeFirst(RawHTTP2.preface.count)
                    self.isBegun = true
                }
                if self.isBegun, let frame = RawHTTP2.Frame(taking: &self.received) { return frame }
                guard let bytes = try? await self.inbound.next() else { return nil }
                self.received += bytes.readableBytesView
            }
        }

        /// Reads on until a stream of the client has ended; its number, nil when the client has gone.
        mutating func call() async -> UInt32? {
            while let frame = await self.next() {
                let isLast = frame.flags & RawHTTP2.endOfStream != 0
                if isLast, frame.type == RawHTTP2.data || frame.type == RawHTTP2.headers { return frame.stream }
            }
            return nil
        }

        /// A head of an answer, every field in full.
        static func head(_ fields: [(String, String)], stream: UInt32, ends: Bool = false) -> [UInt8] {
            var block: [UInt8] = []
            for (name, value) in fields { block += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8) }
            return RawHTTP2.frame(RawHTTP2.headers, flags: RawHTTP2.endOfHeaders | (ends ? RawHTTP2.endOfStream : 0), stream: stream, block)
        }

        /// A whole answer.
        static func answer(_ message: [UInt8], stream: UInt32) -> [UInt8] {
            self.head([(":status", "200"), ("content-type", "application/grpc")], stream: stream) + RawHTTP2.message(message, stream: stream)
                + self.head([("grpc-status", "0")], stream: stream, ends: true)
        }
    }

    /// Serves while the body runs.
    static func run(
        _ script: @Sendable @escaping (inout Connection) async throws -> Void, _ body: @Sendable @escaping (ScriptedServer) async throws -> Void
    ) async throws {
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
            }
        let address = NodeAddress(host: "127.0.0.1", port: listening.channel.localAddress?.port ?? 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await listening.executeThenClose { clients in
                    await withDiscardingTaskGroup { group in
                        var number = 0
                        do {
                            for try await client in clients {
                                let current = number
                                number += 1
                                group.addTask {
                                    try? await client.executeThenClose { inbound, outbound in
                                        var connection = Connection(current, inbound, outbound)
                                        try await script(&connection)
                                    }
                                }
                            }
                        } catch {}
                        group.cancelAll()
                    }
                }
            }
            defer { group.cancelAll() }
            try await body(ScriptedServer(address: address))
        }
    }
}
