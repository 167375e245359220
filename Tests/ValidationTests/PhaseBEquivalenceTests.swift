import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// Random blocks of transactions that pass phase A: the validator must agree with `PhaseBModel` on every code and every version.
@Suite struct PhaseBEquivalenceTests {
    private static let collection: CollectionName = "_implicit_org_Org1MSP"

    private let bench: RuleBench

    init() throws {
        self.bench = try RuleBench()
    }

    private static func key(_ number: Int) -> String { "k\(10 + number)" }

    /// A random transaction that was endorsed on one of the last states, or on none that ever was.
    private static func transaction(seen: PhaseBModel, _ random: inout SeededGenerator) -> PhaseBModel.Transaction {
        func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }
        func keys(_ most: Int) -> [String] {
            (0..<Int.random(in: 0...most, using: &random)).map { _ in self.key(Int.random(in: 0..<14, using: &random)) }
        }
        func unique(_ keys: [String]) -> [String] { Array(Set(keys)).sorted() }
        var transaction = PhaseBModel.Transaction()
        transaction.reads = unique(keys(1)).map { ($0, seen.open[$0]) }
        if chance(12), !transaction.reads.isEmpty { transaction.reads[0].1 = StateVersion(block: 1, transaction: 1) }
        if chance(4) { transaction.hashedReads = [1, 2, 3].prefix(1).map { (UInt8($0), seen.hashed[UInt8($0)]) } }
        let written = unique(keys(3))
        for key in written {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: transaction.deletes.append(key)
            case 1: transaction.metadata.append(key)
            case 2: transaction.puts.append((key, []))
            default: transaction.puts.append((key, [1]))
            }
        }
        if chance(4) { transaction.hashedPuts = [UInt8.random(in: 1...3, using: &random)] }
        if chance(8), transaction.hashedPuts.isEmpty { transaction.hashedDeletes = [UInt8.random(in: 1...3, using: &random)] }
        if chance(2) { transaction.queries = [self.query(seen: seen, &random)] }
        return transaction
    }

    private static func query(seen: PhaseBModel, _ random: inout SeededGenerator) -> PhaseBModel.Query {
        let start = self.key(Int.random(in: 0..<10, using: &random))
        let end = Int.random(in: 0..<4, using: &random) == 0 ? "" : self.key(Int.random(in: 4...14, using: &random))
        let all = seen.open.keys.filter { $0 >= start && (end.isEmpty || $0 < end) }.sorted()
        var query = PhaseBModel.Query(start: start, end: end, isExhausted: true, results: .raw([]))
        if all.count > 1, Bool.random(using: &random) {
            // Stopped early: the end is the last key that was read.
            query.end = all[Int.random(in: 0..<all.count - 1, using: &random)]
            query.isExhausted = false
        }
        if Bool.random(using: &random) {
            query.results = .merkle(RangeDigest(maxDegree: UInt32.random(in: 2...3, using: &random), maxLevel: 0, hashes: []))
        }
        query.results = seen.results(query)
        return query
    }

    private func draft(_ nonce: String, _ transaction: PhaseBModel.Transaction) -> TestChannel.Draft {
        var part = NamespaceReadWriteSet(namespace: "b")
        part.reads = transaction.reads.map { KeyRead(key: StateKey($0.0), version: $0.1) }
        part.rangeQueries = transaction.queries.map {
            RangeQuery(start: StateKey($0.start), end: StateKey($0.end), isExhausted: $0.isExhausted, results: $0.results)
        }
        part.writes = transaction.puts.map { KeyWrite(key: StateKey($0.0), isDelete: false, value: $0.1) }
        part.writes += transaction.deletes.map { KeyWrite(key: StateKey($0), isDelete: true, value: []) }
        part.metadataWrites = transaction.metadata.map {
            MetadataWrite(key: StateKey($0), entries: [MetadataEntry(name: "note", value: [1])])
        }
        var collection = CollectionReadWriteSet(collection: Self.collection)
        collection.reads = transaction.hashedReads.map { .init(keyHash: [$0.0], version: $0.1) }
        collection.writes = transaction.hashedPuts.map { .init(keyHash: [$0], isDelete: false, valueHash: [1], isPurge: false) }
        collection.writes += transaction.hashedDeletes.map { .init(keyHash: [$0], isDelete: true, valueHash: [], isPurge: false) }
        part.collections = [collection]
        return RuleBench.draft(nonce, [part], of: "b")
    }

    /// The first difference between the validator and the model over random chains; nil when there is none.
    private func difference(seed: UInt64, chains: Int, mistake: PhaseBModel.Mistake? = nil) async throws -> String? {
        var random = SeededGenerator(seed: seed)
        for chain in 0..<chains {
            var (bench, model) = (self.bench, PhaseBModel(mistake: mistake))
            var past = [PhaseBModel()]
            for number in 2..<8 as Range<UInt64> {
                let count = Int.random(in: 1...8, using: &random)
                // What endorsers record is right, whatever mistake the committer makes.
                let transactions = (0..<count).map { _ in
                    Self.transaction(seen: past.suffix(3).randomElement(using: &random) ?? PhaseBModel(), &random)
                }
                let drafts = transactions.enumerated().map {
                    self.draft("\(chain):\(number):\($0.offset)", Self.withoutPolicyConflicts($0.element, after: transactions[..<$0.offset]))
                }
                let clean = transactions.enumerated().map { Self.withoutPolicyConflicts($0.element, after: transactions[..<$0.offset]) }
                let found = try await bench.commit(drafts, number: BlockNumber(number)).map { Int($0.rawValue) }
                let expected = model.commit(block: number, clean)
                if found != expected { return "chain \(chain), block \(number): \(found), the model says \(expected), \(random)" }
                for index in 0..<14 {
                    let version = bench.state.value(at: .key("b", StateKey(Self.key(index))))?.version
                    if version != model.open[Self.key(index)] { return "chain \(chain), block \(number): \(Self.key(index)), \(random)" }
                }
                for key in 1...3 as ClosedRange<UInt8> {
                    let version = bench.state.value(at: .hashed("b", Self.collection, keyHash: [key]))?.version
                    if version != model.hashed[key] { return "chain \(chain), block \(number): hashed \(key), \(random)" }
                }
                var right = PhaseBModel()
                (right.open, right.hashed) = (model.open, model.hashed)
                past.append(right)
            }
        }
        return nil
    }

    /// Phase A refuses writes to keys whose metadata changed earlier in the block; here they are left out.
    private static func withoutPolicyConflicts(
        _ transaction: PhaseBModel.Transaction, after earlier: ArraySlice<PhaseBModel.Transaction>
    ) -> PhaseBModel.Transaction {
        let changed = Set(earlier.flatMap(\.metadata))
        var transaction = transaction
        transaction.puts.removeAll { changed.contains($0.0) }
        transaction.deletes.removeAll { changed.contains($0) }
        transaction.metadata.removeAll { changed.contains($0) }
        return transaction
    }

    @Test func `phase B agrees with a model on a plain dictionary`() async throws {
        let difference = try await self.difference(seed: 4018, chains: 120)
        #expect(difference == nil)
    }

    @Test(arguments: PhaseBModel.Mistake.allCases)
    func `each planted mistake is found`(_ mistake: PhaseBModel.Mistake) async throws {
        let difference = try await self.difference(seed: 4018, chains: 120, mistake: mistake)
        #expect(difference != nil)
    }

    @Test func `the model's digest is Fabric's`() {
        // The leaf of the interop vectors: key000 ... key050 at (5, i), and the rest up to key059.
        let reads = (0..<60).map { index in
            KeyRead(key: StateKey("key0\(index < 10 ? "0" : "")\(index)"), version: StateVersion(block: 5, transaction: UInt64(index)))
        }
        guard case .merkle(let digest) = PhaseBModel().digest(reads, degree: 50) else {
            Issue.record("60 results are a digest")
            return
        }
        #expect(
            digest.hashes.map { Hex.encode($0) } == [
                "d905ac223a9742f22a1db674325f073c49b95157d55a5b69b24a10f525770ab8",
                "58fa1c54173274f3f2dfdc0814eb3ac4a062ee5fdade4ee8cce575dc4a65c2cd",
            ])
        #expect(digest.maxLevel == 1)
    }
}
