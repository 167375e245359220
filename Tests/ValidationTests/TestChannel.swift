import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport

/// Takes the signature `[1]` of everybody for good and every other for bad, so that tests of rules need no real signatures.
struct ToyVerifier: SignatureVerifying {
    static let good: [UInt8] = [1]

    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool { signature == Self.good }
}

/// A channel of two organisations and a committee, with what is needed to make transactions for it.
struct TestChannel {
    static let time = Timestamp(seconds: 1_800_000_000)

    let genesis: OrderedBlock
    let bundle: ChannelBundle
    let client: SigningIdentity
    /// The peers of Org1MSP and Org2MSP.
    let peers: [SigningIdentity]
    let orderers: [SigningIdentity]
    /// Of Org1MSP, with an administrator.
    let authority: DevelopmentAuthority
    let admin: SigningIdentity

    init(committee: Int = 1, verifier: any SignatureVerifying = ToyVerifier()) throws {
        var random = SeededRandomSource(exactSeed: 81)
        let validity = ValidityPeriod.decade(from: Self.time)
        var organizations: [GenesisProfile.Organization] = []
        var peers: [SigningIdentity] = []
        var clients: [SigningIdentity] = []
        var authorities: [DevelopmentAuthority] = []
        for name in ["org1", "org2"] {
            var authority = try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: name == "org1" ? "Org1MSP" : "Org2MSP", domain: "\(name).example.com", kind: .peer),
                random: &random, validity: validity)
            peers.append(try authority.issue(commonName: "peer0.\(name).example.com", role: .peer, random: &random))
            clients.append(try authority.issue(commonName: "User1@\(name).example.com", role: .client, random: &random))
            organizations.append(GenesisProfile.Organization(msp: authority.mspConfiguration()))
            authorities.append(authority)
        }
        // Its own randomness, so that everybody else's keys stay as they were.
        var adminRandom = SeededRandomSource(exactSeed: 82)
        self.admin = try authorities[0].issue(commonName: "Admin@org1.example.com", role: .admin, random: &adminRandom)
        self.authority = authorities[0]
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "OrdererMSP", domain: "orderer.example.com", kind: .orderer), random: &random,
            validity: validity)
        var orderers: [SigningIdentity] = []
        for number in 1...committee {
            orderers.append(try authority.issue(commonName: "orderer\(number).example.com", role: .orderer, random: &random))
        }
        self.genesis = try GenesisProfile(
            channelID: "records", applicationOrganizations: organizations,
            ordererOrganizations: [GenesisProfile.Organization(msp: authority.mspConfiguration(), endpoints: ["localhost:7050"])],
            consenters: orderers.enumerated().map { index, orderer in
                Consenter(id: UInt32(index + 1), host: "localhost", port: 7050, mspID: "OrdererMSP", identity: orderer.certificate.pem)
            }, createdAt: Self.time
        ).genesisBlock()
        self.bundle = try ChannelBundle(block: self.genesis, verifier: verifier)
        self.client = clients[0]
        self.peers = peers
        self.orderers = orderers
    }

    /// A state in which chaincodes are defined with policies in text form.
    static func state(_ definitions: [(Namespace, String)]) throws -> MemoryState {
        var state = MemoryState()
        for (name, policy) in definitions {
            let definition = ChaincodeDefinition(
                name: name, version: "1", sequence: 1,
                validationParameter: EndorsementPolicy.signature(try SignaturePolicy(text: policy)).serialized())
            for entry in ChaincodeDefinitionFormat.encode(definition) {
                state.set(
                    .key(ChaincodeDefinition.lifecycleNamespace, entry.key),
                    VersionedValue(value: entry.value, version: StateVersion(block: 1, transaction: 0)))
            }
        }
        return state
    }

    /// Everything that a test may want to change of a transaction.
    struct Draft {
        var nonce: [UInt8]
        var chaincode: Namespace = "a"
        var readWriteSet = ReadWriteSet()
        /// Indices into `peers`.
        var endorsers = [0, 1]
        var endorsementSignature = ToyVerifier.good
        /// Behind those of `endorsers`.
        var moreEndorsements: [Endorsement] = []
        var signature = ToyVerifier.good
        var channel: ChannelID = "records"
        var kind = ChannelHeader.Kind.endorserTransaction
        var type: Int32?
        var epoch: UInt64 = 0
        var transactionID: TransactionID?
        var headerExtension: [UInt8]?
        var action: ((inout ChaincodeAction) -> Void)?
        var actionBytes: [UInt8]?
        var proposalHash: [UInt8]?
        var proposal: [UInt8]?
        var data: [UInt8]?
        var creator: [UInt8]?

        init(_ nonce: String) {
            self.nonce = Array(nonce.utf8)
        }
    }

    /// The payload of a drafted transaction.
    func payload(_ draft: Draft) -> Payload {
        let signer = SignatureHeader(creator: draft.creator ?? self.client.serialized, nonce: draft.nonce)
        var header = ChannelHeader(
            kind: draft.kind, timestamp: Self.time, channelID: draft.channel,
            transactionID: draft.transactionID ?? Formulas.transactionID(nonce: signer.nonce, creator: signer.creator),
            extensionBytes: draft.headerExtension ?? Self.headerExtension(draft.chaincode), epoch: draft.epoch)
        if let type = draft.type { header.type = type }
        let (headerBytes, signerBytes) = (header.serialized(), signer.serialized())
        let proposal = draft.proposal ?? ProposalPayload(chaincode: draft.chaincode, arguments: [Array("f".utf8)]).withoutTransient
        var action = ChaincodeAction(
            results: draft.readWriteSet.serialized(), events: [], response: ChaincodeResponse(status: 200), chaincode: draft.chaincode,
            chaincodeVersion: "1")
        draft.action?(&action)
        let response = ProposalResponsePayload(
            proposalHash: draft.proposalHash ?? Formulas.proposalHash(channelHeader: headerBytes, signatureHeader: signerBytes, payload: proposal),
            actionBytes: draft.actionBytes ?? action.serialized())
        let transaction = EndorserTransaction(
            signatureHeaderBytes: signerBytes, proposalPayloadBytes: proposal, responsePayloadBytes: response.serialized(),
            endorsements: draft.endorsers.map { Endorsement(endorser: self.peers[$0].serialized, signature: draft.endorsementSignature) }
                + draft.moreEndorsements)
        return Payload(channelHeaderBytes: headerBytes, signatureHeaderBytes: signerBytes, data: draft.data ?? transaction.serialized())
    }

    /// A drafted transaction as it stands in a block.
    func envelope(_ draft: Draft) -> [UInt8] {
        Envelope(payload: self.payload(draft).serialized(), signature: draft.signature).serialized()
    }

    static func headerExtension(_ chaincode: Namespace) -> [UInt8] {
        var message = Protos_ChaincodeHeaderExtension()
        message.chaincodeID.name = chaincode.text
        return message.encoded()
    }
}
