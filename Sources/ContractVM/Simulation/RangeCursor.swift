import LedgerModel

/// A walk over committed keys that remembers what it saw; it becomes one `RangeQuery` of the read-write set.
final class RangeCursor {
    let namespace: Namespace
    private let start: StateKey
    /// Exclusive; empty means to the end of the namespace.
    private let end: StateKey
    private let scan: any StateScan
    private var results = RangeResultsBuilder()
    private var lastKey: StateKey?
    private var isExhausted = false

    init(namespace: Namespace, start: StateKey, end: StateKey, scan: any StateScan) {
        self.namespace = namespace
        self.start = start
        self.end = end
        self.scan = scan
    }

    /// The next committed key, which is recorded; nil at the end of the range, which is recorded too.
    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        guard !isExhausted else { return nil }
        guard let result = try scan.next() else {
            isExhausted = true
            return nil
        }
        results.append(KeyRead(key: result.key, version: result.value.version))
        lastKey = result.key
        return result
    }

    /// The key after the last one read, without recording it; the cursor must not be used any more.
    func followingKey() throws(StateReadError) -> StateKey? {
        guard !isExhausted else { return nil }
        return try scan.next()?.key
    }

    /// What the walk saw so far.
    var recorded: RangeQuery {
        RangeQuery(start: start, end: isExhausted ? end : lastKey ?? "", isExhausted: isExhausted, results: results.finish())
    }
}
