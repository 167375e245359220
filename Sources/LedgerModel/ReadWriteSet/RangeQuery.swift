/// What a transaction saw of a range of keys, so that a committer can tell whether it would still see the same (interop 4.10, 8.3, 9.2).
package struct RangeQuery: Hashable, Sendable {
    /// The keys and versions seen.
    package enum Results: Hashable, Sendable {
        /// At most 50 results, in full. An empty list is written as no list at all.
        case raw([KeyRead])
        /// More than 50 results, as the digest of 4.10.
        case merkle(RangeDigest)
    }

    /// First key of the range, inclusive.
    package var start: StateKey
    /// Exclusive end of the range if it was exhausted (empty: none), otherwise the last key read.
    package var end: StateKey
    /// True when the walk reached the end of the range.
    package var isExhausted: Bool
    package var results: Results

    package init(start: StateKey, end: StateKey, isExhausted: Bool, results: Results) {
        self.start = start
        self.end = end
        self.isExhausted = isExhausted
        self.results = results
    }
}
