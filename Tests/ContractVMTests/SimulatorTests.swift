import Chaincode
import ContractVM
import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@Suite struct SimulatorTests {
    @Test func `a transaction never sees its own writes`() throws {
        let channel = InMemoryChannel.withProbe()
        try channel.fill([("a", "1")])
        let endorsed = try channel.probe { (context) throws(ContractError) in
            try context.putString("a", "2")
            try context.putString("b", "2")
            guard try context.getString("a") == "1", try context.getString("b") == nil else { throw .failure("saw", "own write") }
            try context.deleteState("a")
            guard try context.stateRange().collect() == [StateEntry(key: "a", value: [UInt8(ascii: "1")])] else { throw .failure("saw", "range") }
        }
        #expect(endorsed.message == "")
        #expect(
            endorsed.probe.reads == [KeyRead(key: "a", version: StateVersion(block: 2, transaction: 0)), KeyRead(key: "b", version: nil)])
        #expect(
            endorsed.probe.writes == [
                KeyWrite(key: "a", isDelete: true, value: []), KeyWrite(key: "b", isDelete: false, value: Array("2".utf8)),
            ])
    }

    @Test func `every transaction of a user contract reads the sequence of its definition`() throws {
        let endorsed = try InMemoryChannel.withProbe().probe { (_) in }
        let part = try #require(endorsed.result.readWriteSet.namespaces.first)
        #expect(endorsed.result.readWriteSet.namespaces.count == 1)
        #expect(part.namespace == "_lifecycle")
        #expect(part.reads == [KeyRead(key: "namespaces/fields/probe/Sequence", version: StateVersion(block: 1, transaction: 0))])
        #expect(endorsed.result.version == "1.0")
    }

    @Test func `a system contract needs no definition`() throws {
        let channel = InMemoryChannel()
        channel.installSystem(
            Probe(name: "sys") { (context) throws(ContractError) in
                try context.putString("k", "v")
                return []
            })
        let endorsed = try channel.simulate("sys", arguments: [Array("run".utf8)], as: alice)
        #expect(endorsed.result.readWriteSet.namespaces.map(\.namespace) == ["sys"])
        #expect(endorsed.result.version == "syscc")
    }

    @Test func `an empty value is a delete`() throws {
        let endorsed = try InMemoryChannel.withProbe().probe { (context) throws(ContractError) in try context.putState("a", []) }
        #expect(endorsed.probe.writes == [KeyWrite(key: "a", isDelete: true, value: [])])
    }

    @Test func `keys and namespaces are in byte order`() throws {
        let channel = InMemoryChannel.withProbe()
        channel.install(
            Probe(name: "a-callee") { (context) throws(ContractError) in
                try context.putString("x", "1")
                return []
            })
        let endorsed = try channel.probe { (context) throws(ContractError) in
            for key in ["z", "\u{10000}", "\u{FFFF}", "a", "\u{E9}"] {
                try context.putString(key, "1")
                _ = try context.getState(key)
            }
            _ = try context.invoke("a-callee", [Array("run".utf8)])
        }
        #expect(endorsed.result.readWriteSet.namespaces.map(\.namespace) == ["_lifecycle", "a-callee", "probe"])
        #expect(endorsed.probe.writes.map(\.key.text) == ["a", "z", "\u{E9}", "\u{FFFF}", "\u{10000}"])
        #expect(endorsed.probe.reads.map(\.key.text) == ["a", "z", "\u{E9}", "\u{FFFF}", "\u{10000}"])
        #expect(endorsed.part("_lifecycle")?.reads.count == 2)
    }

    @Test func `the bytes of the read-write set are the reference's`() throws {
        // interop chapter 15: reads k1 (absent), k2 at (7,0); writes k1 = "v1", delete k3
        var state = InMemoryState()
        state.apply([
            StateUpdate(
                address: .key("basic", "k2"), change: .put(value: [1], metadata: []), version: StateVersion(block: 7, transaction: 0))
        ])
        let simulator = TransactionSimulator(state: state)
        #expect(try simulator.value(of: "k2", in: "basic")?.value == [1])
        #expect(try simulator.value(of: "k1", in: "basic") == nil)
        try simulator.delete("k3", in: "basic")
        try simulator.put(Array("v1".utf8), at: "k1", in: "basic")
        let set = "0a040a026b310a080a026b32120208071a080a026b311a0276311a060a026b331001"
        #expect(Hex.encode(simulator.readWriteSet().serialized()) == "122b0a0562617369631222" + set)
    }

    @Test func `pages and writes exclude each other`() throws {
        let channel = InMemoryChannel.withProbe()
        let writeFirst = try channel.probe { (context) throws(ContractError) in
            try context.putString("a", "1")
            _ = try context.statePage(pageSize: 10)
        }
        #expect(writeFirst.message.hasPrefix("read-only: a transaction that has written may not read pages"))
        let pageFirst = try channel.probe { (context) throws(ContractError) in
            _ = try context.statePage(pageSize: 10)
            try context.putString("a", "1")
        }
        #expect(pageFirst.message.hasPrefix("read-only: a transaction that has read a page may not write"))
        let metadata = try channel.probe { (context) throws(ContractError) in
            _ = try context.statePage(pageSize: 10)
            try context.setValidationParameter(of: "a", [1])
        }
        #expect(metadata.status == 500)
        #expect(metadata.probe.metadataWrites.isEmpty)
    }

    @Test func `a key's policy is one metadata write and reading it is a read`() throws {
        let channel = InMemoryChannel.withProbe()
        try channel.fill([("a", "1")])
        let endorsed = try channel.probe { (context) throws(ContractError) in
            try context.setValidationParameter(of: "a", [1, 2])
            guard try context.validationParameter(of: "a") == nil else { throw .failure("saw", "own write") }
        }
        #expect(endorsed.message == "")
        #expect(endorsed.probe.metadataWrites == [MetadataWrite(key: "a", entries: [MetadataEntry(name: "VALIDATION_PARAMETER", value: [1, 2])])])
        #expect(endorsed.probe.reads.map(\.key) == ["a"])
        #expect(endorsed.probe.writes.isEmpty)
        #expect(try channel.commit([endorsed]) == [.valid])
        let again = try channel.probe { (context) throws(ContractError) in
            guard try context.validationParameter(of: "a") == [1, 2], try context.getString("a") == "1" else { throw .failure("lost", "policy") }
            try context.putString("a", "2")
        }
        #expect(try channel.commit([again]) == [.valid])
        let kept = try channel.probe { (context) throws(ContractError) in
            guard try context.validationParameter(of: "a") == [1, 2] else { throw .failure("lost", "policy") }
        }
        #expect(kept.message == "")
    }

    @Test func `private data leaves only hashes, in the order of the clear keys`() throws {
        let simulator = TransactionSimulator(state: InMemoryState())
        try simulator.putPrivate(Array("secret1".utf8), at: "pk1", collection: "collA", in: "kvand")
        #expect(try simulator.privateHash(of: "other", collection: "collA", in: "kvand") == nil)
        let collection = try #require(simulator.readWriteSet().namespaces.first?.collections.first)
        // Values of a ledger written by Fabric's peers.
        #expect(Hex.encode(collection.writes[0].keyHash) == "6e73bff1d94b0a7500145be82722e7455dba1653e9b56eeaa043c5980aed376f")
        #expect(Hex.encode(collection.writes[0].valueHash) == "5b11618c2e44027877d0cd0921ed166b9f176f50587fc91e7534dd2946db77d6")
        #expect(Hex.encode(collection.privateHash) == "4c3a4e8f66ffadf20c856b949014ec486580a09c94696750c43670266ff4e259")
        #expect(collection.reads.map(\.version) == [nil])
        #expect(simulator.privateWriteSets().map(\.collection) == ["collA"])
    }
}
