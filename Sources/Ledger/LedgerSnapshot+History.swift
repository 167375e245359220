import LedgerModel

extension LedgerSnapshot {
    package func history(
        of key: StateKey, in namespace: Namespace, from start: StateVersion?, limit: Int
    ) throws(StateReadError) -> HistoryPage {
        let range = StateKeyFormat.historyRange(namespace, key)
        // Newer changes have smaller keys, so a walk from a version on meets it first and older ones then.
        let first = start.map { StateKeyFormat.history(namespace, key, $0) } ?? range.start
        let scan = try reading { () throws(KeyValueError) in try self.content.scan(from: first, to: range.end) }
        var modifications: [KeyModification] = []
        var block: OrderedBlock?
        while let entry = try reading({ () throws(KeyValueError) in try scan.next() }) {
            guard let version = StateKeyFormat.historyVersion(entry.key) else { throw StateReadError(reason: "an entry of the history is damaged") }
            guard modifications.count < limit else { return HistoryPage(modifications: modifications, next: version) }
            if block?.number.rawValue != version.block {
                // Changes of one block follow each other, so one block is kept.
                do { block = try self.block(BlockNumber(version.block)) } catch { throw StateReadError(reason: error.description) }
            }
            guard let block, version.transaction < UInt64(block.envelopes.count) else {
                throw StateReadError(reason: "the history of a key names transaction \(version), which does not exist")
            }
            modifications.append(try KeyModification(of: key, in: namespace, by: block.envelopes[Int(version.transaction)], version))
        }
        return HistoryPage(modifications: modifications, next: nil)
    }
}
