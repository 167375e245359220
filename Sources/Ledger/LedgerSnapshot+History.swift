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
                do { block = try self.block(BlockNumber(version.block)) } catch { throw StateReadError(error) }
            }
            guard let block, version.transaction < UInt64(block.envelopes.count) else {
                throw StateReadError(reason: "the history of a key names transaction \(version), which does not exist")
            }
            modifications.append(try KeyModification(of: key, in: namespace, by: block.envelopes[Int(version.transaction)], version))
        }
        // What came before a snapshot is not here: whoever goes on to it is told so, and nobody takes the rest for the whole.
        let base: LedgerBase?
        do { base = try self.base() } catch { throw StateReadError(error) }
        if let base {
            guard modifications.isEmpty else {
                return HistoryPage(modifications: modifications, next: StateVersion(block: base.lastBlock, transaction: .max))
            }
            throw StateReadError(.notHere(item: "what a key was up to block \(base.lastBlock)", snapshotBlock: base.lastBlock))
        }
        return HistoryPage(modifications: modifications, next: nil)
    }
}
