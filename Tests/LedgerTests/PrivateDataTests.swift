import CryptoPrimitives
import Ledger
import LedgerModel
import TestSupport
import Testing

/// Private data in the clear: held by an endorser, kept at the commit, and found again after whatever happened.
@Suite struct PrivateDataTests {
    private static let collection: CollectionName = "_implicit_org_Org1MSP"

    private static func set(_ writes: [(String, String?)]) -> PrivateWriteSet {
        PrivateWriteSet(
            namespace: "cc", collection: self.collection,
            writes: writes.map { KeyWrite(key: StateKey($0.0), isDelete: $0.1 == nil, value: Array(($0.1 ?? "").utf8)) })
    }

    /// The hashed form that is in a transaction.
    private static func hashed(_ set: PrivateWriteSet, hash: [UInt8]? = nil) throws -> ReadWriteSet {
        let writes = try set.writes().map {
            CollectionReadWriteSet.HashedWrite(
                keyHash: SHA256.hash($0.key.utf8), isDelete: $0.isDelete, valueHash: $0.isDelete ? [] : SHA256.hash($0.value), isPurge: false)
        }
        let collection = CollectionReadWriteSet(
            collection: self.collection, writes: writes, privateHash: hash ?? SHA256.hash(set.bytes))
        return ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: "cc", collections: [collection])])
    }

    /// Block 0, then a block for each transaction.
    private static func chain(_ transactions: [SampleChain.Transaction]) throws -> SampleChain {
        var chain = SampleChain()
        try chain.add([SampleChain.Transaction(id: "t0", readWriteSet: SampleChain.writes([]), kind: .config)])
        for transaction in transactions { try chain.add([transaction]) }
        return chain
    }

    private static func value(_ ledger: Ledger, _ key: StateKey) throws -> VersionedValue? {
        try ledger.snapshot().privateValue(of: key, collection: self.collection, in: "cc")
    }

    private static func keys(_ ledger: Ledger, from start: StateKey = "", to end: StateKey? = nil) throws -> [String] {
        let scan = try ledger.snapshot().scanPrivate(self.collection, in: "cc", from: start, to: end)
        var keys: [String] = []
        while let entry = try scan.next() { keys.append(entry.key.text) }
        return keys
    }

    private static func ledger(
        _ disk: FaultyDisk, state: any KeyValueStore = InMemoryStore(), privateData: any KeyValueStore, exists: Bool = true
    ) throws -> Ledger {
        try Ledger(
            blockFolder: "b", files: disk, store: state, privateData: PrivateDataStore { () throws(KeyValueError) in privateData },
            hasPrivateData: exists)
    }

    @Test func `what was held is kept with the version of its transaction, later writes and deletes included`() throws {
        let first = Self.set([("a", "1"), ("b", "2")])
        let second = Self.set([("a", "3"), ("b", nil), ("c", "4")])
        let chain = try Self.chain([
            SampleChain.Transaction(id: "p1", readWriteSet: try Self.hashed(first)),
            SampleChain.Transaction(id: "p2", readWriteSet: try Self.hashed(second)),
        ])
        let ledger = try Self.ledger(FaultyDisk(), privateData: InMemoryStore())
        try ledger.commit(chain.blocks[0])
        try ledger.hold([first], for: "p1")
        try ledger.hold([second], for: "p2")
        #expect(try Self.value(ledger, "a") == nil)
        try ledger.commit(chain.blocks[1])
        #expect(try Self.value(ledger, "a") == VersionedValue(value: Array("1".utf8), version: StateVersion(block: 1, transaction: 0)))
        #expect(try Self.keys(ledger) == ["a", "b"])
        try ledger.commit(chain.blocks[2])
        let changed = try #require(try Self.value(ledger, "a"))
        #expect(changed == VersionedValue(value: Array("3".utf8), version: StateVersion(block: 2, transaction: 0)))
        #expect(try Self.keys(ledger) == ["a", "c"])
        #expect(try Self.keys(ledger, from: "b", to: "c").isEmpty)
        let hash = try ledger.snapshot().value(at: .hashed("cc", Self.collection, keyHash: SHA256.hash(Array("a".utf8))))
        #expect(hash?.version == changed.version && hash?.value == SHA256.hash(changed.value))
    }

    @Test func `plaintext that does not hash to what is in the block is not kept, and missing plaintext does not matter`() throws {
        let set = Self.set([("a", "1")])
        let chain = try Self.chain([
            SampleChain.Transaction(id: "p1", readWriteSet: try Self.hashed(set, hash: SHA256.hash([1]))),
            SampleChain.Transaction(id: "p2", readWriteSet: try Self.hashed(set)),
            SampleChain.Transaction(id: "p3", readWriteSet: try Self.hashed(set), code: .mvccReadConflict),
        ])
        let ledger = try Self.ledger(FaultyDisk(), privateData: InMemoryStore())
        try ledger.commit(chain.blocks[0])
        try ledger.hold([set], for: "p1")
        try ledger.hold([set], for: "p3")
        for block in chain.blocks.dropFirst() { try ledger.commit(block) }
        #expect(try Self.value(ledger, "a") == nil)
        #expect(ledger.height == 4)
    }

    @Test func `a node that stops between endorsement and commit still has the plaintext`() throws {
        let set = Self.set([("a", "1")])
        let chain = try Self.chain([SampleChain.Transaction(id: "p1", readWriteSet: try Self.hashed(set))])
        let (disk, state, privateData) = (FaultyDisk(), InMemoryStore(), InMemoryStore())
        do {
            let ledger = try Self.ledger(disk, state: state, privateData: privateData, exists: false)
            try ledger.commit(chain.blocks[0])
            try ledger.hold([set], for: "p1")
        }
        let ledger = try Self.ledger(disk, state: state, privateData: privateData)
        try ledger.commit(chain.blocks[1])
        #expect(try Self.value(ledger, "a")?.value == Array("1".utf8))
    }

    @Test func `a state that is made again from the blocks has the private data too`() throws {
        let set = Self.set([("a", "1")])
        let chain = try Self.chain([
            SampleChain.Transaction(id: "p1", readWriteSet: try Self.hashed(set)),
            SampleChain.Transaction(id: "t2", readWriteSet: SampleChain.writes([("x", "y")])),
        ])
        let (disk, privateData) = (FaultyDisk(), InMemoryStore())
        do {
            let ledger = try Self.ledger(disk, privateData: privateData, exists: false)
            try ledger.commit(chain.blocks[0])
            try ledger.hold([set], for: "p1")
            for block in chain.blocks.dropFirst() { try ledger.commit(block) }
        }
        do {
            let rebuilt = try Self.ledger(disk, privateData: privateData)
            #expect(rebuilt.recovery.replayedBlocks == 3)
            #expect(try Self.value(rebuilt, "a") == VersionedValue(value: Array("1".utf8), version: StateVersion(block: 1, transaction: 0)))
        }
        // Without its store the ledger opens all the same, and has the hashes only.
        let poorer = try Self.ledger(disk, privateData: InMemoryStore(), exists: false)
        #expect(try Self.value(poorer, "a") == nil)
        #expect(try poorer.snapshot().value(at: .hashed("cc", Self.collection, keyHash: SHA256.hash(Array("a".utf8)))) != nil)
    }

    @Test(arguments: [false, true])
    func `a crash between the block and its effects loses no plaintext`(isAppliedBeforeFailing: Bool) throws {
        let set = Self.set([("a", "1")])
        let chain = try Self.chain([SampleChain.Transaction(id: "p1", readWriteSet: try Self.hashed(set))])
        let (disk, durable, privateData) = (FaultyDisk(), InMemoryStore(), InMemoryStore())
        do {
            let store = FaultyStore(durable, failsAfter: 1, isAppliedBeforeFailing: isAppliedBeforeFailing)
            let ledger = try Self.ledger(disk, state: store, privateData: privateData, exists: false)
            try ledger.commit(chain.blocks[0])
            try ledger.hold([set], for: "p1")
            #expect(throws: LedgerError.self) { try ledger.commit(chain.blocks[1]) }
        }
        let ledger = try Self.ledger(disk, state: durable, privateData: privateData)
        #expect(ledger.height == 2)
        #expect(try Self.value(ledger, "a")?.value == Array("1".utf8))
    }

    @Test func `a store that refuses stops the endorsement and the commit, before the block is stored`() throws {
        let set = Self.set([("a", "1")])
        let chain = try Self.chain([SampleChain.Transaction(id: "p1", readWriteSet: try Self.hashed(set))])
        // The format and what is held are written, then nothing more.
        let store = FaultyStore(InMemoryStore(), failsAfter: 2, isAppliedBeforeFailing: false)
        let ledger = try Self.ledger(FaultyDisk(), privateData: store, exists: false)
        try ledger.commit(chain.blocks[0])
        try ledger.hold([set], for: "p1")
        #expect(throws: LedgerError.self) { try ledger.hold([set], for: "p2") }
        #expect(throws: LedgerError.self) { try ledger.commit(chain.blocks[1]) }
        #expect(ledger.height == 1)
    }

    @Test func `no more is held than the limit`() throws {
        let ledger = try Self.ledger(FaultyDisk(), privateData: InMemoryStore(), exists: false)
        let set = Self.set([("a", "1")])
        for number in 0..<LedgerLimits.heldTransactions { try ledger.hold([set], for: TransactionID("t\(number)")) }
        #expect(throws: LedgerError.self) { try ledger.hold([set], for: "one-more") }
        try ledger.hold([set], for: "t0")
        try ledger.hold([], for: "nothing")
    }

    @Test func `a ledger on disk has no private folder until there is something private`() throws {
        let folder = try TemporaryFolder()
        let set = Self.set([("a", "1")])
        let chain = try Self.chain([SampleChain.Transaction(id: "p1", readWriteSet: try Self.hashed(set))])
        do {
            let ledger = try Ledger.open(folder: folder.path)
            try ledger.commit(chain.blocks[0])
            #expect(!(try SystemFiles().list(folder.path)).contains("private"))
            try ledger.hold([set], for: "p1")
        }
        let ledger = try Ledger.open(folder: folder.path)
        try ledger.commit(chain.blocks[1])
        #expect(try Self.value(ledger, "a")?.value == Array("1".utf8))
        #expect(try SystemFiles().list(folder.path) == ["LOCK", "blocks", "private", "state"])
    }
}

@Suite struct PrivateDataFormatTests {
    private static let set = PrivateWriteSet(namespace: "cc", collection: "col", bytes: [7, 8])

    @Test func `golden keys and values`() {
        let version = StateVersion(block: 258, transaction: 3)
        #expect(
            PrivateDataFormat.writes(version, "cc", "col")
                == Array("w\0\0\0\0\0\0\u{1}\u{2}\0\0\0\0\0\0\0\u{3}\0\0\0\u{2}cccol".utf8))
        #expect(PrivateDataFormat.held("ab") == Array("tab".utf8))
        #expect(PrivateDataFormat.formatKey == Array("mformat".utf8) && PrivateDataFormat.version == 1)
        let held = HeldPrivateWrites(height: 9, sets: [Self.set])
        #expect(
            PrivateDataFormat.encode(held)
                == Array("\0\0\0\0\0\0\0\u{9}\0\0\0\u{2}cc\0\0\0\u{3}col\0\0\0\u{2}\u{7}\u{8}".utf8))
        #expect(PrivateDataFormat.decodeHeld(PrivateDataFormat.encode(held)) == held)
        let writes = CommittedPrivateWrites(version: version, set: Self.set)
        #expect(PrivateDataFormat.decodeWrites(key: PrivateDataFormat.writes(version, "cc", "col"), value: [7, 8]) == writes)
    }

    @Test func `the state's copy has a key of its own kind`() {
        #expect(StateKeyFormat.privateState("cc", "col", "k") == Array("p\0\0\0\u{2}cc\0\0\0\u{3}colk".utf8))
    }

    @Test func `the range of a block holds its writes only`() {
        let range = PrivateDataFormat.range(ofBlock: 5)
        for block in [UInt64(4), 5, 6, .max] {
            let key = PrivateDataFormat.writes(StateVersion(block: block, transaction: .max), "z", "z")
            let isInside = !key.lexicographicallyPrecedes(range.start) && key.lexicographicallyPrecedes(range.end)
            #expect(isInside == (block == 5))
        }
        let last = PrivateDataFormat.writes(StateVersion(block: .max, transaction: .max), "z", "z")
        #expect(last.lexicographicallyPrecedes(PrivateDataFormat.range(ofBlock: .max).end))
    }

    @Test func `damaged entries are refused`() {
        let bytes = PrivateDataFormat.encode(HeldPrivateWrites(height: 9, sets: [Self.set]))
        for count in 0..<bytes.count where count != 8 { #expect(PrivateDataFormat.decodeHeld(Array(bytes.prefix(count))) == nil) }
        var huge = bytes
        huge[8] = 0xff
        #expect(PrivateDataFormat.decodeHeld(huge) == nil)
        let key = PrivateDataFormat.writes(StateVersion(block: 1, transaction: 1), "cc", "col")
        for count in 0..<23 { #expect(PrivateDataFormat.decodeWrites(key: Array(key.prefix(count)), value: []) == nil) }
        #expect(PrivateDataFormat.heldID([1]) == nil)
    }
}
