import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

/// What a crash in the middle of a commit may do to a ledger: lose nothing acknowledged, and leave blocks and state at one height.
@Suite struct LedgerRecoveryTests {
    /// Everything in a database, savepoint and indexes included.
    private static func content(_ store: any KeyValueStore) throws -> [[[UInt8]]] { try store.snapshot().entries() }

    /// The database after each block of a chain, committed without faults.
    private static func expectedContents(_ chain: SampleChain) throws -> [[[[UInt8]]]] {
        let store = InMemoryStore()
        let ledger = try Ledger(blockFolder: "b", files: FaultyDisk(), store: store, segmentSizeBytes: 700)
        var contents = [try Self.content(store)]
        for block in chain.blocks {
            try ledger.commit(block)
            contents.append(try Self.content(store))
        }
        return contents
    }

    /// Commits until something fails and returns how many blocks were acknowledged.
    private static func fill(_ disk: FaultyDisk, _ store: any KeyValueStore, _ chain: SampleChain) -> Int {
        guard let ledger = try? Ledger(blockFolder: "b", files: disk, store: store, segmentSizeBytes: 700) else { return 0 }
        for (number, block) in chain.blocks.enumerated() {
            guard (try? ledger.commit(block)) != nil else { return number }
        }
        return chain.blocks.count
    }

    /// Recovers and says what is wrong, if anything.
    private static func violation(
        _ disk: FaultyDisk, _ store: InMemoryStore, acknowledged: Int, _ chain: SampleChain, _ contents: [[[[UInt8]]]]
    ) -> String? {
        do {
            let ledger = try Ledger(blockFolder: "b", files: disk, store: store, segmentSizeBytes: 700)
            let height = Int(ledger.height)
            guard height >= acknowledged else { return "lost blocks: \(height) of \(acknowledged)" }
            guard try Self.content(store) == contents[height] else { return "state is not that of height \(height)" }
            for block in chain.blocks.dropFirst(height) { try ledger.commit(block) }
            guard try Self.content(store) == contents[chain.blocks.count] else { return "state differs after going on" }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Cuts the power at many points of the block files' writing and collects what is wrong after recovery.
    private static func violationsOfPowerFailure(ignoresSync: Bool, step: Int) throws -> [String] {
        let chain = try SampleChain.eventful()
        let contents = try Self.expectedContents(chain)
        let whole = FaultyDisk()
        _ = Self.fill(whole, InMemoryStore(), chain)
        var violations: [String] = []
        for budget in stride(from: 0, through: whole.writtenBytes, by: step) {
            for loss in FaultyDisk.Loss.allCases {
                let disk = FaultyDisk(FaultyDisk.Faults(powerFailsAfterBytes: budget, ignoresSync: ignoresSync))
                let store = InMemoryStore()
                let acknowledged = Self.fill(disk, store, chain)
                if let reason = Self.violation(disk.afterPowerFailure(loss), store, acknowledged: acknowledged, chain, contents) {
                    violations.append("power cut after \(budget) bytes, loss of \(loss): \(reason)")
                }
            }
        }
        return violations
    }

    @Test func `a power failure in a block file write loses nothing acknowledged`() throws {
        #expect(try Self.violationsOfPowerFailure(ignoresSync: false, step: 17) == [])
    }

    @Test func `the same check catches a disk whose syncs do nothing`() throws {
        #expect(try !Self.violationsOfPowerFailure(ignoresSync: true, step: 101).isEmpty)
    }

    @Test(arguments: [false, true])
    func `a crash around any database write is recovered from the block files`(isAppliedBeforeFailing: Bool) throws {
        let chain = try SampleChain.eventful()
        let contents = try Self.expectedContents(chain)
        for writes in 0..<chain.blocks.count {
            let disk = FaultyDisk()
            let durable = InMemoryStore()
            let store = FaultyStore(durable, failsAfter: writes, isAppliedBeforeFailing: isAppliedBeforeFailing)
            do {
                let ledger = try Ledger(blockFolder: "b", files: disk, store: store, segmentSizeBytes: 700)
                for block in chain.blocks.prefix(writes) { try ledger.commit(block) }
                #expect(throws: LedgerError.self) { try ledger.commit(chain.blocks[writes]) }
                // The ledger does not go on over a hole, and readers still see the last whole block.
                let error = #expect(throws: LedgerError.self) { try ledger.commit(chain.blocks[writes]) }
                #expect(error?.description.contains("open it again") == true)
                #expect(ledger.height == UInt64(writes))
            }
            let reason = Self.violation(disk, durable, acknowledged: writes, chain, contents)
            #expect(reason == nil, "failing write \(writes)")
        }
    }

    @Test func `the state rebuilt from blocks equals the state of the commits, also when it is older`() throws {
        let chain = try SampleChain.eventful()
        let contents = try Self.expectedContents(chain)
        let disk = FaultyDisk()
        _ = Self.fill(disk, InMemoryStore(), chain)
        for height in 0...chain.blocks.count {
            let store = InMemoryStore()
            do {
                let older = try Ledger(blockFolder: "b", files: FaultyDisk(), store: store, segmentSizeBytes: 700)
                for block in chain.blocks.prefix(height) { try older.commit(block) }
            }
            let ledger = try Ledger(blockFolder: "b", files: disk.copy(), store: store, segmentSizeBytes: 700)
            #expect(ledger.recovery.replayedBlocks == UInt64(chain.blocks.count - height))
            #expect(try Self.content(store) == contents[chain.blocks.count])
        }
    }

    @Test(arguments: [0, 9, 100, 700])
    func `a damaged state database is refused, and rebuilt once its folder is removed`(offset: UInt64) throws {
        let chain = try SampleChain.eventful()
        let folder = try TemporaryFolder()
        let path = folder.path + "/ledger"
        do {
            let ledger = try Ledger.open(folder: path)
            for block in chain.blocks { try ledger.commit(block) }
        }
        let files = SystemFiles()
        let log = try #require(try files.list(path + "/state").last { $0.hasSuffix(".log") })
        let file = try files.open(path + "/state/" + log, for: .writing)
        let byte = try file.read(1, at: offset)
        try file.write([try #require(byte.first) ^ 0x20], at: offset)
        let error = #expect(throws: LedgerError.self) { try Ledger.open(folder: path) }
        #expect(error?.description.contains("remove the state folder") == true)
        try FileManager.default.removeItem(atPath: path + "/state")
        let ledger = try Ledger.open(folder: path)
        #expect(ledger.recovery.replayedBlocks == 5)
        #expect(try ledger.snapshot().value(at: .key("cc", "b"))?.value == Array("2".utf8))
    }

    @Test func `a full disk refuses the block, keeps the ledger and goes on when there is room`() throws {
        let chain = try SampleChain.eventful()
        let disk = FaultyDisk()
        let ledger = try Ledger(blockFolder: "b", files: disk, store: InMemoryStore())
        try ledger.commit(chain.blocks[0])
        disk.faults = FaultyDisk.Faults(capacityBytes: disk.writtenBytes + 50)
        let error = #expect(throws: LedgerError.self) { try ledger.commit(chain.blocks[1]) }
        #expect(error?.description.contains("make room") == true)
        #expect(ledger.height == 1)
        disk.faults = FaultyDisk.Faults()
        for block in chain.blocks.dropFirst() { try ledger.commit(block) }
        #expect(ledger.height == 5)
    }
}
