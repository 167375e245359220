import CryptoPrimitives
import GRPCNIOTransportHTTP2Posix
import NIOSSL

/// How a client judges the node that it calls, and what it shows of itself.
package struct ClientTLS: Sendable {
    /// What a client shows where nodes demand a certificate.
    package struct Certificate: Sendable {
        /// PEM: the client's certificate, then those between it and its root.
        package var chain: [UInt8]
        /// PEM, not encrypted.
        package var key: [UInt8]

        package init(chain: [UInt8], key: [UInt8]) {
            self.chain = chain
            self.key = key
        }
    }

    /// PEM texts of the authorities that may have issued the node's certificate; those of the system are not asked.
    package var roots: [[UInt8]]
    package var certificate: Certificate?

    package init(roots: [[UInt8]], certificate: Certificate? = nil) {
        self.roots = roots
        self.certificate = certificate
    }

    /// Reads and joins all of it.
    ///
    /// - Returns: What the library's transport needs, the same for connections without it, and SHA-256 of the certificate that the client shows,
    ///   empty without one: Deliver requests name it.
    func security() throws(NodeConnectionError) -> (HTTP2ClientTransport.Posix.TransportSecurity, NIOSSLContext, certificateHash: [UInt8]) {
        var authorities: [NIOSSLCertificate] = []
        for root in self.roots { authorities += try Self.certificates(root, of: "a TLS root") }
        guard !authorities.isEmpty else { throw .noRoots }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates(authorities)
        configuration.applicationProtocols = ["h2"]
        var hash: [UInt8] = []
        if let own = self.certificate { hash = try Self.add(own, to: &configuration) }
        guard let context = try? NIOSSLContext(configuration: configuration) else { throw .keyDoesNotFitCertificate }
        let roots = self.roots.map { TLSConfig.CertificateSource.bytes($0, format: .pem) }
        let own = self.certificate
        let security = HTTP2ClientTransport.Posix.TransportSecurity.tls { tls in
            tls.trustRoots = .certificates(roots)
            guard let own else { return }
            tls.certificateChain = [.bytes(own.chain, format: .pem)]
            tls.privateKey = .bytes(own.key, format: .pem)
        }
        return (security, context, hash)
    }

    private static func certificates(_ pem: [UInt8], of what: String) throws(NodeConnectionError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMBytes(pem)
        } catch {
            throw .certificateUnreadable(what)
        }
    }

    /// Certificate and key must be a pair; told here, where the reason can be named.
    ///
    /// - Returns: SHA-256 of the certificate.
    private static func add(_ own: Certificate, to configuration: inout TLSConfiguration) throws(NodeConnectionError) -> [UInt8] {
        let chain = try self.certificates(own.chain, of: "the client's TLS certificate")
        guard let first = chain.first, let der = try? first.toDERBytes() else { throw .certificateUnreadable("the client's TLS certificate") }
        guard let key = try? NIOSSLPrivateKey(bytes: own.key, format: .pem) else { throw .keyUnreadable }
        configuration.certificateChain = chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(key)
        guard (try? NIOSSLContext(configuration: configuration)) != nil else { throw .keyDoesNotFitCertificate }
        return SHA256.hash(der)
    }
}
