/// Bounds on what governance reads, keeps and counts, whoever sends it.
package enum GovernanceLimits {
    /// Bytes of the settings: a pool of a hundred with a certificate for each reserve; the channel configuration carries no more.
    package static let settingsBytes = 256 << 10
    /// Bytes of one governance transaction; the longest is evidence that carries a block's envelopes.
    package static let transactionBytes = 1 << 20
    /// Bytes of a certificate in PEM.
    package static let certificateBytes = 8_192
    /// Bytes of an envelope that evidence carries.
    package static let envelopeBytes = 512 << 10
    /// Envelopes that evidence carries when it is about a whole block.
    package static let envelopes = 2_000
    /// Steps of a way to a block's root.
    package static let pathSteps = 32
    /// Bytes of a query, of an answer and of a proof.
    package static let queryBytes = 4_096
    package static let answerBytes = 64 << 10
    package static let proofBytes = 64 << 10
    /// Heights over which missed slots are counted at most.
    package static let missedWindow = 1_024
    /// Rounds of one height whose proposers are counted as absent at most.
    package static let missedRounds: UInt32 = 64
    /// Pieces of evidence in one block: each costs every member several signature checks.
    package static let evidencePerBlock = 64
    /// Proven offences that are kept of one key: its holder could otherwise go on to prove its own lies for ever.
    package static let factsPerKey = 256
    /// Bytes of one entry of the control plane, and entries of one snapshot.
    package static let entryBytes = 8 << 20
    package static let entries = 200_000
    /// Heights whose messages an audit node keeps, and rounds of one height and signer.
    package static let watchedHeights = 64
    package static let watchedRounds = 64
    /// Bytes of proposed blocks that an audit node keeps until their height is decided.
    package static let watchedCandidateBytes = 64 << 20
    /// Receipts that an audit node waits for, and bytes of their envelopes.
    package static let watchedReceipts = 4_096
    package static let watchedReceiptBytes = 64 << 20
    /// Pieces of evidence that an audit node keeps until they are on the chain.
    package static let pendingEvidence = 1_024
}
