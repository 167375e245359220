import NIOCore

/// Cuts the bytes of one direction of a call into its messages; bounded by the largest message.
package struct MessageReader: Sendable {
    /// Why a call cannot go on.
    package enum Refusal: Error, Equatable, Sendable {
        case compressed
        case tooLarge(bytes: Int, limit: Int)
    }

    private let limit: Int
    private var held = ByteBuffer()

    /// - Parameter limit: Bytes of the largest message.
    package init(limit: Int) { self.limit = limit }

    /// Whether a message has begun and is not complete.
    package var isInside: Bool { self.held.readableBytes > 0 }

    package mutating func take(_ arrived: ByteBuffer) {
        if self.held.readableBytes == 0 {
            self.held = arrived
        } else {
            // What has been read is not kept: at most one unfinished message is.
            self.held.discardReadBytes()
            self.held.writeImmutableBuffer(arrived)
        }
    }

    /// The next complete message; nil when there is none yet.
    package mutating func next() throws(Refusal) -> ByteBuffer? {
        guard let flag = self.held.getInteger(at: self.held.readerIndex, as: UInt8.self),
            let length = self.held.getInteger(at: self.held.readerIndex + 1, as: UInt32.self)
        else { return nil }
        guard flag == 0 else { throw .compressed }
        guard length <= self.limit else { throw .tooLarge(bytes: Int(length), limit: self.limit) }
        let count = CallFormat.prefixBytes + Int(length)
        guard self.held.readableBytes >= count else { return nil }
        let message = self.held.getSlice(at: self.held.readerIndex + CallFormat.prefixBytes, length: Int(length))
        self.held.moveReaderIndex(forwardBy: count)
        return message
    }
}
