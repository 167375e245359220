import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import TestSupport

/// A channel of two organisations with a peer and a client each, and a client whose certificate is about to expire.
struct TestNetwork: Sendable {
    static let channel: ChannelID = "care"
    /// The endorser's clock in most tests.
    static let now = Timestamp(seconds: 1_750_000_000)
    /// The last second of every certificate.
    static let lastDay = Timestamp(seconds: 1_750_000_000 + 86_400)

    let client: SigningIdentity
    let secondClient: SigningIdentity
    let administrator: SigningIdentity
    let peer: SigningIdentity
    let secondPeer: SigningIdentity
    /// A member of an organisation that the channel does not know.
    let stranger: SigningIdentity
    /// Issued by another authority under the name of the first organisation.
    let impostor: SigningIdentity
    let bundle: ChannelBundle

    static let shared = Result { try TestNetwork(seed: 0xE4D0) }

    init(seed: UInt64) throws {
        var random = SeededRandomSource(exactSeed: seed)
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind = .peer) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &random,
                validity: ValidityPeriod(notBefore: 0, notAfter: Self.lastDay.seconds))
        }
        var first = try authority("Org1MSP", "org1.test")
        var second = try authority("Org2MSP", "org2.test")
        var orderer = try authority("OrdererMSP", "orderer.test", .orderer)
        var other = try authority("Org9MSP", "org9.test")
        var false1 = try authority("Org1MSP", "org1.test")
        self.client = try first.issue(commonName: "User1@org1.test", role: .client, random: &random)
        self.administrator = try first.issue(commonName: "Admin@org1.test", role: .admin, random: &random)
        self.peer = try first.issue(commonName: "peer0.org1.test", role: .peer, random: &random)
        self.secondClient = try second.issue(commonName: "User1@org2.test", role: .client, random: &random)
        self.secondPeer = try second.issue(commonName: "peer0.org2.test", role: .peer, random: &random)
        self.stranger = try other.issue(commonName: "User1@org9.test", role: .client, random: &random)
        self.impostor = try false1.issue(commonName: "User1@org1.test", role: .client, random: &random)
        let node = try orderer.issue(commonName: "orderer0.orderer.test", role: .orderer, random: &random)
        let profile = GenesisProfile(
            channelID: Self.channel,
            applicationOrganizations: [.init(msp: first.mspConfiguration()), .init(msp: second.mspConfiguration())],
            ordererOrganizations: [.init(msp: orderer.mspConfiguration(), endpoints: ["orderer0.orderer.test:7050"])],
            consenters: [
                Consenter(id: 1, host: "orderer0.orderer.test", port: 7050, mspID: "OrdererMSP", identity: node.certificate.pem)
            ], createdAt: Timestamp(seconds: 1_700_000_000))
        self.bundle = try ChannelBundle(block: try profile.genesisBlock())
    }
}
