import LedgerModel
import NIOSSL

/// How a server shows who it is, and what it wants to see of its clients.
package struct ServerTLS: Sendable {
    package enum ClientCertificates: Sendable {
        /// None is asked for.
        case none
        /// Asked for and taken as it is, as Fabric's nodes do without mutual TLS.
        case requested
        /// Without one that these authorities (PEM) have issued there is no connection.
        case demanded(authorities: [[UInt8]])
    }

    /// PEM: the server's certificate, then those between it and its root.
    package var certificates: [UInt8]
    /// PEM, not encrypted.
    package var key: [UInt8]
    package var clients: ClientCertificates

    package init(certificates: [UInt8], key: [UInt8], clients: ClientCertificates = .requested) {
        self.certificates = certificates
        self.key = key
        self.clients = clients
    }

    /// Whether a Deliver request has to name the certificate of its connection.
    var bindsRequests: Bool {
        if case .demanded = self.clients { true } else { false }
    }

    /// Reads and joins all of it.
    ///
    /// - Parameters:
    ///   - now: By which the certificate must be valid.
    ///   - protocols: What is spoken over it, as clients ask for it (ALPN).
    func context(now: Timestamp, protocols: [String] = ["h2"]) throws(WireError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(self.certificates)
        } catch {
            throw .certificateUnreadable(reason: "it is no PEM text of certificates")
        }
        guard let own = chain.first else { throw .certificateUnreadable(reason: "no certificate is in it") }
        guard Int64(own.notValidAfter) >= now.seconds else { throw .certificateExpired(since: Int64(own.notValidAfter)) }
        guard Int64(own.notValidBefore) <= now.seconds else { throw .certificateNotYetValid(until: Int64(own.notValidBefore)) }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(bytes: self.key, format: .pem)
        } catch {
            throw .keyUnreadable
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = protocols
        try self.expectClients(&configuration)
        do {
            // All parts were read; what is left is whether they fit.
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .keyDoesNotFitCertificate
        }
    }

    /// SHA-256 of the public key of the server's certificate.
    func keyHash() throws(WireError) -> [UInt8] { try CommitteeTLS(certificate: self.certificates, key: self.key).keyHash() }

    private func expectClients(_ configuration: inout TLSConfiguration) throws(WireError) {
        switch self.clients {
        case .none: configuration.certificateVerification = .none
        case .requested: configuration.certificateVerification = .optionalVerification
        case .demanded(let authorities):
            var roots: [NIOSSLCertificate] = []
            for authority in authorities {
                do {
                    roots += try NIOSSLCertificate.fromPEMBytes(authority)
                } catch {
                    throw .certificateUnreadable(reason: "an authority of the clients is no PEM text")
                }
            }
            guard !roots.isEmpty else { throw .noClientAuthorities }
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(roots)
        }
    }

    var takesAnyCertificate: Bool {
        if case .requested = self.clients { true } else { false }
    }
}
