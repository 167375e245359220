/// The ordering service's answer to one envelope: what `orderer.BroadcastResponse` carries.
package struct BroadcastVerdict: Hashable, Sendable {
    /// A `common.Status` number; 200 means queued, not yet in a block.
    package let status: Int32
    /// The reason of a refusal.
    package let info: String

    package init(status: Int32, info: String = "") {
        self.status = status
        self.info = info
    }

    package static let accepted = BroadcastVerdict(status: 200)

    package var isAccepted: Bool { self.status == 200 }
}
