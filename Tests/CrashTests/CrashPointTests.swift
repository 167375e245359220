import TestSupport
import Testing

/// What a power failure at any call to the file system leaves behind: a prefix of the chain that covers everything acknowledged.
@Suite struct CrashPointTests {
    /// Where a crash must have fallen while blocks were committed: appending, the batch, both syncs, rollover and the folder's sync.
    static let committing = ["segment-create", "segment-truncate", "segment-write", "segment-sync", "blocks-sync", "log-write", "log-sync"]
    /// Where a crash must have fallen while the ledger was opened, which is when it recovers.
    static let opening = [
        "disk-sync", "ledger-mkdir", "ledger-sync", "state-mkdir", "state-sync", "blocks-mkdir", "current-create", "current-write", "current-sync",
        "current-rename", "manifest-create", "manifest-write", "manifest-sync", "manifest-unlink", "table-write", "notes-rename",
    ]
    /// Where LevelDB works beside the commits; how far it is when the ledger is closed differs from run to run.
    static let either = ["log-create", "log-unlink", "table-create", "table-sync"]

    @Test func `two hundred crashes lose nothing acknowledged and invent nothing`() async throws {
        let seeds = CrashEffort.seeds(0..<130)
        var result = try await CrashCampaign().play(seeds: seeds)
        guard seeds.count > 1 else {
            #expect(result.violations == [])
            return
        }
        // How far LevelDB's own thread comes differs from run to run, and with it which calls there are to fall on.
        for first in stride(from: UInt64(130), to: 650, by: 26) where !Self.missed(result).isEmpty {
            result = result + (try await CrashCampaign().play(seeds: first..<(first + 26)))
        }
        #expect(result.violations == [])
        #expect(result.kills.count >= 200)
        #expect(result.losses >= 80)
        #expect(Self.missed(result) == [], "no crash fell on these calls")
    }

    /// The calls on which no crash fell.
    private static func missed(_ result: CrashCampaign.Result) -> [String] {
        let kills = Set(result.kills)
        let places = Self.committing + Self.opening.map { "opening " + $0 }
        return places.filter { !kills.contains($0) } + Self.either.filter { !kills.contains($0) && !kills.contains("opening " + $0) }
    }

    @Test func `when names survive in any order the block files still cover everything acknowledged`() async throws {
        let result = try await CrashCampaign(namesInAnyOrder: true).play(seeds: CrashEffort.seeds(1_000..<1_016))
        #expect(result.violations == [])
    }

    @Test(.enabled(if: CrashEffort.longSeeds != nil, "set SELVAGE_LONG_TESTS to a number of seeds"))
    func `many more crashes lose nothing acknowledged and invent nothing`() async throws {
        let count = CrashEffort.longSeeds ?? 0
        // More blocks, so that LevelDB merges its tables.
        let ordered = try await CrashCampaign(blockCount: 90).play(seeds: 10_000..<(10_000 + count))
        #expect(ordered.violations == [])
        let unordered = try await CrashCampaign(namesInAnyOrder: true).play(seeds: 10_000..<(10_000 + count))
        #expect(unordered.violations == [])
        print("crashes: \(ordered.kills.count) + \(unordered.kills.count), states removed as advised: \(unordered.removedStates)")
    }

    @Test(arguments: ["all", "segment-sync", "blocks-sync"])
    func `the same check catches a sync that does nothing`(kind: String) throws {
        let violation = try CrashCampaign(droppedSync: kind).firstViolation(seeds: 0..<130)
        #expect(violation != nil)
    }

    @Test func `the same check catches a ledger that acknowledges before it commits`() throws {
        let violation = try CrashCampaign(acknowledgesEarly: true).firstViolation(seeds: 0..<130)
        #expect(violation?.contains("acknowledged") == true, "\(violation ?? "nothing was found")")
    }
}
