import LedgerModel

/// The reasons of the latest invalid transactions, the oldest forgotten first: the ledger itself keeps only codes.
struct RecentReasons {
    private var texts: [TransactionID: String] = [:]
    private var order: [TransactionID] = []

    subscript(id: TransactionID) -> String? { self.texts[id] }

    mutating func add(_ reason: String, for id: TransactionID) {
        if self.texts.updateValue(reason, forKey: id) == nil { self.order.append(id) }
        if self.order.count > NodeLimits.rememberedReasons { self.texts[self.order.removeFirst()] = nil }
    }
}
