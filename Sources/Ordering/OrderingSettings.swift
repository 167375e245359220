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
    /// Envelopes of one creator that may wait at one member of a committee.
    package var pendingOfOneIdentity: Int
    /// How many envelopes of one creator a member of a committee takes in a second, and how many at once; 0 a second takes any number.
    package var envelopesPerSecond: Int
    package var envelopesAtOnce: Int
    /// A committee that has nothing to order makes a heartbeat block after so long; 0 never does.
    package var heartbeatMilliseconds: UInt64
    /// Until the chain has so many blocks the committee orders governance only, and makes heartbeat blocks (consensus 1.16); 0 orders at once.
    package var serviceThreshold: UInt64
    /// The time between heartbeats until then.
    package var warmUpMilliseconds: UInt64

    package init(
        replayBlocks: Int = 100, maxAgeMilliseconds: UInt64? = nil, cutsWhenIdle: Bool = true,
        unfinishedEnvelopes: Int = OrderingLimits.unfinishedEnvelopes, unfinishedBytes: Int = OrderingLimits.unfinishedBytes,
        pendingOfOneIdentity: Int = OrderingLimits.pendingOfOneIdentity, envelopesPerSecond: Int = OrderingLimits.envelopesPerSecond,
        envelopesAtOnce: Int = OrderingLimits.envelopesPerSecond, heartbeatMilliseconds: UInt64 = 0, serviceThreshold: UInt64 = 0,
        warmUpMilliseconds: UInt64 = 100
    ) {
        self.replayBlocks = replayBlocks
        self.maxAgeMilliseconds = maxAgeMilliseconds
        self.cutsWhenIdle = cutsWhenIdle
        self.unfinishedEnvelopes = unfinishedEnvelopes
        self.unfinishedBytes = unfinishedBytes
        self.pendingOfOneIdentity = pendingOfOneIdentity
        self.envelopesPerSecond = envelopesPerSecond
        self.envelopesAtOnce = envelopesAtOnce
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.serviceThreshold = serviceThreshold
        self.warmUpMilliseconds = warmUpMilliseconds
    }
}

extension OrderingSettings {
    /// The same where the members have agreed otherwise: what makes blocks valid is theirs to set.
    package func agreed(_ governance: GovernanceSettings) -> OrderingSettings {
        var settings = self
        settings.replayBlocks = Int(governance.replayBlocks)
        settings.maxAgeMilliseconds = governance.transactionMaxAgeMs
        settings.heartbeatMilliseconds = UInt64(governance.heartbeatMs)
        settings.serviceThreshold = governance.serviceThreshold
        return settings
    }
}
