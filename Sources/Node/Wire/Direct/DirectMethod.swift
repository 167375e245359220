import GRPCCore
import NIOCore
import SelvageClient

/// A method that is answered by the handler of its stream, without the library's calls (decision 0032).
struct DirectMethod: Sendable {
    /// How messages and answers follow one another.
    enum Form: Sendable {
        /// One message, and one answer when the client has nothing more to say.
        case unary
        /// One answer for each message, in their order.
        case exchange
    }

    /// What one message gets.
    struct Reply: Sendable {
        var frame: WireFrame
        /// Whether the call ends with it, whatever the client has still to say.
        var isLast = false
    }

    /// As in the request: `/service/method`.
    let path: String
    let form: Form
    /// Who runs such calls, one after the other or not, is counted here.
    let gate: ConcurrencyGate
    /// Whether a call ends when the server stops, because it may wait for long.
    let endsWithServer: Bool
    let answer: @Sendable (ByteBuffer) async throws -> Reply

    init<Request: WireReadable>(
        _ method: MethodDescriptor, _ form: Form, _ request: Request.Type, gate: ConcurrencyGate, endsWithServer: Bool = false,
        answer: @escaping @Sendable (Request) async throws -> Reply
    ) {
        self.path = "/\(method.fullyQualifiedMethod)"
        self.form = form
        self.gate = gate
        self.endsWithServer = endsWithServer
        self.answer = { try await answer(try WireReader<Request>.read($0)) }
    }
}

/// A service that has such methods.
protocol DirectService: Sendable {
    var directMethods: [DirectMethod] { get }
}

extension WireReader {
    /// - Throws: `RPCError` INTERNAL, worded as by other servers.
    static func read(_ bytes: ByteBuffer) throws -> Message {
        try bytes.withUnsafeReadableBytes { bytes throws in
            do {
                return try Message(serialized: bytes)
            } catch {
                throw RPCError(code: .internalError, message: "grpc: error unmarshalling request: \(error)")
            }
        }
    }
}
