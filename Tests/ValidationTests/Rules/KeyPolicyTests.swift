import CryptoPrimitives
import LedgerModel
import Testing

@testable import Validation

/// Keys that carry a policy of their own (interop 8.2, 8.3, 9.6), public and hashed.
@Suite struct KeyPolicyTests {
    private typealias Bench = RuleBench

    private static let collection: CollectionName = "_implicit_org_Org2MSP"

    private var bench: RuleBench
    private let one: MetadataEntry
    private let two: MetadataEntry

    init() throws {
        self.bench = try RuleBench()
        self.one = try RuleBench.policy("OR('Org1MSP.peer')")
        self.two = try RuleBench.policy("OR('Org2MSP.peer')")
        self.set("k", [self.one])
        self.set("plain", [])
        self.bench.state.set(
            .hashed("a", Self.collection, keyHash: [1]),
            VersionedValue(value: [2], metadata: [self.one], version: StateVersion(block: 2, transaction: 0)))
    }

    private mutating func set(_ key: StateKey, _ metadata: [MetadataEntry]) {
        self.bench.state.set(.key("a", key), VersionedValue(value: [1], metadata: metadata, version: StateVersion(block: 2, transaction: 0)))
    }

    @Test func `a key's policy stands in place of the namespace's, for every kind of write`() async throws {
        for write in [Bench.put("a", "k"), Bench.delete("a", "k"), Bench.metadata("a", "k", [self.two])] {
            #expect(try await self.bench.code([write], endorsers: [0]) == .valid)
            #expect(try await self.bench.code([write], endorsers: [1]) == .endorsementPolicyFailure)
        }
        for write in [
            Bench.hashedWrite("a", Self.collection), Bench.hashedWrite("a", Self.collection, isDelete: true),
            Bench.hashedMetadata("a", Self.collection, [self.two]),
        ] {
            // The collection alone would ask for the other organisation.
            #expect(try await self.bench.code([write], endorsers: [0]) == .valid)
            #expect(try await self.bench.code([write], endorsers: [1]) == .endorsementPolicyFailure)
        }
        #expect(try await self.bench.code([Bench.hashedWrite("a", Self.collection, key: 9)], endorsers: [1]) == .valid)
    }

    @Test func `a key without a policy beside it asks for the namespace's all the same`() async throws {
        #expect(try await self.bench.code([Bench.put("a", "k", "plain")], endorsers: [0]) == .endorsementPolicyFailure)
        #expect(try await self.bench.code([Bench.put("a", "plain", "k")], endorsers: [0]) == .endorsementPolicyFailure)
        #expect(try await self.bench.code([Bench.put("a", "k", "plain")]) == .valid)
    }

    @Test func `an empty policy is none, one that cannot be read is met by nobody, and of two the last counts`() async throws {
        var test = self
        let name = MetadataEntry.validationParameter
        test.set("empty", [MetadataEntry(name: name, value: [])])
        test.set("broken", [MetadataEntry(name: name, value: [0xFF])])
        test.set("other", [MetadataEntry(name: "VALIDATION_PARAMETER_V2", value: self.one.value)])
        test.set("twice", [self.two, self.one])
        #expect(try await test.bench.code([Bench.put("a", "empty")], endorsers: [0]) == .endorsementPolicyFailure)
        #expect(try await test.bench.code([Bench.put("a", "empty")]) == .valid)
        #expect(try await test.bench.code([Bench.put("a", "broken")]) == .endorsementPolicyFailure)
        #expect(try await test.bench.code([Bench.put("a", "other")], endorsers: [0]) == .endorsementPolicyFailure)
        #expect(try await test.bench.code([Bench.put("a", "twice")], endorsers: [0]) == .valid)
    }

    @Test func `a collection that is not defined has no keys, so none with a policy`() async throws {
        var bench = self.bench
        bench.state.set(
            .hashed("a", "gone", keyHash: [1]),
            VersionedValue(value: [2], metadata: [self.one], version: StateVersion(block: 2, transaction: 0)))
        #expect(try await bench.code([Bench.hashedWrite("a", "gone")]) == .endorsementPolicyFailure)
    }

    @Test func `a policy lives and dies with its key`() async throws {
        var bench = self.bench
        // Set on a key that does not exist: dropped. Then on one that does.
        #expect(try await bench.commit([Bench.draft("1", [Bench.metadata("a", "new", [self.one])])], number: 5) == [.valid])
        #expect(bench.state.value(at: .key("a", "new")) == nil)
        #expect(
            try await bench.commit(
                [Bench.draft("2", [Bench.put("a", "new")]), Bench.draft("3", [Bench.metadata("a", "new", [self.one])])], number: 6)
                == [.valid, .valid])
        var value = try #require(bench.state.value(at: .key("a", "new")))
        #expect(value == VersionedValue(value: [7], metadata: [self.one], version: StateVersion(block: 6, transaction: 1)))
        // A put keeps it, and needs it.
        #expect(
            try await bench.commit(
                [Bench.draft("4", [Bench.put("a", "new", value: [8])], endorsers: [1]), Bench.draft("5", [Bench.put("a", "new")], endorsers: [0])],
                number: 7) == [.endorsementPolicyFailure, .valid])
        value = try #require(bench.state.value(at: .key("a", "new")))
        #expect(value == VersionedValue(value: [7], metadata: [self.one], version: StateVersion(block: 7, transaction: 1)))
        // Deleted and put again in one block: the policy before the block still judges, and is gone after it.
        #expect(
            try await bench.commit(
                [Bench.draft("6", [Bench.delete("a", "new")], endorsers: [0]), Bench.draft("7", [Bench.put("a", "new")], endorsers: [0])],
                number: 8) == [.valid, .valid])
        #expect(bench.state.value(at: .key("a", "new"))?.metadata == [])
        #expect(try await bench.codes([Bench.draft("8", [Bench.put("a", "new")], endorsers: [0])]) == [.endorsementPolicyFailure])
    }

    @Test func `an empty value is a delete, whatever the flag says, public or hashed`() async throws {
        var bench = self.bench
        #expect(try await bench.commit([Bench.draft("1", [Bench.put("a", "k", value: [])], endorsers: [0])], number: 5) == [.valid])
        #expect(bench.state.value(at: .key("a", "k")) == nil)
        for (index, hash) in [[], SHA256.hash([])].enumerated() {
            var bench = self.bench
            let write = Bench.hashedWrite("a", Self.collection, valueHash: hash)
            #expect(try await bench.commit([Bench.draft("\(index)", [write], endorsers: [0])], number: 5) == [.valid])
            #expect(bench.state.value(at: .hashed("a", Self.collection, keyHash: [1])) == nil)
        }
        // To those who read it later in the block it is gone, like any deleted key.
        let read = NamespaceReadWriteSet(
            namespace: "a",
            rangeQueries: [
                RangeQuery(
                    start: "k", end: "l", isExhausted: true,
                    results: .raw([KeyRead(key: "k", version: StateVersion(block: 2, transaction: 0))]))
            ])
        let drafts = [Bench.draft("1", [Bench.put("a", "k", value: [])], endorsers: [0]), Bench.draft("2", [read])]
        #expect(try await self.bench.codes(drafts) == [.valid, .phantomReadConflict])
    }

    @Test func `inside one transaction a delete wins over metadata, and a put takes them`() async throws {
        var bench = self.bench
        var both = Bench.delete("a", "plain")
        both.metadataWrites = [MetadataWrite(key: "plain", entries: [self.one])]
        #expect(try await bench.commit([Bench.draft("1", [both])], number: 5) == [.valid])
        #expect(bench.state.value(at: .key("a", "plain")) == nil)
        var new = Bench.put("a", "fresh")
        new.metadataWrites = [MetadataWrite(key: "fresh", entries: [self.one])]
        #expect(try await bench.commit([Bench.draft("2", [new])], number: 6) == [.valid])
        #expect(bench.state.value(at: .key("a", "fresh"))?.metadata == [self.one])
    }

    @Test func `a hashed key whose policy an earlier transaction of the block changes cannot be written`() async throws {
        let change = Bench.draft("1", [Bench.hashedMetadata("a", Self.collection, [self.two])], endorsers: [0])
        for write in [Bench.hashedWrite("a", Self.collection), Bench.hashedMetadata("a", Self.collection, [self.one])] {
            #expect(try await self.bench.codes([change, Bench.draft("2", [write])]) == [.valid, .endorsementPolicyFailure])
            #expect(try await self.bench.codes([Bench.draft("2", [write], endorsers: [0]), change])[0] == .valid)
        }
        // Another key, another collection and the public key of the same name are not concerned.
        let others = [
            Bench.hashedWrite("a", Self.collection, key: 9), Bench.hashedWrite("a", "_implicit_org_Org1MSP"),
            Bench.put("a", StateKey(utf8: [1])),
        ]
        for other in others { #expect(try await self.bench.codes([change, Bench.draft("2", [other])]) == [.valid, .valid]) }
        // A change that was refused as a duplicate never reached its policy.
        var bench = self.bench
        #expect(try await bench.commit([change], number: 4) == [.valid])
        bench.state.set(
            .hashed("a", Self.collection, keyHash: [1]),
            VersionedValue(value: [2], metadata: [self.one], version: StateVersion(block: 4, transaction: 0)))
        let write = Bench.draft("2", [Bench.hashedWrite("a", Self.collection)], endorsers: [0])
        #expect(try await bench.codes([change, write]) == [.duplicateTransactionID, .valid])
    }

    @Test func `a namespace that passed counts though another one of the transaction failed`() async throws {
        // `b` passes and changes the key's policy, then `a` fails; whoever writes the key of `b` later fails too.
        let change = Bench.draft("1", [Bench.put("a", "plain"), Bench.metadata("b", "k", [self.one])], of: "b", endorsers: [0])
        let write = Bench.draft("2", [Bench.put("b", "k")], of: "b")
        #expect(try await self.bench.codes([change, write]) == [.endorsementPolicyFailure, .endorsementPolicyFailure])
        // Behind the namespace that fails nothing is looked at.
        let behind = Bench.draft("1", [Bench.metadata("b", "k", [self.one])], of: "a", endorsers: [0])
        #expect(try await self.bench.codes([behind, write]) == [.endorsementPolicyFailure, .valid])
    }
}
