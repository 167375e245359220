/// Where a node listens, and under which name its certificate is expected to stand.
package struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address.
    package let host: String
    package let port: Int
    /// The name that is expected in the node's TLS certificate; nil for `host` itself.
    ///
    /// The library also takes a certificate that carries the numeric address of the connection.
    package let serverName: String?

    package init(host: String, port: Int, serverName: String? = nil) {
        self.host = host
        self.port = port
        self.serverName = serverName
    }

    /// Reads `host:port`, with an IPv6 address in brackets, as channel configurations and command lines have it.
    ///
    /// - Throws: `NodeConnectionError.badAddress`.
    package init(_ text: String, serverName: String? = nil) throws(NodeConnectionError) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
        else { throw .badAddress(text) }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { throw .badAddress(text) }
        guard !host.isEmpty else { throw .badAddress(text) }
        self.init(host: String(host), port: port, serverName: serverName)
    }

    package var description: String { self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)" }
}
