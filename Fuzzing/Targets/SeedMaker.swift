import ChannelConfiguration
import ConfigurationText
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import Ordering

/// Makes the channel of the corpus and the inputs that fuzzing begins with. The keys follow from the seed, signatures are fresh every time.
package struct SeedMaker {
    private let organizations: [DevelopmentAuthority]
    private let client: SigningIdentity
    private let peers: [SigningIdentity]
    private let admins: [SigningIdentity]
    private let consenters: [Consenter]
    private let genesis: OrderedBlock
    private let bundle: ChannelBundle
    private let revocationList: RevocationList

    package init(seed: UInt64) throws {
        var random = FuzzRandom(seed: seed)
        let validity = ValidityPeriod.decade(from: FuzzChannel.time)
        var organizations = try [("Org1MSP", "org1.example"), ("Org2MSP", "org2.example"), ("OrdererMSP", "orderer.example")].map { name, domain in
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: MSPID(name), domain: domain, kind: name == "OrdererMSP" ? .orderer : .peer),
                random: &random, validity: validity)
        }
        self.client = try organizations[0].issue(commonName: "User1@org1.example", role: .client, random: &random)
        self.peers = try [0, 1].map { try organizations[$0].issue(commonName: "peer0.org\($0 + 1).example", role: .peer, random: &random) }
        self.admins = try [0, 1, 2].map { try organizations[$0].issue(commonName: "Admin@\($0)", role: .admin, random: &random) }
        var consenters: [Consenter] = []
        for id: UInt32 in 1...2 {
            let orderer = try organizations[2].issue(commonName: "orderer\(id).orderer.example", role: .orderer, random: &random)
            consenters.append(
                Consenter(id: id, host: "orderer\(id).orderer.example", port: 7050, mspID: "OrdererMSP", identity: orderer.certificate.pem))
        }
        self.consenters = consenters
        self.organizations = organizations
        self.genesis = try GenesisProfile(
            channelID: FuzzChannel.name,
            applicationOrganizations: organizations[..<2].map { GenesisProfile.Organization(msp: Self.configuration(of: $0)) },
            ordererOrganizations: [
                GenesisProfile.Organization(msp: Self.configuration(of: organizations[2]), endpoints: ["orderer1.orderer.example:7050"])
            ], consenters: consenters, createdAt: FuzzChannel.time
        ).genesisBlock()
        self.bundle = try ChannelBundle(block: self.genesis, verifier: ToySignatures())
        let key = try SigningKey(rawScalar: [UInt8](repeating: 7, count: 32))
        let authority = try CertificateIssuing.selfSignedAuthority(
            commonName: "ca.lists", organization: "lists", key: key, serial: [1], notBefore: validity.notBefore, notAfter: validity.notAfter)
        self.revocationList = try CertificateIssuing.revocationList(
            revoked: [[1, 2, 3], self.client.certificate.serialNumber], authority: authority, authorityKey: key, number: 1,
            thisUpdate: validity.notBefore, nextUpdate: validity.notAfter)
    }

    /// All files of the corpus by path.
    package func files() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [
            "channel/genesis.block": self.genesis.serialized(), "channel/client.identity": self.client.serialized,
            "channel/peer1.identity": self.peers[0].serialized, "channel/peer2.identity": self.peers[1].serialized,
        ]
        let first = try self.block([self.transaction("first").envelope()], after: ChainPosition(genesis: self.genesis), certificate: [])
        files["channel/parent.block"] = first.serialized()
        files["block/first"] = first.serialized()
        let afterFirst = try ChainPosition(after: first, chain: self.genesis.headerHash)
        let certificate = CommitCertificateFormat.encode(try CommitCertificate(of: first)) ?? []
        let second = try self.block(
            [self.transaction("a").envelope(), self.transaction("b", SampleReadWriteSets.rich).envelope()], after: afterFirst,
            certificate: certificate)
        files["block/second"] = second.serialized()
        files["block/certificate"] = certificate
        let config = try self.configuration()
        files["block/configuration"] = try self.block([self.configEnvelope(config)], after: afterFirst, certificate: certificate).serialized()
        for (name, set) in SampleReadWriteSets.all {
            files["rwset/\(name)"] = set.serialized()
            files["envelope/\(name)"] = self.transaction(name, set).envelope()
        }
        files["envelope/configuration-update"] = config.request.serialized()
        files["envelope/proposal"] = self.proposal()
        files["configuration/envelope"] = config.transaction.configEnvelope
        files["configuration/request"] = config.request.serialized()
        files["configuration/update"] = config.update.serialized()
        let message = try Common_ConfigUpdate.decode(config.update.updateBytes, as: "update")
        let document = ConfigurationDocument(.update(message, signatures: config.update.signatures), channelID: FuzzChannel.name)
        files["configuration/document"] = Array(document.yaml.utf8)
        files.merge(try self.governance()) { first, _ in first }
        files.merge(try self.policies()) { first, _ in first }
        files.merge(self.identities()) { first, _ in first }
        return files
    }

    /// Without roots for connections, which only make every input larger.
    private static func configuration(of organization: DevelopmentAuthority) -> MSPConfiguration {
        var configuration = organization.mspConfiguration()
        configuration.tlsRoots = []
        return configuration
    }

    private func transaction(_ nonce: String, _ set: ReadWriteSet = ReadWriteSet()) -> FuzzTransaction {
        var transaction = FuzzTransaction(client: self.client.serialized, endorsers: self.peers.map(\.serialized))
        transaction.nonce = Array(nonce.utf8)
        transaction.results = set.serialized()
        if let chaincode = set.namespaces.first(where: { FuzzChannel.chaincodes.contains($0.namespace) })?.namespace {
            transaction.chaincode = chaincode
        }
        transaction.events = ChaincodeEvent(
            chaincode: transaction.chaincode, transactionID: Formulas.transactionID(nonce: transaction.nonce, creator: self.client.serialized),
            name: "changed", payload: [1, 2, 3]
        ).serialized()
        return transaction
    }

    /// A block that continues the chain, signed by all consenters with toy signatures.
    private func block(_ envelopes: [[UInt8]], after position: ChainPosition, certificate: [UInt8]) throws -> OrderedBlock {
        let number = (position.number.next ?? 0).rawValue
        let block = OrderedBlock(number: BlockNumber(number), previousHash: position.headerHash, envelopes: envelopes)
        let header = ExtendedHeader(
            chain: position.chain, height: number, parentID: position.blockID,
            parentCommitHash: CommitCertificateFormat.hash(ofSlot: certificate), txRoot: TransactionTree.root(of: envelopes),
            txCount: UInt32(envelopes.count), txSeqBase: position.nextSequence ?? 0, timeMs: position.timeMs + 1, proposer: 1,
            committeeHash: try self.bundle.committeeHash(epoch: 0), configSeq: self.bundle.sequence)
        let value = OrdererBlockMetadata(
            lastConfig: position.lastConfig, consenterMetadata: ExtendedHeaderFormat.encode(ConsenterMetadata(header: header, round: 0)))
        let entries = self.consenters.map { consenter in
            var identifier = Common_IdentifierHeader()
            identifier.identifier = consenter.id
            return BlockSignatures.Entry(signer: .consenter(consenter.id, header: identifier.encoded()), signature: ToySignatures.good)
        }
        return block.with(.signatures, BlockSignatures(value: value.serialized(), entries: entries).slot())
            .with(.lastConfig, value.lastConfigSlot).with(.orderer, certificate)
            .with(.transactionsFilter, envelopes.map { _ in ValidationCode.valid.rawValue })
    }

    private struct Configuration {
        let update: ConfigurationUpdate
        let request: Envelope
        let transaction: ConfigurationTransaction
    }

    /// An update of the batch size, signed by all administrators.
    private func configuration() throws -> Configuration {
        var config = self.bundle.config
        var size = Orderer_BatchSize()
        size.maxMessageCount = 77
        size.absoluteMaxBytes = 1 << 20
        size.preferredMaxBytes = 1 << 19
        config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.value = size.encoded().data
        var update = try ConfigurationUpdate.compute(from: self.bundle.config, to: config, channelID: FuzzChannel.name)
        update.signatures = self.admins.enumerated().map { index, admin in
            ConfigurationSignature(
                signatureHeader: SignatureHeader(creator: admin.serialized, nonce: [UInt8(index)]).serialized(), signature: ToySignatures.good)
        }
        let request = self.envelope(.configUpdate, data: update.serialized(), creator: self.admins[0].serialized)
        return Configuration(
            update: update, request: request, transaction: try ConfigurationTransaction(request: request, to: self.bundle))
    }

    private func configEnvelope(_ configuration: Configuration) -> [UInt8] {
        self.envelope(.config, data: configuration.transaction.configEnvelope, creator: self.admins[2].serialized).serialized()
    }

    private func envelope(_ kind: ChannelHeader.Kind, data: [UInt8], creator: [UInt8]) -> Envelope {
        let header = ChannelHeader(kind: kind, timestamp: FuzzChannel.time, channelID: FuzzChannel.name, transactionID: "")
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: creator, nonce: [1]).serialized(), data: data)
        return Envelope(payload: payload.serialized(), signature: ToySignatures.good)
    }

    private func proposal() -> [UInt8] {
        var named = Protos_ChaincodeHeaderExtension()
        named.chaincodeID.name = "assets"
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: FuzzChannel.time, channelID: FuzzChannel.name,
            transactionID: Formulas.transactionID(nonce: [1], creator: self.client.serialized), extensionBytes: named.encoded())
        let payload = ProposalPayload(
            chaincode: "assets", arguments: [Array("change".utf8), [1, 2, 3]], transient: [TransientEntry(name: "secret", value: [9])])
        return Proposal(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: self.client.serialized, nonce: [1]).serialized(), payloadBytes: payload.serialized()
        ).serialized()
    }

    /// Governance transactions by themselves, and one in its envelope.
    private func governance() throws -> [String: [UInt8]] {
        let key = try SigningKey(rawScalar: [UInt8](repeating: 7, count: 32))
        let chain = self.genesis.headerHash
        let rotation = try GovernanceSigning.rotation(
            of: "OrdererMSP", identity: key, newKey: key, certificate: self.consenters[0].identity,
            endpoint: Endpoint(host: "orderer1.example", port: 7050), chain: chain)
        let resignation = try GovernanceSigning.resignation(of: "OrdererMSP", identity: key, epoch: 1, consenter: 1, chain: chain)
        var envelope = try GovernanceEnvelope.make(
            resignation, channel: FuzzChannel.name, creator: self.client, nonce: [1], timestamp: FuzzChannel.time)
        envelope.signature = ToySignatures.good
        return [
            "envelope/governance": envelope.serialized(),
            "envelope/governance-heartbeat": GovernanceTransactionFormat.encode(.heartbeat(height: 7)),
            "envelope/governance-resignation": GovernanceTransactionFormat.encode(resignation),
            "envelope/governance-rotation": GovernanceTransactionFormat.encode(rotation),
        ]
    }

    private func policies() throws -> [String: [UInt8]] {
        let texts = [
            "AND('Org1MSP.peer', 'Org2MSP.peer')", "OutOf(2, 'Org1MSP.admin', OR('Org2MSP.member', 'Org2MSP.client'), \"OrdererMSP.orderer\")",
        ]
        var files: [String: [UInt8]] = [:]
        for (index, text) in texts.enumerated() {
            let policy = try SignaturePolicy(text: text)
            files["configuration/policy-text-\(index)"] = Array(text.utf8)
            files["configuration/policy-\(index)"] = EndorsementPolicy.signature(policy).serialized()
            files["identity/policy-\(index)"] = policy.envelope()
        }
        files["configuration/policy-reference"] = EndorsementPolicy.channelDefault.serialized()
        let kinds: [Principal] = [
            .role("Org1MSP", .peer), .organizationUnit("Org1MSP", name: Array("unit".utf8), certifiers: [1, 2]), .anonymity(.nominal),
            .identity(IdentityPrincipal(serialized: self.client.serialized)), .combined([.role("Org1MSP", .member), .role("Org2MSP", .admin)]),
        ]
        files["identity/policy-kinds"] = try SignaturePolicy(count: 3, of: kinds).envelope()
        return files
    }

    private func identities() -> [String: [UInt8]] {
        var organization = self.organizations[0].mspConfiguration()
        organization.admins = [self.admins[0].certificate]
        organization.organizationalUnits = [OrganizationalUnitIdentifier(name: "unit", certificate: self.organizations[0].root)]
        organization.revocationLists = [self.revocationList.der]
        let certificate = self.client.certificate
        return [
            "identity/client": self.client.serialized, "identity/certificate-der": certificate.der, "identity/certificate-pem": certificate.pem,
            "identity/root-der": self.organizations[0].root.der, "identity/revocation-der": self.revocationList.der,
            "identity/revocation-pem": Array(PEM.encode(label: "X509 CRL", der: self.revocationList.der).utf8),
            "identity/organization": self.organizations[1].mspConfiguration().message().encoded(),
            "identity/organization-full": organization.message().encoded(), "identity/public-key": certificate.publicKey.spkiDER,
            "identity/private-key": Array(self.client.keyPEM.utf8),
            "identity/signature": (try? self.client.sign([1])) ?? [],
        ]
    }
}
