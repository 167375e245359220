import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport

@testable import ChannelConfiguration
@testable import Ordering

/// A chain that a test drives block by block, with everybody's keys.
struct GovernanceWorld {
    let network: GovernanceNetwork
    let genesis: OrderedBlock
    var plane: ControlPlane
    var decided = TestChain()
    var blocks: [OrderedBlock] = []
    /// Consensus keys by consenter id.
    var keys: [UInt32: SigningKey] = [:]
    var random: SeededRandomSource
    var sequence: UInt64 = 0
    var events: [GovernanceEvent] = []

    /// Members 1 to 4 produce, 5 and 6 audit, the rest stand by.
    init(
        producers: Int = 4, auditNodes: Int = 2, reserves: Int = 5, seed: UInt64 = 1, change: (inout GovernanceSettings) -> Void = { _ in }
    ) throws {
        let network = try GovernanceNetwork.shared.get()
        let members = GovernanceNetwork.members
        let held = producers + reserves
        var settings = GovernanceSettings(
            .dev, seats: try members.map { PoolSeat(member: $0, identityKey: try found(network.identityKeys[$0]).publicKey.x963) },
            agencies: try Self.agencies(),
            reserves: try members[producers..<held].map {
                ReserveSeat(
                    member: $0, certificate: try found(network.firstCertificates[$0]), endpoint: Endpoint(host: "reserve.example", port: 7050))
            }, seed: [UInt8](repeating: 9, count: 32))
        settings.sizes = try ElectionSizes(pool: 9, producers: producers, auditNodes: auditNodes, maxChoices: 4)
        settings.epochBlocks = 60
        settings.phases = GovernanceSettings.Phases(registration: 2, issue: 2, commit: 2, reveal: 2)
        settings.evidenceMaxAge = 500
        change(&settings)
        let (bundle, genesis) = try network.bundle(producers: producers, settings: settings)
        self.network = network
        self.genesis = genesis
        self.plane = try ControlPlane(bundle: bundle, chain: genesis.headerHash)
        self.random = SeededRandomSource(exactSeed: seed)
        for (index, member) in members.prefix(held).enumerated() { self.keys[UInt32(index + 1)] = network.firstKeys[member] }
    }

    static func agencies() throws -> Agencies {
        Agencies(
            authorities: [Agencies.Authority(name: "CLA 1", statementKey: try found(ElectionKeys.statements.first).get().publicKey.x963)],
            tabulator: try ElectionKeys.tabulator.get().publicKey.x963)
    }

    var chain: [UInt8] { self.plane.chain }
    var height: UInt64 { self.plane.height }

    func client(_ number: Int = 1) throws -> SigningIdentity { try found(self.network.clients[GovernanceNetwork.id(number)]) }

    // MARK: - Blocks

    /// An envelope of some contract.
    mutating func plainEnvelope(_ text: String = "other", time: UInt64? = nil) throws -> [UInt8] {
        let creator = try self.client()
        let nonce = self.random.bytes(count: 24)
        var named = Protos_ChaincodeHeaderExtension()
        named.chaincodeID.name = text
        let ms = time ?? self.timeMs(self.height)
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: Timestamp(seconds: Int64(ms / 1_000)), channelID: "records",
            transactionID: Formulas.transactionID(nonce: nonce, creator: creator.serialized), extensionBytes: named.encoded())
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: creator.serialized, nonce: nonce).serialized(),
            data: [1, 2, 3]
        ).serialized()
        return Envelope(payload: payload, signature: try creator.sign(payload)).serialized()
    }

    mutating func envelope(_ transaction: GovernanceTransaction, by creator: SigningIdentity? = nil) throws -> [UInt8] {
        try GovernanceEnvelope.make(
            transaction, channel: "records", creator: try creator ?? self.client(), nonce: self.random.bytes(count: 24),
            timestamp: Timestamp(seconds: Int64(self.timeMs(self.height) / 1_000))
        ).serialized()
    }

    func timeMs(_ height: UInt64) -> UInt64 { 1_780_000_000_000 + height * 1_000 }

    /// The configuration block that is due.
    func configuration(_ consenters: [Consenter]) throws -> [UInt8] {
        var seen: Set<MSPID> = []
        let organizations = try consenters.filter { seen.insert($0.mspID).inserted }.map { try self.network.orderer($0.mspID) }
        let change = try ChannelConfiguration.CommitteeChange(from: self.plane.bundle, to: consenters, organizations: organizations)
        return self.configuration(change.successor.config)
    }

    private func configuration(_ config: Common_Config) -> [UInt8] {
        let data = ConfigurationTransaction.configEnvelope(config, lastUpdate: Envelope(payload: [], signature: []))
        let header = ChannelHeader(kind: .config, timestamp: nil, channelID: "records", transactionID: "")
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: [], nonce: []).serialized(), data: data)
        return Envelope(payload: payload.serialized(), signature: [1]).serialized()
    }

    /// The configuration that changes the settings, and nothing else.
    func configuration(_ change: (inout GovernanceSettings) -> Void) throws -> [UInt8] {
        var settings = self.plane.settings
        change(&settings)
        var config = self.plane.bundle.config
        config.sequence += 1
        let value = try found(config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value)
        var type = try Orderer_ConsensusType.decode(value, as: "consensus type")
        let old = try GovernanceCarriageFormat.metadata(options: [], governance: self.plane.bundle.governance)
        type.metadata =
            try GovernanceCarriageFormat.metadata(
                options: Array(self.plane.bundle.consensusMetadata.dropLast(old.count)), governance: GovernanceSettingsFormat.encode(settings)
            ).data
        config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value = type.encoded().data
        return self.configuration(config)
    }

    /// Decides a configuration that changes the settings.
    @discardableResult
    mutating func reconfigure(_ change: (inout GovernanceSettings) -> Void) throws -> [GovernanceEvent] {
        try self.append(try self.makeBlock([try self.configuration(change)]))
    }

    /// The header that a valid block of the next height has.
    func header(_ envelopes: [[UInt8]], height: UInt64, proposer: UInt32) -> ExtendedHeader {
        ExtendedHeader(
            chain: self.chain, epoch: self.plane.term(at: height)?.epoch ?? 0, height: height,
            parentID: self.decided.decided(height - 1)?.id.bytes ?? ExtendedHeader.zeroHash, parentCommitHash: ExtendedHeader.zeroHash,
            txRoot: TransactionTree.root(of: envelopes), txCount: UInt32(envelopes.count), txSeqBase: self.sequence, timeMs: self.timeMs(height),
            proposer: proposer, committeeHash: self.plane.committeeHash(at: height) ?? [], govRoot: self.plane.root,
            configSeq: self.plane.bundle.sequence)
    }

    /// A block of the next height; nothing in it is signed by the committee, as the control plane does not look.
    func makeBlock(_ envelopes: [[UInt8]], round: UInt32 = 0, absent: Set<UInt32> = [], parentRound: UInt32 = 0, proposer: UInt32? = nil) throws
        -> OrderedBlock
    {
        let height = self.height + 1
        let term = try found(self.plane.term(at: height))
        let proposer = try proposer ?? found(term.schedule).proposer(height: height, round: Round(round))
        let block = OrderedBlock(
            number: BlockNumber(height), previousHash: self.blocks.last?.headerHash ?? self.genesis.headerHash, envelopes: envelopes)
        let value = OrdererBlockMetadata(
            lastConfig: 0,
            consenterMetadata: ExtendedHeaderFormat.encode(
                ConsenterMetadata(header: self.header(envelopes, height: height, proposer: proposer), round: round)))
        var parent: [UInt8] = []
        if height > 1, let old = self.plane.term(at: height - 1) {
            let entries = old.order.sorted().filter { !absent.contains($0) }.map { CommitCertificate.Entry(consenter: $0, signature: [1]) }
            parent =
                CommitCertificateFormat.encode(
                    CommitCertificate(
                        height: height - 1, round: parentRound, blockID: self.decided.decided(height - 1)?.id.bytes ?? [], entries: entries)) ?? []
        }
        return block.with(.signatures, BlockSignatures(value: value.serialized(), entries: []).slot()).with(.orderer, parent)
    }

    @discardableResult
    mutating func append(_ block: OrderedBlock) throws -> [GovernanceEvent] {
        let events = try self.plane.apply(block, decided: self.decided)
        try self.decided.append(block)
        self.blocks.append(block)
        self.sequence += UInt64(block.envelopes.count)
        self.events += events
        return events
    }

    /// Decides a block with these transactions; the configuration that is due comes first, in a block of its own.
    @discardableResult
    mutating func decide(
        _ transactions: [GovernanceTransaction] = [], absent: Set<UInt32> = [], parentRound: UInt32 = 0, proposer: UInt32? = nil
    ) throws -> [GovernanceEvent] {
        var events: [GovernanceEvent] = []
        while let due = self.plane.dueChange { events += try self.append(try self.makeBlock([try self.configuration(due)])) }
        var envelopes: [[UInt8]] = []
        for transaction in transactions { envelopes.append(try self.envelope(transaction)) }
        if envelopes.isEmpty { envelopes.append(try self.plainEnvelope()) }
        return try events + self.append(try self.makeBlock(envelopes, absent: absent, parentRound: parentRound, proposer: proposer))
    }

    /// Decides plain blocks up to a height, with the configurations that come due on the way.
    mutating func advance(to height: UInt64) throws {
        while self.height < height {
            if let due = self.plane.dueChange {
                try self.append(try self.makeBlock([try self.configuration(due)]))
            } else {
                try self.append(try self.makeBlock([try self.plainEnvelope()]))
            }
        }
    }

    /// Why a transaction may not stand in the next block.
    func refusal(_ transaction: GovernanceTransaction, proofs: (any StateProofChecking)? = nil) throws -> GovernanceRefusal? {
        self.plane.refusal(
            of: transaction, creator: try self.client().serialized,
            in: GovernanceContext(height: self.height + 1, proposer: 1, isAlone: true, decided: self.decided, proofs: proofs))
    }

    func evidenceRefusal(_ item: Misbehaviour, proofs: (any StateProofChecking)? = nil) throws -> EvidenceRefusal? {
        switch try self.refusal(.evidence(item), proofs: proofs) {
        case nil: nil
        case .evidence(let refusal): refusal
        default: throw NotFound()
        }
    }
}
