import ChannelConfiguration
import LedgerModel

/// What validation says of one transaction.
package struct TransactionVerdict: Hashable, Sendable, CustomStringConvertible {
    package let code: ValidationCode
    /// Why it is not valid, for people: names rules, organisations and keys, never values. Nil when it is valid.
    package let reason: String?

    package static let valid = TransactionVerdict(code: .valid, reason: nil)

    package init(code: ValidationCode, reason: String?) {
        self.code = code
        self.reason = reason
    }

    package var description: String { self.reason.map { "\(self.code): \($0)" } ?? self.code.name }
}

/// What validation says of a block.
package struct ValidationOutcome: Sendable {
    /// The block with its codes, and what it changes.
    package let block: ValidatedBlock
    /// One for each envelope.
    package let verdicts: [TransactionVerdict]
    /// The configuration from the next block on; nil when the block does not change it.
    package let newBundle: ChannelBundle?
}
