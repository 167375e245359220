import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

/// A channel of two organisations and a committee of four, of which everybody's keys are known; a fifth member waits.
struct UpdateNetwork: Sendable {
    static let shared = Result { try UpdateNetwork() }
    static let time = Timestamp(seconds: 1_800_000_000)

    let genesis: OrderedBlock
    let bundle: ChannelBundle
    /// Administrators of Org1MSP and Org2MSP.
    let admins: [SigningIdentity]
    /// Members 1 to 5; the last is not in office.
    let members: [SigningIdentity]
    /// Administrators of the members' organisations.
    let memberAdmins: [SigningIdentity]
    let consenters: [Consenter]
    let organizations: [GenesisProfile.Organization]

    init() throws {
        var random = SeededRandomSource(exactSeed: 1_717)
        let validity = ValidityPeriod.decade(from: Self.time)
        var admins: [SigningIdentity] = []
        var applications: [GenesisProfile.Organization] = []
        for number in 1...2 {
            var authority = try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: MSPID("Org\(number)MSP"), domain: "org\(number).example", kind: .peer), random: &random,
                validity: validity)
            admins.append(try authority.issue(commonName: "Admin@org\(number).example", role: .admin, random: &random))
            applications.append(GenesisProfile.Organization(groupName: "Org\(number)", msp: authority.mspConfiguration()))
        }
        var members: [SigningIdentity] = []
        var memberAdmins: [SigningIdentity] = []
        var consenters: [Consenter] = []
        var organizations: [GenesisProfile.Organization] = []
        for number in 1...5 {
            var authority = try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: MSPID("Ord\(number)MSP"), domain: "ord\(number).example", kind: .orderer), random: &random,
                validity: validity)
            let member = try authority.issue(commonName: "orderer.ord\(number).example", role: .orderer, random: &random)
            members.append(member)
            memberAdmins.append(try authority.issue(commonName: "Admin@ord\(number).example", role: .admin, random: &random))
            organizations.append(
                GenesisProfile.Organization(
                    groupName: "Ord\(number)", msp: authority.mspConfiguration(), endpoints: ["ord\(number).example:7050"]))
            consenters.append(
                Consenter(
                    id: UInt32(number), host: "ord\(number).example", port: 7050, mspID: MSPID("Ord\(number)MSP"),
                    identity: member.certificate.pem))
        }
        self.genesis = try GenesisProfile(
            channelID: "records", applicationOrganizations: applications, ordererOrganizations: Array(organizations.prefix(4)),
            consenters: Array(consenters.prefix(4)), createdAt: Self.time
        ).genesisBlock()
        self.bundle = try ChannelBundle(block: self.genesis)
        self.admins = admins
        self.members = members
        self.memberAdmins = memberAdmins
        self.consenters = consenters
        self.organizations = organizations
    }

    /// The update that makes a change of the tree, signed by some.
    func update(
        from bundle: ChannelBundle? = nil, signers: [SigningIdentity], _ change: (inout Common_ConfigGroup) -> Void
    ) throws -> ConfigurationUpdate {
        let old = (bundle ?? self.bundle).config
        var new = old
        change(&new.channelGroup)
        var update = try ConfigurationUpdate.compute(from: old, to: new, channelID: "records")
        try self.sign(&update, signers)
        return update
    }

    /// An update of exactly these sets, signed by some.
    func update(signers: [SigningIdentity], sets change: (inout Common_ConfigUpdate) -> Void) throws -> ConfigurationUpdate {
        var message = Common_ConfigUpdate()
        message.channelID = "records"
        change(&message)
        var update = ConfigurationUpdate(updateBytes: message.encoded())
        try self.sign(&update, signers)
        return update
    }

    private func sign(_ update: inout ConfigurationUpdate, _ signers: [SigningIdentity]) throws {
        for (index, signer) in signers.enumerated() { try update.sign(by: signer, nonce: [UInt8(truncatingIfNeeded: index)]) }
    }

    static func batchSize(_ count: UInt32) -> [UInt8] {
        var message = Orderer_BatchSize()
        message.maxMessageCount = count
        message.absoluteMaxBytes = 1 << 20
        message.preferredMaxBytes = 1 << 20
        return message.encoded()
    }
}
