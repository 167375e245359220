import ChannelConfiguration

/// Where Deliver gets blocks from: a peer's ledger, or the files of an ordering node.
package protocol DeliverSource: Sendable {
    /// The number of blocks that may be shown, and the number of the next one.
    var deliverableHeight: UInt64 { get }
    /// The configuration in force.
    var bundle: ChannelBundle { get }
    /// A `common.Block` as it is stored; nil when it is not here.
    func blockBytes(_ number: UInt64) throws -> [UInt8]?
    /// Waits until a block may be shown; false when the task is cancelled first.
    func waitForBlock(_ number: UInt64) async -> Bool
    /// Whether new blocks cannot come at present; requests that are strict end then (interop 7.4).
    var isOut: Bool { get }
    /// Waits until `isOut`, or until the task is cancelled.
    func waitForOutage() async
}

extension DeliverSource {
    /// A peer's ledger, or an orderer without a committee: it is there as long as the node runs.
    package var isOut: Bool { false }

    package func waitForOutage() async { _ = await OneTimeSignal<Void>().wait() }
}
