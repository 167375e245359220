import ChannelConfiguration
import LedgerModel

/// Which configurations a committee orders for clients: what an authorised update leads to, as long as it leaves the office alone.
///
/// A pure function of the configuration in force and of governance. Who is in office follows from elections and evidence and comes into the
/// configuration by the committee's own change (decision 0011); and whatever a request changes, the committee must be able to go on.
struct RequestRules {
    let bundle: ChannelBundle
    /// Nil where nobody elects the committee.
    let plane: ControlPlane?

    /// The configuration that a request leads to, ready to be ordered.
    func transaction(of request: Envelope) throws(BroadcastRefusal) -> ConfigurationTransaction {
        let transaction: ConfigurationTransaction
        do throws(ConfigurationUpdateError) {
            guard try ConfigurationUpdate(envelope: request).signatures.count <= OrderingLimits.updateSignatures else {
                throw .tooManySignatures(limit: OrderingLimits.updateSignatures)
            }
            transaction = try ConfigurationTransaction(request: request, to: self.bundle)
            try self.checkOffice(transaction.bundle)
        } catch {
            throw .refusedUpdate(error)
        }
        // The same for every proposer, whatever the length of its certificate.
        let size = transaction.configEnvelope.count + OrderingLimits.configurationFrameBytes
        let limit = min(Int(self.bundle.batch.absoluteMaxBytes), OrderingLimits.blockPayloadBytes)
        guard size <= limit else { throw .tooLarge(sizeBytes: size, limit: limit) }
        return transaction
    }

    /// Whether a request is allowed whoever else may come into office: then a member that has promised it can be held to that.
    ///
    /// Where certificates or settings change, the answer depends on candidates and offices, which may be others when a charge is judged.
    func isOwed(_ request: Envelope) -> Bool {
        guard let successor = try? self.transaction(of: request).bundle else { return false }
        return successor.governance == self.bundle.governance
            && successor.applicationOrganizations.map(\.msp) == self.bundle.applicationOrganizations.map(\.msp)
            && successor.ordererOrganizations.map(\.msp) == self.bundle.ordererOrganizations.map(\.msp)
    }

    // MARK: - The office

    private static let mapping = ConfigurationElement(.value, "/Channel/Orderer/Orderers")
    private static let organizations = ConfigurationElement(.group, "/Channel/Orderer")
    private static let consensus = ConfigurationElement(.value, "/Channel/Orderer/ConsensusType")

    private func checkOffice(_ successor: ChannelBundle) throws(ConfigurationUpdateError) {
        guard successor.consenters == self.bundle.consenters else {
            throw .forbiddenChange(
                Self.mapping,
                reason: self.plane == nil
                    ? "the committee stays as block 0 has it"
                    : "who is in office follows from elections and proven offences, not from an update")
        }
        let (before, after) = (Self.names(of: self.bundle), Self.names(of: successor))
        guard before == after else {
            throw .forbiddenChange(Self.organizations, reason: "organisations of the ordering service come and go with their members' office")
        }
        for consenter in successor.consenters {
            do {
                _ = try successor.membership.identity(consenter.serializedIdentity)
            } catch {
                throw .forbiddenChange(
                    Self.mapping, reason: "consenter \(consenter.id) would be in office with a certificate that is refused: \(error)")
            }
        }
        if self.bundle.governance.isEmpty, !successor.governance.isEmpty {
            throw .forbiddenChange(Self.consensus, reason: "a channel whose committee nobody elects does not get elections later")
        }
        guard let plane else { return }
        guard self.bundle.hasSameConsensus(as: successor) else {
            throw .forbiddenChange(Self.consensus, reason: "only the settings of governance in it may change while the committee is elected")
        }
        try plane.check(successor: successor)
    }

    private static func names(of bundle: ChannelBundle) -> [[UInt8]] {
        bundle.ordererOrganizations.flatMap { [Array($0.groupName.utf8), $0.mspID.utf8] }
    }
}
