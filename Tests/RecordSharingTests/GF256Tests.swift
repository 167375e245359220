import CryptoPrimitives
import Testing

@testable import RecordSharing

struct GF256Tests {
    @Test func `every element but zero has an inverse and multiplication distributes`() {
        for value in UInt8(1)...255 { #expect(GF256.multiply(value, GF256.inverse(value)) == 1) }
        var random = SeededSource(1)
        for _ in 0..<500 {
            let (a, b, c) = (
                UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random)
            )
            #expect(GF256.multiply(a, b ^ c) == GF256.multiply(a, b) ^ GF256.multiply(a, c))
            #expect(GF256.multiply(a, b) == GF256.multiply(b, a))
            #expect(GF256.multiply(GF256.multiply(a, b), c) == GF256.multiply(a, GF256.multiply(b, c)))
        }
    }

    @Test(arguments: [(1, 64), (2, 65), (4, 200), (5, 129), (9, 127), (3, 1)])
    func `the wide and the plain kernel agree`(rows: Int, length: Int) {
        var random = SeededSource(UInt64(rows * 1000 + length))
        let input = random.bytes(count: rows * length)
        let coefficients = (0..<3).map { _ in random.bytes(count: rows) }
        let plain = GF256.combineScalar(input, length: length, coefficients: coefficients)
        #expect(GF256.combineWide(input, length: length, coefficients: coefficients) == plain)
        let first = (0..<rows).reduce(UInt8(0)) { $0 ^ GF256.multiply(coefficients[0][$1], input[$1 * length]) }
        #expect(plain[0] == first)
    }

    @Test func `long fragments go through the wide kernel and come back`() throws {
        var random = SeededSource(2)
        let code = try #require(CauchyDispersal(threshold: 3, count: 5))
        let bytes = random.bytes(count: 3 * GF256.wideRowBytes + 1)
        let fragments = code.disperse(bytes)
        let back = try #require(code.recombine([4, 1, 3].map { ($0, fragments[$0]) }))
        #expect(Array(back.prefix(bytes.count)) == bytes)
    }

    /// Any t of n fragments of a dispersal give the bytes back; returns the first subset that does not.
    private func firstLoss(threshold: Int, count: Int, fragments: [[UInt8]], bytes: [UInt8], seed: UInt64) -> [Int]? {
        var random = SeededSource(seed)
        guard let code = CauchyDispersal(threshold: threshold, count: count) else { return [] }
        for _ in 0..<12 {
            let subset = Array((0..<count).shuffled(using: &random).prefix(threshold))
            guard let back = code.recombine(subset.map { ($0, fragments[$0]) }), Array(back.prefix(bytes.count)) == bytes else { return subset }
        }
        return nil
    }

    @Test(arguments: [(2, 2), (2, 3), (3, 5), (4, 7), (8, 12), (10, 16), (17, 40), (2, 255)])
    func `any t fragments give the bytes back`(threshold: Int, count: Int) throws {
        let seed = UInt64(threshold * 256 + count)
        var random = SeededSource(seed)
        let bytes = random.bytes(count: 101)
        let code = try #require(CauchyDispersal(threshold: threshold, count: count))
        #expect(firstLoss(threshold: threshold, count: count, fragments: code.disperse(bytes), bytes: bytes, seed: seed) == nil, "seed \(seed)")
    }

    @Test func `planted bug: parity that repeats one row is caught`() throws {
        var random = SeededSource(3)
        let bytes = random.bytes(count: 64)
        let code = try #require(CauchyDispersal(threshold: 4, count: 7))
        var fragments = code.disperse(bytes)
        fragments[6] = fragments[5]
        #expect(firstLoss(threshold: 4, count: 7, fragments: fragments, bytes: bytes, seed: 3) != nil)
    }

    @Test func `recombining refuses impossible selections`() throws {
        let code = try #require(CauchyDispersal(threshold: 2, count: 3))
        let fragments = code.disperse([1, 2, 3, 4])
        #expect(code.recombine([(0, fragments[0])]) == nil)
        #expect(code.recombine([(0, fragments[0]), (0, fragments[0])]) == nil)
        #expect(code.recombine([(0, fragments[0]), (3, fragments[0])]) == nil)
        #expect(code.recombine([(0, fragments[0]), (1, [1])]) == nil)
        #expect(CauchyDispersal(threshold: 1, count: 3) == nil)
        #expect(CauchyDispersal(threshold: 3, count: 2) == nil)
        #expect(CauchyDispersal(threshold: 2, count: 256) == nil)
    }

    @Test func `fewer than t key shares fit every key`() {
        // With t - 1 = 1 share known, for each of two different keys there is a polynomial that gives this very share.
        var random = SeededSource(4)
        let share = random.bytes(count: 32)
        for key in [random.bytes(count: 32), random.bytes(count: 32)] {
            let slope = KeyPolynomial.scaled(KeyPolynomial.exclusiveOr(share, key), by: GF256.inverse(3))
            #expect(KeyPolynomial.share(constant: key, coefficients: [slope], index: 2) == share)
        }
    }

    @Test func `a hash tree proves each leaf at its place only`() throws {
        for count in 1...9 {
            let leaves = (0..<count).map { SHA256.hash([UInt8($0)]) }
            let root = HashTree.root(leaves[...])
            for index in 0..<count {
                let path = HashTree.path(to: index, in: leaves[...])
                #expect(path.count == HashTree.pathLength(to: index, count: count))
                #expect(HashTree.root(leaf: leaves[index], index: index, count: count, path: path[...]) == root)
                let other = (index + 1) % count
                if other != index { #expect(HashTree.root(leaf: leaves[index], index: other, count: count, path: path[...]) != root) }
            }
        }
    }
}
