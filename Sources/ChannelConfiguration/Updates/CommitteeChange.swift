import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// A new committee for a channel, as the one update that every member of the committee in office computes and signs (interop 7.3 and 13.1).
///
/// It changes the consenter mapping, the policy BlockValidation and the organisations of the ordering service together. All three are guarded
/// by `/Channel/Orderer/BlockValidation`, so that a quorum of the committee in office can make the change, and nobody else.
package struct CommitteeChange: Sendable {
    /// The configuration in office.
    package let bundle: ChannelBundle
    /// The configuration that the change leads to.
    package let successor: ChannelBundle
    /// What everybody signs: a serialised `common.ConfigUpdate`. The same for everyone who starts from the same configuration and committee.
    package let updateBytes: [UInt8]

    /// Computes the change.
    ///
    /// - Parameters:
    ///   - bundle: The configuration in office.
    ///   - consenters: The new committee; they are written in order of their ids.
    ///   - organizations: The organisation of every consenter, and no other. One that is in office already must be as it is: only its own
    ///     administrators may change it.
    package init(
        from bundle: ChannelBundle, to consenters: [Consenter], organizations: [GenesisProfile.Organization]
    ) throws(ConfigurationUpdateError) {
        try Self.checkGuards(of: bundle)
        let consenters = consenters.sorted { $0.id < $1.id }
        try Self.check(consenters, of: organizations, after: bundle.consenters)
        var config = bundle.config
        var orderer = config.channelGroup.groups["Orderer"] ?? Common_ConfigGroup()
        orderer.groups = try Self.groups(of: organizations, in: bundle, orderer)
        orderer.values["Orderers"]?.value = Consenter.mapping(consenters).data
        do {
            orderer.policies["BlockValidation"]?.policy.value = try CommitteeQuorum.policy(of: consenters).envelope().data
        } catch {
            throw .unusableResult(.invalidPolicy(path: GenesisProfile.committee, reason: error.description))
        }
        config.channelGroup.groups["Orderer"] = orderer
        let update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: bundle.channelID)
        // Signatures come later: here everybody consents, only to see where the update leads.
        let tree = try UpdateApplication(current: bundle.config.channelGroup, strictness: .ordering).result(of: update.message()) { _ in
            .satisfied
        }
        self.bundle = bundle
        self.successor = try bundle.successor(with: tree, strictness: .ordering)
        self.updateBytes = update.updateBytes
        for consenter in consenters {
            do {
                _ = try self.successor.membership.identity(consenter.serializedIdentity)
            } catch {
                throw .forbiddenChange(Self.mapping, reason: "consenter \(consenter.id): \(error)")
            }
        }
    }

    /// A member's consent.
    package func signature(by member: SigningIdentity, nonce: [UInt8]) throws(CryptoError) -> ConfigurationSignature {
        try ConfigurationSignature(of: self.updateBytes, by: member, nonce: nonce)
    }

    /// The member of the committee in office that made a signature over this change; nil when none did.
    package func signer(of signature: ConfigurationSignature) -> Consenter? {
        guard let signed = try? signature.signed(self.updateBytes),
            let identity = try? self.bundle.membership.verify(signed.signature, of: signed.message, by: signed.identity)
        else { return nil }
        return self.bundle.consenters.first { (try? self.bundle.membership.identity($0.serializedIdentity).id) == identity.id }
    }

    /// The authorised update: one signature of each of n - f members, in the order of the consenter mapping. Signatures that do not count are
    /// left out.
    ///
    /// - Throws: `unauthorized` when too few members have signed.
    package func update(signatures: [ConfigurationSignature]) throws(ConfigurationUpdateError) -> ConfigurationUpdate {
        var bySigner: [UInt32: ConfigurationSignature] = [:]
        for signature in signatures {
            guard let signer = self.signer(of: signature), bySigner[signer.id] == nil else { continue }
            bySigner[signer.id] = signature
        }
        let needed = CommitteeQuorum.size(of: self.bundle.consenters.count)
        let counting = self.bundle.consenters.compactMap { bySigner[$0.id] }.prefix(needed)
        let update = ConfigurationUpdate(updateBytes: self.updateBytes, signatures: Array(counting))
        _ = try self.bundle.successor(applying: update)
        return update
    }

    /// Checks that a serialised `common.ConfigEnvelope` is this change, authorised by the committee in office.
    package func check(configEnvelope: [UInt8]) throws(ConfigurationUpdateError) {
        guard try ConfigurationTransaction.update(in: configEnvelope).updateBytes == self.updateBytes else { throw .anotherUpdate }
        _ = try self.bundle.successor(verifying: configEnvelope, strictness: .ordering)
    }

    // MARK: - Rules

    private static let ordererGroup = ConfigurationElement(.group, "/Channel/Orderer")
    private static let mapping = ConfigurationElement(.value, "/Channel/Orderer/Orderers")
    private static let policy = ConfigurationElement(.policy, "/Channel/Orderer/BlockValidation")

    /// The committee can change itself only where the configuration says so.
    package static func checkGuards(of bundle: ChannelBundle) throws(ConfigurationUpdateError) {
        let elements = try ElementMap(bundle.config.channelGroup)
        guard !bundle.consenters.isEmpty else {
            throw .forbiddenChange(ConfigurationElement(.value, "/Channel/Orderer/ConsensusType"), reason: "the channel has no committee")
        }
        for element in [self.ordererGroup, self.mapping, self.policy] {
            let found = elements[element]?.modificationPolicy ?? ""
            guard PolicyPath(found, relativeTo: element.home) == PolicyPath(GenesisProfile.committee) else {
                throw .forbiddenChange(element, reason: "it is guarded by '\(found)', so the committee cannot change it")
            }
        }
    }

    private static func check(
        _ consenters: [Consenter], of organizations: [GenesisProfile.Organization], after former: [Consenter]
    ) throws(ConfigurationUpdateError) {
        for consenter in consenters {
            guard consenter.id > 0 else { throw .forbiddenChange(self.mapping, reason: "consenter ids begin at 1") }
            guard organizations.contains(where: { $0.msp.name == consenter.mspID }) else {
                throw .forbiddenChange(
                    self.mapping, reason: "consenter \(consenter.id) is of '\(consenter.mspID)', which is no organisation of the change")
            }
            // A number stands for one member for ever: signatures in old blocks are found by it.
            if let other = former.first(where: { $0.id == consenter.id }), other.mspID != consenter.mspID {
                throw .forbiddenChange(self.mapping, reason: "the id \(consenter.id) belongs to a consenter of '\(other.mspID)'")
            }
        }
        for organization in organizations where !consenters.contains(where: { $0.mspID == organization.msp.name }) {
            throw .forbiddenChange(self.ordererGroup.member(.group, organization.groupName), reason: "none of its nodes is a consenter")
        }
    }

    /// The groups of all organisations after the change; those in office stay as they are.
    private static func groups(
        of organizations: [GenesisProfile.Organization], in bundle: ChannelBundle, _ orderer: Common_ConfigGroup
    ) throws(ConfigurationUpdateError) -> [String: Common_ConfigGroup] {
        var groups: [String: Common_ConfigGroup] = [:]
        for organization in organizations {
            let element = self.ordererGroup.member(.group, organization.groupName)
            guard groups[organization.groupName] == nil else { throw .forbiddenChange(element, reason: "it appears twice") }
            let present = bundle.ordererOrganizations.first { $0.groupName.utf8.elementsEqual(organization.groupName.utf8) }
            if let present {
                guard present.msp == organization.msp, present.endpoints == organization.endpoints else {
                    throw .forbiddenChange(element, reason: "it is in office, and only its own administrators may change it")
                }
                groups[organization.groupName] = orderer.groups[organization.groupName]
                continue
            }
            guard !organization.endpoints.isEmpty else { throw .unusableResult(.missing(path: "\(element.path)/Endpoints")) }
            do {
                groups[organization.groupName] = try GenesisProfile.ordererOrganizationGroup(organization)
            } catch {
                throw .unusableResult(error)
            }
        }
        return groups
    }
}
