import Identity
import LedgerModel
import TestSupport

/// A second opinion on validation, written from the rules alone: strings, dictionaries and one loop.
///
/// It knows two namespaces, `a` (both organisations must endorse) and `b` (one is enough), and keys whose policy names one organisation.
struct SerialModel {
    struct Value: Equatable {
        var version: String
        /// The organisation that alone decides on the key; nil for the namespace's policy.
        var owner: Int?
    }

    struct Transaction {
        struct Query {
            var start: String
            var end: String
            var results: [(String, String)]
        }

        var id: String
        var endorsers: Set<Int>
        /// All maps are from "namespace/key".
        var reads: [(String, String?)] = []
        var queries: [Query] = []
        var puts: [String] = []
        var deletes: [String] = []
        /// An owner, or nil to take the policy away.
        var owners: [(String, Int?)] = []

        var written: [String] { self.puts + self.deletes + self.owners.map(\.0) }
    }

    var state: [String: Value] = [:]
    var ids: Set<String> = []

    /// The codes of a block, which then counts as committed.
    mutating func commit(block: Int, _ transactions: [Transaction]) -> [Int] {
        let before = self.state
        var codes = [Int](repeating: 0, count: transactions.count)
        var changedPolicies: Set<String> = []
        var seen: Set<String> = []
        for (index, transaction) in transactions.enumerated() {
            if self.ids.contains(transaction.id) {
                codes[index] = 9
                continue
            }
            // The invoked namespace is `a`; `b` counts when it is written. What passed for one namespace stays noted.
            for namespace in ["a", "b"] {
                let keys = transaction.written.filter { $0.hasPrefix(namespace) }
                if namespace == "b" && keys.isEmpty { continue }
                if !self.isEndorsed(namespace, keys, transaction, before) || keys.contains(where: { changedPolicies.contains($0) }) {
                    codes[index] = 10
                    break
                }
                for (key, _) in transaction.owners where key.hasPrefix(namespace) { changedPolicies.insert(key) }
            }
        }
        for (index, transaction) in transactions.enumerated() where codes[index] == 0 {
            if !seen.insert(transaction.id).inserted { codes[index] = 9 }
        }
        var touched: Set<String> = []
        for (index, transaction) in transactions.enumerated() where codes[index] == 0 {
            codes[index] = self.conflict(transaction, before, touched)
            if codes[index] == 0 { self.apply(transaction, "\(block):\(index)", &touched) }
        }
        self.ids.formUnion(transactions.map(\.id))
        return codes
    }

    private func isEndorsed(_ namespace: String, _ keys: [String], _ transaction: Transaction, _ before: [String: Value]) -> Bool {
        let ownPolicy = namespace == "a" ? transaction.endorsers.isSuperset(of: [0, 1]) : !transaction.endorsers.isEmpty
        var asked = false
        for key in keys {
            asked = true
            if let owner = before[key]?.owner {
                if !transaction.endorsers.contains(owner) { return false }
            } else if !ownPolicy {
                return false
            }
        }
        return asked || ownPolicy
    }

    /// 11 or 12, or 0. Reads come before queries inside a namespace, and `a` before `b`.
    private func conflict(_ transaction: Transaction, _ before: [String: Value], _ touched: Set<String>) -> Int {
        for namespace in ["a", "b"] {
            for (key, version) in transaction.reads where key.hasPrefix(namespace) {
                if touched.contains(key) || before[key]?.version != version { return 11 }
            }
            for query in transaction.queries where query.start.hasPrefix(namespace) {
                let now = self.results(from: query.start, to: query.end)
                if now.map({ "\($0)" }) != query.results.map({ "\($0)" }) { return 12 }
            }
        }
        return 0
    }

    func results(from start: String, to end: String) -> [(String, String)] {
        self.state.filter { $0.key >= start && $0.key < end }.map { ($0.key, $0.value.version) }.sorted { $0.0 < $1.0 }
    }

    private mutating func apply(_ transaction: Transaction, _ version: String, _ touched: inout Set<String>) {
        for key in transaction.puts { self.state[key] = Value(version: version, owner: self.state[key]?.owner) }
        for key in transaction.deletes { self.state[key] = nil }
        touched.formUnion(transaction.puts + transaction.deletes)
        for (key, owner) in transaction.owners where self.state[key] != nil {
            self.state[key] = Value(version: version, owner: owner)
            touched.insert(key)
        }
    }
}
