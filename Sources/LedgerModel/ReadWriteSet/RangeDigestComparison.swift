import CryptoPrimitives
import FabricMessages

/// Compares the results of a range query with a recorded digest one by one (interop 4.10).
///
/// It says what folding all results with the recorded degree and comparing at the end would say, for every degree that Fabric knows.
/// Degree and levels come from the sender, so nothing of their size is kept: a level is a running hash. The first hash of the recorded level
/// that differs ends the comparison.
package struct RangeDigestComparison {
    /// The hashes of one level that were not folded into the next one yet.
    private struct Level {
        var count: UInt64 = 0
        /// The only hash while there is one: it moves up unchanged.
        var first: [UInt8] = []
        /// Over all of them.
        var hasher = SHA256.Hasher()

        mutating func append(_ hash: [UInt8]) {
            if self.count == 0 { self.first = hash }
            self.count += 1
            self.hasher.update(hash)
        }

        /// All hashes as one, which leaves the level empty.
        mutating func fold() -> [UInt8] {
            defer { self = Level() }
            return self.hasher.finalize()
        }
    }

    /// Below this Fabric builds no tree, and its committer stops instead of giving a verdict.
    private static let smallestDegree: UInt32 = 2

    private let recorded: RangeDigest
    private let degree: UInt64
    private var pendingCount: UInt64 = 0
    private var pending = SHA256.Hasher()
    /// `levels[0]` is level 1.
    private var levels: [Level] = []

    package init(with recorded: RangeDigest) {
        self.recorded = recorded
        self.degree = UInt64(recorded.maxDegree)
    }

    /// Adds the next result; false when no further results can make the digest equal.
    package mutating func append(_ read: KeyRead) -> Bool {
        guard self.recorded.maxDegree >= Self.smallestDegree else { return false }
        // A list of results in bytes is that of each alone, one after the other.
        self.pending.update(RangeQuery.queryReads([read]).encoded())
        self.pendingCount += 1
        return self.pendingCount > self.degree ? self.foldPending() : true
    }

    /// Whether the results added are those of the digest.
    package consuming func finish() -> Bool {
        // Too few results for a digest of this degree are recorded in full.
        guard !self.levels.isEmpty else { return false }
        if self.pendingCount > 0 {
            guard self.foldPending() else { return false }
        }
        let top = self.levels.count - 1
        for level in 0..<top where self.levels[level].count > 0 {
            let hash = self.levels[level].count == 1 ? self.levels[level].first : self.levels[level].fold()
            guard self.append(hash, toLevel: level + 1) else { return false }
        }
        if self.levels[top].count > self.degree {
            return self.recorded.maxLevel == UInt32(clamping: top + 2) && self.recorded.hashes == [self.levels[top].fold()]
        }
        // Each of them was compared when it was added.
        return self.recorded.maxLevel == UInt32(clamping: top + 1) && UInt64(self.recorded.hashes.count) == self.levels[top].count
    }

    private mutating func foldPending() -> Bool {
        var hash = self.pending.finalize()
        self.pending = SHA256.Hasher()
        self.pendingCount = 0
        var level = 0
        while true {
            guard self.append(hash, toLevel: level) else { return false }
            guard self.levels[level].count > self.degree else { return true }
            hash = self.levels[level].fold()
            level += 1
        }
    }

    /// Adds a hash to a level, counted from 0; false when the recorded digest cannot hold it.
    private mutating func append(_ hash: [UInt8], toLevel level: Int) -> Bool {
        // Levels only grow: one above the recorded one never comes back.
        guard level < self.recorded.maxLevel else { return false }
        if level == self.levels.count { self.levels.append(Level()) }
        if level + 1 == self.recorded.maxLevel {
            let index = self.levels[level].count
            guard index < UInt64(self.recorded.hashes.count), self.recorded.hashes[Int(index)] == hash else { return false }
        }
        self.levels[level].append(hash)
        return true
    }
}
