/// Mistakes of a host that tests plant to see that they are found; a release build has none of them.
package struct HostFlaws: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The record on disk is always one behind.
    package static let recordLags = HostFlaws(rawValue: 1 << 0)
    /// After a restart votes are remembered and the lock is not.
    package static let lockForgotten = HostFlaws(rawValue: 1 << 1)
    /// Nothing is recorded.
    package static let noRecord = HostFlaws(rawValue: 1 << 2)
    /// The signer keeps no guard of its own.
    package static let noGuard = HostFlaws(rawValue: 1 << 3)
    /// The next height begins before the block is durable (against W4).
    package static let lateStore = HostFlaws(rawValue: 1 << 4)
    /// A write that failed is not noticed (against W3).
    package static let ignoredWrites = HostFlaws(rawValue: 1 << 5)
    /// Polkas that the node has relied on are not kept.
    package static let noArchive = HostFlaws(rawValue: 1 << 6)
    /// Members with odd numbers take a change of the committee for the very next height.
    package static let earlyChange = HostFlaws(rawValue: 1 << 7)
    /// Evidence in a block is believed without looking at its signatures.
    package static let believedEvidence = HostFlaws(rawValue: 1 << 8)
}
