import Ledger
import LedgerModel
import Testing

@Suite struct WorldStateConformance {
    private func put(_ address: StateAddress, _ value: String, metadata: [MetadataEntry] = [], block: UInt64 = 1) -> StateUpdate {
        StateUpdate(
            address: address, change: .put(value: Array(value.utf8), metadata: metadata), version: StateVersion(block: block, transaction: 2))
    }

    private func keys(_ state: any StateReading, _ namespace: Namespace, from start: StateKey = "", to end: StateKey? = nil) throws -> [StateKey] {
        let scan = try state.scan(namespace, from: start, to: end)
        var keys: [StateKey] = []
        while let entry = try scan.next() { keys.append(entry.key) }
        return keys
    }

    @Test(arguments: StoreKind.allCases)
    func `values come back with metadata and version, and deletes remove both`(kind: StoreKind) throws {
        try kind.withStore { store in
            let state = WorldState(store: store)
            let metadata = [MetadataEntry(name: "VALIDATION_PARAMETER", value: [1, 2]), MetadataEntry(name: "", value: [])]
            let hashed = StateAddress.hashed("cc", "secret", keyHash: [1, 2, 3])
            try state.apply([self.put(.key("cc", "k"), "v", metadata: metadata), self.put(hashed, "h"), self.put(.key("", "empty space"), "")])
            let before = state.snapshot()
            let expected = VersionedValue(value: [0x76], metadata: metadata, version: StateVersion(block: 1, transaction: 2))
            #expect(try before.value(at: .key("cc", "k")) == expected)
            #expect(try before.value(at: hashed)?.value == [0x68])
            #expect(try before.value(at: .key("", "empty space"))?.value == [])
            try state.apply([StateUpdate(address: .key("cc", "k"), change: .delete, version: StateVersion(block: 2, transaction: 0))])
            #expect(try state.snapshot().value(at: .key("cc", "k")) == nil)
            #expect(try before.value(at: .key("cc", "k")) == expected)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a scan sees the public keys of one namespace in byte order`(kind: StoreKind) throws {
        try kind.withStore { store in
            let state = WorldState(store: store)
            let keys: [StateKey] = ["\u{0}color\u{0}blue\u{0}", "B", "a", "aa", "b", "é", "\u{10ffff}"]
            var updates = keys.map { self.put(.key("cc", $0), "v") }
            for other in ["c", "cc2", "ccc", "", "cd"] as [Namespace] { updates.append(self.put(.key(other, "a"), "other")) }
            updates.append(self.put(.hashed("cc", "a", keyHash: [0x61]), "hidden"))
            updates.append(self.put(.key("cc", StateKey(utf8: [0xff, 0xff])), "not text"))
            try state.apply(updates)
            let snapshot = state.snapshot()
            #expect(try self.keys(snapshot, "cc") == keys + [StateKey(utf8: [0xff, 0xff])])
            #expect(try self.keys(snapshot, "cc", from: "a", to: "b") == ["a", "aa"])
            #expect(try self.keys(snapshot, "cc", from: "\u{1}", to: "a") == ["B"])
            #expect(try self.keys(snapshot, "cc", from: "b", to: "a") == [])
            #expect(try self.keys(snapshot, "none") == [])
            #expect(try self.keys(snapshot, "c") == ["a"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `keys that look alike as text stay apart`(kind: StoreKind) throws {
        try kind.withStore { store in
            let state = WorldState(store: store)
            let composed = StateKey("\u{e9}")
            let decomposed = StateKey("e\u{301}")
            try state.apply([self.put(.key("cc", composed), "one"), self.put(.key("cc", decomposed), "two")])
            #expect(try state.snapshot().value(at: .key("cc", composed))?.value == Array("one".utf8))
            #expect(try self.keys(state.snapshot(), "cc") == [decomposed, composed])
        }
    }
}

@Suite struct StateFormatTests {
    @Test func `golden keys of every kind`() {
        #expect(StateKeyFormat.state(.key("cc", "k")) == Array("s\0\0\0\u{2}cck".utf8))
        #expect(StateKeyFormat.state(.hashed("cc", "col", keyHash: [1, 0xff])) == Array("h\0\0\0\u{2}cc\0\0\0\u{3}col\u{1}".utf8) + [0xff])
        #expect(
            StateKeyFormat.history("cc", "k", StateVersion(block: 1, transaction: 258))
                == Array("y\0\0\0\u{2}cc\0\0\0\u{1}k".utf8) + [255, 255, 255, 255, 255, 255, 255, 254, 255, 255, 255, 255, 255, 255, 254, 253])
        #expect(StateKeyFormat.transaction("ab") == Array("tab".utf8))
        #expect(StateKeyFormat.block(258) == Array("n\0\0\0\0\0\0\u{1}\u{2}".utf8))
        #expect(StateKeyFormat.blockHash([7, 8]) == [0x62, 7, 8])
        #expect(StateKeyFormat.formatKey == Array("mformat".utf8))
        #expect(StateKeyFormat.savepointKey == Array("msavepoint".utf8))
        #expect(StateKeyFormat.version == 1)
    }

    @Test func `golden ranges end behind the last key of their kind`() {
        let all = StateKeyFormat.stateRange("cc", from: "", to: nil)
        #expect(all.start == Array("s\0\0\0\u{2}cc".utf8))
        #expect(all.end == Array("s\0\0\0\u{2}cd".utf8))
        let odd = StateKeyFormat.stateRange(Namespace(utf8: [0xff, 0xff]), from: "a", to: "b")
        #expect(odd.start == [0x73, 0, 0, 0, 2, 0xff, 0xff, 0x61])
        #expect(StateKeyFormat.stateRange(Namespace(utf8: [0xff, 0xff]), from: "a", to: nil).end == [0x73, 0, 0, 0, 3])
    }

    @Test func `newer versions of a key come first in its history`() throws {
        let versions = [(2, 1), (2, 0), (1, 9), (0, 0)].map { StateVersion(block: $0.0, transaction: $0.1) }
        let keys = versions.map { StateKeyFormat.history("cc", "k", $0) }
        #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(keys.map(StateKeyFormat.historyVersion) == versions)
        #expect(StateKeyFormat.historyVersion([0x79, 1]) == nil)
    }

    @Test func `the golden value has version, metadata and the value to the end`() {
        let entries = [MetadataEntry(name: "VP", value: [9])]
        let version = StateVersion(block: 300, transaction: 2)
        let bytes = StateValueFormat.encode([5, 6], metadata: entries, version: version)
        #expect(bytes == [0xac, 2, 2, 1, 2, 0x56, 0x50, 1, 9, 5, 6])
        #expect(StateValueFormat.decode(bytes) == VersionedValue(value: [5, 6], metadata: entries, version: version))
        #expect(StateValueFormat.encode([], metadata: [], version: StateVersion(block: 0, transaction: 0)) == [0, 0, 0])
    }

    @Test func `damaged values are refused, not misread`() {
        let bytes = StateValueFormat.encode(
            [], metadata: [MetadataEntry(name: "VP", value: [9, 9])], version: StateVersion(block: .max, transaction: 1))
        for count in 0..<bytes.count { #expect(StateValueFormat.decode(Array(bytes.prefix(count))) == nil) }
        #expect(StateValueFormat.decode([0x80, 0, 0, 0]) == nil)
        #expect(StateValueFormat.decode([0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]) == nil)
        #expect(StateValueFormat.decode([0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]) == nil)
        #expect(StateValueFormat.decode([0, 0, 1, 1, 0xff, 0]) == nil)
    }

    @Test func `golden index entries and savepoint`() {
        let entry = TransactionEntry(block: 258, index: 3, code: .mvccReadConflict)
        #expect(IndexValueFormat.encode(entry) == [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 11])
        #expect(IndexValueFormat.decodeTransaction(IndexValueFormat.encode(entry)) == entry)
        let location = BlockLocation(position: BlockPosition(segment: 1, offset: 2), lengthBytes: 3)
        #expect(IndexValueFormat.encode(location) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3])
        #expect(IndexValueFormat.decodeLocation(IndexValueFormat.encode(location)) == location)
        let hash = [UInt8](repeating: 7, count: 32)
        for commitHash in [[], [UInt8](repeating: 8, count: 32)] {
            let head = LedgerHead(height: 5, blockHash: hash, commitHash: commitHash, end: location.position)
            #expect(IndexValueFormat.encode(head) == [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2] + hash + commitHash)
            #expect(IndexValueFormat.decodeHead(IndexValueFormat.encode(head)) == head)
        }
        #expect(IndexValueFormat.decodeTransaction([1]) == nil)
        #expect(IndexValueFormat.decodeTransaction([0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 99]) == nil)
        #expect(IndexValueFormat.decodeLocation([1]) == nil)
        #expect(IndexValueFormat.decodeHead([1]) == nil)
        #expect(IndexValueFormat.decodeNumber([1]) == nil)
    }
}
