import LedgerModel

/// When a transaction has come before, or is too old or too early (consensus 0.1): one rule at the door and in the validity predicate.
package struct ReplayRules: Sendable {
    package private(set) var window: ReplayWindow
    private let maxAgeMilliseconds: UInt64?
    private let serviceThreshold: UInt64
    private let heartbeatMilliseconds: UInt64
    private let warmUpMilliseconds: UInt64

    package init(settings: OrderingSettings) {
        self.window = ReplayWindow(blocks: settings.replayBlocks)
        self.maxAgeMilliseconds = settings.maxAgeMilliseconds
        self.serviceThreshold = settings.serviceThreshold
        self.heartbeatMilliseconds = settings.heartbeatMilliseconds
        self.warmUpMilliseconds = settings.warmUpMilliseconds
    }

    /// From when on a heartbeat block may follow, milliseconds since 1970; nil when none ever may (1.12, 1.16).
    package func heartbeatDue(after position: ChainPosition) -> UInt64? {
        let isWarmingUp = position.number.rawValue &+ 1 < self.serviceThreshold
        let wait = isWarmingUp ? self.warmUpMilliseconds : self.heartbeatMilliseconds
        guard wait > 0 || isWarmingUp else { return nil }
        let (due, overflow) = position.timeMs.addingReportingOverflow(wait)
        return overflow ? nil : due
    }

    /// Until the chain is long enough only governance and configurations are ordered (1.16).
    package func checkWarmUp(_ envelope: CheckedEnvelope, after number: BlockNumber) throws(BroadcastRefusal) {
        guard number.rawValue &+ 1 < self.serviceThreshold, !envelope.isGovernance, !envelope.isUpdate else { return }
        throw .warmingUp(height: number, threshold: self.serviceThreshold)
    }

    /// Takes in the next block of the chain.
    package mutating func record(_ block: OrderedBlock) {
        self.window.record(block)
    }

    /// - Parameters:
    ///   - parentMs: The time of the chain's last block: what lies too far before it is refused.
    ///   - latestMs: What lies too far beyond it is refused: at the door the clock, in a block the block's own time.
    package func check(_ envelope: CheckedEnvelope, parentMs: UInt64, latestMs: UInt64) throws(BroadcastRefusal) {
        if !self.window.isOff {
            guard envelope.hasDerivedID else { throw .wrongTransactionID }
            if let refusal = self.window.refusal(of: envelope) { throw refusal }
        }
        guard let maxAge = self.maxAgeMilliseconds else { return }
        guard let time = envelope.timestamp?.millisecondsSince1970 else { throw .outsideTimeWindow }
        let latest = max(parentMs, latestMs).addingReportingOverflow(maxAge)
        let isTooOld = parentMs > maxAge && time < parentMs - maxAge
        let isTooEarly = !latest.overflow && time > latest.partialValue
        if isTooOld || isTooEarly { throw .outsideTimeWindow }
    }
}
