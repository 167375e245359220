/// A key of the state with its value.
public struct StateEntry: Equatable, Sendable {
    /// The key.
    public var key: String
    /// The value's bytes, never empty.
    public var value: [UInt8]

    /// Makes an entry.
    public init(key: String, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// A batch of a range query as the host hands it out.
public struct RangeBatch: Equatable, Sendable {
    /// At most 100 entries in byte order of their keys.
    public var entries: [StateEntry]
    /// The iterator to ask for more, or nil when this is the last batch.
    public var iterator: UInt32?

    /// Makes a batch.
    public init(entries: [StateEntry], iterator: UInt32?) {
        self.entries = entries
        self.iterator = iterator
    }
}

/// One page of a paged query.
public struct StatePage: Equatable, Sendable {
    /// The page's entries in byte order of their keys, at most as many as the page size.
    public var entries: [StateEntry]
    /// Where the next page starts; empty when there is none.
    public var bookmark: String

    /// Makes a page.
    public init(entries: [StateEntry], bookmark: String) {
        self.entries = entries
        self.bookmark = bookmark
    }
}

/// A past write of a key by a valid transaction.
public struct HistoryEntry: Equatable, Sendable {
    /// The transaction that wrote.
    public var transactionID: String
    /// The bytes written; empty for a delete.
    public var value: [UInt8]
    /// The time that the client put into that transaction.
    public var timestamp: TransactionTime
    /// Whether the key was deleted.
    public var isDelete: Bool

    /// Makes an entry.
    public init(transactionID: String, value: [UInt8], timestamp: TransactionTime, isDelete: Bool) {
        self.transactionID = transactionID
        self.value = value
        self.timestamp = timestamp
        self.isDelete = isDelete
    }
}

/// One page of the past of a key.
public struct KeyHistoryPage: Equatable, Sendable {
    /// The page's entries, newest first, at most as many as the page size.
    public var entries: [HistoryEntry]
    /// Where the next page starts; empty when there is none.
    public var bookmark: String

    /// Makes a page.
    public init(entries: [HistoryEntry], bookmark: String) {
        self.entries = entries
        self.bookmark = bookmark
    }
}

/// A point in time since 1970-01-01 00:00 UTC, as the client wrote it into the proposal.
public struct TransactionTime: Hashable, Sendable, Comparable {
    /// Whole seconds.
    public var seconds: Int64
    /// The rest in nanoseconds.
    public var nanoseconds: Int32

    /// Makes a time.
    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Whether the first time is earlier.
    public static func < (left: TransactionTime, right: TransactionTime) -> Bool {
        left.seconds != right.seconds ? left.seconds < right.seconds : left.nanoseconds < right.nanoseconds
    }
}
