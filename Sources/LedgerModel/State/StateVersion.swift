/// When a key was last written: the block, and the transaction's position in it.
package struct StateVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Number of the block.
    package let block: UInt64
    /// Index of the transaction in the block, from 0.
    package let transaction: UInt64

    package init(block: UInt64, transaction: UInt64) {
        self.block = block
        self.transaction = transaction
    }

    package var description: String { "\(self.block):\(self.transaction)" }

    package static func < (left: StateVersion, right: StateVersion) -> Bool {
        (left.block, left.transaction) < (right.block, right.transaction)
    }
}
