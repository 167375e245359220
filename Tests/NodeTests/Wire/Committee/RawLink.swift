import CommitteeTestSupport
import CryptoPrimitives
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Identity
import LedgerModel
import Ordering
import Synchronization

@testable import Node

/// A link that a test makes by hand, so that any part of it can be wrong.
struct RawLink: Sendable {
    let network: PortedCommittee
    /// The member that is called.
    let port: Int
    var link: CommitteeLinkFormat.Link
    var identity: SigningIdentity
    /// Nil shows no certificate.
    var pair: DevelopmentAuthority.TLSIdentity?
    /// What the hello says instead of what is right.
    var alter: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    /// The nonce that is signed instead of the server's.
    var signedNonce: [UInt8]?

    /// As one member to another one, right in all parts.
    init(_ network: PortedCommittee, from: Int, to: Int, lane: CommitteeLane) {
        self.network = network
        self.port = network.members[to - 1].port
        self.link = CommitteeLinkFormat.Link(chain: network.genesis.headerHash, from: UInt32(from), to: UInt32(to), lane: lane)
        self.identity = network.members[from - 1].identity
        self.pair = network.members[from - 1].tls
    }

    /// Makes the link, sends messages behind the welcome, then waits for the end: nil when the server ends it without an error.
    ///
    /// - Parameter staysOpen: Whether the sending side stays open until the server ends the stream.
    func talk(_ messages: [[UInt8]] = [], staysOpen: Bool = true, onWelcome: @escaping @Sendable () async -> Void = {}) async throws -> RPCError.Code?
    {
        let network = self.network
        let server = try network.members.first { $0.port == self.port }.map {
            try CommitteeTLS(certificate: $0.tls.certificate.pem, key: []).keyHash()
        }
        let own = try self.pair.map { try CommitteeTLS(certificate: $0.certificate.pem, key: []).keyHash() } ?? [UInt8](repeating: 0, count: 32)
        let roots = network.members.map { TLSConfig.CertificateSource.bytes($0.tlsRoot, format: .pem) }
        let security = HTTP2ClientTransport.Posix.TransportSecurity.tls { [pair] tls in
            tls.trustRoots = .certificates(roots)
            tls.serverCertificateVerification = .noHostnameVerification
            if let pair {
                tls.certificateChain = [.bytes(pair.certificate.pem, format: .pem)]
                tls.privateKey = .bytes(Array(pair.keyPEM.utf8), format: .pem)
            }
        }
        let (challenge, welcome, over) = (OneTimeSignal<[UInt8]?>(), OneTimeSignal<[UInt8]?>(), OneTimeSignal<Void>())
        do {
            try await WireCalls.withClient(of: WireEndpoint(host: "127.0.0.1", port: self.port), security: security) { client async throws in
                try await client.bidirectionalStreaming(
                    request: StreamingClientRequest { writer in
                        guard let nonce = try await challenge.wait().flatMap({ $0 }).map({ try CommitteeLinkFormat.nonce(ofChallenge: $0) }) else {
                            return
                        }
                        let binding = CommitteeLinkFormat.Binding(
                            serverNonce: self.signedNonce ?? nonce, clientNonce: SHA256.hash(nonce), clientKey: own, serverKey: server ?? [])
                        let signature = try self.identity.sign(CommitteeLinkFormat.signedBytes(self.link, binding, asClient: true))
                        let hello = CommitteeLinkFormat.Hello(link: self.link, clientNonce: binding.clientNonce, signature: signature)
                        try await writer.write(WireFrame(head: self.alter(CommitteeLinkFormat.hello(hello))))
                        guard let proof = await welcome.wait() ?? nil else { return }
                        // The server has proven who it is for this very connection.
                        let bytes = CommitteeLinkFormat.signedBytes(self.link, binding, asClient: false)
                        guard
                            network.members[Int(self.link.to) - 1].identity.certificate.publicKey.isValid(
                                signature: try CommitteeLinkFormat.signature(ofWelcome: proof), for: bytes)
                        else { throw CommitteeLinkError.notProven(consenter: self.link.to) }
                        await onWelcome()
                        for message in messages { try await writer.write(WireFrame(head: message)) }
                        if staysOpen { _ = await over.wait() }
                    }, descriptor: CommitteeService.link, serializer: WireFrameSerializer(), deserializer: BytesReader(),
                    options: WireCalls.longMessages
                ) { response in
                    defer {
                        challenge.fire(nil)
                        welcome.fire(nil)
                        over.fire(())
                    }
                    var iterator = response.messages.makeAsyncIterator()
                    challenge.fire(try await iterator.next())
                    welcome.fire(try await iterator.next())
                    while try await iterator.next() != nil {}
                }
            }
            return nil
        } catch let error as RPCError {
            return error.code
        }
    }
}
