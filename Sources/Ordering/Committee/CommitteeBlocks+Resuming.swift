import ChannelConfiguration
import LedgerModel

/// The rules in the middle of a chain, from a snapshot that was checked elsewhere.
extension CommitteeBlocks {
    /// - Parameters:
    ///   - bundle: The configuration in force after the last of `blocks`.
    ///   - governance: `ControlPlaneFormat` after that block; empty where nobody elects the committee.
    ///   - blocks: Decided blocks without gaps, as far as the rules look back.
    /// - Throws: `OrderingError.governance` when the state does not belong to chain, configuration or blocks.
    init(resuming bundle: ChannelBundle, chain: [UInt8], governance: [UInt8], blocks: [OrderedBlock]) throws(OrderingError) {
        guard let last = blocks.last, last.number.rawValue < .max else { throw .governance("a snapshot needs a block") }
        if governance.isEmpty {
            guard bundle.governance.isEmpty else { throw .governance("the configuration elects its committee, and the snapshot has no governance") }
            try self.init(bundle: bundle, chain: chain)
            return
        }
        let height = last.number.rawValue
        let plane: ControlPlane
        do {
            plane = try ControlPlaneFormat.decode(governance, bundle: bundle)
        } catch {
            throw .governance("\(error)")
        }
        guard plane.chain == chain, plane.height == height, let term = plane.term(at: height), let committee = term.committee else {
            throw .governance("the snapshot's state is of another chain or height")
        }
        let elected = try ElectedGovernance(resuming: plane, blocks: blocks)
        try self.init(
            bundle: bundle, chain: chain, height: height + 1, governance: elected, parent: (committee: committee, keys: plane.verifier(of: term)))
    }

    /// How many decided blocks the next one is judged by: the replay window, and what evidence can be about.
    package func lookBack(_ settings: OrderingSettings) -> UInt64 {
        let agreed = (self.governance as? ElectedGovernance)?.plane.settings
        let replay = UInt64(clamping: agreed.map { settings.agreed($0) }?.replayBlocks ?? settings.replayBlocks)
        guard let age = agreed?.evidenceMaxAge else { return max(replay, 1) }
        return max(replay, age.addingReportingOverflow(2).overflow ? .max : age + 2)
    }
}
