import LedgerModel
import SelvageClient

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

    /// A peer that no channel's configuration names as an anchor peer.
    package struct KnownPeer: Equatable, Sendable {
        package var address: NodeAddress
        package var mspID: MSPID
        /// PEM files: who may have issued its TLS certificate; empty for the authorities that its organisation has on the channel.
        package var tlsRoots: [String] = []
    }

    /// How the node treats chaincode that is a process.
    package struct ChaincodeSection: Equatable, Sendable {
        /// A port of this machine on which any chaincode is taken, unchecked; nil outside of development.
        package var takesUnsolicited: WireEndpoint?
        /// What placeholders in connection.json stand for.
        package var values: [String: String] = [:]
    }

    /// The etcd cluster on which an ordering node orders the channels that say so.
    package struct Etcd: Equatable, Sendable {
        /// Who has etcd forget old revisions, which concerns all keys of the cluster.
        package enum Compaction: String, CaseIterable, Sendable {
            case selvage
            case etcd
        }

        /// The client ports of the members.
        package var endpoints: [WireEndpoint]
        /// Where the other ordering nodes reach this one.
        package var address: WireEndpoint
        /// PEM files; all empty for plain text.
        package var certificate: String?
        package var key: String?
        package var authorities: [String] = []
        /// What all keys begin with.
        package var root = "selvage"
        package var compaction = Compaction.selvage
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
    package var etcd: Etcd?
    package var ordering: Ordering = .selvage
    /// Files with the genesis blocks of channels that the node is in from the start.
    package var genesisFiles: [String] = []
    /// Where others reach the node, if not where it listens: it finds itself among anchor peers by it.
    package var address: NodeAddress?
    /// Peers that the gateway asks besides the anchor peers.
    package var peers: [KnownPeer] = []
    package var chaincode = ChaincodeSection()
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
