import LedgerModel

/// Whether a recorded range query would still give the same keys and versions (interop 8.3, 4.10).
enum RangeCheck {
    /// True when every result is the same, in the same order, and none is missing or new.
    static func isUnchanged(
        _ query: RangeQuery, in namespace: Namespace, overlay: borrowing BlockOverlay, state: any StateReading
    ) throws(StateReadError) -> Bool {
        // A query that stopped early recorded its last key as its end, so that key belongs to the range.
        let includesEnd = !query.isExhausted
        let end: StateKey? = query.end.isEmpty ? nil : query.end
        var walk = try OverlaidWalk(
            changes: overlay.changes(in: namespace, from: query.start, to: end, includingEnd: includesEnd),
            scan: state.scan(namespace, from: query.start, to: includesEnd ? end.map { StateKey(utf8: $0.utf8 + [0]) } : end))
        switch query.results {
        case .raw(let reads):
            for read in reads {
                guard let found = try walk.next(), found == read else { return false }
            }
            return try walk.next() == nil
        case .merkle(let digest):
            // The degree is the sender's word: nothing is kept for it, and the first hash that differs ends the walk.
            var comparison = RangeDigestComparison(with: digest)
            while let found = try walk.next() {
                guard comparison.append(found) else { return false }
            }
            return comparison.finish()
        }
    }
}

/// A walk over committed keys as the earlier transactions of a block have changed them.
private struct OverlaidWalk {
    private let changes: [(StateKey, StateUpdate)]
    private let scan: any StateScan
    private var position = 0
    private var committed: (key: StateKey, value: VersionedValue)?

    init(changes: [(StateKey, StateUpdate)], scan: any StateScan) throws(StateReadError) {
        self.changes = changes
        self.scan = scan
        self.committed = try scan.next()
    }

    /// The next key that exists, and its version.
    mutating func next() throws(StateReadError) -> KeyRead? {
        while true {
            guard self.position < self.changes.count else {
                guard let found = self.committed else { return nil }
                self.committed = try self.scan.next()
                return KeyRead(key: found.key, version: found.value.version)
            }
            let (key, update) = self.changes[self.position]
            if let found = self.committed, found.key < key {
                self.committed = try self.scan.next()
                return KeyRead(key: found.key, version: found.value.version)
            }
            if let found = self.committed, found.key == key { self.committed = try self.scan.next() }
            self.position += 1
            if case .put = update.change { return KeyRead(key: key, version: update.version) }
        }
    }
}
