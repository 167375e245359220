import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import TestSupport

/// A channel whose members of the ordering committee are on ports of this machine, with everybody's keys for signing and for TLS.
package struct PortedCommittee: Sendable {
    package static let channel: ChannelID = "records"

    /// A member: its consensus key, and the pair for its connections.
    package struct Member: Sendable {
        package let id: UInt32
        package let port: Int
        package let identity: SigningIdentity
        let key: SigningKey
        package let tls: DevelopmentAuthority.TLSIdentity
        /// Of the authority that has issued the pair.
        package let tlsRoot: [UInt8]
    }

    package let members: [Member]
    package let client: SigningIdentity
    /// A pair that no authority of a member has issued.
    package let stranger: DevelopmentAuthority.TLSIdentity
    package let strangerIdentity: SigningIdentity
    package let genesis: OrderedBlock

    /// - Parameters:
    ///   - namesTLS: Whether the configuration names the members' TLS certificates.
    ///   - now: When the channel begins.
    package init(
        count: Int = 4, namesTLS: Bool = true, seed: UInt64 = 28, now: Timestamp, ports: [Int]? = nil, host: (Int) -> String = { _ in "127.0.0.1" }
    )
        throws
    {
        var random = SeededRandomSource(exactSeed: seed)
        let validity = ValidityPeriod.decade(from: now)
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &random, validity: validity)
        }
        var hospital = try authority("HospitalMSP", "hospital.example", .peer)
        self.client = try hospital.issue(commonName: "User1@hospital.example", role: .client, random: &random)
        var elsewhere = try authority("ElsewhereMSP", "elsewhere.example", .orderer)
        self.strangerIdentity = try elsewhere.issue(commonName: "orderer.elsewhere.example", role: .orderer, random: &random)
        guard let stranger = elsewhere.tlsIdentity(of: "orderer.elsewhere.example") else { throw UnknownMember(id: 0) }
        self.stranger = stranger
        let ports = try ports ?? FreePorts.find(count)
        var members: [Member] = []
        var organizations: [GenesisProfile.Organization] = []
        var consenters: [Consenter] = []
        for number in 1...count {
            var own = try authority(MSPID("Orderer\(number)MSP"), "orderer\(number).example", .orderer)
            let name = "orderer.orderer\(number).example"
            let key = try SigningKey(rawScalar: [0] + random.bytes(count: 31))
            let identity = try own.issue(commonName: name, role: .orderer, hosts: ["localhost", "127.0.0.1"], key: key, random: &random)
            guard let tls = own.tlsIdentity(of: name) else { throw UnknownMember(id: UInt32(number)) }
            let port = ports[number - 1]
            members.append(Member(id: UInt32(number), port: port, identity: identity, key: key, tls: tls, tlsRoot: own.tlsRoot.pem))
            organizations.append(.init(msp: own.mspConfiguration(), endpoints: ["\(host(number)):\(port)"]))
            let pem = namesTLS ? tls.certificate.pem : []
            consenters.append(
                Consenter(
                    id: UInt32(number), host: host(number), port: UInt32(port), mspID: MSPID("Orderer\(number)MSP"),
                    identity: identity.certificate.pem, clientTLSCertificate: pem, serverTLSCertificate: pem))
        }
        self.members = members
        self.genesis = try GenesisProfile(
            channelID: Self.channel, applicationOrganizations: [.init(msp: hospital.mspConfiguration())], ordererOrganizations: organizations,
            consenters: consenters, batch: BatchConfiguration(maxMessageCount: 10, timeoutMilliseconds: 100), createdAt: now
        ).genesisBlock()
    }

    /// A signed envelope; the text makes nonce and content, so equal texts are one transaction.
    package func envelope(_ text: String, at now: Timestamp) throws -> Envelope {
        try self.client.envelope(text, on: Self.channel, at: now)
    }
}
