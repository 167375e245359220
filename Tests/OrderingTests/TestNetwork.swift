import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport

@testable import Ordering

/// A channel of one hospital and one clinic that orders alone, with everyone's keys.
struct TestNetwork: Sendable {
    static let now = Timestamp(seconds: 1_780_000_000, nanoseconds: 250_000_000)
    static let nowMs: UInt64 = 1_780_000_000_250
    static let shared = Result { try TestNetwork() }

    let client: SigningIdentity
    let peer: SigningIdentity
    let stranger: SigningIdentity
    let orderer: SigningIdentity
    let otherOrderer: SigningIdentity
    let hospitalAdmin: SigningIdentity
    let clinicAdmin: SigningIdentity
    let genesis: OrderedBlock
    let profile: GenesisProfile
    let bundle: ChannelBundle

    private init() throws {
        var random = SeededRandomSource(seed: 11)
        let validity = ValidityPeriod.decade(from: Self.now)
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &random, validity: validity)
        }
        var hospital = try authority("HospitalMSP", "hospital.example", .peer)
        var clinic = try authority("ClinicMSP", "clinic.example", .orderer)
        var elsewhere = try authority("ElsewhereMSP", "elsewhere.example", .peer)
        self.client = try hospital.issue(commonName: "User1@hospital.example", role: .client, random: &random)
        self.peer = try hospital.issue(commonName: "peer0.hospital.example", role: .peer, random: &random)
        self.stranger = try elsewhere.issue(commonName: "User1@elsewhere.example", role: .client, random: &random)
        self.orderer = try clinic.issue(commonName: "orderer.clinic.example", role: .orderer, random: &random)
        self.otherOrderer = try clinic.issue(commonName: "orderer2.clinic.example", role: .orderer, random: &random)
        self.hospitalAdmin = try hospital.issue(commonName: "Admin@hospital.example", role: .admin, random: &random)
        self.clinicAdmin = try clinic.issue(commonName: "Admin@clinic.example", role: .admin, random: &random)
        self.profile = GenesisProfile(
            channelID: "records", applicationOrganizations: [.init(msp: hospital.mspConfiguration())],
            ordererOrganizations: [.init(msp: clinic.mspConfiguration(), endpoints: ["localhost:7050"])],
            consenters: [Consenter(id: 1, host: "localhost", port: 7050, mspID: "ClinicMSP", identity: self.orderer.certificate.pem)],
            batch: BatchConfiguration(maxMessageCount: 3, absoluteMaxBytes: 20_000, preferredMaxBytes: 8_000, timeoutMilliseconds: 200),
            createdAt: Self.now)
        self.genesis = try self.profile.genesisBlock()
        self.bundle = try ChannelBundle(block: self.genesis)
    }

    var chain: [UInt8] { self.genesis.headerHash }

    /// The channel with another setting of the consensus type, such as maintenance mode.
    func bundle(changingConsensus change: (inout Orderer_ConsensusType) -> Void) throws -> ChannelBundle {
        var config = self.bundle.config
        let bytes = config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value.byteArray ?? []
        var consensus = try Orderer_ConsensusType.decode(bytes, as: "consensus type")
        change(&consensus)
        config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value = consensus.encoded().data
        return try ChannelBundle(config: config, channelID: self.bundle.channelID)
    }

    /// A signed envelope; `number` makes the nonce, so equal numbers give one transaction id.
    func envelope(
        _ number: UInt8, by creator: SigningIdentity? = nil, type: Int32 = 3, channel: ChannelID = "records", bytes: Int = 100,
        time: Timestamp? = TestNetwork.now, change: (inout ChannelHeader) -> Void = { _ in }
    ) throws -> Envelope {
        let creator = creator ?? self.client
        let nonce = [UInt8](repeating: number, count: 24)
        var header = ChannelHeader(
            kind: .endorserTransaction, timestamp: time, channelID: channel,
            transactionID: Formulas.transactionID(nonce: nonce, creator: creator.serialized))
        header.type = type
        change(&header)
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: creator.serialized, nonce: nonce).serialized(),
            data: [UInt8](repeating: number, count: bytes)
        ).serialized()
        return Envelope(payload: payload, signature: try creator.sign(payload))
    }

    func consenter(after block: OrderedBlock? = nil, signingGuard: SigningGuard? = nil) throws -> CommitteeOfOne {
        try CommitteeOfOne(
            identity: self.orderer, bundle: self.bundle, after: block ?? self.genesis, chain: self.chain, signingGuard: signingGuard)
    }

    func batch(_ numbers: UInt8...) throws -> Batch {
        let checks = BroadcastChecks(bundle: self.bundle)
        return Batch(try numbers.map { try checks.check(self.envelope($0), now: Self.now) })
    }

    func id(_ number: UInt8) -> TransactionID {
        Formulas.transactionID(nonce: [UInt8](repeating: number, count: 24), creator: self.client.serialized)
    }
}

extension CheckedEnvelope {
    /// An envelope as the cutter sees it: a name and a size.
    static func plain(_ name: Int, size: Int, isConfiguration: Bool = false) -> CheckedEnvelope {
        let id = String(name)
        return CheckedEnvelope(
            serialized: Array(id.utf8), digest: Array(id.utf8), sizeBytes: size, isConfiguration: isConfiguration, transactionID: TransactionID(id))
    }
}
