import NIOCore
import NIOHPACK

/// A call with one message out and one back.
struct DirectRequest: Sendable {
    /// `/service/method`.
    let path: String
    let message: [UInt8]
    /// Nil for a call that waits for something to happen.
    let seconds: Int64?
    /// Whether the first message is all that is wanted: the status behind it is not waited for.
    let endsWithAnswer: Bool

    func headers(scheme: String, authority: String) -> HPACKHeaders {
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": scheme, ":path": self.path, ":authority": authority, "te": "trailers",
            "content-type": "application/grpc", SharedStreamFormat.header: "1",
        ]
        if let seconds = self.seconds { headers.add(name: "grpc-timeout", value: CallFormat.timeout(seconds: seconds)) }
        return headers
    }

    func body(in allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: CallFormat.prefixBytes + self.message.count)
        CallFormat.writePrefix(self.message.count, to: &buffer)
        buffer.writeBytes(self.message)
        return buffer
    }
}
