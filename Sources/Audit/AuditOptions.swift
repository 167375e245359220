import ContractVM
import Validation

/// What an auditor knows beforehand, and which checks are made.
package struct AuditOptions: Sendable {
    /// Header hash of block 0, known from elsewhere. Without it the block in the ledger is trusted, and the report says so.
    package var expectedGenesisHash: [UInt8]?
    /// The ledger must hold at least so many blocks: the only way to notice that its end was cut off, besides its own state database.
    package var minimumHeight: UInt64?
    /// Whether valid transactions are run again.
    package var isReexecuting = true
    /// Whether the stored state is compared with the state that the replay gives.
    package var isComparingState = true
    /// Where the state database is copied to while it is compared; needs as much space as the database.
    package var temporaryFolder = "/tmp"
    /// How blocks must be written; nil: as the first block after the genesis block is.
    package var form: BlockVerifier.Form?
    /// What contracts may use; the same as the endorsers'. The time limit does not apply: an auditor may be slower than they were.
    package var limits = InvocationLimits.standard

    package init() {}
}

/// How far a replay is.
package struct AuditProgress: Hashable, Sendable {
    package let blocksDone: UInt64
    package let blocksTotal: UInt64
}
