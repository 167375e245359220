import Glibc

/// The settings that Fabric's `peer` command takes from its shell, under the same names.
struct PeerEnvironment {
    static let address = "CORE_PEER_ADDRESS"
    static let mspID = "CORE_PEER_LOCALMSPID"
    static let mspFolder = "CORE_PEER_MSPCONFIGPATH"
    static let tlsEnabled = "CORE_PEER_TLS_ENABLED"
    static let tlsRoot = "CORE_PEER_TLS_ROOTCERT_FILE"
    static let tlsServerName = "CORE_PEER_TLS_SERVERHOSTOVERRIDE"
    static let clientAuthRequired = "CORE_PEER_TLS_CLIENTAUTHREQUIRED"
    static let clientCertificate = "CORE_PEER_TLS_CLIENTCERT_FILE"
    static let clientKey = "CORE_PEER_TLS_CLIENTKEY_FILE"

    /// A setting; nil when it is not there or empty.
    subscript(name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// A setting that must be there.
    ///
    /// - Parameter example: What it may look like.
    func required(_ name: String, example: String) throws(PeerProblem) -> String {
        guard let value = self[name] else { throw .usage("\(name) is not set: export it, for example \(name)=\(example)") }
        return value
    }

    /// `true` in any of the ways that Go reads.
    func flag(_ name: String) -> Bool { ["1", "t", "true"].contains(self[name]?.lowercased() ?? "") }
}
