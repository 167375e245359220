import ConfigurationText
import Foundation
import LedgerModel

/// A connection profile as Fabric's tools write it, JSON or YAML: organisations, their peers, ordering nodes, and TLS roots.
///
/// Read are `client.organization`, `organizations.*.{mspid,peers}`, and of `peers.*` and `orderers.*` the keys `url`, `tlsCACerts.{pem,path}` and
/// `grpcOptions.{ssl-target-name-override,hostnameOverride}`. Everything else may stand there.
public struct ConnectionProfile: Hashable, Sendable {
    /// An organisation.
    public struct Organization: Hashable, Sendable {
        /// Its key in the profile.
        public let name: String
        /// Its name on the network.
        public let mspID: String
        /// Keys of its peers.
        public let peers: [String]
    }

    /// A peer or an ordering node.
    public struct Node: Hashable, Sendable {
        /// Its key in the profile.
        public let name: String
        /// Where and how it is reached.
        public let endpoint: NodeEndpoint
    }

    /// Why a profile cannot be used.
    public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// The file is not there or too long.
        case unreadable(path: String)
        /// The text is neither JSON nor YAML, or something in it is not what it must be; the place is line and column.
        case invalid(place: String, reason: String)
        /// Nothing of this name is in the profile.
        case unknown(what: String, name: String)

        /// What is wrong, and what to do.
        public var description: String {
            switch self {
            case .unreadable(let path): "connection profile \(path): it cannot be read; name a JSON or YAML file of at most 1 MiB"
            case .invalid(let place, let reason): "connection profile: \(place)\(place.isEmpty ? "" : ": ")\(reason)"
            case .unknown(let what, let name): "connection profile: it has no \(what) '\(name)'"
            }
        }
    }

    /// The profile's own name.
    public let name: String
    /// The key of the organisation that the client belongs to; nil when the profile does not say.
    public let clientOrganization: String?
    /// In the order of the text.
    public let organizations: [Organization]
    /// In the order of the text.
    public let peers: [Node]
    /// In the order of the text.
    public let orderers: [Node]

    /// Reads a file; relative paths in it are seen from its folder.
    public init(file: String) throws(Failure) {
        guard let bytes = ClientFile.read(file) else { throw .unreadable(path: file) }
        let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        try self.init(text: String(decoding: bytes, as: UTF8.self), folder: folder)
    }

    /// Reads a text.
    ///
    /// - Parameter folder: Where relative paths are seen from.
    public init(text: String, folder: String = ".") throws(Failure) {
        let reading = try ProfileReading(text, folder: folder)
        self.name = reading.root["name"]?.scalar ?? ""
        self.clientOrganization = reading.root["client"]?["organization"]?.scalar
        self.organizations = try reading.organizations()
        self.peers = try reading.nodes("peers")
        self.orderers = try reading.nodes("orderers")
        guard !self.peers.isEmpty || !self.orderers.isEmpty else { throw .invalid(place: "", reason: "it names neither peers nor orderers") }
    }

    /// A peer by its key.
    public func peer(_ name: String) throws(Failure) -> Node {
        guard let node = self.peers.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { throw .unknown(what: "peer", name: name) }
        return node
    }

    /// The peers of an organisation, by its key or its name on the network; nil for the client's own.
    public func peers(of organization: String? = nil) throws(Failure) -> [Node] {
        guard let wanted = organization ?? self.clientOrganization else { throw .unknown(what: "key", name: "client.organization") }
        let found = self.organizations.first { $0.name.utf8.elementsEqual(wanted.utf8) || $0.mspID.utf8.elementsEqual(wanted.utf8) }
        guard let found else { throw .unknown(what: "organization", name: wanted) }
        var nodes: [Node] = []
        for name in found.peers { nodes.append(try self.peer(name)) }
        return nodes
    }
}

/// The text of a profile with its places.
private struct ProfileReading {
    let root: TextNode
    let folder: String

    init(_ text: String, folder: String) throws(ConnectionProfile.Failure) {
        do {
            self.root = try YAMLReader.document(text)
        } catch {
            throw .invalid(place: "", reason: "\(error)")
        }
        guard case .map = self.root.content else { throw .invalid(place: "", reason: "it must be a map with 'peers' and 'organizations'") }
        self.folder = folder
    }

    func organizations() throws(ConnectionProfile.Failure) -> [ConnectionProfile.Organization] {
        var organizations: [ConnectionProfile.Organization] = []
        for entry in try self.entries("organizations") {
            guard let mspID = entry.node["mspid"]?.scalar else { throw self.invalid(entry.node, "organization '\(entry.key)' has no mspid") }
            var peers: [String] = []
            if let list = entry.node["peers"], case .list(let items) = list.content {
                for item in items {
                    guard let name = item.scalar else { throw self.invalid(item, "a peer of '\(entry.key)' must be a name") }
                    peers.append(name)
                }
            }
            organizations.append(ConnectionProfile.Organization(name: entry.key, mspID: mspID, peers: peers))
        }
        return organizations
    }

    func nodes(_ key: String) throws(ConnectionProfile.Failure) -> [ConnectionProfile.Node] {
        var nodes: [ConnectionProfile.Node] = []
        for entry in try self.entries(key) {
            guard let url = entry.node["url"]?.scalar else { throw self.invalid(entry.node, "'\(entry.key)' has no url") }
            let (address, isSecure) = try self.address(url, of: entry.node)
            let options = entry.node["grpcOptions"]
            let name = options?["ssl-target-name-override"]?.scalar ?? options?["hostnameOverride"]?.scalar
            let roots = isSecure ? try self.roots(entry) : []
            nodes.append(ConnectionProfile.Node(name: entry.key, endpoint: NodeEndpoint(address, tlsRoots: roots, serverName: name)))
        }
        return nodes
    }

    /// `grpcs://host:port`, or `grpc://` for plain text.
    private func address(_ url: String, of node: TextNode) throws(ConnectionProfile.Failure) -> (String, isSecure: Bool) {
        for (scheme, isSecure) in [("grpcs://", true), ("grpc://", false)] where url.hasPrefix(scheme) {
            let address = String(url.dropFirst(scheme.count))
            guard (try? NodeAddress(address)) != nil else { break }
            return (address, isSecure)
        }
        throw self.invalid(node, "'\(url)' is no url of a node: write grpcs://host:port, or grpc://host:port for plain text")
    }

    private func roots(_ entry: TextNode.Entry) throws(ConnectionProfile.Failure) -> [String] {
        guard let node = entry.node["tlsCACerts"] else {
            throw self.invalid(entry.node, "'\(entry.key)' has a grpcs url and no tlsCACerts: give the pem or the path of its TLS root")
        }
        if let pem = node["pem"] {
            // One text, or a list of them.
            if case .list(let items) = pem.content { return items.compactMap(\.scalar) }
            if let text = pem.scalar { return [text] }
        }
        if let path = node["path"]?.scalar {
            guard let bytes = ClientFile.read(path.hasPrefix("/") ? path : "\(self.folder)/\(path)") else {
                throw self.invalid(node, "the TLS root of '\(entry.key)', \(path), cannot be read")
            }
            return [String(decoding: bytes, as: UTF8.self)]
        }
        throw self.invalid(node, "tlsCACerts of '\(entry.key)' has neither pem nor path")
    }

    private func entries(_ key: String) throws(ConnectionProfile.Failure) -> [TextNode.Entry] {
        guard let node = self.root[key] else { return [] }
        switch node.content {
        case .map(let entries): return entries
        case .null: return []
        default: throw self.invalid(node, "'\(key)' must be a map")
        }
    }

    private func invalid(_ node: TextNode, _ reason: String) -> ConnectionProfile.Failure {
        .invalid(place: node.mark?.description ?? "", reason: reason)
    }
}
