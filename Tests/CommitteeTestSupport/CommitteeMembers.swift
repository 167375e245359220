import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import TestSupport

/// A channel's people with real keys: one organisation with a peer and a client, and ordering members of an organisation each, in office or not.
package struct CommitteeMembers: Sendable {
    package static let channel: ChannelID = "records"
    package static let time = Timestamp(seconds: 1_800_000_000)

    package let client: SigningIdentity
    package let peer: SigningIdentity
    /// By consenter id, from 1 on.
    package let identities: [UInt32: SigningIdentity]
    private let consenters: [UInt32: Consenter]
    private let organizations: [UInt32: GenesisProfile.Organization]
    private let application: GenesisProfile.Organization

    package init(count: UInt32 = 6, seed: UInt64 = 1_801) throws {
        var random = SeededRandomSource(exactSeed: seed)
        let validity = ValidityPeriod.decade(from: Self.time)
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "Org1MSP", domain: "org1.example", kind: .peer), random: &random, validity: validity)
        self.peer = try authority.issue(commonName: "peer0.org1.example", role: .peer, random: &random)
        self.client = try authority.issue(commonName: "User1@org1.example", role: .client, random: &random)
        self.application = GenesisProfile.Organization(groupName: "Org1", msp: authority.mspConfiguration())
        var identities: [UInt32: SigningIdentity] = [:]
        var consenters: [UInt32: Consenter] = [:]
        var organizations: [UInt32: GenesisProfile.Organization] = [:]
        for id in 1...count {
            var authority = try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: MSPID("Ord\(id)MSP"), domain: "ord\(id).example", kind: .orderer), random: &random,
                validity: validity)
            let identity = try authority.issue(commonName: "orderer.ord\(id).example", role: .orderer, random: &random)
            identities[id] = identity
            consenters[id] = Consenter(
                id: id, host: "ord\(id).example", port: 7050, mspID: MSPID("Ord\(id)MSP"), identity: identity.certificate.pem)
            organizations[id] = GenesisProfile.Organization(
                groupName: "Ord\(id)", msp: authority.mspConfiguration(), endpoints: ["ord\(id).example:7050"])
        }
        self.identities = identities
        self.consenters = consenters
        self.organizations = organizations
    }

    package func consenters(_ ids: [UInt32]) -> [Consenter] { ids.compactMap { self.consenters[$0] } }

    package func organizations(_ ids: [UInt32]) -> [GenesisProfile.Organization] { ids.compactMap { self.organizations[$0] } }

    /// Block 0 of a channel under a committee.
    package func genesis(committee ids: [UInt32]) throws -> OrderedBlock {
        try GenesisProfile(
            channelID: Self.channel, applicationOrganizations: [self.application], ordererOrganizations: self.organizations(ids),
            consenters: self.consenters(ids), createdAt: Self.time
        ).genesisBlock()
    }

    /// A signed and well-formed envelope for the reserved contract of governance.
    package func governanceEnvelope(_ nonce: String, endorsers: [SigningIdentity] = []) throws -> [UInt8] {
        try self.envelope(nonce, chaincode: ChaincodeDefinition.governanceNamespace, endorsers: endorsers)
    }

    /// The same for any contract.
    package func envelope(_ nonce: String, chaincode: Namespace, endorsers: [SigningIdentity] = []) throws -> [UInt8] {
        var named = Protos_ChaincodeHeaderExtension()
        named.chaincodeID.name = chaincode.text
        let signer = SignatureHeader(creator: self.client.serialized, nonce: Array(nonce.utf8)).serialized()
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: Self.time, channelID: Self.channel,
            transactionID: Formulas.transactionID(nonce: Array(nonce.utf8), creator: self.client.serialized),
            extensionBytes: named.encoded()
        ).serialized()
        let proposal = ProposalPayload(chaincode: chaincode, arguments: [Array("vote".utf8)]).withoutTransient
        let action = ChaincodeAction(
            results: ReadWriteSet().serialized(), events: [], response: ChaincodeResponse(status: 200), chaincode: chaincode,
            chaincodeVersion: "1")
        let response = ProposalResponsePayload(
            proposalHash: Formulas.proposalHash(channelHeader: header, signatureHeader: signer, payload: proposal),
            actionBytes: action.serialized()
        ).serialized()
        let transaction = EndorserTransaction(
            signatureHeaderBytes: signer, proposalPayloadBytes: proposal, responsePayloadBytes: response,
            endorsements: try endorsers.map { Endorsement(endorser: $0.serialized, signature: try $0.sign(response + $0.serialized)) })
        let payload = Payload(channelHeaderBytes: header, signatureHeaderBytes: signer, data: transaction.serialized()).serialized()
        return Envelope(payload: payload, signature: try self.client.sign(payload)).serialized()
    }
}
