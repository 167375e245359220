import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import SelvageClient
import TestSupport

@testable import Node

/// A network's files in a folder for temporary files, and what is needed to ask its nodes.
struct ServerBench {
    let folder: TemporaryFolder
    let plan: NetworkPlan
    let environment = SystemEnvironment()

    init(_ plan: NetworkPlan? = nil) throws {
        self.folder = try TemporaryFolder("selvage-server")
        self.plan = try plan ?? NetworkPlan(members: 1)
        var random = SeededRandomSource(exactSeed: 2612)
        // Not as a node writes them: nobody needs these files after a power failure.
        for file in try self.plan.files(now: self.environment.now(), random: &random).files { try self.folder.write(file.bytes, to: file.path) }
    }

    func path(_ path: String) -> String { self.folder.path(of: path) }

    /// Where somebody of the first organisation, or of another one, has keys.
    func user(_ name: String, of organization: Int = 1) throws -> LocalMSP {
        let domain = "org\(organization).example.com"
        return try LocalMSP(
            folder: self.path("organizations/peerOrganizations/\(domain)/users/\(name)@\(domain)/msp"), mspID: MSPID("Org\(organization)MSP"),
            now: self.environment.now())
    }

    func peer(of organization: Int = 1) throws -> LocalMSP {
        let domain = "org\(organization).example.com"
        return try LocalMSP(
            folder: self.path("organizations/peerOrganizations/\(domain)/peers/peer0.\(domain)/msp"), mspID: MSPID("Org\(organization)MSP"),
            now: self.environment.now())
    }

    func orderer() throws -> LocalMSP {
        let home = "organizations/ordererOrganizations/\(NetworkPlan.ordererDomain)/orderers/orderer.\(NetworkPlan.ordererDomain)/msp"
        return try LocalMSP(folder: self.path(home), mspID: NetworkPlan.ordererMSP, now: self.environment.now())
    }

    func ordererAdministrator() throws -> SigningIdentity {
        let domain = NetworkPlan.ordererDomain
        return try LocalMSP(
            folder: self.path("organizations/ordererOrganizations/\(domain)/users/Admin@\(domain)/msp"), mspID: NetworkPlan.ordererMSP,
            now: self.environment.now()
        ).identity
    }

    /// The channel of the network's files.
    func genesis() throws -> OrderedBlock {
        try OrderedBlock(serialized: try HostFiles.read(self.path("\(self.plan.channel).block"), limit: 1 << 20) ?? [])
    }

    /// Another channel of the same organisations.
    func genesis(of channel: ChannelID) throws -> OrderedBlock {
        let orderer = try self.orderer()
        return try GenesisProfile(
            channelID: channel,
            applicationOrganizations: try [1, 2].map { GenesisProfile.Organization(msp: try self.peer(of: $0).configuration) },
            ordererOrganizations: [GenesisProfile.Organization(msp: orderer.configuration, endpoints: ["localhost:7050"])],
            consenters: [
                Consenter(id: 1, host: "localhost", port: 7050, mspID: NetworkPlan.ordererMSP, identity: orderer.identity.certificate.pem)
            ], createdAt: self.environment.now()
        ).genesisBlock()
    }

    /// The channels of the first organisation's peer.
    func table(_ folder: String = "peer") throws -> ChannelTable {
        try ChannelTable(ChannelTable.Parts(name: "peer0", msp: try self.peer(), folder: self.path(folder)))
    }

    /// A proposal as Fabric's `peer` command signs it: `type` 1 or 3, and no channel unless one is given.
    func proposal(
        _ chaincode: Namespace, _ arguments: [[UInt8]], by signer: LocalMSP, channel: ChannelID = "", type: Int32 = 3
    ) throws -> SignedProposal {
        let nonce = self.environment.randomBytes(count: 24)
        let identity = signer.identity
        var target = Protos_ChaincodeHeaderExtension()
        target.chaincodeID.name = chaincode.text
        var header = Common_ChannelHeader()
        header.type = type
        header.channelID = channel.text
        header.timestamp = self.environment.now().message
        header.txID = Formulas.transactionID(nonce: nonce, creator: identity.serialized).text
        header.extension = target.encoded().data
        let bytes = Proposal(
            channelHeaderBytes: header.encoded(),
            signatureHeaderBytes: SignatureHeader(creator: identity.serialized, nonce: nonce).serialized(),
            payloadBytes: ProposalPayload(chaincode: chaincode, arguments: arguments).serialized()
        ).serialized()
        return SignedProposal(proposalBytes: bytes, signature: try identity.sign(bytes))
    }
}
