import NIOCore
import NIOPosix
import NIOSSL
import Node
import Testing

/// HTTP/2 by hand, so that a client can be as wrong as it likes (RFC 9113).
enum RawHTTP2 {
    /// What a client says first, with settings that ask for nothing.
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let pingType: UInt8 = 6
    static let goAway: UInt8 = 7
    static let endOfStream: UInt8 = 1
    static let endOfHeaders: UInt8 = 4

    struct Frame: Equatable {
        var type: UInt8
        var flags: UInt8
        var stream: UInt32
        var content: [UInt8]

        init(type: UInt8, flags: UInt8, stream: UInt32, content: [UInt8]) {
            self.type = type
            self.flags = flags
            self.stream = stream
            self.content = content
        }

        /// Takes the first frame out of bytes; nil when it is not complete.
        init?(taking bytes: inout [UInt8]) {
            guard bytes.count >= 9 else { return nil }
            let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
            guard bytes.count >= 9 + length else { return nil }
            self.init(
                type: bytes[3], flags: bytes[4], stream: bytes[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) },
                content: Array(bytes[9..<(9 + length)]))
            bytes.removeFirst(9 + length)
        }
    }

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ content: [UInt8]) -> [UInt8] {
        let count = UInt32(content.count)
        return [count >> 16, count >> 8, count].map { UInt8(truncatingIfNeeded: $0) } + [type, flags] + self.bytes(stream) + content
    }

    static func ping(_ content: UInt64) -> [UInt8] { self.frame(self.pingType, self.bytes(content)) }

    static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    /// The head of a call; every field in full, so that no table has to be kept (RFC 7541, 6.2.2).
    static func call(_ path: String, stream: UInt32, timeout: String? = nil, encoding: String? = nil, ends: Bool = false) -> [UInt8] {
        var fields: [UInt8] = []
        var pairs = [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
        if let timeout { pairs.append(("grpc-timeout", timeout)) }
        if let encoding { pairs.append(("grpc-encoding", encoding)) }
        for (name, value) in pairs {
            fields += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return self.frame(self.headers, flags: self.endOfHeaders | (ends ? self.endOfStream : 0), stream: stream, fields)
    }

    /// A message of a call.
    static func message(_ bytes: [UInt8], stream: UInt32, ends: Bool = false) -> [UInt8] {
        self.frame(self.data, flags: ends ? self.endOfStream : 0, stream: stream, [0] + self.bytes(UInt32(bytes.count)) + bytes)
    }
}

/// One connection to a server, byte by byte.
struct RawConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received: [UInt8] = []

    /// Connects, and closes when the body is done.
    ///
    /// - Parameter tls: Nil for plain text.
    static func open(
        _ endpoint: WireEndpoint, tls: NIOSSLContext? = nil, _ body: (inout RawConnection) async throws -> Void
    ) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: endpoint.host, port: endpoint.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: WirePairs.name)) }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            try await body(&connection)
        }
    }

    func write(_ bytes: [UInt8]) async throws { try await self.outbound.write(ByteBuffer(bytes: bytes)) }

    /// Begins HTTP/2.
    func begin() async throws { try await self.write(RawHTTP2.preface + RawHTTP2.frame(RawHTTP2.settings, [])) }

    /// The next frame; nil when the server has closed the connection.
    mutating func next() async throws -> RawHTTP2.Frame? {
        while true {
            if let frame = RawHTTP2.Frame(taking: &self.received) { return frame }
            do {
                guard let bytes = try await self.inbound.next() else { return nil }
                self.received += bytes.readableBytesView
            } catch is IOError {
                // Reset: closed, with bytes of ours that were not read.
                return nil
            }
        }
    }

    /// All frames until the server closes the connection.
    mutating func rest() async throws -> [RawHTTP2.Frame] {
        var frames: [RawHTTP2.Frame] = []
        while let frame = try await self.next() { frames.append(frame) }
        return frames
    }
}
