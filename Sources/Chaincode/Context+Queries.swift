extension Context {
    /// The committed simple keys from `start` (inclusive) to `end` (exclusive) in byte order; empty bounds mean the first and beyond the last.
    ///
    /// The commit fails if a key appears, changes or disappears in the part of the range that was read. Composite keys never show up.
    /// Throws `invalid-range` (400) when a bound begins with U+0000.
    public func stateRange(from start: String = "", to end: String = "") throws(ContractError) -> StateIterator {
        StateIterator(host: host, first: try host.openRange(from: try simpleStart(start, end), to: end))
    }

    /// The committed composite keys that begin with these parts, in byte order.
    ///
    /// Throws `invalid-key` (400) when a part holds U+0000 or U+10FFFF.
    public func partialCompositeKey(_ objectType: String, _ attributes: String...) throws(ContractError) -> StateIterator {
        let prefix = try CompositeKey(objectType, attributes)
        return StateIterator(host: host, first: try host.openRange(from: prefix.text, to: prefix.endOfPrefix))
    }

    /// One page of `stateRange`; pass the bookmark of the page before, or nothing for the first page.
    ///
    /// A transaction that reads pages may not write, before or after. Throws `invalid-page` (400) for a page size below 1, `read-only` (500) after a write.
    public func statePage(from start: String = "", to end: String = "", pageSize: Int32, bookmark: String = "") throws(ContractError) -> StatePage {
        try checkPageSize(pageSize)
        return try host.statePage(from: try simpleStart(start, end), to: end, pageSize: pageSize, bookmark: bookmark)
    }

    /// One page of `partialCompositeKey`, under the same rules as `statePage`.
    public func partialCompositeKeyPage(
        _ objectType: String, _ attributes: String..., pageSize: Int32, bookmark: String = ""
    ) throws(ContractError) -> StatePage {
        try checkPageSize(pageSize)
        let prefix = try CompositeKey(objectType, attributes)
        return try host.statePage(from: prefix.text, to: prefix.endOfPrefix, pageSize: pageSize, bookmark: bookmark)
    }

    /// One page of the past writes of a key by valid transactions, newest first; pass the bookmark of the page before, or nothing for the first page.
    ///
    /// It costs what the page holds, however long the history is. Like `history(of:)` it is not protected against changes before the commit. Throws
    /// `invalid-page` (400) for a page size below 1 or a bookmark that is none.
    public func historyPage(of key: String, pageSize: Int32, bookmark: String = "") throws(ContractError) -> KeyHistoryPage {
        try checkPageSize(pageSize)
        return try host.historyPage(of: key, pageSize: pageSize, bookmark: bookmark)
    }

    private func checkPageSize(_ pageSize: Int32) throws(ContractError) {
        guard pageSize >= 1 else { throw .refused("invalid-page", "a page holds at least one entry; ask for a page size of 1 or more") }
    }

    /// Replaces the empty start by U+0001, the first simple key, so that composite keys stay out of simple ranges.
    private func simpleStart(_ start: String, _ end: String) throws(ContractError) -> String {
        guard start.utf8.first != 0, end.utf8.first != 0 else {
            throw .refused(
                "invalid-range", "the bound of a range of simple keys may not begin with U+0000; use partialCompositeKey for composite keys")
        }
        return start.utf8.isEmpty ? "\u{1}" : start
    }
}

/// Walks through the results of a range query, in byte order of the keys.
///
/// ```swift
/// let assets = try context.stateRange(from: "asset1", to: "asset9")
/// while let asset = try assets.next() { ... }
/// ```
public final class StateIterator {
    private let host: any ContractHost
    private var batch: RangeBatch
    private var position = 0

    init(host: any ContractHost, first: RangeBatch) {
        self.host = host
        batch = first
    }

    /// The next entry, or nil after the last one and after `close`.
    public func next() throws(ContractError) -> StateEntry? {
        if position == batch.entries.count {
            guard let iterator = batch.iterator else { return nil }
            batch = try host.nextBatch(of: iterator)
            position = 0
        }
        guard position < batch.entries.count else { return nil }
        defer { position += 1 }
        return batch.entries[position]
    }

    /// Stops reading; only what was read so far is protected at commit. Closing twice is no error.
    public func close() throws(ContractError) {
        if let iterator = batch.iterator {
            try host.closeRange(iterator)
        }
        batch = RangeBatch(entries: [], iterator: nil)
        position = 0
    }

    /// All remaining entries; the host's limit on range results bounds them.
    public func collect() throws(ContractError) -> [StateEntry] {
        var entries: [StateEntry] = []
        while let entry = try next() {
            entries.append(entry)
        }
        return entries
    }
}
