import LedgerModel

/// What one node is and where its things are, as `selvage node start` reads it from a file; paths are resolved.
package struct NodeConfiguration: Equatable, Sendable {
    package enum Role: String, CaseIterable, Sendable {
        case peer
        case orderer
    }

    /// Who orders the channels: decides the form in which blocks are demanded.
    package enum Ordering: String, CaseIterable, Sendable {
        case selvage
        case fabric
    }

    package struct TLS: Equatable, Sendable {
        /// PEM files: the node's certificate with those between it and its root, and its key.
        package var certificate: String
        package var key: String
        /// PEM files; when there are some, clients must show a certificate that one of them has issued.
        package var clientAuthorities: [String] = []
    }

    /// The port of an ordering node on which channels are joined (osnadmin).
    package struct Admin: Equatable, Sendable {
        package var listen: WireEndpoint
        /// PEM files: who may join channels shows a certificate that one of them has issued. Empty only without TLS.
        package var clientAuthorities: [String] = []
    }

    /// For people, in logs and answers.
    package var name: String
    package var mspID: MSPID
    /// A folder in Fabric's layout.
    package var mspFolder: String
    /// Everything that the node keeps; nobody else writes there.
    package var dataFolder: String
    package var listen: WireEndpoint
    /// Nil for plain text.
    package var tls: TLS?
    package var roles: Set<Role>
    package var admin: Admin?
    package var ordering: Ordering = .selvage
    /// Files with the genesis blocks of channels that the node is in from the start.
    package var genesisFiles: [String] = []
}

/// Why a node cannot be made from its file: which file, which place and key, and what to do.
package enum NodeConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file that is needed is not there or cannot be read.
    case unreadable(file: String, key: String?, reason: String)
    /// The file is no YAML, or too large.
    case notYAML(file: String, reason: String)
    /// A key does not say what it should; `place` is its line and column, where known.
    case invalid(file: String, place: String?, key: String, reason: String)
    /// A certificate is over or not valid yet.
    case certificateOutOfTime(file: String, key: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let key, let reason): "\(file)\(key.map { " (\($0))" } ?? ""): \(reason)"
        case .notYAML(let file, let reason): "\(file): \(reason)"
        case .invalid(let file, let place, let key, let reason): "\(file): \(place.map { "\($0): " } ?? "")\(key): \(reason)"
        case .certificateOutOfTime(let file, let key, let reason): "\(file) (\(key)): \(reason)"
        }
    }
}
