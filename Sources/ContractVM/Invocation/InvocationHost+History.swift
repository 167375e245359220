import Chaincode
import LedgerModel

/// The history of keys, read in pages: what is not asked for is not loaded, and the limit counts before entries are.
extension InvocationHost {
    /// Entries that are loaded at once.
    private static let batch = 100

    func history(of key: String) throws(ContractError) -> [HistoryEntry] {
        try beginRead(key)
        var entries: [HistoryEntry] = []
        var start: StateVersion?
        repeat {
            let page = try load(key, from: start, limit: Self.batch)
            entries += page.modifications.map(HistoryEntry.init)
            start = page.next
        } while start != nil
        return entries
    }

    func historyPage(of key: String, pageSize: Int32, bookmark: String) throws(ContractError) -> KeyHistoryPage {
        try beginRead(key)
        var start = try HistoryBookmark.version(bookmark)
        var entries: [HistoryEntry] = []
        while entries.count < pageSize {
            let page: HistoryPage
            do throws(ContractError) {
                page = try load(key, from: start, limit: min(Self.batch, Int(pageSize) - entries.count))
            } catch {
                // The page ends where the blocks of this node begin; whoever asks for the next one is told so.
                guard error.code.utf8.elementsEqual(Self.notHere.utf8), !entries.isEmpty else { throw error }
                break
            }
            entries += page.modifications.map(HistoryEntry.init)
            start = page.next
            if start == nil { break }
        }
        return KeyHistoryPage(entries: entries, bookmark: start.map(HistoryBookmark.text) ?? "")
    }

    /// Loads some entries; at most one more than the transaction may still have, which is then refused.
    private func load(_ key: String, from start: StateVersion?, limit: Int) throws(ContractError) -> HistoryPage {
        session.note(.history)
        guard let history = session.history else {
            throw .failure("history-unavailable", "this node keeps no history of keys; ask a node that does")
        }
        try session.meter.checkTime()
        let affordable = session.meter.remaining(.historyEntries)
        let page: HistoryPage
        do throws(StateReadError) {
            page = try history.history(of: StateKey(key), in: namespace, from: start, limit: affordable < limit ? affordable + 1 : limit)
        } catch {
            throw contractError(.state(error))
        }
        try session.meter.charge(.historyEntries, page.modifications.count)
        return page
    }
}

/// Where the next page of a history starts: `block.transaction` of its first entry, both decimal.
enum HistoryBookmark {
    static func text(_ version: StateVersion) -> String { "\(version.block).\(version.transaction)" }

    /// The version in a bookmark; nil for the empty one. Throws `invalid-page` (400).
    static func version(_ bookmark: String) throws(ContractError) -> StateVersion? {
        guard !bookmark.utf8.isEmpty else { return nil }
        let parts = bookmark.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if parts.count == 2, let block = number(parts[0]), let transaction = number(parts[1]) {
            return StateVersion(block: block, transaction: transaction)
        }
        throw .refused(
            "invalid-page", "the bookmark is not one that a page of a history ended with; pass it on unchanged, or nothing for the first page")
    }

    /// Decimal digits without leading zeros, so that a place has one text.
    private static func number(_ digits: Substring.UTF8View) -> UInt64? {
        guard (1...20).contains(digits.count), digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        return UInt64(String(Substring(digits)))
    }
}

extension HistoryEntry {
    init(_ change: KeyModification) {
        self.init(
            transactionID: change.transaction.text, value: change.value, timestamp: TransactionTime(change.timestamp), isDelete: change.isDelete)
    }
}
