import ChannelConfiguration
import Foundation
import LedgerModel
import SystemContracts

/// A request to the admin port, without its transport.
struct AdminRequest: Equatable, Sendable {
    var method: String
    /// With its query, which nobody reads.
    var path: String
    var contentType: String?
    var accept: String?
    var body: [UInt8] = []
}

/// What the admin port answers.
struct AdminAnswer: Equatable, Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []

    static func == (left: AdminAnswer, right: AdminAnswer) -> Bool {
        left.status == right.status && left.body == right.body
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// Fabric's channel participation: which channels an ordering node has, and joining more (interop 11.4).
///
/// Whoever reaches it may use it: the port asks clients for a certificate of an authority that the node's file names.
struct AdminAPI: Sendable {
    private static let base = "/participation/v1/channels"

    let channels: OrdererChannels

    /// Answers a request; a join writes to the disk.
    func answer(_ request: AdminRequest) -> AdminAnswer {
        let path = request.path.prefix { $0 != "?" }
        if path == "/participation/v1" || path == "/participation/v1/", request.method == "GET" {
            return AdminAnswer(status: 302, headers: [("Location", Self.base)])
        }
        guard path.hasPrefix(Self.base) else { return Self.error(404, "there is nothing here; see \(Self.base)") }
        guard Self.acceptsJSON(request.accept) else {
            return Self.error(406, "response Content-Type is application/json only")
        }
        let parts = path.dropFirst(Self.base.count).split(separator: "/").map(String.init)
        switch (request.method, parts.count) {
        case ("GET", 0): return self.list()
        case ("POST", 0): return self.join(request)
        case ("GET", 1): return self.show(ChannelID(parts[0]))
        case ("GET", 3) where parts[1] == "blocks": return self.block(parts[2], of: ChannelID(parts[0]))
        default: return Self.error(405, "invalid request method: \(request.method)", headers: [("Allow", "GET, POST")])
        }
    }

    private func list() -> AdminAnswer {
        struct Entry: Encodable {
            let name: String
            let url: String
        }
        struct List: Encodable {
            let channels: [Entry]

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                // There is no such channel any more, and clients expect the key.
                try container.encodeNil(forKey: .systemChannel)
                if self.channels.isEmpty {
                    try container.encodeNil(forKey: .channels)
                } else {
                    try container.encode(self.channels, forKey: .channels)
                }
            }

            enum Key: String, CodingKey {
                case systemChannel
                case channels
            }
        }
        return Self.json(
            200, List(channels: self.channels.channelIDs.map { Entry(name: $0.text, url: Self.url($0)) }), headers: [("Cache-Control", "no-store")])
    }

    private func show(_ channel: ChannelID) -> AdminAnswer {
        guard let ordering = self.channels.ordering(of: channel) else { return Self.error(404, "channel does not exist") }
        return self.information(channel, ordering, status: 200, headers: [("Cache-Control", "no-store")])
    }

    private func information(
        _ channel: ChannelID, _ ordering: any ChannelOrdering, status: Int, headers: [(name: String, value: String)]
    ) -> AdminAnswer {
        struct Information: Encodable {
            let name: String
            let url: String
            let consensusRelation: String
            let status: String
            let height: UInt64
        }
        // A node opens only channels whose committee it belongs to.
        let information = Information(
            name: channel.text, url: Self.url(channel), consensusRelation: "consenter", status: "active", height: ordering.deliverableHeight)
        return Self.json(status, information, headers: headers)
    }

    private func join(_ request: AdminRequest) -> AdminAnswer {
        let type = request.contentType ?? ""
        guard type.lowercased().hasPrefix("multipart/form-data") else {
            return Self.error(400, "unsupported Content-Type: \(type); send the block as multipart/form-data")
        }
        let block: OrderedBlock
        do {
            block = try OrderedBlock(serialized: try AdminForm(request.body, contentType: type, key: "config-block").content)
        } catch let error as AdminForm.Mistake {
            return Self.error(400, error.description)
        } catch {
            return Self.error(400, "cannot unmarshal file part config-block into a block: \(error)")
        }
        do throws(ChannelJoinError) {
            let channel = try self.channels.join(genesis: block)
            guard let ordering = self.channels.ordering(of: channel) else { return Self.error(500, "the channel was joined and is gone") }
            return self.information(channel, ordering, status: 201, headers: [("Location", Self.url(channel))])
        } catch {
            switch error {
            case .notAGenesisBlock: return Self.error(400, "invalid join block: \(error)")
            case .alreadyJoined: return Self.error(405, "cannot join: channel already exists", headers: [("Allow", "GET")])
            case .tooMany, .failed: return Self.error(400, "cannot join: \(error)")
            }
        }
    }

    private func block(_ name: String, of channel: ChannelID) -> AdminAnswer {
        guard let ordering = self.channels.ordering(of: channel) else { return Self.error(404, "channel does not exist") }
        let height = ordering.deliverableHeight
        let number: UInt64
        do {
            switch name {
            case "oldest": number = 0
            case "newest": number = max(height, 1) - 1
            case "config": number = try Self.lastConfiguration(ordering, below: height)
            default:
                guard let given = UInt64(name) else { return Self.error(400, "'\(name)' is no block: newest, oldest, config or a number") }
                number = given
            }
            guard number < height, let bytes = try ordering.blockBytes(number) else { return Self.error(404, "block \(number) does not exist") }
            return AdminAnswer(status: 200, headers: [("Cache-Control", "no-store"), ("Content-Type", "application/octet-stream")], body: bytes)
        } catch {
            return Self.error(500, "the block cannot be read: \(error)")
        }
    }

    /// The number of the newest configuration block, which every block names.
    private static func lastConfiguration(_ ordering: any ChannelOrdering, below height: UInt64) throws -> UInt64 {
        guard height > 0, let bytes = try ordering.blockBytes(height - 1) else { return 0 }
        let signatures = try BlockSignatures(slot: try OrderedBlock(serialized: bytes).metadata(.signatures))
        return try OrdererBlockMetadata(serialized: signatures.value).lastConfig
    }

    private static func url(_ channel: ChannelID) -> String { "\(self.base)/\(channel)" }

    private static func acceptsJSON(_ accept: String?) -> Bool {
        guard let accept, !accept.isEmpty else { return true }
        return ["*/*", "application/*", "application/json"].contains { accept.contains($0) }
    }

    private static func error(_ status: Int, _ reason: String, headers: [(name: String, value: String)] = []) -> AdminAnswer {
        self.json(status, ["error": reason], headers: headers)
    }

    private static func json(_ status: Int, _ value: some Encodable, headers: [(name: String, value: String)]) -> AdminAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, numbers and lists of them always encode.
        let body = (try? encoder.encode(value)).map { [UInt8]($0) } ?? []
        return AdminAnswer(status: status, headers: [("Content-Type", "application/json")] + headers, body: body)
    }
}
