import LedgerModel
import Testing

@testable import Validation

/// Range queries of many results, as Fabric's endorsers record them: in full up to 50, as a digest above (interop 4.10, 8.3, 9.2).
@Suite struct RangeConflictTests {
    private typealias Bench = RuleBench

    private static func key(_ number: Int) -> StateKey { StateKey("key\(100_000 + number)") }

    /// Keys with versions of block 2.
    private static func bench(_ count: Int) throws -> RuleBench {
        var bench = try RuleBench()
        for number in 0..<count {
            bench.state.set(
                .key("b", self.key(number)), VersionedValue(value: [1], version: StateVersion(block: 2, transaction: UInt64(number))))
        }
        return bench
    }

    private static func results(_ numbers: some Sequence<Int>, degree: UInt32 = RangeDigest.standardDegree) -> RangeQuery.Results {
        var builder = RangeResultsBuilder(degree: degree)
        for number in numbers { builder.append(KeyRead(key: self.key(number), version: StateVersion(block: 2, transaction: UInt64(number)))) }
        return builder.finish()
    }

    private static func query(
        _ nonce: String, _ results: RangeQuery.Results, from start: StateKey = "key", to end: StateKey = "l", isExhausted: Bool = true
    ) -> TestChannel.Draft {
        Bench.draft(
            nonce,
            [
                NamespaceReadWriteSet(
                    namespace: "b", rangeQueries: [RangeQuery(start: start, end: end, isExhausted: isExhausted, results: results)])
            ], of: "b")
    }

    /// 50 in full, 51 one leaf, 70 two leaves, 2551 the first fold into level 2.
    @Test(arguments: [(50, 0), (51, 1), (70, 1), (2551, 2)])
    func `a range holds as long as nothing in it changes`(_ count: Int, _ level: UInt32) async throws {
        let bench = try Self.bench(count)
        let results = Self.results(0..<count)
        switch results {
        case .raw: #expect(level == 0)
        case .merkle(let digest): #expect(digest.maxLevel == level)
        }
        #expect(try await bench.codes([Self.query("q", results)]) == [.valid])
        let writes = [
            Bench.put("b", Self.key(0)), Bench.put("b", Self.key(count - 1)), Bench.delete("b", Self.key(count / 2)),
            Bench.put("b", StateKey("key\(100_000)x")), Bench.put("b", "kez"), Bench.metadata("b", Self.key(1), []),
            Bench.put("b", Self.key(3), value: []),
        ]
        for (index, write) in writes.enumerated() {
            let codes = try await bench.codes([Bench.draft("w", [write], of: "b"), Self.query("q", results)])
            #expect(codes == [.valid, .phantomReadConflict], "write \(index)")
        }
        for (index, write) in [Bench.put("b", "ke"), Bench.delete("b", "l"), Bench.put("b", "l"), Bench.put("a", Self.key(1))].enumerated() {
            let codes = try await bench.codes([Bench.draft("w", [write], of: "b"), Self.query("q", results)])
            #expect(codes == [.valid, .valid], "write \(index) outside")
        }
        // Changed by an earlier block.
        var later = bench
        later.state.set(.key("b", Self.key(count - 1)), VersionedValue(value: [1], version: StateVersion(block: 3, transaction: 0)))
        #expect(try await later.codes([Self.query("q", results)]) == [.phantomReadConflict])
        // Deleting what is not there, or a write that failed itself, changes no range.
        let nothing = Bench.draft("w", [Bench.delete("b", "key0")], of: "b")
        #expect(try await bench.codes([nothing, Self.query("q", results)]) == [.valid, .valid])
        let failed = Bench.draft("w", [Bench.put("b", Self.key(0))], of: "b", endorsers: [])
        #expect(try await bench.codes([failed, Self.query("q", results)]) == [.endorsementPolicyFailure, .valid])
    }

    @Test(arguments: [20, 101])
    func `a query that stopped early holds up to and with its last key`(_ read: Int) async throws {
        let bench = try Self.bench(300)
        let last = Self.key(read - 1)
        let query = Self.query("q", Self.results(0..<read), to: last, isExhausted: false)
        #expect(try await bench.codes([query]) == [.valid])
        for write in [Bench.put("b", last), Bench.delete("b", last), Bench.put("b", Self.key(0)), Bench.put("b", "key1")] {
            #expect(try await bench.codes([Bench.draft("w", [write], of: "b"), query]) == [.valid, .phantomReadConflict])
        }
        #expect(try await bench.codes([Bench.draft("w", [Bench.put("b", Self.key(read))], of: "b"), query]) == [.valid, .valid])
        // The same results with the end taken as exclusive are one too many.
        #expect(
            try await bench.codes([Self.query("q", Self.results(0..<read), to: last, isExhausted: true)]) == [.phantomReadConflict])
        #expect(try await bench.codes([Self.query("q", Self.results(0..<read - 1), to: last, isExhausted: true)]) == [.valid])
    }

    @Test func `a range without an end reaches to the end of its namespace`() async throws {
        let bench = try Self.bench(60)
        for isExhausted in [true, false] {
            let query = Self.query("q", Self.results(0..<60), from: "", to: "", isExhausted: isExhausted)
            #expect(try await bench.codes([query]) == [.valid])
            #expect(try await bench.codes([Bench.draft("w", [Bench.put("b", "zz")], of: "b"), query]) == [.valid, .phantomReadConflict])
        }
    }

    @Test func `a digest of another degree is judged by the degree that it names, and one of none is a phantom`() async throws {
        let bench = try Self.bench(60)
        for degree in [2, 7, 59] as [UInt32] {
            #expect(try await bench.codes([Self.query("q", Self.results(0..<60, degree: degree))]) == [.valid])
        }
        guard case .merkle(let digest) = Self.results(0..<60) else {
            Issue.record("60 results are a digest")
            return
        }
        for degree in [0, 1, 49, 51, 60, UInt32.max] as [UInt32] {
            var other = digest
            other.maxDegree = degree
            #expect(try await bench.codes([Self.query("q", .merkle(other))]) == [.phantomReadConflict])
        }
        // What fits in full is never recorded as a digest, and the other way round.
        #expect(
            try await bench.codes([Self.query("q", .merkle(RangeDigest(maxDegree: 50, maxLevel: 0, hashes: [])), from: "x", to: "y")])
                == [.phantomReadConflict])
        let full = RangeQuery.Results.raw(
            (0..<60).map { KeyRead(key: Self.key($0), version: StateVersion(block: 2, transaction: UInt64($0))) })
        #expect(try await bench.codes([Self.query("q", full)]) == [.valid])
    }
}
