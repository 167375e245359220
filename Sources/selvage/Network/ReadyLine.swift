import Foundation
import Node

/// What a process prints once it can be reached: one line, in which programs look for "ready".
struct ReadyLine: Encodable {
    struct Endpoint: Encodable {
        var name: String
        var mspID: String
        var roles: [String]
        var endpoint: String
    }

    var status = "ready"
    var nodes: [Endpoint]
    var directory: String?
    var channel: String?
    /// Of a new network: from the moment when all nodes listened until the first transaction was committed everywhere.
    var firstTransactionMilliseconds: UInt64?

    init(_ nodes: [(NodeConfiguration, WireEndpoint)]) { self.nodes = nodes.map(Self.entry) }

    init(directory: String, channel: String, nodes: [(NodeConfiguration, WireEndpoint)], firstTransactionMilliseconds: UInt64?) {
        self.directory = directory
        self.channel = channel
        self.nodes = nodes.map(Self.entry)
        self.firstTransactionMilliseconds = firstTransactionMilliseconds
    }

    private static func entry(_ configuration: NodeConfiguration, _ endpoint: WireEndpoint) -> Endpoint {
        Endpoint(
            name: configuration.name, mspID: configuration.mspID.text, roles: configuration.roles.map(\.rawValue).sorted(),
            endpoint: endpoint.description)
    }

    func text(as format: OutputFormat) throws -> String {
        switch format {
        case .text:
            return (["ready"] + self.nodes.map { "\($0.name)=\($0.endpoint)" } + (self.directory.map { ["directory=\($0)"] } ?? []))
                .joined(separator: " ")
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
