import Chaincode

/// Where the chaincode of a package waits for peers, and how they connect: `connection.json` of a package of type "ccaas" (interop 4.13, 10.4).
package struct ChaincodeServer: Equatable, Sendable {
    /// What a peer shows of itself.
    package struct ClientCertificate: Equatable, Sendable {
        /// PEM.
        package let certificate: [UInt8]
        /// PEM, not encrypted.
        package let key: [UInt8]
    }

    package let host: String
    package let port: Int
    /// How long connecting may take.
    package let dialMilliseconds: Int64
    /// PEM of the authority that has issued the server's certificate; nil for plain text.
    package let rootCertificate: [UInt8]?
    /// Nil where the server asks for none.
    package let client: ClientCertificate?
    /// The name that the server's certificate must bear when it is not the host's; Fabric looks at it with client authentication only.
    package let domain: String?

    /// Reads the package's `connection.json`.
    ///
    /// - Parameter values: What the placeholders of its texts stand for, such as `peername` for `{{.peername}}`.
    package init(_ package: ChaincodePackage, values: [String: String] = [:]) throws(ChaincodePackageError) {
        guard Array(package.type.utf8.map(Self.lowercased)) == Array("ccaas".utf8) else {
            throw .connection(reason: "this node runs packages of type ccaas, and this one says \(package.type)")
        }
        let entries = try TarArchive.entries(try GzipFile.content(package.code, limit: Limits.unpackedPackageBytes))
        // Fabric's tools put "./" before names and list folders.
        let names = [Array("connection.json".utf8), Array("./connection.json".utf8)]
        guard let file = entries.last(where: { $0.isFile && names.contains(Array($0.name.utf8)) }) else {
            throw .connection(reason: "it is not in code.tar.gz")
        }
        guard file.content.count <= Limits.packageMetadataBytes else { throw .tooLarge(what: "connection.json", limit: Limits.packageMetadataBytes) }
        try self.init(json: Array(file.content), values: values)
    }

    init(json: [UInt8], values: [String: String]) throws(ChaincodePackageError) {
        let fields: JSONValue
        do throws(JSONError) {
            fields = try JSONValue(parsing: json)
        } catch {
            throw .connection(reason: "it is not JSON")
        }
        func text(_ name: String) throws(ChaincodePackageError) -> String {
            switch fields[name] {
            case nil, .null?: return ""
            case .string(let text)?: return try PackageTemplate.fill(text, values)
            default: throw .connection(reason: "\(name) is no text")
            }
        }
        func flag(_ name: String) throws(ChaincodePackageError) -> Bool {
            switch fields[name] {
            case nil, .null?: return false
            case .bool(let flag)?: return flag
            default: throw .connection(reason: "\(name) is neither true nor false")
            }
        }
        (host, port) = try Self.address(try text("address"))
        dialMilliseconds = try Self.duration(fields["dial_timeout"], values)
        let domain = try text("domain")
        self.domain = domain.utf8.isEmpty ? nil : domain
        let (needsTLS, needsClient) = (try flag("tls_required"), try flag("client_auth_required"))
        let root = try text("root_cert")
        guard needsTLS else {
            (rootCertificate, client) = (nil, nil)
            return
        }
        guard !root.utf8.isEmpty else { throw .connection(reason: "tls_required is true, and root_cert is missing") }
        rootCertificate = Array(root.utf8)
        guard needsClient else {
            client = nil
            return
        }
        let (certificate, key) = (try text("client_cert"), try text("client_key"))
        guard !certificate.utf8.isEmpty, !key.utf8.isEmpty else {
            throw .connection(reason: "client_auth_required is true, and client_cert or client_key is missing")
        }
        client = ClientCertificate(certificate: Array(certificate.utf8), key: Array(key.utf8))
    }

    /// "host:port", the host in brackets when it is an IPv6 address.
    private static func address(_ text: String) throws(ChaincodePackageError) -> (String, Int) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")), colon > 0, bytes.count <= 512,
            let port = Int(String(decoding: bytes[(colon + 1)...], as: UTF8.self)), (1...65_535).contains(port)
        else { throw .connection(reason: "address must be a host and a port, such as chaincode.example:9999") }
        var host = bytes[..<colon]
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw .connection(reason: "address names no host") }
        return (String(decoding: host, as: UTF8.self), port)
    }

    /// A text such as "10s" or a number of nanoseconds; 3 seconds when it is missing.
    private static func duration(_ value: JSONValue?, _ values: [String: String]) throws(ChaincodePackageError) -> Int64 {
        switch value {
        case nil, .null?: return 3_000
        case .integer(let nanoseconds)? where nanoseconds >= 0: return max(1, nanoseconds / 1_000_000)
        case .string(let text)?:
            let filled = try PackageTemplate.fill(text, values)
            if filled.utf8.isEmpty { return 3_000 }
            guard let milliseconds = GoDuration.milliseconds(filled) else { break }
            return milliseconds
        default: break
        }
        throw .connection(reason: "dial_timeout must be a duration such as \"10s\", or a number of nanoseconds")
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
