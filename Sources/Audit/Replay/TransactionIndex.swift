import LedgerModel
import Synchronization

/// The ids of all transactions that were replayed, valid or not.
final class TransactionIndex: TransactionIndexReading {
    private let ids = Mutex<Set<TransactionID>>([])

    func contains(_ id: TransactionID) -> Bool {
        self.ids.withLock { $0.contains(id) }
    }

    var count: Int { self.ids.withLock { $0.count } }

    func insert(_ ids: [TransactionID?]) {
        self.ids.withLock { known in
            for case let id? in ids { known.insert(id) }
        }
    }
}
