/// Where a node listens, and how it is known to be the right one.
public struct NodeEndpoint: Hashable, Sendable {
    /// A certificate that the client shows, for nodes that demand one.
    public struct Certificate: Hashable, Sendable {
        /// PEM: the certificate, then those between it and its root.
        public var chain: String
        /// PEM, not encrypted.
        public var key: String

        /// Both texts.
        public init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    /// `host:port`; an IPv6 address stands in brackets.
    public var address: String
    /// PEM texts of the authorities that may have issued the node's TLS certificate; none for plain text.
    public var tlsRoots: [String]
    /// The name in the node's certificate, when it is another than the host.
    public var serverName: String?
    /// What the client shows, for nodes that demand it.
    public var certificate: Certificate?

    /// A node.
    ///
    /// - Parameter tlsRoots: Leave them out for plain text.
    public init(_ address: String, tlsRoots: [String] = [], serverName: String? = nil, certificate: Certificate? = nil) {
        self.address = address
        self.tlsRoots = tlsRoots
        self.serverName = serverName
        self.certificate = certificate
    }

    /// A connection, which somebody has to run.
    package func connection(name: String? = nil, limits: ClientWireLimits = ClientWireLimits()) throws(NodeConnectionError) -> NodeConnection {
        let own = self.certificate.map { ClientTLS.Certificate(chain: Array($0.chain.utf8), key: Array($0.key.utf8)) }
        let tls = self.tlsRoots.isEmpty ? nil : ClientTLS(roots: self.tlsRoots.map { Array($0.utf8) }, certificate: own)
        return try NodeConnection(to: NodeAddress(self.address, serverName: self.serverName), name: name ?? self.address, tls: tls, limits: limits)
    }
}
