import LedgerModel
import Testing

@testable import Validation

/// Conflicts between transactions, each in the smallest block that shows it.
@Suite struct ConflictTests {
    private let channel: TestChannel
    private let state: MemoryState

    init() throws {
        self.channel = try TestChannel()
        var state = try TestChannel.state([("a", "OR('Org1MSP.peer','Org2MSP.peer')")])
        for (key, version) in [("k1", 0), ("k2", 1), ("k3", 2)] as [(StateKey, UInt64)] {
            state.set(.key("a", key), VersionedValue(value: [1], version: StateVersion(block: 2, transaction: version)))
        }
        state.set(.hashed("a", "c", keyHash: [9]), VersionedValue(value: [1], version: StateVersion(block: 2, transaction: 3)))
        self.state = state
    }

    private func codes(_ parts: [NamespaceReadWriteSet], endorsers: [[Int]] = []) async throws -> [ValidationCode] {
        let envelopes = parts.enumerated().map { index, part in
            var draft = TestChannel.Draft("n\(index)")
            draft.readWriteSet = ReadWriteSet(namespaces: [part])
            if index < endorsers.count { draft.endorsers = endorsers[index] }
            return self.channel.envelope(draft)
        }
        let block = OrderedBlock(number: 5, previousHash: [], envelopes: envelopes)
        return try await BlockValidator(bundle: self.channel.bundle).validate(
            block, state: self.state, transactions: self.state, previousCommitHash: []
        ).block.codes
    }

    private func version(_ transaction: UInt64, block: UInt64 = 2) -> StateVersion { StateVersion(block: block, transaction: transaction) }
    private func put(_ keys: StateKey...) -> NamespaceReadWriteSet {
        NamespaceReadWriteSet(namespace: "a", writes: keys.map { KeyWrite(key: $0, isDelete: false, value: [2]) })
    }
    private func delete(_ key: StateKey) -> NamespaceReadWriteSet {
        NamespaceReadWriteSet(namespace: "a", writes: [KeyWrite(key: key, isDelete: true, value: [])])
    }
    private func read(_ key: StateKey, _ version: StateVersion?) -> NamespaceReadWriteSet {
        NamespaceReadWriteSet(namespace: "a", reads: [KeyRead(key: key, version: version)])
    }
    private func metadata(_ key: StateKey, _ policy: [UInt8] = [1]) -> NamespaceReadWriteSet {
        let entry = MetadataEntry(name: MetadataEntry.validationParameter, value: policy)
        return NamespaceReadWriteSet(namespace: "a", metadataWrites: [MetadataWrite(key: key, entries: [entry])])
    }
    private func range(_ start: StateKey, _ end: StateKey, exhausted: Bool = true, _ keys: [(StateKey, UInt64)]) -> NamespaceReadWriteSet {
        let results = RangeQuery.Results.raw(keys.map { KeyRead(key: $0.0, version: self.version($0.1)) })
        return NamespaceReadWriteSet(
            namespace: "a", rangeQueries: [RangeQuery(start: start, end: end, isExhausted: exhausted, results: results)])
    }

    @Test func `a read of what is still there is valid, anything else is a conflict`() async throws {
        let codes = try await self.codes([
            self.read("k1", self.version(0)), self.read("k1", self.version(1)), self.read("k1", nil), self.read("none", nil),
            self.read("none", self.version(0)),
        ])
        #expect(codes == [.valid, .mvccReadConflict, .mvccReadConflict, .valid, .mvccReadConflict])
    }

    @Test func `puts, deletes and metadata writes earlier in the block conflict with reads`() async throws {
        let read = self.read("k1", self.version(0))
        for write in [self.put("k1"), self.delete("k1"), self.metadata("k1")] {
            #expect(try await self.codes([write, read]) == [.valid, .mvccReadConflict])
            #expect(try await self.codes([read, write]) == [.valid, .valid])
        }
        // Deleting what was never there is a write too; metadata of it is nothing.
        #expect(try await self.codes([self.delete("none"), self.read("none", nil)]) == [.valid, .mvccReadConflict])
        #expect(try await self.codes([self.metadata("none"), self.read("none", nil)]) == [.valid, .valid])
    }

    @Test func `writes of a transaction that failed conflict with nothing`() async throws {
        var stale = self.put("k2")
        stale.reads = [KeyRead(key: "k1", version: nil)]
        #expect(try await self.codes([stale, self.read("k2", self.version(1))]) == [.mvccReadConflict, .valid])
    }

    @Test func `two blind writes of one key are both valid`() async throws {
        #expect(try await self.codes([self.put("k1"), self.put("k1")]) == [.valid, .valid])
    }

    @Test func `hashed reads conflict like public ones`() async throws {
        func hashed(read: StateVersion?) -> NamespaceReadWriteSet {
            let read = CollectionReadWriteSet.HashedRead(keyHash: [9], version: read)
            return NamespaceReadWriteSet(namespace: "a", collections: [CollectionReadWriteSet(collection: "c", reads: [read])])
        }
        #expect(try await self.codes([hashed(read: self.version(3)), hashed(read: nil)]) == [.valid, .mvccReadConflict])
    }

    @Test func `a range must hold the same keys and versions, with this block's changes`() async throws {
        let all = self.range("k", "", [("k1", 0), ("k2", 1), ("k3", 2)])
        #expect(try await self.codes([all]) == [.valid])
        for write in [self.put("k15"), self.put("k2"), self.delete("k3"), self.metadata("k1"), self.put("z")] {
            #expect(try await self.codes([write, all]) == [.valid, .phantomReadConflict])
        }
        for write in [self.put("a"), self.delete("k9"), self.delete("a")] { #expect(try await self.codes([write, all]) == [.valid, .valid]) }
        #expect(try await self.codes([self.range("k", "", [("k1", 0), ("k2", 1)])]) == [.phantomReadConflict])
        #expect(try await self.codes([self.range("k", "", [("k1", 0), ("k2", 1), ("k3", 2), ("k4", 3)])]) == [.phantomReadConflict])
        #expect(try await self.codes([self.range("k", "", [("k2", 1), ("k1", 0), ("k3", 2)])]) == [.phantomReadConflict])
        #expect(try await self.codes([self.range("x", "", [])]) == [.valid])
    }

    @Test func `the end of a range is exclusive, but inclusive when the query stopped early`() async throws {
        #expect(try await self.codes([self.range("k1", "k3", [("k1", 0), ("k2", 1)])]) == [.valid])
        #expect(try await self.codes([self.range("k1", "k2", exhausted: false, [("k1", 0), ("k2", 1)])]) == [.valid])
        #expect(try await self.codes([self.range("k1", "k2", exhausted: false, [("k1", 0)])]) == [.phantomReadConflict])
        #expect(try await self.codes([self.put("k2"), self.range("k1", "k2", exhausted: true, [("k1", 0)])]) == [.valid, .valid])
        let stopped = self.range("k1", "k2", exhausted: false, [("k1", 0), ("k2", 1)])
        #expect(try await self.codes([self.put("k2"), stopped]) == [.valid, .phantomReadConflict])
    }

    @Test func `a key whose policy an earlier transaction of the block changes cannot be written`() async throws {
        let change = self.metadata("k1", [1])
        for write in [self.put("k1"), self.delete("k1"), self.metadata("k1", [2])] {
            #expect(try await self.codes([change, write]) == [.valid, .endorsementPolicyFailure])
        }
        #expect(try await self.codes([self.put("k1"), change]) == [.valid, .valid])
        #expect(try await self.codes([change, self.put("k2")]) == [.valid, .valid])
        // A change that was not endorsed stops nobody; one that fails later, in phase B, does.
        #expect(try await self.codes([change, self.put("k1")], endorsers: [[]]) == [.endorsementPolicyFailure, .valid])
        var stale = change
        stale.reads = [KeyRead(key: "k2", version: nil)]
        #expect(try await self.codes([stale, self.put("k1")]) == [.mvccReadConflict, .endorsementPolicyFailure])
        // The second change fails, so the key counts as changed by the first alone; a third fails all the same.
        #expect(try await self.codes([change, change, self.put("k1")]) == [.valid, .endorsementPolicyFailure, .endorsementPolicyFailure])
    }
}
