/// Bounds on what is accepted from outside.
package enum LedgerModelLimits {
    /// The largest serialised block, 100 MiB: Fabric's message limit.
    package static let blockBytes = 104_857_600
    /// The most metadata slots that a block may carry; Fabric writes 5.
    package static let metadataSlots = 16
}
