import CryptoPrimitives
import FabricMessages

/// The digest of a range query with more than 50 results (interop 4.10).
package struct RangeDigest: Hashable, Sendable {
    /// Fabric's only degree: a level is folded when it holds more than this.
    package static let standardDegree: UInt32 = 50

    package var maxDegree: UInt32
    package var maxLevel: UInt32
    /// The hashes of the highest level, SHA-256 each.
    package var hashes: [[UInt8]]

    package init(maxDegree: UInt32, maxLevel: UInt32, hashes: [[UInt8]]) {
        self.maxDegree = maxDegree
        self.maxLevel = maxLevel
        self.hashes = hashes
    }

    init(message: Kvrwset_QueryReadsMerkleSummary) {
        self.init(maxDegree: message.maxDegree, maxLevel: message.maxLevel, hashes: message.maxLevelHashes.map(\.byteArray))
    }

    var message: Kvrwset_QueryReadsMerkleSummary {
        var message = Kvrwset_QueryReadsMerkleSummary()
        message.maxDegree = self.maxDegree
        message.maxLevel = self.maxLevel
        message.maxLevelHashes = self.hashes.map(\.data)
        return message
    }
}

/// Folds the results of a range query into what its read-write set records: the results themselves up to the degree, a digest above.
package struct RangeResultsBuilder {
    private let degree: Int
    private var pending: [KeyRead] = []
    /// `levels[0]` is level 1.
    private var levels: [[[UInt8]]] = []
    private var hasLeaves: Bool { !self.levels.isEmpty }

    /// - Parameter degree: Above how many results hashing begins; at least 2.
    package init(degree: UInt32 = RangeDigest.standardDegree) {
        self.degree = max(2, Int(degree))
    }

    /// Adds the next result.
    package mutating func append(_ read: KeyRead) {
        self.pending.append(read)
        // The first leaf covers degree + 1 results: folding starts only when there is one too many.
        if self.pending.count > self.degree { self.foldPending() }
    }

    /// The results in the form that a read-write set records.
    package consuming func finish() -> RangeQuery.Results {
        guard self.hasLeaves else { return .raw(self.pending) }
        if !self.pending.isEmpty { self.foldPending() }
        var level = 0
        while level < self.levels.count - 1 {
            let hashes = self.levels[level]
            if !hashes.isEmpty {
                self.levels[level] = []
                // A single hash moves up unchanged.
                self.levels[level + 1].append(hashes.count == 1 ? hashes[0] : SHA256.hash(concatenating: hashes))
            }
            level += 1
        }
        if self.levels[level].count > self.degree {
            self.levels.append([SHA256.hash(concatenating: self.levels[level])])
            level += 1
        }
        return .merkle(RangeDigest(maxDegree: UInt32(self.degree), maxLevel: UInt32(level + 1), hashes: self.levels[level]))
    }

    private mutating func foldPending() {
        let leaf = SHA256.hash(RangeQuery.queryReads(self.pending).encoded())
        self.pending.removeAll(keepingCapacity: true)
        self.add(leaf, level: 0)
    }

    private mutating func add(_ hash: [UInt8], level first: Int) {
        var level = first
        var hash = hash
        while true {
            if level == self.levels.count { self.levels.append([]) }
            self.levels[level].append(hash)
            guard self.levels[level].count > self.degree else { return }
            hash = SHA256.hash(concatenating: self.levels[level])
            self.levels[level] = []
            level += 1
        }
    }
}
