/// Bounds on campaigns.
package enum SimulationLimits {
    /// Worlds that one task runs before it reports.
    package static let seedsAtOnce: UInt64 = 20
    /// Tasks at once.
    package static let jobs = 256
    /// From so many worlds on every coverage mark has to have been hit.
    package static let thoroughCampaign = 5000
    /// Events of a failed world that can be printed.
    package static let lines = 400
}
