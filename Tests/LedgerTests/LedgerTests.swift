import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

@Suite struct LedgerTests {
    private func ledger(over store: any KeyValueStore = InMemoryStore(), _ disk: FaultyDisk = FaultyDisk()) throws -> Ledger {
        try Ledger(blockFolder: "b", files: disk, store: store)
    }

    private func filled() throws -> (Ledger, SampleChain) {
        let chain = try SampleChain.eventful()
        let ledger = try self.ledger()
        for block in chain.blocks { try ledger.commit(block) }
        return (ledger, chain)
    }

    @Test func `blocks are found by number, hash and transaction`() throws {
        let (ledger, chain) = try self.filled()
        let snapshot = ledger.snapshot()
        #expect(snapshot.height == 5)
        #expect(snapshot.head.blockHash == chain.blocks[4].block.headerHash)
        #expect(snapshot.head.commitHash == chain.blocks[4].commitHash)
        for validated in chain.blocks {
            let block = validated.block
            #expect(try snapshot.block(block.number) == block)
            #expect(try snapshot.blockBytes(block.number) == block.serialized())
            #expect(try snapshot.block(withHash: block.headerHash) == block)
        }
        #expect(try snapshot.block(containing: "t4")?.number == 2)
        #expect(try snapshot.block(5) == nil)
        #expect(try snapshot.block(withHash: [1]) == nil)
        #expect(try snapshot.block(containing: "none") == nil)
    }

    @Test func `a transaction is found with its verdict, and invalid ones occupy their ids`() throws {
        let (ledger, chain) = try self.filled()
        let snapshot = ledger.snapshot()
        let found = try #require(try snapshot.transaction("t3"))
        #expect(found.block == 1 && found.index == 2 && found.code == .valid)
        #expect(found.envelope == chain.blocks[1].block.envelopes[2])
        #expect(try snapshot.entry(of: "t2")?.code == .mvccReadConflict)
        // The duplicate in block 3 does not hide the first one.
        #expect(try snapshot.entry(of: "t1") == TransactionEntry(block: 1, index: 0, code: .valid))
        #expect(try snapshot.contains("t2"))
        #expect(try !snapshot.contains("none"))
        #expect(try snapshot.transaction("none") == nil)
    }

    @Test func `of one id in a block the valid transaction is found`() throws {
        var chain = SampleChain()
        let writes = SampleChain.writes([("a", "1")])
        try chain.add([
            .init(id: "x", readWriteSet: writes, code: .badCreatorSignature), .init(id: "x", readWriteSet: writes),
            .init(id: "y", readWriteSet: writes, code: .badCreatorSignature), .init(id: "y", readWriteSet: writes, code: .duplicateTransactionID),
        ])
        let ledger = try self.ledger()
        try ledger.commit(chain.blocks[0])
        #expect(try ledger.snapshot().entry(of: "x")?.index == 1)
        #expect(try ledger.snapshot().entry(of: "y")?.index == 2)
    }

    @Test func `the state follows valid transactions only`() throws {
        let (ledger, _) = try self.filled()
        let state = ledger.snapshot()
        #expect(try state.value(at: .key("cc", "a")) == nil)
        #expect(try state.value(at: .key("cc", "b")) == VersionedValue(value: Array("2".utf8), version: StateVersion(block: 1, transaction: 2)))
        #expect(try state.value(at: .hashed("cc", "secret", keyHash: [9, 9]))?.value == [1, 2])
        #expect(try state.value(at: .key("", ConfigurationState.key))?.value == Array("configuration".utf8))
    }

    @Test func `a metadata write keeps the value and takes the new version`() throws {
        let chain = try SampleChain.eventful()
        let ledger = try self.ledger()
        for block in chain.blocks.prefix(3) { try ledger.commit(block) }
        let value = try #require(try ledger.snapshot().value(at: .key("cc", "a")))
        #expect(value.value == Array("1".utf8))
        #expect(value.metadata == [MetadataEntry(name: MetadataEntry.validationParameter, value: Array("policy".utf8))])
        #expect(value.version == StateVersion(block: 2, transaction: 0))
    }

    @Test func `history is newest first, without invalid transactions, and names id, time and delete`() throws {
        let (ledger, _) = try self.filled()
        let snapshot = ledger.snapshot()
        #expect(
            try snapshot.history(of: "a", in: "cc") == [
                KeyModification(transaction: "t5", value: [], timestamp: Timestamp(seconds: 12), isDelete: true),
                KeyModification(transaction: "t1", value: Array("1".utf8), timestamp: Timestamp(seconds: 10), isDelete: false),
            ])
        #expect(try snapshot.history(of: "b", in: "cc").map(\.transaction) == ["t3", "t1"])
        #expect(try snapshot.history(of: "none", in: "cc").isEmpty)
        #expect(try snapshot.history(of: "a", in: "other").isEmpty)
        #expect(try snapshot.history(of: ConfigurationState.key, in: "").isEmpty)
    }

    @Test func `a snapshot does not change while blocks are committed`() throws {
        let chain = try SampleChain.eventful()
        let ledger = try self.ledger()
        for block in chain.blocks.prefix(2) { try ledger.commit(block) }
        let before = ledger.snapshot()
        for block in chain.blocks.dropFirst(2) { try ledger.commit(block) }
        #expect(before.height == 2)
        #expect(try before.value(at: .key("cc", "a"))?.value == Array("1".utf8))
        #expect(try before.value(at: .key("cc", "c")) == nil)
        #expect(try before.block(2) == nil)
        #expect(try !before.contains("t5"))
        #expect(try before.history(of: "a", in: "cc").count == 1)
        #expect(try ledger.snapshot().value(at: .key("cc", "c")) != nil)
    }

    @Test func `a block that does not continue the chain is refused and nothing changes`() throws {
        let chain = try SampleChain.eventful()
        var other = SampleChain()
        try other.add([.init(id: "o0", readWriteSet: SampleChain.writes([("z", "1")]))])
        try other.add([.init(id: "o1", readWriteSet: SampleChain.writes([("z", "2")]))])
        let ledger = try self.ledger()
        #expect(throws: LedgerError.outOfSequence(expected: 0, found: 1)) { try ledger.commit(chain.blocks[1]) }
        try ledger.commit(chain.blocks[0])
        #expect(throws: LedgerError.outOfSequence(expected: 1, found: 0)) { try ledger.commit(chain.blocks[0]) }
        #expect(throws: LedgerError.wrongPreviousHash(block: 1)) { try ledger.commit(other.blocks[1]) }
        #expect(ledger.height == 1)
        try ledger.commit(chain.blocks[1])
    }

    @Test func `a block with an undecided transaction is refused`() throws {
        var chain = SampleChain()
        try chain.add([.init(id: "o0", readWriteSet: SampleChain.writes([]), code: .notValidated)])
        let ledger = try self.ledger()
        let error = #expect(throws: LedgerError.self) { try ledger.commit(chain.blocks[0]) }
        #expect(error == .notValidated(block: 0, reason: "a transaction has no verdict"))
    }

    @Test func `a ledger on the machine's files survives closing, and its state folder can be removed`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger"
        let chain = try SampleChain.eventful()
        do {
            let ledger = try Ledger.open(folder: path)
            for block in chain.blocks.prefix(4) { try ledger.commit(block) }
            #expect(throws: LedgerError.locked(folder: path)) { try Ledger.open(folder: path) }
        }
        do {
            let ledger = try Ledger.open(folder: path)
            #expect(ledger.recovery == Ledger.Recovery(replayedBlocks: 0, droppedBytes: 0))
            #expect(ledger.height == 4)
            try ledger.commit(chain.blocks[4])
        }
        try FileManager.default.removeItem(atPath: path + "/state")
        let ledger = try Ledger.open(folder: path)
        #expect(ledger.recovery.replayedBlocks == 5)
        #expect(try ledger.snapshot().value(at: .key("cc", "b"))?.value == Array("2".utf8))
        #expect(try ledger.snapshot().history(of: "a", in: "cc").count == 2)
        #expect(try ledger.snapshot().entry(of: "t1")?.block == 1)
    }

    @Test func `block files that lost acknowledged blocks are refused`() throws {
        let chain = try SampleChain.eventful()
        let store = InMemoryStore()
        let disk = FaultyDisk()
        do {
            let ledger = try self.ledger(over: store, disk)
            for block in chain.blocks { try ledger.commit(block) }
        }
        let error = #expect(throws: LedgerError.self) { try self.ledger(over: store, FaultyDisk()) }
        guard case .blocks(.blocksMissing(acknowledgedHeight: 5, found: _)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `block files of another chain are refused`() throws {
        let chain = try SampleChain.eventful()
        let disk = FaultyDisk()
        let store = InMemoryStore()
        do {
            let ledger = try self.ledger(over: store, FaultyDisk())
            try ledger.commit(chain.blocks[0])
            var other = SampleChain()
            try other.add([.init(id: "t9", readWriteSet: SampleChain.writes([]), kind: .config)])
            try self.ledger(over: InMemoryStore(), disk).commit(other.blocks[0])
        }
        #expect(throws: LedgerError.self) { try self.ledger(over: store, disk) }
    }

    @Test func `a stored block whose codes were altered does not pass the replay`() throws {
        let chain = try SampleChain.eventful()
        let disk = FaultyDisk()
        do {
            let store = try BlockStore(folder: "b", files: disk)
            for (number, validated) in chain.blocks.enumerated() {
                // The frame's checksum is right; only the commit hash can tell.
                let block = number == 1 ? validated.block.with(.transactionsFilter, [0, 0, 0]) : validated.block
                _ = try store.append(block.serialized(), number: UInt64(number))
            }
        }
        #expect(throws: LedgerError.stateDiverged(block: 1)) { try self.ledger(over: InMemoryStore(), disk) }
    }

    @Test func `a database of another format is refused by its number`() throws {
        let store = InMemoryStore()
        var batch = WriteBatch()
        batch.put(StateKeyFormat.savepointKey, [1])
        batch.put(StateKeyFormat.formatKey, [9])
        try store.write(batch)
        #expect(throws: LedgerError.unknownFormat(version: 9)) { try self.ledger(over: store) }
        batch.put(StateKeyFormat.formatKey, [StateKeyFormat.version])
        try store.write(batch)
        #expect(throws: LedgerError.stateDamaged(reason: "the savepoint")) { try self.ledger(over: store) }
    }
}
