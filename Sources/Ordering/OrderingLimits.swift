/// Bounds on what the ordering service accepts and keeps.
package enum OrderingLimits {
    /// Payload and signature bytes in one block, whatever the channel says: with framing it stays below `LedgerModelLimits.blockBytes`.
    package static let blockPayloadBytes = 90 << 20
    /// Envelopes accepted and not yet taken over by the host in a block.
    package static let unfinishedEnvelopes = 20_000
    /// Bytes (payload and signature) of these envelopes.
    package static let unfinishedBytes = 256 << 20
    /// Transaction ids that a replay window remembers; beyond it the oldest blocks are forgotten early.
    package static let replayTransactions = 200_000
    /// Envelopes of one creator that wait at one member, and that one member takes from it in a second, where nothing else is said.
    package static let pendingOfOneIdentity = 10_000
    package static let envelopesPerSecond = 10_000
    /// What a configuration block's envelope holds beside the configuration: headers, the proposer's certificate and signature.
    package static let configurationFrameBytes = 8 << 10
    /// Signatures under a configuration update that a committee looks at: each costs a check.
    package static let updateSignatures = 256
    /// Creators whose speed a member remembers.
    package static let rememberedIdentities = 16_384
}
