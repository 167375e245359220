import ConfigurationText
import LedgerModel
import SelvageClient

extension NodeConfiguration {
    /// Reads a node's file.
    ///
    /// - Parameter path: Of the file; relative paths in it are seen from its folder.
    package init(file path: String) throws(NodeConfigurationError) {
        let bytes: [UInt8]?
        do {
            bytes = try HostFiles.read(path, limit: NodeLimits.nodeFileBytes)
        } catch {
            throw .unreadable(file: path, key: nil, reason: error.reason)
        }
        guard let bytes else { throw .unreadable(file: path, key: nil, reason: "there is no such file; make one with: selvage network init") }
        try self.init(text: String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// Reads a node's file from its text.
    package init(text: String, file path: String) throws(NodeConfigurationError) {
        let document: TextNode
        do {
            document = try YAMLReader.document(text)
        } catch {
            throw .notYAML(file: path, reason: error.description)
        }
        let keys = NodeFileKeys(file: path, node: document)
        try keys.allow([
            "name", "mspID", "msp", "data", "listen", "tls", "roles", "admin", "etcd", "ordering", "channels", "address", "peers", "chaincode",
        ])
        let (tls, roles) = (try keys.tls(), try keys.roles())
        self.init(
            name: try keys.text("name"), mspID: MSPID(try keys.text("mspID")), mspFolder: try keys.path("msp"), dataFolder: try keys.path("data"),
            listen: try keys.endpoint("listen"), tls: tls, roles: roles, admin: try keys.admin(roles: roles, hasTLS: tls != nil),
            etcd: try keys.etcd(roles: roles), ordering: try keys.choice("ordering") ?? .selvage, genesisFiles: try keys.paths("channels"),
            address: try keys.address("address"), peers: try keys.peers(roles: roles), chaincode: try keys.chaincode(roles: roles))
    }
}

/// The keys of one map of a node's file.
private struct NodeFileKeys {
    let file: String
    let node: TextNode
    /// What stands before a key in messages: "tls." inside that map.
    var prefix = ""

    func invalid(_ key: String, at node: TextNode? = nil, _ reason: String) -> NodeConfigurationError {
        .invalid(file: self.file, place: (node ?? self.node).mark?.description, key: self.prefix + key, reason: reason)
    }

    /// A key that nobody reads is a mistake of its writer: it would be believed to have an effect.
    func allow(_ known: [String]) throws(NodeConfigurationError) {
        guard case .map(let entries) = self.node.content else {
            throw self.invalid(self.prefix.isEmpty ? "file" : "", "is no map of keys; begin with 'name: ...'")
        }
        for entry in entries where !known.contains(where: { $0.utf8.elementsEqual(entry.key.utf8) }) {
            throw .invalid(
                file: self.file, place: entry.mark?.description, key: self.prefix + entry.key,
                reason: "there is no such key; known are \(known.joined(separator: ", "))")
        }
    }

    func text(_ key: String) throws(NodeConfigurationError) -> String {
        guard let value = self.node[key] else { throw self.invalid(key, "is missing; add a line '\(key): ...'") }
        guard let text = value.scalar, !text.utf8.isEmpty else { throw self.invalid(key, at: value, "must be a text") }
        return text
    }

    func path(_ key: String) throws(NodeConfigurationError) -> String { self.resolve(try self.text(key)) }

    func paths(_ key: String) throws(NodeConfigurationError) -> [String] {
        guard let value = self.node[key] else { return [] }
        return try self.texts(value, key).map(self.resolve)
    }

    private func texts(_ value: TextNode, _ key: String) throws(NodeConfigurationError) -> [String] {
        guard case .list(let items) = value.content else {
            if let single = value.scalar, !single.utf8.isEmpty { return [single] }
            throw self.invalid(key, at: value, "must be a list, such as [a, b]")
        }
        var texts: [String] = []
        for item in items {
            guard let text = item.scalar, !text.utf8.isEmpty else { throw self.invalid(key, at: item, "holds something that is no text") }
            texts.append(text)
        }
        return texts
    }

    /// Relative paths are seen from the folder of the file.
    private func resolve(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = self.file.lastIndex(of: "/") else { return path }
        return String(self.file[...slash]) + path
    }

    func endpoint(_ key: String) throws(NodeConfigurationError) -> WireEndpoint {
        let text = try self.text(key)
        guard let endpoint = WireEndpoint(text: text) else {
            throw self.invalid(key, at: self.node[key], "'\(text)' is no address and port; write such as 127.0.0.1:7051, or [::1]:7051")
        }
        return endpoint
    }

    func tls() throws(NodeConfigurationError) -> NodeConfiguration.TLS? {
        guard let value = self.node["tls"] else { return nil }
        if case .null = value.content { return nil }
        let keys = NodeFileKeys(file: self.file, node: value, prefix: "tls.")
        try keys.allow(["certificate", "key", "clientAuthorities"])
        return NodeConfiguration.TLS(
            certificate: try keys.path("certificate"), key: try keys.path("key"), clientAuthorities: try keys.paths("clientAuthorities"))
    }

    /// Whoever reaches this port without showing a certificate could join channels, so a node with TLS must say whose certificates count.
    func admin(roles: Set<NodeConfiguration.Role>, hasTLS: Bool) throws(NodeConfigurationError) -> NodeConfiguration.Admin? {
        guard let value = self.node["admin"] else { return nil }
        let keys = NodeFileKeys(file: self.file, node: value, prefix: "admin.")
        try keys.allow(["listen", "clientAuthorities"])
        guard roles.contains(.orderer) else { throw self.invalid("admin", at: value, "is for ordering nodes; take it out") }
        let admin = NodeConfiguration.Admin(listen: try keys.endpoint("listen"), clientAuthorities: try keys.paths("clientAuthorities"))
        guard hasTLS != admin.clientAuthorities.isEmpty else {
            throw keys.invalid("clientAuthorities", hasTLS ? "is missing; name who issues the administrators' TLS certificates" : "needs 'tls'")
        }
        return admin
    }

    /// Where a node is reached; nil without the key.
    func address(_ key: String) throws(NodeConfigurationError) -> NodeAddress? {
        guard let value = self.node[key] else { return nil }
        let text = try self.text(key)
        do throws(NodeConnectionError) {
            return try NodeAddress(text)
        } catch {
            throw self.invalid(key, at: value, "'\(text)' is no address and port; write such as peer0.org1.example.com:7051")
        }
    }

    func peers(roles: Set<NodeConfiguration.Role>) throws(NodeConfigurationError) -> [NodeConfiguration.KnownPeer] {
        guard let value = self.node["peers"] else { return [] }
        guard roles.contains(.peer) else { throw self.invalid("peers", at: value, "is for peers; take it out") }
        guard case .list(let items) = value.content else {
            throw self.invalid("peers", at: value, "must be a list of maps with address and mspID")
        }
        guard items.count <= NodeLimits.gatewayNodes else {
            throw self.invalid("peers", at: value, "has more than \(NodeLimits.gatewayNodes) entries")
        }
        var peers: [NodeConfiguration.KnownPeer] = []
        for item in items {
            let keys = NodeFileKeys(file: self.file, node: item, prefix: "peers.")
            try keys.allow(["address", "mspID", "tlsRoots"])
            let mspID = MSPID(try keys.text("mspID"))
            guard let address = try keys.address("address") else { throw keys.invalid("address", "is missing; add a line 'address: ...'") }
            peers.append(NodeConfiguration.KnownPeer(address: address, mspID: mspID, tlsRoots: try keys.paths("tlsRoots")))
        }
        return peers
    }

    /// Whoever reaches the port for unsolicited chaincode can pose as any chaincode, so it must be one that only this machine reaches.
    func chaincode(roles: Set<NodeConfiguration.Role>) throws(NodeConfigurationError) -> NodeConfiguration.ChaincodeSection {
        var section = NodeConfiguration.ChaincodeSection()
        guard let value = self.node["chaincode"] else { return section }
        guard roles.contains(.peer) else { throw self.invalid("chaincode", at: value, "is for peers; take it out") }
        let keys = NodeFileKeys(file: self.file, node: value, prefix: "chaincode.")
        try keys.allow(["takesUnsolicited", "values"])
        if let place = value["takesUnsolicited"] {
            let endpoint = try keys.endpoint("takesUnsolicited")
            guard endpoint.isOnlyOfThisMachine else {
                throw keys.invalid("takesUnsolicited", at: place, "\(endpoint) can be reached from elsewhere; write such as 127.0.0.1:7054")
            }
            section.takesUnsolicited = endpoint
        }
        if let values = value["values"] {
            guard case .map(let entries) = values.content else {
                throw keys.invalid("values", at: values, "must be a map, such as {peername: peer0}")
            }
            for entry in entries {
                guard let text = entry.node.scalar else { throw keys.invalid("values.\(entry.key)", at: entry.node, "must be a text") }
                section.values[entry.key] = text
            }
        }
        return section
    }

    func etcd(roles: Set<NodeConfiguration.Role>) throws(NodeConfigurationError) -> NodeConfiguration.Etcd? {
        guard let value = self.node["etcd"] else { return nil }
        let keys = NodeFileKeys(file: self.file, node: value, prefix: "etcd.")
        try keys.allow(["endpoints", "address", "certificate", "key", "authorities", "root", "compaction"])
        guard roles.contains(.orderer) else { throw self.invalid("etcd", at: value, "is for ordering nodes; take it out") }
        guard let list = value["endpoints"] else { throw keys.invalid("endpoints", "is missing; name the members' client ports: [host:2379, ...]") }
        var endpoints: [WireEndpoint] = []
        for text in try keys.texts(list, "endpoints") {
            guard let endpoint = WireEndpoint(text: text) else {
                throw keys.invalid("endpoints", at: list, "'\(text)' is no address and port; write such as etcd1.example.com:2379")
            }
            endpoints.append(endpoint)
        }
        guard !endpoints.isEmpty, endpoints.count <= NodeLimits.etcdMembers else {
            throw keys.invalid("endpoints", at: list, "must name 1 to \(NodeLimits.etcdMembers) members")
        }
        var etcd = NodeConfiguration.Etcd(endpoints: endpoints, address: try keys.endpoint("address"))
        etcd.certificate = value["certificate"] == nil ? nil : try keys.path("certificate")
        etcd.key = value["key"] == nil ? nil : try keys.path("key")
        etcd.authorities = try keys.paths("authorities")
        if value["root"] != nil { etcd.root = try keys.text("root") }
        etcd.compaction = try keys.choice("compaction") ?? .selvage
        guard (etcd.certificate == nil) == (etcd.key == nil) else {
            throw keys.invalid("key", "and 'certificate' belong together; name both, or none")
        }
        guard etcd.certificate == nil || !etcd.authorities.isEmpty else {
            throw keys.invalid("authorities", "is missing; name who has issued the TLS certificates of etcd's members")
        }
        return etcd
    }

    func roles() throws(NodeConfigurationError) -> Set<NodeConfiguration.Role> {
        guard let value = self.node["roles"] else { throw self.invalid("roles", "is missing; add a line 'roles: [peer]'") }
        var roles: Set<NodeConfiguration.Role> = []
        for text in try self.texts(value, "roles") {
            guard let role = NodeConfiguration.Role(rawValue: text) else {
                throw self.invalid("roles", at: value, "'\(text)' is no role; there are peer and orderer")
            }
            roles.insert(role)
        }
        guard !roles.isEmpty else { throw self.invalid("roles", at: value, "names no role; there are peer and orderer") }
        return roles
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(NodeConfigurationError) -> Choice? where Choice.RawValue == String {
        guard let value = self.node[key] else { return nil }
        let text = try self.text(key)
        guard let choice = Choice(rawValue: text) else {
            throw self.invalid(key, at: value, "'\(text)' must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}

extension WireEndpoint {
    /// Whether it is a loopback address.
    fileprivate var isOnlyOfThisMachine: Bool {
        let parts = self.host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        if parts.count == 4, parts[0] == 127, !parts.contains(nil) { return true }
        return ["::1", "localhost"].contains { $0.utf8.elementsEqual(self.host.utf8) }
    }

    /// Reads `host:port`; the host of an IPv6 address stands in brackets. Nil for anything else.
    package init?(text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }
}
