import GRPCCore

/// Why a call to a node gave nothing: which node, what happened, and what to do.
package enum NodeConnectionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not `host:port`.
    case badAddress(String)
    /// TLS without an authority that could have issued the node's certificate.
    case noRoots
    /// A PEM text holds no certificate that can be read.
    case certificateUnreadable(String)
    case keyUnreadable
    case keyDoesNotFitCertificate
    /// There is no connection: nobody listens, TLS failed, or it broke.
    case unreachable(node: String, address: NodeAddress, reason: String)
    /// The node took the call and gave no answer in time.
    case timedOut(node: String, address: NodeAddress)
    /// The node ended the call with an error; `code` is gRPC's name and `number` its number.
    case failed(node: String, code: String, number: Int, message: String)
    /// The node ended the call without an error and without an answer.
    case noAnswer(node: String)
    /// The answer is not the message that it should be.
    case badAnswer(node: String, reason: String)

    package var description: String {
        switch self {
        case .badAddress(let text): "'\(text)' is no address of a node: give host:port, for example localhost:7051"
        case .noRoots: "no TLS root is named: give the CA certificate that issued the node's TLS certificate"
        case .certificateUnreadable(let what): "\(what) cannot be read: give a PEM file of certificates"
        case .keyUnreadable: "the client's TLS private key cannot be read: give an unencrypted PEM file"
        case .keyDoesNotFitCertificate: "the client's TLS private key does not belong to its certificate: give the pair that was issued together"
        case .unreachable(let node, let address, let reason): "\(Self.name(node, address)) cannot be reached: \(reason)"
        case .timedOut(let node, let address): "\(Self.name(node, address)) gave no answer in time; ask again later, or another node"
        case .failed(let node, let code, _, let message): "\(node) refused the call (\(code)): \(message)"
        case .noAnswer(let node): "\(node) ended the call without an answer; ask another node"
        case .badAnswer(let node, let reason): "\(node) gave an answer that cannot be read: \(reason)"
        }
    }

    /// A node that is known by its address alone is not named twice.
    private static func name(_ node: String, _ address: NodeAddress) -> String {
        node.hasSuffix(address.description) ? node : "\(node) at \(address)"
    }

    /// What the library says, in the terms of this enum; cancellation stays what it is.
    static func reason(_ error: any Error, node: String, address: NodeAddress) -> any Error {
        if error is NodeConnectionError || error is CancellationError { return error }
        guard let error = error as? RPCError else { return NodeConnectionError.unreachable(node: node, address: address, reason: "\(error)") }
        switch error.code {
        case .unavailable: return NodeConnectionError.unreachable(node: node, address: address, reason: self.words(error))
        case .deadlineExceeded: return NodeConnectionError.timedOut(node: node, address: address)
        case .cancelled where Task.isCancelled: return CancellationError()
        default:
            return NodeConnectionError.failed(node: node, code: "\(error.code)", number: error.code.rawValue, message: error.message)
        }
    }

    /// The library's sentence with the innermost cause, which is what helps.
    private static func words(_ error: RPCError) -> String {
        let refused = "the connection is refused: nobody listens there; start the node, or correct the address"
        if error.message.contains("Connection refused") { return refused }
        guard var cause = error.cause else { return error.message }
        while let inner = (cause as? RPCError)?.cause { cause = inner }
        let text = "\(cause)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its TLS certificate was not issued by the given root; name the root of its organisation"
        }
        if text.contains("unableToValidateCertificate") || text.contains("failedToValidateHostname") {
            return "its TLS certificate is for another name; name the one that the certificate carries"
        }
        if text.contains("ALERT_CERTIFICATE_REQUIRED") {
            return "it demands a TLS certificate of the client; give one that an authority of its channel has issued"
        }
        if text.contains("Connection refused") { return refused }
        if text.contains("Connection reset by peer") {
            return "it closes the connection at once: it is being stopped, or one side alone speaks TLS; try again, or correct the settings"
        }
        // TLS errors end in places of the library's source, which help nobody here.
        return "\(error.message) (\(text.text(before: " at /")))"
    }
}

extension String {
    /// The text up to the first place where a mark stands; all of it without one.
    fileprivate func text(before mark: String) -> Substring {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return self[..<rest.startIndex] }
            rest = rest.dropFirst()
        }
        return self[...]
    }
}
