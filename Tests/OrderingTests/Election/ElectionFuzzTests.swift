import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Damaged bytes end in a typed error, or decode to what encodes to the same bytes: there is one form of everything.
@Suite struct ElectionFuzzTests {
    /// Decodes and encodes again; nil for a typed refusal.
    private typealias RoundTrip = @Sendable ([UInt8]) -> [UInt8]?

    private static let action: RoundTrip = { (try? ElectionActionFormat.decode($0)).map { ElectionActionFormat.encode($0) } }
    private static let parameters: RoundTrip = { (try? ElectionParametersFormat.decode($0)).map { ElectionParametersFormat.encode($0) } }
    private static let record: RoundTrip = { (try? EpochRecordFormat.decode($0)).map { EpochRecordFormat.encode($0) } }
    private static let tally: RoundTrip = { (try? ElectionTallyFormat.decode($0)).map { ElectionTallyFormat.encode($0) } }

    /// The first input that decodes to something which encodes to other bytes; `taken` counts those that decode.
    private func firstBreach(_ seeds: [[UInt8]], rounds: Int, seed: UInt64, _ trip: RoundTrip) -> (breach: [UInt8]?, taken: Int) {
        var generator = SeededGenerator(seed: seed)
        var taken = 0
        for bytes in seeds {
            guard trip(bytes) == bytes else { return (bytes, taken) }
            for length in 0..<bytes.count {
                // No prefix of an encoding is one.
                if trip(Array(bytes.prefix(length))) != nil { return (Array(bytes.prefix(length)), taken) }
            }
            for _ in 0..<rounds {
                let mutated = Self.mutated(bytes, others: seeds, &generator)
                guard let again = trip(mutated) else { continue }
                taken += 1
                if again != mutated { return (mutated, taken) }
            }
        }
        return (nil, taken)
    }

    private static func mutated(_ bytes: [UInt8], others: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
        func place(_ count: Int) -> Int { Int(generator.next() % UInt64(max(1, count))) }
        var result = bytes
        for _ in 0...place(3) {
            guard !result.isEmpty else { break }
            switch generator.next() % 7 {
            case 0: result[place(result.count)] ^= 1 << UInt8(generator.next() % 8)
            case 1: result[place(result.count)] = [0, 1, 0x7f, 0x80, 0xff][place(5)]
            case 2: result.insert(UInt8(truncatingIfNeeded: generator.next()), at: place(result.count + 1))
            case 3: result.remove(at: place(result.count))
            case 4:
                let start = place(result.count)
                let end = start + place(min(80, result.count - start) + 1)
                result.insert(contentsOf: Array(result[start..<end]), at: end)
            case 5:
                let start = place(result.count)
                result.removeSubrange(start..<(start + place(min(80, result.count - start) + 1)))
            default:
                let other = others[place(others.count)]
                let cut = place(min(result.count, other.count))
                result = Array(result.prefix(cut)) + other.dropFirst(cut)
            }
        }
        return result
    }

    private func actions() throws -> [[UInt8]] {
        let (a, b) = (ElectionWorld.id(1), ElectionWorld.id(2))
        var world = try ElectionWorld(authorities: 2, threshold: 2)
        try world.run([a: [b], b: [a, b]])
        var kinds: [[UInt8]] = []
        for phase in [ElectionPhase.registration, .issue, .commit, .reveal, .tally] {
            kinds.append(ElectionActionFormat.encode(try #require(world.record.entries.last { $0.action.phase == phase }).action))
        }
        let open = try Voter.openBallot(member: a, identity: world.identity(of: a), choices: [a, b], election: world.parameters.id)
        return kinds + [ElectionActionFormat.encode(open)]
    }

    @Test func `actions: every truncation and thousands of mutations`() throws {
        let (breach, taken) = self.firstBreach(try self.actions(), rounds: 1_500, seed: 51, Self.action)
        #expect(breach == nil, "seed 51: \(breach.map { Hex.encode($0) } ?? "")")
        #expect(taken > 300)
    }

    @Test func `parameters: every truncation and hundreds of mutations`() throws {
        let small = try ElectionWorld(members: 2, usedKeys: [ElectionWorld.chain]).parameters
        let (breach, _) = self.firstBreach([ElectionParametersFormat.encode(small)], rounds: 600, seed: 52, Self.parameters)
        #expect(breach == nil, "seed 52: \(breach.map { Hex.encode($0) } ?? "")")
    }

    @Test func `epoch records: every truncation and thousands of mutations`() {
        let ids = (1...9).map { MSPID("m\($0)") }
        let sizes = ElectionSizes.Preset.dev.sizes
        let records = [
            EpochRecord(
                number: 3, firstHeight: 200, sizes: sizes, producers: Array(ids[0..<4]), auditNodes: Array(ids[4..<6]), standbys: Array(ids[6...]),
                seed: ElectionWorld.chain, leaving: [ids[2]], vacantSeats: 2),
            EpochRecord(
                number: 0, firstHeight: 0, sizes: ElectionSizes.Preset.solo.sizes, producers: [ids[0]], auditNodes: [], standbys: [],
                seed: ElectionWorld.chain),
        ]
        let (breach, taken) = self.firstBreach(records.map { EpochRecordFormat.encode($0) }, rounds: 4_000, seed: 53, Self.record)
        #expect(breach == nil, "seed 53: \(breach.map { Hex.encode($0) } ?? "")")
        #expect(taken > 100)
    }

    @Test func `tallies: every truncation and thousands of mutations`() throws {
        var world = try ElectionWorld(offences: [2: 7])
        let tally = try world.run([ElectionWorld.id(1): [ElectionWorld.id(2)]])
        let (breach, taken) = self.firstBreach([ElectionTallyFormat.encode(tally)], rounds: 4_000, seed: 54, Self.tally)
        #expect(breach == nil, "seed 54: \(breach.map { Hex.encode($0) } ?? "")")
        #expect(taken > 100)
    }

    @Test func `twin: a decoder that forgives bytes after the end is caught`() throws {
        let forgiving: RoundTrip = { bytes in
            for length in stride(from: bytes.count, through: max(0, bytes.count - 2), by: -1) {
                if let again = Self.action(Array(bytes.prefix(length))) { return again }
            }
            return nil
        }
        #expect(self.firstBreach(try self.actions(), rounds: 1_500, seed: 55, forgiving).breach != nil)
    }
}
