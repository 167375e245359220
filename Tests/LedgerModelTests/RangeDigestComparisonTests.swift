import TestSupport
import Testing

@testable import LedgerModel

/// The comparison with a recorded digest against folding everything and comparing at the end.
@Suite struct RangeDigestComparisonTests {
    private static func reads(_ count: Int) -> [KeyRead] {
        (0..<count).map { KeyRead(key: StateKey("key\(10_000 + $0)"), version: StateVersion(block: 5, transaction: UInt64($0))) }
    }

    private static func folded(_ reads: [KeyRead], degree: UInt32) -> RangeQuery.Results {
        var builder = RangeResultsBuilder(degree: degree)
        for read in reads { builder.append(read) }
        return builder.finish()
    }

    private static func compare(_ reads: [KeyRead], with digest: RangeDigest) -> Bool {
        var comparison = RangeDigestComparison(with: digest)
        for read in reads {
            guard comparison.append(read) else { return false }
        }
        return comparison.finish()
    }

    @Test(arguments: [2, 3, 5, 50] as [UInt32])
    func `it agrees with folding for every number of results`(_ degree: UInt32) {
        for count in [Array(0...140), [2550, 2551, 2600, 2601, 2602, 2652]].joined() {
            let reads = Self.reads(count)
            guard case .merkle(let digest) = Self.folded(reads, degree: degree) else {
                #expect(count <= Int(degree))
                continue
            }
            #expect(Self.compare(reads, with: digest), "degree \(degree), \(count) results")
            #expect(!Self.compare(Array(reads.dropLast()), with: digest), "degree \(degree), one of \(count) missing")
            #expect(!Self.compare(reads + [KeyRead(key: "z", version: nil)], with: digest), "degree \(degree), one more than \(count)")
        }
    }

    @Test func `any change of the results or of the digest is seen`() {
        var random = SeededGenerator(seed: 417)
        for _ in 0..<300 {
            let degree = UInt32.random(in: 2...6, using: &random)
            let reads = Self.reads(Int.random(in: 7...90, using: &random))
            guard case .merkle(let digest) = Self.folded(reads, degree: degree) else {
                Issue.record("too few results, \(random)")
                continue
            }
            var changed = reads
            let index = Int.random(in: changed.indices, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: changed[index].version = StateVersion(block: 6, transaction: 0)
            case 1: changed.remove(at: index)
            default: changed.insert(KeyRead(key: "other", version: nil), at: index)
            }
            #expect(!Self.compare(changed, with: digest), "\(random)")
            var forged = digest
            switch Int.random(in: 0..<5, using: &random) {
            case 0: forged.maxLevel += 1
            case 1: forged.maxLevel -= 1
            case 2: forged.hashes.append(digest.hashes[0])
            case 3: forged.hashes.removeLast()
            default: forged.maxDegree += 1
            }
            // A digest of another degree may be right by chance only when the tree is the same, which the level and hashes would say.
            let isSame = Self.folded(reads, degree: forged.maxDegree) == .merkle(forged)
            #expect(Self.compare(reads, with: forged) == isSame, "\(random)")
        }
    }

    @Test func `degrees that no tree has equal nothing, and huge ones keep nothing`() {
        let reads = Self.reads(200)
        for degree in [0, 1, UInt32.max] as [UInt32] {
            for level in [0, 1, 2, UInt32.max] as [UInt32] {
                #expect(!Self.compare(reads, with: RangeDigest(maxDegree: degree, maxLevel: level, hashes: [[UInt8](repeating: 1, count: 32)])))
                #expect(!Self.compare([], with: RangeDigest(maxDegree: degree, maxLevel: level, hashes: [])))
            }
        }
        // A huge list of hashes is not looked through: the first that differs ends it.
        var comparison = RangeDigestComparison(
            with: RangeDigest(maxDegree: 2, maxLevel: 1, hashes: [[UInt8]](repeating: [1], count: 100_000)))
        var taken = 0
        for read in reads {
            guard comparison.append(read) else { break }
            taken += 1
        }
        #expect(taken == 2)
    }
}
