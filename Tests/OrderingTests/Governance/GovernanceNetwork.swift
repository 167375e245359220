import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import TestSupport

@testable import Ordering

/// Nine institutions with their certificate authorities and keys, made once: certificates are slow to make.
struct GovernanceNetwork: Sendable {
    static let shared = Result { try GovernanceNetwork() }
    static let now = Timestamp(seconds: 1_780_000_000)
    static let size = 9

    let authorities: [MSPID: DevelopmentAuthority]
    let identityKeys: [MSPID: SigningKey]
    /// The keys that members begin with, and their certificates.
    let firstKeys: [MSPID: SigningKey]
    let firstCertificates: [MSPID: [UInt8]]
    let clients: [MSPID: SigningIdentity]

    static func id(_ number: Int) -> MSPID { MSPID("Member\(number)MSP") }
    static let members = (1...size).map { Self.id($0) }

    private init() throws {
        var random = SeededRandomSource(exactSeed: 21)
        var authorities: [MSPID: DevelopmentAuthority] = [:]
        var identityKeys: [MSPID: SigningKey] = [:]
        var firstKeys: [MSPID: SigningKey] = [:]
        var firstCertificates: [MSPID: [UInt8]] = [:]
        var clients: [MSPID: SigningIdentity] = [:]
        for (index, member) in Self.members.enumerated() {
            var authority = try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: member, domain: "m\(index + 1).example", kind: .peer), random: &random,
                validity: .decade(from: Self.now))
            let key = try SigningKey(rawScalar: ElectionKeys.scalar(7_000 + index))
            identityKeys[member] = try SigningKey(rawScalar: ElectionKeys.scalar(8_000 + index))
            firstKeys[member] = key
            firstCertificates[member] = try authority.certificate(
                commonName: "orderer.m\(index + 1).example", role: .orderer, publicKey: key.publicKey, random: &random
            ).pem
            clients[member] = try authority.issue(commonName: "User1@m\(index + 1).example", role: .client, random: &random)
            authorities[member] = authority
        }
        self.authorities = authorities
        self.identityKeys = identityKeys
        self.firstKeys = firstKeys
        self.firstCertificates = firstCertificates
        self.clients = clients
    }

    func certificate(_ key: SigningKey, of member: MSPID, role: NodeRole = .orderer, random: inout SeededRandomSource) throws -> [UInt8] {
        try found(self.authorities[member]).certificate(commonName: "orderer.next.example", role: role, publicKey: key.publicKey, random: &random).pem
    }

    func bundle(producers: Int, settings: GovernanceSettings) throws -> (bundle: ChannelBundle, genesis: OrderedBlock) {
        let producers = Self.members.prefix(producers)
        let profile = GenesisProfile(
            channelID: "records",
            applicationOrganizations: try Self.members.map { .init(msp: try found(self.authorities[$0]).mspConfiguration()) },
            ordererOrganizations: try producers.map { try self.orderer($0) },
            consenters: try producers.enumerated().map {
                Consenter(id: UInt32($0 + 1), host: "m\($0 + 1).example", port: 7050, mspID: $1, identity: try found(self.firstCertificates[$1]))
            }, batch: BatchConfiguration(maxMessageCount: 10, absoluteMaxBytes: 200_000, preferredMaxBytes: 100_000, timeoutMilliseconds: 200),
            governance: GovernanceSettingsFormat.encode(settings), createdAt: Self.now)
        let genesis = try profile.genesisBlock()
        return (try ChannelBundle(block: genesis), genesis)
    }

    func orderer(_ member: MSPID) throws -> GenesisProfile.Organization {
        .init(msp: try found(self.authorities[member]).mspConfiguration(), endpoints: ["\(member.text.lowercased()).example:7050"])
    }
}

struct NotFound: Error {}

func found<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw NotFound() }
    return value
}

/// The decided blocks of a test.
struct TestChain: DecidedChain {
    var heights: [UInt64: DecidedHeight] = [:]
    var transactions: [TransactionID: UInt64] = [:]

    func decided(_ height: UInt64) -> DecidedHeight? { self.heights[height] }
    func height(of transaction: TransactionID) -> UInt64? { self.transactions[transaction] }

    mutating func append(_ block: OrderedBlock) throws {
        self.heights[block.number.rawValue] = try DecidedHeight(block)
        for envelope in block.envelopes {
            guard let id = ConfigurationRequest.orderedID(in: envelope), self.transactions[id] == nil else { continue }
            self.transactions[id] = block.number.rawValue
        }
    }
}
