import ChannelConfiguration
import FabricMessages
import Foundation
import Identity
import Ledger
import LedgerModel
import Testing

@testable import Node

/// The admin port of an ordering node, as Fabric's `osnadmin` uses it.
@Suite(.timeLimit(.minutes(20))) struct AdminTests {
    private static let boundary = "5f1c9e0d7b"
    private static let type = "multipart/form-data; boundary=\(boundary)"

    /// A form as Go's clients write it.
    private static func form(_ content: [UInt8], key: String = "config-block", more: String = "") -> [UInt8] {
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(key)\"; filename=\"config.block\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n"
        return Array(head.utf8) + content + Array("\r\n\(more)--\(boundary)--\r\n".utf8)
    }

    private static func api(_ bench: ServerBench) throws -> AdminAPI {
        let orderer = try bench.orderer()
        return AdminAPI(
            channels: try OrdererChannels(
                OrderingChoice(
                    name: "orderer", identity: orderer.identity, environment: bench.environment, signatures: DirectSignatureVerifier()),
                folder: bench.path("data"), genesis: []))
    }

    private static func get(_ api: AdminAPI, _ path: String, accept: String? = nil) -> AdminAnswer {
        api.answer(AdminRequest(method: "GET", path: "/participation/v1/channels" + path, accept: accept))
    }

    private static func join(_ api: AdminAPI, _ body: [UInt8], type: String? = AdminTests.type) -> AdminAnswer {
        api.answer(AdminRequest(method: "POST", path: "/participation/v1/channels", contentType: type, body: body))
    }

    private static func text(_ answer: AdminAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

    private static func object(_ answer: AdminAnswer) throws -> [String: String] {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
        return object.mapValues { "\($0)" }
    }

    @Test func `a channel is joined, listed, shown, and its blocks are given, also after a restart`() throws {
        let bench = try ServerBench()
        let genesis = try bench.genesis()
        do {
            let api = try Self.api(bench)
            #expect(Self.text(Self.get(api, "")) == #"{"channels":null,"systemChannel":null}"#)
            let joined = Self.join(api, Self.form(genesis.serialized()))
            #expect(joined.status == 201)
            #expect(joined.headers.contains { $0 == ("Location", "/participation/v1/channels/mychannel") })
            #expect(
                try Self.object(joined) == [
                    "name": "mychannel", "url": "/participation/v1/channels/mychannel", "consensusRelation": "consenter", "status": "active",
                    "height": "1",
                ])
            let again = Self.join(api, Self.form(genesis.serialized()))
            #expect(again.status == 405 && Self.text(again) == #"{"error":"cannot join: channel already exists"}"#)
            #expect(Self.join(api, Self.form(try bench.genesis(of: "another").serialized())).status == 201)
        }
        let api = try Self.api(bench)
        let list = Self.get(api, "")
        #expect(list.status == 200 && list.headers.contains { $0 == ("Cache-Control", "no-store") })
        let entries = ["another", "mychannel"].map { #"{"name":"\#($0)","url":"/participation/v1/channels/\#($0)"}"# }
        #expect(Self.text(list) == #"{"channels":[\#(entries.joined(separator: ","))],"systemChannel":null}"#)
        #expect(try Self.object(Self.get(api, "/mychannel"))["status"] == "active")
        for name in ["oldest", "newest", "config", "0"] {
            let answer = Self.get(api, "/mychannel/blocks/\(name)")
            #expect(answer.status == 200 && answer.body == genesis.serialized(), "\(name)")
        }
        #expect(Self.get(api, "/mychannel/blocks/1").status == 404)
        #expect(Self.get(api, "/mychannel/blocks/last").status == 400)
        #expect(Self.get(api, "/nowhere/blocks/0").status == 404)
        #expect(Self.get(api, "/nowhere").status == 404)
    }

    @Test func `what is no form with a genesis block is refused with the reason`() throws {
        let bench = try ServerBench()
        let api = try Self.api(bench)
        let genesis = try bench.genesis().serialized()
        let more = "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"more\"\r\n\r\nx\r\n"
        let cases: [(body: [UInt8], type: String?, reason: String)] = [
            (genesis, nil, "unsupported Content-Type"), (genesis, "application/json", "unsupported Content-Type"),
            (Self.form(genesis), "multipart/form-data", "no boundary"), (Self.form(genesis), "multipart/form-data; boundary=", "no boundary"),
            ([], Self.type, "no complete part"), (genesis, Self.type, "no complete part"),
            (Self.form(genesis), "multipart/form-data; boundary=other", "no complete part"),
            (Array(Self.form(genesis).dropLast(20)), Self.type, "no complete part"),
            (Self.form(genesis, key: "block"), Self.type, "does not contains part key: config-block"),
            (Self.form(genesis, more: more), Self.type, "too many parts"), (Self.form([1, 2, 3]), Self.type, "cannot unmarshal"),
            (Self.form(OrderedBlock(number: 0, previousHash: [], envelopes: []).serialized()), Self.type, "invalid join block"),
        ]
        for (body, type, reason) in cases {
            let answer = Self.join(api, body, type: type)
            #expect(answer.status == 400 && Self.text(answer).contains(reason), "\(reason): \(Self.text(answer))")
        }
        #expect(api.channels.channelIDs == [])
    }

    @Test func `other paths, methods and types of answers are refused`() throws {
        let api = try Self.api(try ServerBench())
        func status(_ method: String, _ path: String) -> Int { api.answer(AdminRequest(method: method, path: path)).status }
        #expect(status("DELETE", "/participation/v1/channels/mychannel") == 404)
        #expect(status("DELETE", "/participation/v1/channels") == 405 && status("PUT", "/participation/v1/channels/mychannel") == 405)
        #expect(status("POST", "/participation/v1/channels/mychannel") == 405)
        #expect(status("GET", "/participation/v1/channels/a/b") == 405)
        #expect(status("GET", "/metrics") == 404 && status("GET", "") == 404)
        #expect(status("GET", "/participation/v1") == 302 && status("GET", "/participation/v1/channels?x=y") == 200)
        #expect(Self.get(api, "", accept: "text/html").status == 406)
        for accept in ["*/*", "application/*", "text/html, application/json;q=0.9"] { #expect(Self.get(api, "", accept: accept).status == 200) }
    }

    private static func remove(_ api: AdminAPI, _ channel: String) -> AdminAnswer {
        api.answer(AdminRequest(method: "DELETE", path: "/participation/v1/channels/\(channel)"))
    }

    private static func names(_ bench: ServerBench) throws -> [String] { try SystemFiles().list(bench.path("data/ordering")).sorted() }

    @Test func `a channel that is removed is gone at once, its files when it has ended, and it can be joined again`() throws {
        let bench = try ServerBench()
        let genesis = try bench.genesis()
        let api = try Self.api(bench)
        #expect(Self.join(api, Self.form(genesis.serialized())).status == 201)
        let source = try #require(api.channels.source(of: "mychannel"))
        #expect(!source.isOut)
        #expect(Self.remove(api, "mychannel").status == 204 && api.channels.channelIDs == [] && source.isOut)
        #expect(Self.get(api, "/mychannel").status == 404 && api.channels.source(of: "mychannel") == nil)
        // Somebody may still write there.
        let again = Self.remove(api, "mychannel")
        #expect(again.status == 409 && Self.text(again) == #"{"error":"cannot remove: channel pending removal"}"#)
        #expect(Self.join(api, Self.form(genesis.serialized())).status == 409)
        #expect(try Self.names(bench).contains("mychannel"))
        try api.channels.ended("mychannel")
        #expect(try Self.names(bench) == [".mychannel.left"])
        let unknown = Self.remove(api, "mychannel")
        #expect(unknown.status == 404 && Self.text(unknown) == #"{"error":"cannot remove: channel does not exist"}"#)
        // The end of a channel that was not removed removes nothing.
        #expect(Self.join(api, Self.form(genesis.serialized())).status == 201)
        try api.channels.ended("mychannel")
        #expect(try Self.names(bench) == ["mychannel"] && Self.get(api, "/mychannel").status == 200)
    }

    @Test func `a removal that was interrupted is finished at the next start, and the node's file does not bring the channel back`() throws {
        let bench = try ServerBench()
        let genesis = try bench.genesis()
        let orderer = try bench.orderer()
        func open() throws -> OrdererChannels {
            try OrdererChannels(
                OrderingChoice(
                    name: "orderer", identity: orderer.identity, environment: bench.environment, signatures: DirectSignatureVerifier()),
                folder: bench.path("data"), genesis: [genesis, bench.genesis(of: "another")])
        }
        do {
            let channels = try open()
            #expect(channels.channelIDs == ["another", "mychannel"])
            // The process ends before the channel has.
            try channels.remove("mychannel")
        }
        #expect(try Self.names(bench).contains("mychannel"))
        #expect(try open().channelIDs == ["another"])
        #expect(try Self.names(bench) == [".mychannel.left", "another"])
        // Or in the middle of deleting.
        try SystemFiles().rename(bench.path("data/ordering/another"), to: bench.path("data/ordering/.another.removed"))
        try HostFiles.write([], to: bench.path("data/ordering/.another.left"))
        #expect(try open().channelIDs == [])
        #expect(try Self.names(bench) == [".another.left", ".mychannel.left"])
        do { try open().join(genesis: genesis) }
        #expect(try open().channelIDs == ["mychannel"] && Self.names(bench) == [".another.left", "mychannel"])
    }

    private static func put(_ api: AdminAPI, _ body: [UInt8], type: String? = AdminTests.type) async -> AdminAnswer {
        await api.answer(AdminRequest(method: "PUT", path: "/participation/v1/channels", contentType: type, body: body)) { $0() }
    }

    @Test func `a signed change of a configuration is handed to the channel, and anything else is refused`() async throws {
        let bench = try ServerBench()
        let api = try Self.api(bench)
        let key = "config-update-envelope"
        #expect(Self.join(api, Self.form(try bench.genesis().serialized())).status == 201)
        let config = try ChannelBundle(block: bench.genesis()).config
        func envelope(signedBy signer: SigningIdentity, channel: ChannelID = "mychannel", _ change: (inout Common_ConfigUpdate) -> Void = { _ in })
            throws -> [UInt8]
        {
            var changed = config
            try NodeNetwork.maxMessageCount(7)(&changed.channelGroup)
            var update = try ConfigurationUpdate.compute(from: config, to: changed, channelID: channel)
            try update.sign(by: signer, nonce: bench.environment.randomBytes(count: 24))
            return try update.envelope(
                channel: channel, sender: signer, nonce: bench.environment.randomBytes(count: 24), timestamp: bench.environment.now()
            ).serialized()
        }
        let admin = try bench.ordererAdministrator()
        let good = try envelope(signedBy: admin)
        let taken = await Self.put(api, Self.form(good, key: key))
        #expect(taken.status == 201 && taken.headers.contains { $0 == ("Location", "/participation/v1/channels/mychannel") }, "\(Self.text(taken))")
        let denied = await Self.put(api, Self.form(try envelope(signedBy: bench.user("Admin").identity), key: key))
        #expect(denied.status == 400 && Self.text(denied).hasPrefix(#"{"error":"cannot update: failed update config of channel mychannel"#))
        let elsewhere = await Self.put(api, Self.form(try envelope(signedBy: admin, channel: "nowhere"), key: key))
        #expect(elsewhere.status == 405 && Self.text(elsewhere) == #"{"error":"cannot update: channel does not exist"}"#)
        let transaction = Envelope(
            payload: Payload(
                channelHeaderBytes: ChannelHeader(
                    kind: .endorserTransaction, timestamp: bench.environment.now(), channelID: "mychannel", transactionID: "x"
                ).serialized(), signatureHeaderBytes: SignatureHeader(creator: [], nonce: []).serialized(), data: []
            ).serialized(), signature: [])
        for (body, reason) in [
            (Self.form(good), "does not contains part key: config-update-envelope"), (Self.form([0xFF], key: key), "cannot unmarshal file part"),
            (Self.form([], key: key), "invalid config update envelope"), (Self.form(transaction.serialized(), key: key), "bad type"),
        ] {
            let answer = await Self.put(api, body)
            #expect(answer.status == 400 && Self.text(answer).contains(reason), "\(Self.text(answer))")
        }
        #expect(await Self.put(api, good, type: "application/json").status == 400)
        // Other requests go the other way.
        #expect(await api.answer(AdminRequest(method: "GET", path: "/participation/v1/channels")) { $0() }.status == 200)
        #expect(await api.answer(AdminRequest(method: "GET", path: "/participation/v1/channels")) { _ in nil }.status == 503)
    }
}
