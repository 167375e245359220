import NIOCore

/// Takes the pings out of the frames of the other side of an HTTP/2 connection (RFC 9113, 3.4, 4.1 and 6.7), so that they are answered at once.
///
/// Programs written in Go ping after nearly every message to find out how fast a connection is; the library's protection against floods ends the
/// connection after 200 in 30 s, and so every busy one. All other bytes pass unchanged, in their order.
package struct PingFilter: Sendable {
    /// What a client says before its first frame.
    package static let prefaceBytes = 24
    private static let headerBytes = 9
    private static let ping: UInt8 = 6
    private static let pingBytes = 8

    /// Bytes of the frame under way, or of the preface, that are still to come.
    private var rest: Int
    /// The beginning of a frame, too little to tell what it is.
    private var held = ByteBuffer()

    /// - Parameter isClient: Whether the other side is the one that connected: it begins with a preface that is no frame.
    package init(ofClient isClient: Bool) {
        self.rest = isClient ? Self.prefaceBytes : 0
    }

    /// - Returns: What is passed on, and the content of each ping. Bytes without a ping in them are not copied.
    package mutating func take(_ arrived: ByteBuffer) -> (passed: ByteBuffer, pings: [UInt64]) {
        var bytes = arrived
        if self.held.readableBytes > 0 {
            bytes = self.held
            bytes.writeImmutableBuffer(arrived)
            self.held = ByteBuffer()
        }
        var passed = ByteBuffer()
        var pings: [UInt64] = []
        // Of what is passed on, the part that is not in `passed` yet.
        var start = bytes.readerIndex
        var index = start
        while index < bytes.writerIndex {
            let left = bytes.writerIndex - index
            if self.rest > 0 {
                let part = min(self.rest, left)
                self.rest -= part
                index += part
                continue
            }
            guard left >= Self.headerBytes, let word = bytes.getInteger(at: index, as: UInt32.self),
                let flags = bytes.getInteger(at: index + 4, as: UInt8.self)
            else { break }
            let (length, type) = (Int(word >> 8), UInt8(truncatingIfNeeded: word))
            guard type == Self.ping, flags & 1 == 0, length == Self.pingBytes else {
                self.rest = Self.headerBytes + length
                continue
            }
            guard let content = bytes.getInteger(at: index + Self.headerBytes, as: UInt64.self) else { break }
            pings.append(content)
            passed.write(bytes, from: start, to: index)
            index += Self.headerBytes + Self.pingBytes
            start = index
        }
        if index < bytes.writerIndex { self.held.write(bytes, from: index, to: bytes.writerIndex) }
        if pings.isEmpty { return (bytes.getSlice(at: start, length: index - start) ?? passed, []) }
        passed.write(bytes, from: start, to: index)
        return (passed, pings)
    }

    /// The frame that answers a ping.
    package static func answer(_ content: UInt64) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(self.pingBytes) << 8 | UInt32(self.ping))
        frame.writeInteger(UInt8(1))
        frame.writeInteger(UInt32(0))
        frame.writeInteger(content)
        return frame
    }

    /// The frame that ends a connection because of its pings, in the words that clients know (RFC 9113, 6.8: ENHANCE_YOUR_CALM).
    package static func tooManyPings() -> ByteBuffer {
        let reason = "too_many_pings"
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(8 + reason.utf8.count) << 8 | 7)
        frame.writeInteger(UInt8(0))
        frame.writeInteger(UInt32(0))
        // No call is named as the last one: those under way may be made again.
        frame.writeInteger(UInt32(0x7FFF_FFFF))
        frame.writeInteger(UInt32(11))
        frame.writeString(reason)
        return frame
    }
}

extension ByteBuffer {
    fileprivate mutating func write(_ other: ByteBuffer, from start: Int, to end: Int) {
        if start < end, let part = other.getSlice(at: start, length: end - start) { self.writeImmutableBuffer(part) }
    }
}
