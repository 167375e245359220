import CryptoPrimitives
import LedgerModel
import SelvageClient
import TestSupport
import Testing

/// When endorsers disagree, the first difference is named with both sides, and no value is shown.
@Suite struct EndorsementDifferenceTests {
    private func difference(_ first: Simulated, _ second: Simulated) throws -> EndorsementDifference {
        try self.difference(first.payload, second.payload)
    }

    private func difference(_ first: [UInt8], _ second: [UInt8]) throws -> EndorsementDifference {
        let fixture = try ClientFixture.shared.get()
        func named(_ peer: String, _ payload: [UInt8]) -> NamedResponse {
            NamedResponse(
                peer: peer,
                response: ProposalResponse(
                    response: ChaincodeResponse(status: 200), payload: payload, endorsement: Endorsement(endorser: [1], signature: [2])))
        }
        do throws(ClientError) {
            _ = try TransactionAssembly.payload(of: fixture.draft(), responses: [named("east", first), named("west", second)])
        } catch {
            if case .endorsersDisagree(let difference) = error { return difference }
        }
        throw FakeFailure(description: "the payloads were taken for equal")
    }

    /// Two outcomes that differ in one place of the diary's read-write set.
    private func outcomes(_ change: (inout NamespaceReadWriteSet, _ isSecond: Bool) -> Void) -> (Simulated, Simulated) {
        var first = Simulated()
        var second = Simulated()
        change(&first.set.namespaces[0], false)
        change(&second.set.namespaces[0], true)
        return (first, second)
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        "of \(bytes.count) bytes (SHA-256 \(Base16.encode(Array(SHA256.hash(bytes).prefix(6)))))"
    }

    @Test func `another version of a key that was read`() throws {
        let (first, second) = self.outcomes { set, isSecond in if isSecond { set.reads[0].version = nil } }
        let found = try self.difference(first, second)
        #expect(found.item == "read of key 'color' of diary")
        #expect(found.first == "version 3:1")
        #expect(found.second == "absent")
        #expect(
            found.description == "east and west computed different results, first at read of key 'color' of diary: version 3:1 against absent")
    }

    @Test func `a key that only one of them read`() throws {
        let (first, second) = self.outcomes { set, isSecond in
            if isSecond { set.reads.append(KeyRead(key: "size", version: nil)) }
        }
        let found = try self.difference(first, second)
        #expect(found.item == "write of key 'color' of diary")
        #expect(found.second == "read of key 'size' of diary instead")
        let turned = try self.difference(second, first)
        #expect(turned.item == "read of key 'size' of diary")
        #expect(turned.first == "absent")
        #expect(turned.second == "write of key 'color' of diary instead")
    }

    @Test func `another value written`() throws {
        let (first, second) = self.outcomes { set, isSecond in if isSecond { set.writes[0].value = Array("red".utf8) } }
        let found = try self.difference(first, second)
        #expect(found.item == "write of key 'color' of diary")
        #expect(found.first == "value \(Self.digest(Array("blue".utf8)))")
        #expect(found.second == "value \(Self.digest(Array("red".utf8)))")
    }

    @Test func `a delete against a write, and a write against nothing`() throws {
        let (first, second) = self.outcomes { set, isSecond in
            if isSecond { set.writes[0] = KeyWrite(key: "color", isDelete: true, value: []) }
        }
        #expect(try self.difference(first, second).second == "delete")
        let (third, fourth) = self.outcomes { set, isSecond in if isSecond { set.writes = [] } }
        #expect(try self.difference(third, fourth).second == "nothing")
        #expect(try self.difference(fourth, third).first == "nothing")
        #expect(try self.difference(fourth, third).item == "write of key 'color' of diary")
    }

    @Test func `the first of several differences`() throws {
        let (first, second) = self.outcomes { set, isSecond in
            set.writes = ["a", "b", "c"].map { KeyWrite(key: $0, isDelete: false, value: [isSecond && $0 != "a" ? 1 : 0]) }
        }
        #expect(try self.difference(first, second).item == "write of key 'b' of diary")
    }

    @Test func `ranges: their end, their exhaustion and what they found`() throws {
        func query(_ end: StateKey, _ isExhausted: Bool, _ results: RangeQuery.Results) -> RangeQuery {
            RangeQuery(start: "a", end: end, isExhausted: isExhausted, results: results)
        }
        let one = RangeQuery.Results.raw([KeyRead(key: "b", version: StateVersion(block: 1, transaction: 0))])
        let other = RangeQuery.Results.raw([KeyRead(key: "b", version: StateVersion(block: 2, transaction: 0))])
        let digest = RangeQuery.Results.merkle(RangeDigest(maxDegree: 50, maxLevel: 1, hashes: [[1, 2, 3, 4, 5, 6, 7]]))
        let changes: [(RangeQuery, String)] = [
            (query("x", true, one), "to its end 'x', 'b' version 1:0"), (query("z", false, one), "up to 'z', 'b' version 1:0"),
            (query("z", true, other), "to its end 'z', 'b' version 2:0"), (query("z", true, .raw([])), "to its end 'z', nothing"),
            (query("z", true, digest), "to its end 'z', more than 50 results, level 1 digests [\"010203040506\"]"),
        ]
        for (changed, text) in changes {
            let (first, second) = self.outcomes { set, isSecond in set.rangeQueries = [isSecond ? changed : query("z", true, one)] }
            let found = try self.difference(first, second)
            #expect(found.item == "range from 'a' of diary")
            #expect(found.first == "to its end 'z', 'b' version 1:0")
            #expect(found.second == text)
        }
    }

    @Test func `metadata with another policy`() throws {
        let (first, second) = self.outcomes { set, isSecond in
            set.metadataWrites = [
                MetadataWrite(key: "color", entries: [MetadataEntry(name: "VALIDATION_PARAMETER", value: [isSecond ? 1 : 2])])
            ]
        }
        let found = try self.difference(first, second)
        #expect(found.item == "metadata of key 'color' of diary")
        #expect(found.first == "'VALIDATION_PARAMETER' \(Self.digest([2]))")
        #expect(found.second == "'VALIDATION_PARAMETER' \(Self.digest([1]))")
    }

    @Test func `private data under hashes`() throws {
        let keyHash = [UInt8](repeating: 0xAB, count: 32)
        let (first, second) = self.outcomes { set, isSecond in
            set.collections = [
                CollectionReadWriteSet(
                    collection: "vault", reads: [.init(keyHash: keyHash, version: StateVersion(block: isSecond ? 1 : 2, transaction: 0))])
            ]
        }
        let found = try self.difference(first, second)
        #expect(found.item == "private read of key with hash abababababab of collection vault of diary")
        #expect([found.first, found.second] == ["version 2:0", "version 1:0"])
        let (third, fourth) = self.outcomes { set, isSecond in
            let value = [UInt8](repeating: isSecond ? 1 : 2, count: 32)
            set.collections = [
                CollectionReadWriteSet(
                    collection: "vault", writes: [.init(keyHash: keyHash, isDelete: false, valueHash: value, isPurge: false)], privateHash: value)
            ]
        }
        let written = try self.difference(third, fourth)
        #expect(written.item == "private write of key with hash abababababab of collection vault of diary")
        #expect([written.first, written.second] == ["value with hash 020202020202", "value with hash 010101010101"])
    }

    @Test func `event, response, message, version, name and hash`() throws {
        let base = Simulated()
        func found(_ change: (inout Simulated) -> Void) throws -> EndorsementDifference {
            var other = base
            change(&other)
            return try self.difference(base, other)
        }
        let event = try found { $0.event = [1, 2] }
        #expect([event.item, event.first, event.second] == ["the event", "none", Self.digest([1, 2])])
        let status = try found { $0.response.status = 201 }
        #expect(status.item == "the response")
        #expect(status.first.hasPrefix("status 200 "))
        #expect(status.second.hasPrefix("status 201 "))
        let payload = try found { $0.response.payload = [1] }
        #expect(payload.second == "status 200 with payload \(Self.digest([1]))")
        let message = try found { $0.response.message = "hello" }
        #expect(message.item == "the response's message")
        #expect(message.first != message.second)
        let version = try found { $0.version = "1.1" }
        #expect([version.item, version.first, version.second] == ["the chaincode's version", "'1.0'", "'1.1'"])
        let name = try found { $0.chaincode = "dairy" }
        #expect([name.item, name.first, name.second] == ["the chaincode's name", "'diary'", "'dairy'"])
        let hash = try found { $0.hash = [1] }
        #expect(hash.item == "the proposal's hash")
        #expect(hash.first != hash.second)
    }

    @Test func `a side that does not parse is told`() throws {
        let good = Simulated().payload
        let found = try self.difference(good, [0x0A, 0x7F])
        #expect([found.item, found.first, found.second] == ["the response payload", "parses", "does not parse"])
        var set = Simulated()
        set.resultBytes = [0x0A, 0x7F]
        #expect(try self.difference(Simulated(), set).second.contains("does not parse") == false)
        #expect(try self.difference(Simulated(), set).item == "read of key 'color' of diary")
        #expect(try self.difference(set, Simulated()).item == "the read-write set")
        #expect(try self.difference([], [0x7A, 0]).item == "the response payload")
    }

    /// Both sides of a difference read differently, whatever one byte of the payload is changed to, unless the change means nothing.
    @Test func `no value is in the text of any difference`() throws {
        var random = SeededGenerator(seed: 0xD1FF)
        for round in 0..<200 {
            let markers = (0..<6).map { _ in random.bytes(count: 12).map { 65 + $0 % 26 } }
            func outcome(_ change: Int) -> Simulated {
                var outcome = Simulated()
                func value(_ index: Int) -> [UInt8] { markers[index] + (change == index ? [33] : []) }
                outcome.set.namespaces[0].writes[0].value = value(0)
                outcome.set.namespaces[0].metadataWrites = [MetadataWrite(key: "color", entries: [MetadataEntry(name: "n", value: value(1))])]
                outcome.response.payload = value(2)
                outcome.response.message = String(decoding: value(3), as: UTF8.self)
                outcome.event = ChaincodeEvent(chaincode: "diary", transactionID: "t", name: "e", payload: value(4)).serialized()
                outcome.hash = value(5)
                return outcome
            }
            let found = try self.difference(outcome(-1), outcome(round % 6))
            #expect(found.first != found.second)
            let text = "\(ClientError.endorsersDisagree(found))"
            for marker in markers {
                #expect(!self.shows(text, marker), "\(random)")
                // The check finds what it looks for.
                #expect(self.shows(text + String(decoding: marker, as: UTF8.self), marker))
                #expect(self.shows(text + Base16.encode(marker), marker))
            }
        }
    }

    private func shows(_ text: String, _ marker: [UInt8]) -> Bool {
        text.contains(String(decoding: marker.prefix(8), as: UTF8.self)) || text.lowercased().contains(Base16.encode(Array(marker.prefix(8))))
    }
}
