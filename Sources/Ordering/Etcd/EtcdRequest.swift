/// A condition of an etcd transaction: a key's revision is exactly this; 0 for a key that does not exist.
package struct EtcdCompare: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        case createRevision
        case modRevision
    }

    package let key: [UInt8]
    package let target: Target
    package let revision: Int64

    package init(key: [UInt8], target: Target, revision: Int64) {
        self.key = key
        self.target = target
        self.revision = revision
    }
}

/// One operation of an etcd transaction.
package enum EtcdOperation: Hashable, Sendable {
    /// The lease with which the key ends; 0 for none.
    case put(key: [UInt8], value: [UInt8], lease: Int64)
    /// One key when `end` is empty, else all from `key` below `end`; at most `limit` of them, 0 for any number.
    case get(key: [UInt8], end: [UInt8], limit: Int64)
    case delete(key: [UInt8], end: [UInt8])
}

/// What etcd carries out as one: the operations of one branch, chosen by all conditions.
package struct EtcdTransaction: Hashable, Sendable {
    package var compares: [EtcdCompare]
    package var success: [EtcdOperation]
    package var failure: [EtcdOperation]

    package init(compares: [EtcdCompare] = [], success: [EtcdOperation], failure: [EtcdOperation] = []) {
        self.compares = compares
        self.success = success
        self.failure = failure
    }
}

/// A key as etcd holds it.
package struct EtcdKeyValue: Hashable, Sendable {
    package var key: [UInt8]
    package var value: [UInt8]
    package var createRevision: Int64
    package var modRevision: Int64
    /// 0 without one.
    package var lease: Int64

    package init(key: [UInt8], value: [UInt8], createRevision: Int64, modRevision: Int64, lease: Int64 = 0) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
        self.lease = lease
    }
}

/// etcd's answer to a transaction.
package struct EtcdAnswer: Hashable, Sendable {
    package var succeeded: Bool
    /// The store's revision afterwards.
    package var revision: Int64
    /// One item for each operation of the branch: what a `get` found, nothing for the others.
    package var results: [[EtcdKeyValue]]

    package init(succeeded: Bool, revision: Int64, results: [[EtcdKeyValue]]) {
        self.succeeded = succeeded
        self.revision = revision
        self.results = results
    }
}

/// What became of a transaction, as far as its sender knows.
package enum EtcdOutcome: Hashable, Sendable {
    case answered(EtcdAnswer)
    /// No answer: it may have been carried out, may be yet, or never.
    case unknown
    /// Refused for want of space: it was not carried out.
    case noSpace
}
