import ChannelConfiguration
import FabricMessages
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

/// Why a request is not served.
private struct AdminFailure: Error, CustomStringConvertible {
    let status: Int
    let reason: String

    var description: String { self.reason }
}

/// Fabric's channel participation: which channels an ordering node has; joining, changing and removing them (interop 11.4).
///
/// Whoever reaches it may use it: the port asks clients for a certificate of an authority that the node's file names.
struct AdminAPI: Sendable {
    private static let base = "/participation/v1/channels"

    let channels: OrdererChannels

    /// Answers a request; all but a change of a configuration happens at once and may write to the disk.
    ///
    /// - Parameter onDisk: Runs what writes where it holds nobody up; nil when it cannot any more.
    func answer(_ request: AdminRequest, onDisk: (@escaping @Sendable () -> AdminAnswer) async -> AdminAnswer?) async -> AdminAnswer {
        if request.method == "PUT", request.path.prefix(while: { $0 != "?" }) == Self.base, Self.acceptsJSON(request.accept) {
            return await self.update(request)
        }
        return await onDisk { self.answer(request) } ?? Self.error(503, "the node is being stopped")
    }

    /// The same for all requests but changes of configurations.
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
        case ("DELETE", 1): return self.remove(ChannelID(parts[0]))
        case ("GET", 3) where parts[1] == "blocks": return self.block(parts[2], of: ChannelID(parts[0]))
        default:
            let allowed = [0: "GET, POST, PUT", 1: "GET, DELETE"][parts.count] ?? "GET"
            return Self.error(405, "invalid request method: \(request.method)", headers: [("Allow", allowed)])
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
        let participation = ordering.participation
        let information = Information(
            name: channel.text, url: Self.url(channel), consensusRelation: participation.relation.rawValue, status: participation.status.rawValue,
            height: ordering.deliverableHeight)
        return Self.json(status, information, headers: headers)
    }

    /// The bytes of the one file of a form, read as what they should be.
    private static func file<Content>(
        _ key: String, of request: AdminRequest, as kind: String, _ read: ([UInt8]) throws -> Content
    ) -> Result<Content, AdminFailure> {
        let type = request.contentType ?? ""
        guard type.lowercased().hasPrefix("multipart/form-data") else {
            return .failure(AdminFailure(status: 400, reason: "unsupported Content-Type: \(type); send the file as multipart/form-data"))
        }
        do {
            return .success(try read(try AdminForm(request.body, contentType: type, key: key).content))
        } catch let error as AdminForm.Mistake {
            return .failure(AdminFailure(status: 400, reason: error.description))
        } catch {
            return .failure(AdminFailure(status: 400, reason: "cannot unmarshal file part \(key) into \(kind): \(error)"))
        }
    }

    private func join(_ request: AdminRequest) -> AdminAnswer {
        let block: OrderedBlock
        switch Self.file("config-block", of: request, as: "a block", { try OrderedBlock(serialized: $0) }) {
        case .success(let read): block = read
        case .failure(let failure): return Self.error(failure.status, failure.reason)
        }
        do throws(ChannelJoinError) {
            let channel = try self.channels.join(genesis: block)
            guard let ordering = self.channels.ordering(of: channel) else { return Self.error(500, "the channel was joined and is gone") }
            return self.information(channel, ordering, status: 201, headers: [("Location", Self.url(channel))])
        } catch {
            switch error {
            case .notAGenesisBlock: return Self.error(400, "invalid join block: \(error)")
            case .alreadyJoined: return Self.error(405, "cannot join: channel already exists", headers: [("Allow", "GET, DELETE")])
            case .failed(let channel, _) where self.channels.isLeaving(channel):
                return Self.error(409, "cannot join: \(ChannelRemovalError.isBeingRemoved)")
            case .tooMany, .failed: return Self.error(400, "cannot join: \(error)")
            }
        }
    }

    /// A signed change of a channel's configuration, taken like one that comes by Broadcast.
    private func update(_ request: AdminRequest) async -> AdminAnswer {
        let update: (channel: ChannelID, envelope: Envelope)
        switch Self.file("config-update-envelope", of: request, as: "an envelope", { try Envelope(serialized: $0) }) {
        case .success(let envelope):
            do {
                update = (try Self.updatedChannel(envelope), envelope)
            } catch {
                return Self.error(400, "invalid config update envelope: \(error)")
            }
        case .failure(let failure): return Self.error(failure.status, failure.reason)
        }
        let channel = update.channel
        guard let ordering = self.channels.ordering(of: channel) else {
            if self.channels.isLeaving(channel) { return Self.error(409, "cannot update: \(ChannelRemovalError.isBeingRemoved)") }
            return Self.error(405, "cannot update: channel does not exist")
        }
        do {
            let reply = try await ordering.broadcast(update.envelope)
            guard reply.isSuccess else {
                return Self.error(400, "cannot update: failed update config of channel \(channel): \(reply.info) (status \(reply.status))")
            }
        } catch {
            return Self.error(400, "cannot update: failed update config of channel \(channel): \(error)")
        }
        return self.information(channel, ordering, status: 201, headers: [("Location", Self.url(channel))])
    }

    /// The channel that an envelope asks to change; only such envelopes are let through to the ordering service.
    private static func updatedChannel(_ envelope: Envelope) throws -> ChannelID {
        let payload = try Payload(serialized: envelope.payload)
        let header = try ChannelHeader(serialized: payload.channelHeaderBytes)
        guard header.kind == .configUpdate else { throw AdminFailure(status: 400, reason: "bad type") }
        guard !header.channelID.isEmpty else { throw AdminFailure(status: 400, reason: "empty channel id") }
        let update = try Common_ConfigUpdate.decode(
            Common_ConfigUpdateEnvelope.decode(payload.data, as: "config update envelope").configUpdate, as: "config update")
        guard ChannelID(update.channelID) == header.channelID else {
            throw AdminFailure(status: 400, reason: "it is of channel \(update.channelID), and its header names channel \(header.channelID)")
        }
        return header.channelID
    }

    private func remove(_ channel: ChannelID) -> AdminAnswer {
        do throws(ChannelRemovalError) {
            try self.channels.remove(channel)
            return AdminAnswer(status: 204)
        } catch {
            let status = [.notThere: 404, .isBeingRemoved: 409][error] ?? 400
            return Self.error(status, "cannot remove: \(error)")
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
