import NIOCore

/// Takes the pings out of the frames of an HTTP/2 server (RFC 9113, 4.1 and 6.7), so that they are answered at once.
///
/// Servers written in Go ping after nearly every message to find out how fast a connection is; the library's protection against floods ends the
/// connection after 200 in 30 s, and so every busy chaincode. All other bytes pass unchanged.
struct PingFilter {
    private static let headerBytes = 9
    private static let ping: UInt8 = 6
    private static let pingBytes = 8

    /// Bytes of the frame under way that are still to come.
    private var rest = 0
    /// The beginning of a frame, too little to tell what it is.
    private var held = ByteBuffer()

    /// - Returns: What is passed on, and the content of each ping.
    mutating func take(_ arrived: ByteBuffer) -> (passed: ByteBuffer, pings: [UInt64]) {
        var bytes = self.held
        bytes.writeImmutableBuffer(arrived)
        self.held = ByteBuffer()
        var passed = ByteBuffer()
        var pings: [UInt64] = []
        while bytes.readableBytes > 0 {
            if self.rest > 0 {
                guard let part = bytes.readSlice(length: min(self.rest, bytes.readableBytes)) else { break }
                self.rest -= part.readableBytes
                passed.writeImmutableBuffer(part)
                continue
            }
            let start = bytes.readerIndex
            guard bytes.readableBytes >= Self.headerBytes, let word = bytes.getInteger(at: start, as: UInt32.self),
                let flags = bytes.getInteger(at: start + 4, as: UInt8.self)
            else {
                self.held = bytes
                break
            }
            let (length, type) = (Int(word >> 8), UInt8(truncatingIfNeeded: word))
            if type == Self.ping, flags & 1 == 0, length == Self.pingBytes {
                guard let content = bytes.getInteger(at: start + Self.headerBytes, as: UInt64.self) else {
                    self.held = bytes
                    break
                }
                bytes.moveReaderIndex(forwardBy: Self.headerBytes + Self.pingBytes)
                pings.append(content)
            } else {
                self.rest = Self.headerBytes + length
            }
        }
        return (passed, pings)
    }

    /// The frame that answers a ping.
    static func answer(_ content: UInt64) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(self.pingBytes) << 8 | UInt32(self.ping))
        frame.writeInteger(UInt8(1))
        frame.writeInteger(UInt32(0))
        frame.writeInteger(content)
        return frame
    }
}

/// Answers the pings of a server below the library's part of the connection.
final class PingAnswers: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Answers that may wait for a server that does not read; then the connection ends.
    private static let waiting = 10_000

    private var filter = PingFilter()
    private var unsent = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let (passed, pings) = self.filter.take(self.unwrapInboundIn(data))
        for ping in pings {
            guard self.unsent < Self.waiting else { return context.close(promise: nil) }
            self.unsent += 1
            let sent = context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.assumeIsolated().whenComplete { _ in self.unsent -= 1 }
            context.write(self.wrapOutboundOut(PingFilter.answer(ping)), promise: sent)
        }
        if !pings.isEmpty { context.flush() }
        if passed.readableBytes > 0 { context.fireChannelRead(self.wrapInboundOut(passed)) }
    }
}
