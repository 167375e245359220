/// Bounds on what clients may send to an endorser.
package enum EndorsementLimits {
    /// The largest serialised proposal, 100 MiB: Fabric's message limit.
    package static let proposalBytes = 104_857_600
    /// How far a proposal's time may be from the endorser's clock: Fabric's 15 minutes.
    package static let timeWindowSeconds: Int64 = 900
}
