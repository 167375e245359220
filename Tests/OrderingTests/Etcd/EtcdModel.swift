import Ordering

/// etcd as far as a consenter can tell: keys with revisions, transactions one after the other, leases, history and its compaction.
struct EtcdModel {
    struct Change {
        let revision: Int64
        let key: [UInt8]
        /// Nil for a deletion.
        let item: EtcdKeyValue?
    }

    private(set) var revision: Int64 = 1
    private(set) var items: [[UInt8]: EtcdKeyValue] = [:]
    private(set) var history: [Change] = []
    private(set) var compacted: Int64 = 0
    private(set) var leases: Set<Int64> = []
    private var lastLease: Int64 = 0
    /// Nothing is written any more.
    var isFull = false

    mutating func transact(_ transaction: EtcdTransaction) -> EtcdOutcome {
        let holds = transaction.compares.allSatisfy { compare in
            let item = self.items[compare.key]
            return compare.revision == (compare.target == .createRevision ? item?.createRevision : item?.modRevision) ?? 0
        }
        let writes = (transaction.success + transaction.failure).contains { if case .put = $0 { true } else { false } }
        if self.isFull && writes { return .noSpace }
        let operations = holds ? transaction.success : transaction.failure
        let next = self.revision + 1
        var results: [[EtcdKeyValue]] = []
        for operation in operations {
            switch operation {
            case .put(let key, let value, let lease):
                // A key cannot be bound to a lease that is over: etcd refuses the whole request.
                if lease != 0, !self.leases.contains(lease) { return .unknown }
                let item = EtcdKeyValue(
                    key: key, value: value, createRevision: self.items[key]?.createRevision ?? next, modRevision: next, lease: lease)
                self.change(key, item, at: next)
                results.append([])
            case .get(let key, let end, let limit):
                let found = self.range(key, end)
                results.append(limit > 0 ? Array(found.prefix(Int(limit))) : found)
            case .delete(let key, let end):
                for item in self.range(key, end) { self.change(item.key, nil, at: next) }
                results.append([])
            }
        }
        return .answered(EtcdAnswer(succeeded: holds, revision: self.revision, results: results))
    }

    func range(_ key: [UInt8], _ end: [UInt8]) -> [EtcdKeyValue] {
        if end.isEmpty { return self.items[key].map { [$0] } ?? [] }
        return self.items.values.filter { !$0.key.lexicographicallyPrecedes(key) && $0.key.lexicographicallyPrecedes(end) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    private mutating func change(_ key: [UInt8], _ item: EtcdKeyValue?, at revision: Int64) {
        if item == nil, self.items[key] == nil { return }
        self.revision = revision
        self.items[key] = item
        self.history.append(Change(revision: revision, key: key, item: item))
    }

    mutating func grant() -> Int64 {
        self.lastLease += 1
        self.leases.insert(self.lastLease)
        return self.lastLease
    }

    mutating func expire(_ lease: Int64) {
        guard self.leases.remove(lease) != nil else { return }
        let next = self.revision + 1
        for item in self.items.values.filter({ $0.lease == lease }) { self.change(item.key, nil, at: next) }
    }

    mutating func compact(_ revision: Int64) { self.compacted = max(self.compacted, min(revision, self.revision)) }

    /// What happened from a revision on; nil when it is forgotten.
    func changes(from revision: Int64, _ key: [UInt8], _ end: [UInt8]) -> [Change]? {
        if revision <= self.compacted { return nil }
        let recent = self.history.lastIndex { $0.revision < revision }.map { self.history[($0 + 1)...] } ?? self.history[...]
        return recent.filter { !$0.key.lexicographicallyPrecedes(key) && $0.key.lexicographicallyPrecedes(end) }
    }
}
