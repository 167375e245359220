import CrashSupport
import LedgerModel
import Synchronization
import TestSupport

@testable import Ledger

/// What the ledger of a seed holds at every height, from a run without faults.
final class ExpectedLedger: Sendable {
    let blocks: [ValidatedBlock]
    /// The database after each number of blocks.
    private let contents: [any KeyValueSnapshot]

    init(seed: UInt64, blockCount: Int, size: CrashChain.Size = .large) throws {
        self.blocks = try CrashChain.blocks(blockCount, seed: seed, size: size)
        let folder = try TemporaryFolder("selvage-expected")
        let store = InMemoryStore()
        let ledger = try Ledger(
            blockFolder: folder.path(of: "blocks"), files: SystemFiles(), store: store, segmentSizeBytes: CrashLedger.segmentSizeBytes)
        var contents = [store.snapshot()]
        for block in self.blocks {
            try ledger.commit(block)
            contents.append(store.snapshot())
        }
        self.contents = contents
    }

    private static let made = Mutex<[UInt64: ExpectedLedger]>([:])

    /// The ledger of a seed, made once.
    static func of(seed: UInt64, blockCount: Int) throws -> ExpectedLedger {
        if let made = self.made.withLock({ $0[seed] }) { return made }
        let made = try ExpectedLedger(seed: seed, blockCount: blockCount)
        self.made.withLock { $0[seed] = made }
        return made
    }

    /// What is wrong with a ledger: every block and every entry of the database must be as at exactly its height.
    func difference(from ledger: Ledger) throws -> String? {
        let snapshot = ledger.snapshot()
        guard snapshot.height <= UInt64(self.blocks.count) else { return "it has \(snapshot.height) blocks, \(self.blocks.count) were written" }
        let height = Int(snapshot.height)
        for (number, block) in self.blocks[..<height].enumerated() {
            let stored = try snapshot.block(BlockNumber(UInt64(number)))
            guard stored == block.block else { return "block \(number) of \(height) is another one" }
        }
        var scan = try ledger.scanBlocks()
        while try scan.next() != nil {}
        guard scan.height == snapshot.height, scan.tail == .clean else { return "the block files go on behind block \(height)" }
        return try self.differenceOfContent(snapshot.content, at: height)
    }

    private func differenceOfContent(_ content: any KeyValueSnapshot, at height: Int) throws -> String? {
        let found = try content.scan(from: [], to: [0xff])
        let wanted = try self.contents[height].scan(from: [], to: [0xff])
        while true {
            let (entry, expected) = (try found.next(), try wanted.next())
            guard entry?.key == expected?.key, entry?.value == expected?.value else {
                let key = Hex.encode((entry?.key ?? []).prefix(40))
                return "the database is not that of height \(height): it has \(key), wanted is \(Hex.encode((expected?.key ?? []).prefix(40)))"
            }
            if entry == nil { return nil }
        }
    }

    /// Opens a ledger without faults and judges it.
    ///
    /// - Parameter goesOn: Whether to write the rest of the chain, too.
    /// - Returns: What is wrong; nil when the ledger is a prefix that covers what was acknowledged.
    func violation(in folder: String, acknowledged: Int, goesOn: Bool) -> String? {
        do {
            let ledger = try CrashLedger.open(folder)
            guard ledger.height >= UInt64(acknowledged) else { return "it has \(ledger.height) of \(acknowledged) acknowledged blocks" }
            if let difference = try self.difference(from: ledger) { return difference }
            guard goesOn else { return nil }
            for block in self.blocks.dropFirst(Int(ledger.height)) { try ledger.commit(block) }
            return try self.difference(from: ledger).map { "after going on, " + $0 }
        } catch {
            return "it does not open: \(error)"
        }
    }
}
