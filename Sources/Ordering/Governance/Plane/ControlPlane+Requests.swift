import ChannelConfiguration
import Identity
import LedgerModel

/// Configurations that clients ask for (decision 0021).
extension ControlPlane {
    private static let mapping = ConfigurationElement(.value, "/Channel/Orderer/Orderers")
    private static let consensus = ConfigurationElement(.value, "/Channel/Orderer/ConsensusType")

    /// Checks that governance can go on under a configuration that may follow the one in force.
    ///
    /// Settings must be usable, and everybody who may come into office must be able to: a change of the committee that nobody can write would
    /// end the chain.
    func check(successor: ChannelBundle) throws(ConfigurationUpdateError) {
        try ChannelConfiguration.CommitteeChange.checkGuards(of: successor)
        var trial = self
        var events: [GovernanceEvent] = []
        trial.beginBlock()
        do throws(ControlPlaneError) {
            try trial.adopt(successor, &events)
        } catch {
            throw .forbiddenChange(Self.consensus, reason: error.description)
        }
        guard trial.settings.hasSameOrdering(as: self.settings) else {
            throw .forbiddenChange(
                Self.consensus, reason: "the replay window, the ages, the heartbeat and the service threshold stay as block 0 has them")
        }
        // Where no organisation changes, whoever could come into office before can do so after it.
        let isSame = successor.applicationOrganizations == self.bundle.applicationOrganizations
        if isSame, successor.ordererOrganizations == self.bundle.ordererOrganizations { return }
        trial.evict(&events)
        let possible = trial.possibleKeys.compactMap { number in trial.keys[number].map { trial.consenter($0) } }
        guard !possible.isEmpty, possible.map(\.id) != successor.consenters.map(\.id).sorted() else { return }
        do throws(OrderingError) {
            _ = try ElectedGovernance.change(to: possible, successor)
        } catch {
            throw .forbiddenChange(Self.mapping, reason: "somebody could not come into office any more: \(error)")
        }
    }

    /// The keys that may come into office, ascending by number: of everybody who holds an office, is elected to one or stands for one.
    var possibleKeys: [UInt32] {
        var numbers: Set<UInt32> = []
        for (member, standing) in self.members where self.isPlaced(member) {
            numbers.formUnion([standing.key, standing.nextKey, self.pending?.keys[member] ?? 0])
        }
        if let election, election.isRunning { numbers.formUnion(election.keys.values) }
        return numbers.filter { self.keys[$0]?.isBurned == false }.sorted()
    }
}

extension GovernanceSettings {
    /// Whether what nodes take from block 0 alone is the same.
    func hasSameOrdering(as other: GovernanceSettings) -> Bool {
        self.replayBlocks == other.replayBlocks && self.transactionMaxAgeMs == other.transactionMaxAgeMs && self.heartbeatMs == other.heartbeatMs
            && self.serviceThreshold == other.serviceThreshold && self.evidenceMaxAge == other.evidenceMaxAge
    }
}
