/// What an orderer's operator chooses; everything else is channel configuration.
package struct OrderingSettings: Hashable, Sendable {
    /// A transaction id is refused while one of so many last blocks holds it; 0 never looks at ids, as Fabric does.
    package var replayBlocks: Int
    /// How far a transaction's time may lie before the last block, or beyond block and clock; nil accepts any.
    package var maxAgeMilliseconds: UInt64?
    /// Cut at once while the host has no block to work on (consensus 1.13).
    package var cutsWhenIdle: Bool
    /// Bounds on what is accepted and not yet taken over by the host.
    package var unfinishedEnvelopes: Int
    package var unfinishedBytes: Int

    package init(
        replayBlocks: Int = 100, maxAgeMilliseconds: UInt64? = nil, cutsWhenIdle: Bool = true,
        unfinishedEnvelopes: Int = OrderingLimits.unfinishedEnvelopes, unfinishedBytes: Int = OrderingLimits.unfinishedBytes
    ) {
        self.replayBlocks = replayBlocks
        self.maxAgeMilliseconds = maxAgeMilliseconds
        self.cutsWhenIdle = cutsWhenIdle
        self.unfinishedEnvelopes = unfinishedEnvelopes
        self.unfinishedBytes = unfinishedBytes
    }
}
