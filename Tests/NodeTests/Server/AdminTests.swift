import Foundation
import Identity
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
                name: "orderer", identity: orderer.identity, folder: bench.path("data"), genesis: [], environment: bench.environment,
                signatures: DirectSignatureVerifier()))
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
        #expect(status("DELETE", "/participation/v1/channels/mychannel") == 405)
        #expect(status("POST", "/participation/v1/channels/mychannel") == 405)
        #expect(status("GET", "/participation/v1/channels/a/b") == 405)
        #expect(status("GET", "/metrics") == 404 && status("GET", "") == 404)
        #expect(status("GET", "/participation/v1") == 302 && status("GET", "/participation/v1/channels?x=y") == 200)
        #expect(Self.get(api, "", accept: "text/html").status == 406)
        for accept in ["*/*", "application/*", "text/html, application/json;q=0.9"] { #expect(Self.get(api, "", accept: accept).status == 200) }
    }
}
