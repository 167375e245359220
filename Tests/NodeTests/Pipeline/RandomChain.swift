import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import LedgerModel
import TestSupport

@testable import Identity

/// Takes the signature `[1]` of everybody for good and every other for bad, so that long chains cost no signatures.
struct ToySignatures: SignatureVerifying {
    static let good: [UInt8] = [1]

    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool { signature == Self.good }
}

/// Draws blocks in which everything depends on what the blocks shortly before did: definitions, key policies, versions, ranges, ids, policies,
/// and who belongs to an organisation at all.
struct RandomChain {
    /// What a configuration block changes, beside the size of batches.
    enum Change: CaseIterable {
        /// The policy of chaincode `c`.
        case policy
        /// Org2's peer is revoked, or no longer so.
        case peerRevocation
        /// One of Org1's clients is revoked, or no longer so.
        case clientRevocation
        /// Org2 has another root: another peer and administrator speak for it.
        case root
    }

    /// What an organisation is at some time of its life.
    private struct Membership {
        let authority: DevelopmentAuthority
        let peer: SigningIdentity
        let admin: SigningIdentity
    }

    /// A world state that is read and walked.
    typealias State = any StateReading

    private static let time = Timestamp(seconds: 1_800_000_000)
    private static let names: [Namespace] = ["a", "b", "c"]
    private static let policies = [
        "AND('Org1MSP.peer','Org2MSP.peer')", "OR('Org1MSP.peer','Org2MSP.peer')", "OR('Org1MSP.peer')", "OR('Org2MSP.peer')",
    ]

    let genesis: OrderedBlock
    /// What the configuration blocks drawn so far have changed.
    private(set) var changes: [Change] = []
    /// In office after the blocks drawn so far.
    private(set) var bundle: ChannelBundle
    private var random: SeededGenerator
    /// Of Org1; the second one may be revoked.
    private let clients: [SigningIdentity]
    private let first: Membership
    /// Org2 under one root and under another, the one in office first.
    private var second: [Membership]
    private var isPeerRevoked = false
    private var isClientRevoked = false
    private var revocations: UInt64 = 0
    /// Changes that are still to come before any comes again.
    private var bag: [Change] = []
    private let ordererAdmin: SigningIdentity
    private let orderer: SigningIdentity
    private var sent: [[UInt8]] = []
    private var nonce = 0
    private var last: OrderedBlock

    init(seed: UInt64) throws {
        var keys = SeededRandomSource(exactSeed: 4_001)
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &keys, validity: .decade(from: Self.time))
        }
        func membership(_ authority: consuming DevelopmentAuthority) throws -> Membership {
            let peer = try authority.issue(commonName: "peer0", role: .peer, random: &keys)
            let admin = try authority.issue(commonName: "Admin", role: .admin, random: &keys)
            return Membership(authority: authority, peer: peer, admin: admin)
        }
        var home = try authority("Org1MSP", "org1.example", .peer)
        self.clients = try (1...2).map { try home.issue(commonName: "User\($0)@org1.example", role: .client, random: &keys) }
        self.first = try membership(home)
        self.second = try (1...2).map { _ in try membership(authority("Org2MSP", "org2.example", .peer)) }
        var orderers = try authority("OrdererMSP", "orderer.example", .orderer)
        self.orderer = try orderers.issue(commonName: "orderer1.orderer.example", role: .orderer, random: &keys)
        // The batch size belongs to the ordering organisation.
        self.ordererAdmin = try orderers.issue(commonName: "Admin", role: .admin, random: &keys)
        self.genesis = try GenesisProfile(
            channelID: "chains",
            applicationOrganizations: [self.first, self.second[0]].map { GenesisProfile.Organization(msp: $0.authority.mspConfiguration()) },
            ordererOrganizations: [GenesisProfile.Organization(msp: orderers.mspConfiguration(), endpoints: ["localhost:7050"])],
            consenters: [Consenter(id: 1, host: "localhost", port: 7050, mspID: "OrdererMSP", identity: self.orderer.certificate.pem)],
            endorsement: try SignaturePolicy(text: Self.policies[1]), createdAt: Self.time
        ).genesisBlock()
        self.bundle = try ChannelBundle(block: self.genesis, verifier: ToySignatures())
        self.random = SeededGenerator(seed: seed)
        self.last = self.genesis
    }

    /// How to run this chain again.
    var seedText: String { "\(self.random)" }

    /// The next block.
    ///
    /// - Parameter states: What endorsers may have seen: the state after the last block, and older ones.
    mutating func block(seen states: [State]) throws -> OrderedBlock {
        let number = self.last.number.rawValue + 1
        let isConfiguration = number > 2 && self.chance(4)
        let envelopes = isConfiguration ? [try self.configuration()] : try self.transactions(states, isFirst: number == 1)
        let block = OrderedBlock(number: BlockNumber(number), previousHash: self.last.headerHash, envelopes: envelopes)
        self.last = block
        return block
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self.random) == 0 }

    /// Peers of these organisations; now and then Org2's is the one of the root that is not in office.
    private mutating func endorsing(_ organizations: [Int]) throws -> [SigningIdentity] {
        let isStale = self.chance(8)
        return organizations.map { $0 == 0 ? self.first.peer : self.second[isStale ? 1 : 0].peer }
    }

    private mutating func some<Element>(_ elements: [Element], _ most: Int) -> [Element] {
        Array(elements.shuffled(using: &self.random).prefix(Int.random(in: 0...most, using: &self.random)))
    }

    private mutating func transactions(_ states: [State], isFirst: Bool) throws -> [[UInt8]] {
        var envelopes: [[UInt8]] = []
        for name in isFirst ? Self.names : [] {
            envelopes.append(try self.envelope("_lifecycle", self.definition(of: name), self.endorsing([0, 1])))
        }
        for _ in 0..<Int.random(in: 1...6, using: &self.random) {
            if self.chance(7), let old = (self.sent.suffix(8) + envelopes).randomElement(using: &self.random) {
                envelopes.append(old)
                continue
            }
            let endorsers: [[Int]] = [[0, 1], [0, 1], [0], [1]]
            let chosen = try self.endorsing(endorsers.randomElement(using: &self.random) ?? [])
            if self.chance(6) {
                envelopes.append(try self.envelope("_lifecycle", self.definition(of: Self.names[self.chance(2) ? 0 : 1]), chosen))
            } else {
                let name = Self.names.randomElement(using: &self.random) ?? "a"
                // The newest state most of the time, so that many transactions are valid.
                let state = self.chance(3) ? states.randomElement(using: &self.random) : states.last
                guard let state else { continue }
                envelopes.append(try self.envelope(name, self.change(of: name, seen: state), chosen))
            }
        }
        self.sent += envelopes
        return envelopes
    }

    /// A definition with another policy: `c` follows the channel's, which configuration blocks change.
    private mutating func definition(of name: Namespace) throws -> NamespaceReadWriteSet {
        let text = Self.policies.randomElement(using: &self.random) ?? Self.policies[0]
        let policy: EndorsementPolicy = name == "c" ? .reference("/Channel/Application/Endorsement") : .signature(try SignaturePolicy(text: text))
        let definition = ChaincodeDefinition(name: name, version: "1", sequence: 1, validationParameter: policy.serialized())
        var part = NamespaceReadWriteSet(namespace: ChaincodeDefinition.lifecycleNamespace)
        part.writes = ChaincodeDefinitionFormat.encode(definition).map { KeyWrite(key: $0.key, isDelete: false, value: $0.value) }
        return part
    }

    private mutating func change(of name: Namespace, seen state: State) throws -> NamespaceReadWriteSet {
        let keys = (1...5).map { StateKey("key\($0)") }
        var part = NamespaceReadWriteSet(namespace: name)
        part.reads = try self.some(keys, 2).map { KeyRead(key: $0, version: try state.value(at: .key(name, $0))?.version) }
        for key in self.some(keys, 3) {
            let isDelete = self.chance(4)
            part.writes.append(KeyWrite(key: key, isDelete: isDelete, value: isDelete ? [] : self.random.bytes(count: 3)))
        }
        if self.chance(4), let key = keys.randomElement(using: &self.random) {
            let owner = try SignaturePolicy(text: Self.policies[self.chance(2) ? 2 : 3]).envelope()
            let entries = self.chance(4) ? [] : [MetadataEntry(name: MetadataEntry.validationParameter, value: owner)]
            part.metadataWrites = [MetadataWrite(key: key, entries: entries)]
        }
        if self.chance(4) {
            let (start, end) = (keys[self.chance(2) ? 0 : 1], keys[self.chance(2) ? 3 : 4])
            let scan = try state.scan(name, from: start, to: end)
            var reads: [KeyRead] = []
            while let found = try scan.next() { reads.append(KeyRead(key: found.key, version: found.value.version)) }
            part.rangeQueries = [RangeQuery(start: start, end: end, isExhausted: true, results: .raw(reads))]
        }
        return part
    }

    private mutating func envelope(_ chaincode: Namespace, _ part: NamespaceReadWriteSet, _ endorsers: [SigningIdentity]) throws -> [UInt8] {
        self.nonce += 1
        let signer = SignatureHeader(creator: self.clients[self.chance(6) ? 1 : 0].serialized, nonce: Array("nonce \(self.nonce)".utf8))
        var extensionMessage = Protos_ChaincodeHeaderExtension()
        extensionMessage.chaincodeID.name = chaincode.text
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: Self.time, channelID: "chains",
            transactionID: Formulas.transactionID(nonce: signer.nonce, creator: signer.creator), extensionBytes: extensionMessage.encoded())
        let proposal = ProposalPayload(chaincode: chaincode, arguments: [Array("f".utf8)]).withoutTransient
        let action = ChaincodeAction(
            results: ReadWriteSet(namespaces: [part]).serialized(), events: [], response: ChaincodeResponse(status: 200), chaincode: chaincode,
            chaincodeVersion: "1")
        let response = ProposalResponsePayload(
            proposalHash: Formulas.proposalHash(
                channelHeader: header.serialized(), signatureHeader: signer.serialized(), payload: proposal), actionBytes: action.serialized())
        let transaction = EndorserTransaction(
            signatureHeaderBytes: signer.serialized(), proposalPayloadBytes: proposal, responsePayloadBytes: response.serialized(),
            endorsements: endorsers.map { Endorsement(endorser: $0.serialized, signature: ToySignatures.good) })
        return self.signed(header, signer, transaction.serialized())
    }

    private func signed(_ header: ChannelHeader, _ signer: SignatureHeader, _ data: [UInt8]) -> [UInt8] {
        let payload = Payload(channelHeaderBytes: header.serialized(), signatureHeaderBytes: signer.serialized(), data: data)
        return Envelope(payload: payload.serialized(), signature: ToySignatures.good).serialized()
    }

    /// The next change of the bag, which holds each once.
    private mutating func nextChange() -> Change {
        if self.bag.isEmpty { self.bag = Change.allCases.shuffled(using: &self.random) }
        return self.bag.removeLast()
    }

    /// An organisation's membership, with a list of what its authority has revoked.
    private mutating func msp(_ membership: Membership, revoked: SigningIdentity?) throws -> [UInt8] {
        var msp = membership.authority.mspConfiguration()
        self.revocations += 1
        msp.revocationLists = [
            try CertificateIssuing.revocationList(
                revoked: revoked.map { [$0.certificate.serialNumber] } ?? [], authority: membership.authority.root,
                authorityKey: SigningKey(pem: membership.authority.keyPEMs.identities), number: self.revocations, thisUpdate: 1_700_000_000,
                nextUpdate: 2_000_000_000
            ).der
        ]
        return msp.message().encoded()
    }

    /// Changes who may endorse or speak, or the policy that `c` follows, and the batch size, so that something is changed in any case.
    private mutating func configuration() throws -> [UInt8] {
        var config = self.bundle.config
        // Who is in office now signs, whatever the change brings.
        let admins = [self.first.admin, self.second[0].admin, self.ordererAdmin]
        let change = self.nextChange()
        self.changes.append(change)
        switch change {
        case .policy:
            let text = Self.policies.randomElement(using: &self.random) ?? Self.policies[0]
            config.channelGroup.groups["Application"]?.policies["Endorsement"]?.policy.value = try SignaturePolicy(text: text).envelope().data
        case .peerRevocation, .root:
            if change == .root { self.second.swapAt(0, 1) }
            self.isPeerRevoked = change == .peerRevocation && !self.isPeerRevoked
            let value = try self.msp(self.second[0], revoked: self.isPeerRevoked ? self.second[0].peer : nil)
            config.channelGroup.groups["Application"]?.groups["Org2MSP"]?.values["MSP"]?.value = value.data
        case .clientRevocation:
            self.isClientRevoked.toggle()
            let value = try self.msp(self.first, revoked: self.isClientRevoked ? self.clients[1] : nil)
            config.channelGroup.groups["Application"]?.groups["Org1MSP"]?.values["MSP"]?.value = value.data
        }
        var batch = Orderer_BatchSize()
        batch.maxMessageCount = UInt32.random(in: 1...1_000, using: &self.random)
        batch.absoluteMaxBytes = 10_000_000
        batch.preferredMaxBytes = 2_000_000
        config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.value = batch.encoded().data
        var update = try ConfigurationUpdate.compute(from: self.bundle.config, to: config, channelID: "chains")
        update = ConfigurationUpdate(
            updateBytes: update.updateBytes,
            signatures: admins.map { signer in
                ConfigurationSignature(
                    signatureHeader: SignatureHeader(creator: signer.serialized, nonce: [1]).serialized(), signature: ToySignatures.good)
            })
        self.nonce += 1
        let sender = SignatureHeader(creator: self.orderer.serialized, nonce: Array("nonce \(self.nonce)".utf8))
        func header(_ kind: ChannelHeader.Kind) -> ChannelHeader {
            ChannelHeader(kind: kind, timestamp: Self.time, channelID: "chains", transactionID: "")
        }
        let request = try Envelope(serialized: self.signed(header(.configUpdate), sender, update.serialized()))
        let transaction = try ConfigurationTransaction(request: request, to: self.bundle)
        self.bundle = transaction.bundle
        return self.signed(header(.config), sender, transaction.configEnvelope)
    }
}
