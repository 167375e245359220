/// The position of a block in its chain; 0 is the genesis block.
package struct BlockNumber: Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package init(integerLiteral value: UInt64) {
        self.init(value)
    }

    /// The number of the block that follows; nil after the last number there is.
    package var next: BlockNumber? {
        let (sum, overflow) = self.rawValue.addingReportingOverflow(1)
        return overflow ? nil : BlockNumber(sum)
    }

    package var description: String { String(self.rawValue) }

    package static func < (left: BlockNumber, right: BlockNumber) -> Bool { left.rawValue < right.rawValue }
}
