/// On which machine each node of a network is: one node a line, its name and a host, with a port where it is not the plan's.
///
///     # comment
///     orderer.example.com      10.0.0.1
///     peer0.org1.example.com   peers.example.net:7051
package struct NetworkHosts: Equatable, Sendable {
    private struct Place: Equatable, Sendable {
        let line: Int
        let host: String
        let port: Int?
    }

    private let file: String
    private var places: [String: Place] = [:]

    /// Reads the file's text.
    ///
    /// - Parameter file: Its name, for messages.
    package init(text: String, file: String) throws(NodeConfigurationError) {
        self.file = file
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            if words.isEmpty { continue }
            let place = "line \(index + 1)"
            guard words.count == 2 else {
                throw .invalid(file: file, place: place, key: String(words[0]), reason: "write the node's name and its machine, such as 10.0.0.1")
            }
            let (name, address) = (String(words[0]), String(words[1]))
            guard self.places[name] == nil else { throw .invalid(file: file, place: place, key: name, reason: "the node stands here twice") }
            self.places[name] = try Self.place(address, line: index + 1, of: name, in: file)
        }
    }

    private static func place(_ address: String, line: Int, of name: String, in file: String) throws(NodeConfigurationError) -> Place {
        if let endpoint = WireEndpoint(text: address), endpoint.port > 0 { return Place(line: line, host: endpoint.host, port: endpoint.port) }
        guard !address.contains(":"), !address.contains("/") else {
            throw .invalid(file: file, place: "line \(line)", key: name, reason: "'\(address)' is no host or host:port (IPv6 is not read here)")
        }
        return Place(line: line, host: address, port: nil)
    }

    /// The nodes at their places.
    ///
    /// - Throws: `NodeConfigurationError.invalid` when one has none, or the file names others.
    func placed(_ nodes: [NetworkPlan.Node]) throws(NodeConfigurationError) -> [NetworkPlan.Node] {
        var rest = self.places
        var placed: [NetworkPlan.Node] = []
        for node in nodes {
            guard let place = rest.removeValue(forKey: node.name) else {
                throw .invalid(file: self.file, place: nil, key: node.name, reason: "the node has no line; add one with its machine")
            }
            placed.append(
                NetworkPlan.Node(
                    name: node.name, mspID: node.mspID, domain: node.domain, role: node.role, host: place.host, port: place.port ?? node.port,
                    adminPort: node.adminPort, process: node.process))
        }
        if let first = rest.min(by: { $0.value.line < $1.value.line }) {
            let names = nodes.map(\.name).joined(separator: ", ")
            throw .invalid(
                file: self.file, place: "line \(first.value.line)", key: first.key, reason: "there is no such node; the network has \(names)")
        }
        return placed
    }
}
