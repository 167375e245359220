import FabricMessages
import Identity
import LedgerModel

extension ChannelBundle {
    /// The configuration after an update (interop 7.3): every rule checked, every changed element authorised under this configuration.
    ///
    /// Whether the update's sender may speak at all is the affair of the policy Writers, not of this function.
    package func successor(
        applying update: ConfigurationUpdate, strictness: ConfigurationUpdate.Strictness = .ordering
    ) throws(ConfigurationUpdateError) -> ChannelBundle {
        let message = try update.message()
        let channel = ChannelID(message.channelID)
        guard channel == self.channelID else { throw .otherChannel(channel, expected: self.channelID) }
        let signers = self.membership.acceptedIdentities(try update.signedMessages())
        var answers: [PolicyPath: PolicyResult] = [:]
        let result = try UpdateApplication(current: self.config.channelGroup, strictness: strictness).result(of: message) { path in
            if let answer = answers[path] { return answer }
            let answer = try? self.policies.evaluate(path, signers)
            answers[path] = answer
            return answer
        }
        return try self.successor(with: result, strictness: strictness)
    }

    /// The configuration that a serialised `common.ConfigEnvelope` in a block brings, once the repeated computation gives the same tree.
    ///
    /// - Throws: Whatever an unauthorised update throws, and `differentResult` with the first element that is another one.
    package func successor(
        verifying configEnvelope: [UInt8], strictness: ConfigurationUpdate.Strictness = .replay
    ) throws(ConfigurationUpdateError) -> ChannelBundle {
        let envelope = try ConfigurationTransaction.message(configEnvelope)
        let expected = self.sequence &+ 1
        guard envelope.config.sequence == expected else { throw .outOfSequence(expected: expected, found: envelope.config.sequence) }
        let successor = try self.successor(applying: try ConfigurationTransaction.update(in: envelope), strictness: strictness)
        if let element = TreeComparison.firstDifference(successor.config.channelGroup, envelope.config.channelGroup) {
            throw .differentResult(element)
        }
        return successor
    }

    /// Takes a new tree into office, when it is a configuration that may follow this one.
    func successor(
        with channelGroup: Common_ConfigGroup, strictness: ConfigurationUpdate.Strictness
    ) throws(ConfigurationUpdateError) -> ChannelBundle {
        var config = Common_Config()
        config.sequence = self.sequence &+ 1
        config.channelGroup = channelGroup
        let successor: ChannelBundle
        do {
            successor = try ChannelBundle(config: config, channelID: self.channelID, verifier: self.verifier)
        } catch {
            throw .unusableResult(error)
        }
        try self.checkContinuity(to: successor)
        if strictness == .ordering {
            try successor.checkCommitteePolicy()
            try self.checkGovernance(of: successor)
        }
        return successor
    }

    /// What a channel keeps for its whole life.
    private func checkContinuity(to successor: ChannelBundle) throws(ConfigurationUpdateError) {
        guard successor.consensusType.utf8.elementsEqual(self.consensusType.utf8) else {
            throw .forbiddenChange(
                ConfigurationElement(.value, "/Channel/Orderer/ConsensusType"),
                reason: "the consensus type may not change from '\(self.consensusType)' to '\(successor.consensusType)'")
        }
        if self.config.channelGroup.groups["Consortiums"] == nil, successor.config.channelGroup.groups["Consortiums"] != nil {
            throw .forbiddenChange(ConfigurationElement(.group, "/Channel/Consortiums"), reason: "a channel does not get consortiums later")
        }
        for (group, before, after) in [
            ("Application", self.applicationOrganizations, successor.applicationOrganizations),
            ("Orderer", self.ordererOrganizations, successor.ordererOrganizations),
        ] {
            for organization in before {
                let same = after.first { $0.groupName.utf8.elementsEqual(organization.groupName.utf8) }
                guard let same, same.mspID != organization.mspID else { continue }
                throw .forbiddenChange(
                    ConfigurationElement(.value, "/Channel/\(group)/\(organization.groupName)/MSP"),
                    reason: "the MSP id of an organisation may not change from '\(organization.mspID)' to '\(same.mspID)'")
            }
        }
    }

    /// Tools that do not know the settings drop them from the value around them: nobody would notice before the next election.
    private func checkGovernance(of successor: ChannelBundle) throws(ConfigurationUpdateError) {
        guard !self.governance.isEmpty, successor.governance.isEmpty else { return }
        throw .forbiddenChange(
            ConfigurationElement(.value, GovernanceCarriageFormat.path), reason: "the governance settings of the channel would be lost")
    }

    /// A committee whose blocks nobody could verify must never come into office.
    private func checkCommitteePolicy() throws(ConfigurationUpdateError) {
        guard !self.consenters.isEmpty else { return }
        let path = GenesisProfile.committee
        let wanted = try? CommitteeQuorum.policy(of: self.consenters)
        guard let wanted, self.signaturePolicy(path) == wanted else {
            throw .forbiddenChange(
                ConfigurationElement(.policy, path), reason: "it must ask for \(CommitteeQuorum.size(of: self.consenters.count)) of the consenters")
        }
    }
}
