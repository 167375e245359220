/// An ordered map from bytes to bytes: the seam between the ledger and the database below it.
///
/// Keys are compared bytewise. One batch takes effect as a whole or not at all, also across a crash.
package protocol KeyValueStore: Sendable {
    /// An immutable view of the present content; later batches do not change it.
    func snapshot() -> any KeyValueSnapshot

    /// Applies a batch; it is durable on return. A later entry for the same key wins.
    func write(_ batch: WriteBatch) throws(KeyValueError)
}

/// An immutable view of a key-value store; safe to share between threads.
package protocol KeyValueSnapshot: Sendable {
    func value(for key: [UInt8]) throws(KeyValueError) -> [UInt8]?

    /// Walks over the keys from `start` (inclusive) to `end` (exclusive) in byte order.
    func scan(from start: [UInt8], to end: [UInt8]) throws(KeyValueError) -> any KeyValueScan
}

/// A walk over keys in byte order; it belongs to one thread.
package protocol KeyValueScan: AnyObject {
    func next() throws(KeyValueError) -> (key: [UInt8], value: [UInt8])?
}

/// Changes that are made together.
package struct WriteBatch: Sendable {
    /// A key and its new value; nil removes the key.
    package private(set) var operations: [(key: [UInt8], value: [UInt8]?)] = []

    package init() {}

    package mutating func put(_ key: [UInt8], _ value: [UInt8]) { self.operations.append((key, value)) }

    package mutating func remove(_ key: [UInt8]) { self.operations.append((key, nil)) }

    package mutating func reserveCapacity(_ count: Int) { self.operations.reserveCapacity(count) }
}

/// The database refused. Mend the cause it names; if it reports corruption, remove the state folder: it is rebuilt from the blocks.
package struct KeyValueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was attempted, such as "open".
    package var operation: String
    /// The database's own words.
    package var reason: String

    package init(operation: String, reason: String) {
        self.operation = operation
        self.reason = reason
    }

    package var description: String { "the state database could not \(self.operation): \(self.reason)" }
}
