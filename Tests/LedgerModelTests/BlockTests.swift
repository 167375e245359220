import CryptoPrimitives
import LedgerModel
import Testing

@Suite struct BlockTests {
    private let block = OrderedBlock(number: 3, previousHash: [1, 2], envelopes: [[0x0A, 0x01, 0x05], []]).with(.signatures, [7])

    @Test func `a block reads back from its bytes`() throws {
        #expect(try OrderedBlock(serialized: self.block.serialized()) == self.block)
        #expect(self.block.metadata.count == 5)
    }

    @Test func `every proper prefix of a block is refused or is not the block`() {
        let bytes = self.block.serialized()
        for length in 0..<bytes.count {
            #expect((try? OrderedBlock(serialized: Array(bytes.prefix(length)))) != self.block)
        }
    }

    @Test func `a block with fewer than five slots is refused`() {
        var bytes = self.block.serialized()
        bytes.removeLast(2)
        #expect(throws: (any Error).self) { try OrderedBlock(serialized: bytes) }
    }

    @Test func `stored codes must be one known code for each transaction`() {
        #expect(self.block.with(.transactionsFilter, [0, 11]).storedCodes == [.valid, .mvccReadConflict])
        #expect(self.block.with(.transactionsFilter, [0]).storedCodes == nil)
        #expect(self.block.with(.transactionsFilter, [0, 99]).storedCodes == nil)
    }
}

@Suite struct IdentifierTests {
    @Test func `identifiers that look alike but have other bytes are different`() {
        let composed = StateKey("caf\u{E9}")
        let decomposed = StateKey("cafe\u{301}")
        #expect(composed.text == decomposed.text)
        #expect(composed != decomposed)
    }

    @Test func `addresses sort by namespace, then public keys before collections`() {
        let sorted: [StateAddress] = [
            .key("a", "z"), .hashed("a", "c1", keyHash: [9]), .hashed("a", "c2", keyHash: [1]), .key("b", "a"),
        ]
        #expect(sorted.reversed().sorted() == sorted)
    }
}

/// A state of a few keys.
struct SmallState: StateReading {
    var entries: [StateAddress: VersionedValue]

    func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? { self.entries[address] }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        throw StateReadError(reason: "not needed here")
    }
}

@Suite struct BlockOverlayTests {
    private let policy = MetadataEntry(name: MetadataEntry.validationParameter, value: [5])
    private let version = StateVersion(block: 2, transaction: 0)

    private func overlay(_ part: NamespaceReadWriteSet) throws -> BlockOverlay {
        let old = StateVersion(block: 1, transaction: 0)
        let state = SmallState(entries: [.key("n", "a"): VersionedValue(value: [1], metadata: [self.policy], version: old)])
        var overlay = BlockOverlay(base: state)
        try overlay.apply(ReadWriteSet(namespaces: [part]), version: self.version)
        return overlay
    }

    @Test func `a plain put keeps the key's metadata`() throws {
        let overlay = try self.overlay(NamespaceReadWriteSet(namespace: "n", writes: [KeyWrite(key: "a", isDelete: false, value: [2])]))
        #expect(try overlay.value(at: .key("n", "a")) == VersionedValue(value: [2], metadata: [self.policy], version: self.version))
    }

    @Test func `a delete removes value and metadata`() throws {
        let overlay = try self.overlay(NamespaceReadWriteSet(namespace: "n", writes: [KeyWrite(key: "a", isDelete: true, value: [])]))
        #expect(try overlay.value(at: .key("n", "a")) == nil)
        #expect(overlay.updates.map(\.change) == [.delete])
    }

    @Test func `a metadata write keeps the value and takes the new version`() throws {
        let overlay = try self.overlay(NamespaceReadWriteSet(namespace: "n", metadataWrites: [MetadataWrite(key: "a", entries: [])]))
        #expect(try overlay.value(at: .key("n", "a")) == VersionedValue(value: [1], metadata: [], version: self.version))
    }

    @Test func `metadata of a key that does not exist is dropped`() throws {
        let overlay = try self.overlay(
            NamespaceReadWriteSet(namespace: "n", metadataWrites: [MetadataWrite(key: "none", entries: [self.policy])]))
        #expect(overlay.updates.isEmpty)
    }
}
