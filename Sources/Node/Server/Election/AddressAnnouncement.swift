import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import SelvageClient

/// The update by which institutions that are in office say where their new nodes are.
///
/// The committee cannot write that: the group of an organisation is its administrators'. Whoever comes into office from outside is entered with the
/// address under which its key was registered, and needs no such update.
struct AddressAnnouncement {
    private static let endpoints = "Endpoints"
    private let update: ConfigurationUpdate?
    private let channel: ChannelID
    /// Whose administrators have to sign.
    let institutions: [MSPID]

    /// - Parameters:
    ///   - addresses: "host:port" of new nodes; those of organisations that are not in the ordering service are left out.
    ///   - isAlone: Whether they take the place of the present ones.
    init(_ addresses: [(institution: MSPID, address: String)], isAlone: Bool = false, on bundle: ChannelBundle) throws {
        var config = bundle.config
        var institutions: [MSPID] = []
        for organization in bundle.ordererOrganizations {
            let new = addresses.filter { $0.institution == organization.mspID }.map(\.address)
            let all = isAlone ? new : organization.endpoints.filter { !new.contains($0) } + new
            guard !new.isEmpty, all != organization.endpoints else { continue }
            var addresses = Common_OrdererAddresses()
            addresses.addresses = all
            config.channelGroup.groups["Orderer"]?.groups[organization.groupName]?.values[Self.endpoints]?.value = addresses.encoded().data
            institutions.append(organization.mspID)
        }
        self.institutions = institutions
        self.channel = bundle.channelID
        self.update = institutions.isEmpty ? nil : try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: bundle.channelID)
    }

    /// The envelope to send; nil when there is nothing to say.
    ///
    /// - Parameter administrators: One of each of `institutions`.
    func envelope(administrators: [SigningIdentity], environment: SystemEnvironment) throws -> Envelope? {
        guard var update = self.update, let sender = administrators.first else { return nil }
        for administrator in administrators {
            try update.sign(by: administrator, nonce: environment.randomBytes(count: ProposalDraft.nonceBytes))
        }
        return try update.envelope(
            channel: self.channel, sender: sender, nonce: environment.randomBytes(count: ProposalDraft.nonceBytes), timestamp: environment.now())
    }
}
