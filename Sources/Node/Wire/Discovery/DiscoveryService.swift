import FabricMessages
import FabricServices
import GRPCCore
import Identity
import LedgerModel

/// `discovery.Discovery`: tells clients of a channel's organisations, ordering nodes, peers, and of who has to endorse.
package struct DiscoveryService: RegistrableRPCService {
    private let context: WireContext
    private let node: DiscoveryNode
    private let gate: ConcurrencyGate

    package init(_ context: WireContext, node: DiscoveryNode) {
        self.context = context
        self.node = node
        self.gate = ConcurrencyGate("/discovery.Discovery", limit: context.limits.gatewayCalls)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (context, node, gate) = (self.context, self.node, self.gate)
        router.registerHandler(
            forMethod: Discovery_Discovery.Method.Discover.descriptor, deserializer: WireReader<Discovery_SignedRequest>(),
            serializer: WireFrameSerializer()
        ) { request, call in
            let single = try await ServerRequest(stream: request)
            try gate.enter()
            defer { gate.leave() }
            do throws(DiscoveryRefusal) {
                // A server without TLS cannot tell whose connection it is.
                let hashes = context.serverKey == nil ? nil : context.connections.certificateHashes(of: call.remotePeer)
                let checked = try CheckedRequest(single.message, certificateHashes: hashes)
                return StreamingServerResponse(single: ServerResponse(message: WireFrame(head: node.answer(checked, now: context.now()).encoded())))
            } catch {
                throw RPCError(code: .unknown, message: error.description)
            }
        }
    }
}

/// Why a request as a whole is refused; words as from Fabric's peers.
enum DiscoveryRefusal: Error, Equatable, CustomStringConvertible {
    case malformed(MessageError)
    case noAuthentication
    case noIdentity
    case noCertificate
    case otherCertificate
    case tooManyQueries
    case tooManyInterests

    var description: String {
        switch self {
        case .malformed(let error): "failed parsing request: \(error)"
        case .noAuthentication: "access denied, no authentication info in request"
        case .noIdentity: "access denied, client identity wasn't supplied"
        case .noCertificate: "client didn't send a TLS certificate"
        case .otherCertificate: "client claimed TLS hash doesn't match computed TLS hash from gRPC stream"
        case .tooManyQueries: "the request has more than \(DiscoveryLimits.queries) queries; send several requests"
        case .tooManyInterests: "the request has more than \(DiscoveryLimits.interests) chaincode interests; send several requests"
        }
    }
}

/// A request whose parts are there and that belongs to its connection; whether its signer may ask is found out for each query.
struct CheckedRequest {
    let signed: SignedMessage
    let queries: [Discovery_Query]

    /// - Parameter certificateHashes: Of the client's TLS certificate, any of which will do; empty when it showed none, nil without TLS.
    init(_ message: Discovery_SignedRequest, certificateHashes: [[UInt8]]?) throws(DiscoveryRefusal) {
        let request: Discovery_Request
        do {
            request = try Discovery_Request.decode(message.payload, as: "discovery request")
        } catch {
            throw .malformed(error)
        }
        guard request.hasAuthentication else { throw .noAuthentication }
        guard !request.authentication.clientIdentity.isEmpty else { throw .noIdentity }
        if let certificateHashes {
            guard !certificateHashes.isEmpty else { throw .noCertificate }
            guard certificateHashes.contains(request.authentication.clientTlsCertHash.byteArray) else { throw .otherCertificate }
        }
        guard request.queries.count <= DiscoveryLimits.queries else { throw .tooManyQueries }
        guard request.queries.reduce(0, { $0 + $1.ccQuery.interests.count }) <= DiscoveryLimits.interests else { throw .tooManyInterests }
        self.queries = request.queries
        self.signed = SignedMessage(
            identity: request.authentication.clientIdentity.byteArray, message: message.payload.byteArray, signature: message.signature.byteArray)
    }
}

extension Discovery_SignedRequest: WireReadable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) { self = try Self.decode([UInt8](bytes), as: "signed discovery request") }
}
