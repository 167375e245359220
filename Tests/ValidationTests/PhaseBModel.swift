import CryptoPrimitives
import LedgerModel

/// A second opinion on phase B alone: dictionaries, one loop, no iterators and no running digests (interop 8.3, 4.10).
///
/// It judges transactions that all passed phase A, in namespace `b`, with one private collection.
struct PhaseBModel {
    /// A mistake that somebody could make; the property must find each.
    enum Mistake: CaseIterable {
        case ignoresDeletionsOfTheBlock
        case ignoresInsertionsOfTheBlock
        case endIsAlwaysExclusive
        case forgetsHashedReads
        case metadataWritesDoNotCount
        case keepsWritesOfFailedTransactions
        case firstLeafHoldsTheDegree
    }

    struct Query {
        var start: String
        /// Empty for none.
        var end: String
        var isExhausted: Bool
        var results: RangeQuery.Results
    }

    struct Transaction {
        var reads: [(String, StateVersion?)] = []
        var queries: [Query] = []
        var hashedReads: [(UInt8, StateVersion?)] = []
        /// The value; empty deletes.
        var puts: [(String, [UInt8])] = []
        var deletes: [String] = []
        var metadata: [String] = []
        var hashedPuts: [UInt8] = []
        var hashedDeletes: [UInt8] = []
    }

    var mistake: Mistake?
    var open: [String: StateVersion] = [:]
    var hashed: [UInt8: StateVersion] = [:]

    init(mistake: Mistake? = nil) {
        self.mistake = mistake
    }

    /// The codes of a block, which then counts as committed.
    mutating func commit(block: UInt64, _ transactions: [Transaction]) -> [Int] {
        let (openBefore, hashedBefore) = (self.open, self.hashed)
        var touched: Set<String> = []
        var touchedHashes: Set<UInt8> = []
        var codes: [Int] = []
        for (index, transaction) in transactions.enumerated() {
            var code = 0
            for (key, version) in transaction.reads where touched.contains(key) || openBefore[key] != version { code = 11 }
            if code == 0 {
                for query in transaction.queries where self.results(query, before: openBefore) != query.results { code = 12 }
            }
            if code == 0 && self.mistake != .forgetsHashedReads {
                for (key, version) in transaction.hashedReads where touchedHashes.contains(key) || hashedBefore[key] != version { code = 11 }
            }
            codes.append(code)
            guard code == 0 || self.mistake == .keepsWritesOfFailedTransactions else { continue }
            let version = StateVersion(block: block, transaction: UInt64(index))
            for (key, value) in transaction.puts {
                self.open[key] = value.isEmpty ? nil : version
                touched.insert(key)
            }
            for key in transaction.deletes {
                self.open[key] = nil
                touched.insert(key)
            }
            for key in transaction.metadata where self.open[key] != nil && self.mistake != .metadataWritesDoNotCount {
                self.open[key] = version
                touched.insert(key)
            }
            for key in transaction.hashedPuts {
                self.hashed[key] = version
                touchedHashes.insert(key)
            }
            for key in transaction.hashedDeletes {
                self.hashed[key] = nil
                touchedHashes.insert(key)
            }
        }
        return codes
    }

    /// What a query would record now.
    func results(_ query: Query, before: [String: StateVersion]? = nil) -> RangeQuery.Results {
        var content = self.open
        if let before {
            if self.mistake == .ignoresDeletionsOfTheBlock { content = before.merging(content) { $1 } }
            if self.mistake == .ignoresInsertionsOfTheBlock { content = content.filter { before[$0.key] != nil } }
        }
        let includesEnd = !query.isExhausted && self.mistake != .endIsAlwaysExclusive
        let found = content.filter { key, _ in
            key >= query.start && (query.end.isEmpty || key < query.end || (includesEnd && key == query.end))
        }.sorted { $0.key < $1.key }.map { KeyRead(key: StateKey($0.key), version: $0.value) }
        guard case .merkle(let digest) = query.results else { return .raw(found) }
        return self.digest(found, degree: Int(digest.maxDegree))
    }

    /// All results folded at once: groups of one more than the degree, level by level, then what is left over from the bottom up.
    func digest(_ reads: [KeyRead], degree: Int) -> RangeQuery.Results {
        guard reads.count > degree else { return .raw(reads) }
        let leafSize = self.mistake == .firstLeafHoldsTheDegree ? degree : degree + 1
        var levels = [
            stride(from: 0, to: reads.count, by: leafSize).map { start in
                SHA256.hash(Self.bytes(of: Array(reads[start..<min(start + leafSize, reads.count)])))
            }
        ]
        while let last = levels.last, last.count > degree {
            let whole = last.count / (degree + 1) * (degree + 1)
            levels[levels.count - 1] = Array(last[whole...])
            levels.append(
                stride(from: 0, to: whole, by: degree + 1).map { SHA256.hash(concatenating: Array(last[$0..<$0 + degree + 1])) })
        }
        for level in levels.indices.dropLast() where !levels[level].isEmpty {
            levels[level + 1].append(levels[level].count == 1 ? levels[level][0] : SHA256.hash(concatenating: levels[level]))
        }
        var top = levels[levels.count - 1]
        var height = levels.count
        if top.count > degree {
            top = [SHA256.hash(concatenating: top)]
            height += 1
        }
        return .merkle(RangeDigest(maxDegree: UInt32(degree), maxLevel: UInt32(height), hashes: top))
    }

    /// The bytes of `kvrwset.QueryReads`, written by hand: 1 read { 1 key, 2 version { 1 block, 2 transaction } }; numbers below 128.
    static func bytes(of reads: [KeyRead]) -> [UInt8] {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
        func number(_ field: UInt8, _ value: UInt64) -> [UInt8] { value == 0 ? [] : [field << 3, UInt8(value)] }
        return reads.flatMap { read in
            let version = read.version.map { field(2, number(1, $0.block) + number(2, $0.transaction)) } ?? []
            return field(1, field(1, Array(read.key.utf8)) + version)
        }
    }
}
