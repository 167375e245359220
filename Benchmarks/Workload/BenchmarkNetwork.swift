import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Endorsement
import FabricMessages
import Foundation
import Identity
import LedgerModel
import Ordering
import SelvageClient
import SystemContracts

/// A network of two organisations: authorities, a genesis block, an endorser for each, and an ordering service; everything but the nodes' threads.
struct BenchmarkNetwork {
    static let channel: ChannelID = "benchmark"
    private static let organizations = (1...2).map {
        OrganizationSpec(mspID: MSPID("Org\($0)MSP"), domain: "org\($0).example.com", kind: .peer)
    }
    private static let ordererOrganization = OrganizationSpec(mspID: "OrdererMSP", domain: "example.com", kind: .orderer)

    let genesis: OrderedBlock
    let client: SigningIdentity
    /// One for each organisation.
    let endorsers: [Endorser]
    private let administrators: [SigningIdentity]
    private var ordering: OrderingService<CommitteeOfOne>
    private var random = SystemRandomSource()

    init(transactionsPerBlock: Int = Workload.transactionsPerBlock) throws {
        let now = Self.now()
        var random = SystemRandomSource()
        var authorities = try Self.organizations.map { spec in
            try DevelopmentAuthority(organization: spec, random: &random, validity: .decade(from: now))
        }
        var ordererAuthority = try DevelopmentAuthority(organization: Self.ordererOrganization, random: &random, validity: .decade(from: now))
        let orderer = try ordererAuthority.issue(commonName: "orderer.example.com", role: .orderer, random: &random)
        let genesis = try Self.genesis(authorities, ordererAuthority, orderer: orderer, batchCount: transactionsPerBlock, now: now)
        self.genesis = genesis
        let bundle = try ChannelBundle(block: genesis)
        var endorsers: [Endorser] = []
        var administrators: [SigningIdentity] = []
        for index in authorities.indices {
            let organization = authorities[index].organization
            let peer = try authorities[index].issue(commonName: "peer0.\(organization.domain)", role: .peer, random: &random)
            let catalogue = SystemContracts.catalogue(contracts: [AssetContract()])
            let machine = ContractMachine(catalogue: catalogue) { UInt64(CPUTime.wall()) }
            // A bundle of its own: endorsers share no caches.
            // What an approval says in the clear is not looked at here.
            endorsers.append(Endorser(identity: peer, bundle: try ChannelBundle(block: genesis), machine: machine) { _, _ in })
            administrators.append(try authorities[index].issue(commonName: "Admin@\(organization.domain)", role: .admin, random: &random))
        }
        self.endorsers = endorsers
        self.administrators = administrators
        self.client = try authorities[0].issue(commonName: "User1@\(Self.organizations[0].domain)", role: .client, random: &random)
        let committee = try CommitteeOfOne(
            identity: orderer, bundle: bundle, after: genesis, chain: genesis.headerHash, signingGuard: nil)
        self.ordering = OrderingService(bundle: bundle, consenter: committee, settings: OrderingSettings(cutsWhenIdle: false), recent: [])
    }

    static func now() -> Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }

    /// Has every organisation approve a definition.
    mutating func approvals(of definition: ChaincodeDefinition, on ledger: any Endorser.LedgerView) throws -> [Envelope] {
        var envelopes: [Envelope] = []
        for (administrator, endorser) in zip(self.administrators, self.endorsers) {
            let draft = self.draft(try definition.approval(), as: administrator)
            let response = try endorser.process(try draft.signed(by: administrator), on: ledger, now: Self.now())
            let payload = try TransactionAssembly.payload(of: draft, responses: [NamedResponse(peer: "peer", response: response)])
            envelopes.append(try TransactionAssembly.envelope(payload, signedBy: administrator))
        }
        return envelopes
    }

    /// Drafts a call with a fresh nonce.
    mutating func draft(_ call: ChaincodeCall, as creator: SigningIdentity? = nil) -> ProposalDraft {
        ProposalDraft(
            channel: Self.channel, call: call, creator: (creator ?? self.client).serialized,
            nonce: self.random.bytes(count: ProposalDraft.nonceBytes),
            timestamp: Self.now())
    }

    /// Has every organisation endorse a draft, and signs the transaction.
    func endorsed(_ draft: ProposalDraft, on ledger: any Endorser.LedgerView) throws -> Envelope {
        let signed = try draft.signed(by: self.client)
        let responses = try self.endorsers.enumerated().map { index, endorser in
            NamedResponse(peer: "peer\(index)", response: try endorser.process(signed, on: ledger, now: Self.now()))
        }
        return try TransactionAssembly.envelope(TransactionAssembly.payload(of: draft, responses: responses), signedBy: self.client)
    }

    /// Orders envelopes as one block.
    mutating func order(_ envelopes: [Envelope]) throws -> OrderedBlock {
        var outputs: [OrderingService<CommitteeOfOne>.Output] = []
        var timer: UInt64?
        for envelope in envelopes {
            for output in self.ordering.step(.broadcast(envelope, now: Self.now())) {
                switch output {
                case .reply(.accepted): break
                case .reply(let verdict): throw WorkloadError.refused("\(verdict)")
                case .startTimer(let generation, _): timer = generation
                default: outputs.append(output)
                }
            }
        }
        if outputs.isEmpty, let timer { outputs = self.ordering.step(.timerFired(generation: timer, now: Self.now())) }
        for output in outputs {
            guard case .block(let decision) = output else { continue }
            _ = self.ordering.step(.blockTaken(now: Self.now()))
            guard decision.block.envelopes.count == envelopes.count else { break }
            return decision.block
        }
        throw WorkloadError.refused("the ordering service did not make one block of \(envelopes.count) envelopes")
    }

    /// The measured contract: both organisations must endorse each of its transactions.
    static func definition() throws -> ChaincodeDefinition {
        let policy = try SignaturePolicy(text: "AND(" + self.organizations.map { "'\($0.mspID).peer'" }.joined(separator: ", ") + ")")
        return ChaincodeDefinition(
            name: Namespace(AssetContract().name), version: "1.0", sequence: 1,
            validationParameter: EndorsementPolicy.signature(policy).serialized())
    }

    private static func genesis(
        _ authorities: [DevelopmentAuthority], _ ordererAuthority: DevelopmentAuthority, orderer: SigningIdentity, batchCount: Int, now: Timestamp
    ) throws -> OrderedBlock {
        let consenter = Consenter(
            id: 1, host: "127.0.0.1", port: 7050, mspID: self.ordererOrganization.mspID, identity: orderer.certificate.pem,
            clientTLSCertificate: orderer.certificate.pem, serverTLSCertificate: orderer.certificate.pem)
        let profile = GenesisProfile(
            channelID: self.channel, applicationOrganizations: authorities.map { GenesisProfile.Organization(msp: $0.mspConfiguration()) },
            ordererOrganizations: [GenesisProfile.Organization(msp: ordererAuthority.mspConfiguration(), endpoints: ["127.0.0.1:7050"])],
            consenters: [consenter],
            batch: BatchConfiguration(
                maxMessageCount: UInt32(batchCount), absoluteMaxBytes: 16 << 20, preferredMaxBytes: 16 << 20),
            createdAt: now)
        return try profile.genesisBlock()
    }
}

/// The workload could not be made: a mistake in the benchmark, or in what it measures.
enum WorkloadError: Error, CustomStringConvertible {
    case refused(String)

    var description: String {
        switch self {
        case .refused(let reason): "the workload could not be made: \(reason)"
        }
    }
}
