import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Identity
import Ledger
import LedgerModel
import Ordering
import SystemContracts
import TestSupport
import Validation

@testable import Node

/// A channel with an elected committee: institutions 1 to 4 produce, 5 and 6 audit; consenter ids are the same numbers.
struct ElectedCommitteeWorld: Sendable {
    static let shared = Result { try ElectedCommitteeWorld { _ in } }

    /// Keys of ordering nodes; the seventh is a second one of institution 1, the eighth is of nobody in office.
    let nodes: [SigningIdentity]
    let nodeKeys: [SigningKey]
    let identityKeys: [SigningKey]
    let client: SigningIdentity
    /// Administrators of institutions 1 to 4.
    let administrators: [SigningIdentity]
    let peers: [SigningIdentity]
    let genesis: OrderedBlock
    let environment = SystemEnvironment()

    init(change: (inout GovernanceSettings) -> Void) throws {
        var random = SeededRandomSource(seed: 23)
        let now = SystemEnvironment().now()
        var nodes: [SigningIdentity] = []
        var nodeKeys: [SigningKey] = []
        var authorities: [DevelopmentAuthority] = []
        for number in 1...8 {
            let institution = number == 7 ? 1 : number == 8 ? 6 : number
            if number <= 6 {
                authorities.append(
                    try DevelopmentAuthority(
                        organization: OrganizationSpec(mspID: Self.member(number), domain: "inst\(number).example", kind: .peer),
                        random: &random, validity: .decade(from: now)))
            }
            let key = SigningKey.generate()
            nodeKeys.append(key)
            nodes.append(
                try authorities[institution - 1].issue(
                    commonName: "orderer\(number).inst\(institution).example", role: .orderer, key: key, random: &random))
        }
        self.client = try authorities[0].issue(commonName: "User1@inst1.example", role: .client, random: &random)
        self.peers = try (0..<2).map { try authorities[$0].issue(commonName: "peer0.inst\($0 + 1).example", role: .peer, random: &random) }
        self.administrators = try (0..<4).map { try authorities[$0].issue(commonName: "Admin@inst\($0 + 1).example", role: .admin, random: &random) }
        self.nodes = nodes
        self.nodeKeys = nodeKeys
        let identityKeys = (1...6).map { _ in SigningKey.generate() }
        self.identityKeys = identityKeys
        let founders = (1...4).map { number in
            GenesisProfile.Organization(msp: authorities[number - 1].mspConfiguration(), endpoints: ["inst\(number).example:7050"])
        }
        var settings = GovernanceSettings(
            .dev, seats: (1...6).map { PoolSeat(member: Self.member($0), identityKey: identityKeys[$0 - 1].publicKey.x963) },
            reserves: (5...6).map {
                ReserveSeat(
                    member: Self.member($0), certificate: nodes[$0 - 1].certificate.pem, endpoint: Endpoint(host: "inst\($0).example", port: 7050))
            })
        settings.heartbeatMs = 0
        change(&settings)
        self.genesis = try GenesisProfile(
            channelID: "records", applicationOrganizations: authorities.map { .init(msp: $0.mspConfiguration()) }, ordererOrganizations: founders,
            consenters: (1...4).map {
                Consenter(
                    id: UInt32($0), host: "inst\($0).example", port: 7050, mspID: Self.member($0), identity: nodes[$0 - 1].certificate.pem)
            }, batch: BatchConfiguration(maxMessageCount: 10, timeoutMilliseconds: 200),
            governance: GovernanceSettingsFormat.encode(settings), createdAt: now
        ).genesisBlock()
    }

    static func member(_ number: Int) -> MSPID { MSPID("Inst\(number)MSP") }

    var settings: CommitteeSettings {
        CommitteeSettings(
            timeouts: ConsensusTimeouts(propose: 400, proposeGrowth: 300, vote: 200, voteGrowth: 200), tickMilliseconds: 100,
            timelinessMilliseconds: 60_000)
    }

    func seat(_ number: Int, in folder: TemporaryFolder, path: String? = nil, join: SnapshotJoin? = nil) -> OrderingCommittee.Seat {
        OrderingCommittee.Seat(
            name: "orderer\(number)", identity: self.nodes[number - 1], consenter: UInt32(number),
            folder: folder.path(of: path ?? "orderer\(number)"), join: join)
    }

    /// Producers and audit nodes, each with a folder.
    func committee(
        in folder: TemporaryFolder, numbers: [Int] = Array(1...6), transport: any CommitteeTransport = LocalCommitteeTransport()
    ) throws -> OrderingCommittee {
        try OrderingCommittee(
            seats: numbers.map { self.seat($0, in: folder) }, genesis: self.genesis, settings: self.settings, environment: self.environment,
            transport: transport)
    }

    func peer(_ number: Int, in folder: TemporaryFolder) throws -> PeerNode {
        let (environment, identity) = (self.environment, self.peers[number - 1])
        let catalogue = SystemContracts.catalogue(contracts: [])
        return try PeerNode(
            name: "peer\(number)", identity: identity, folder: folder.path(of: "peer\(number)"), genesis: self.genesis,
            machine: ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() }, environment: environment)
    }

    /// A signed envelope; the number makes the nonce, so equal numbers are one transaction.
    func envelope(_ number: Int) throws -> Envelope {
        let nonce = SHA256.hash(Array("nonce \(number)".utf8))
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: self.environment.now(), channelID: "records",
            transactionID: Formulas.transactionID(nonce: nonce, creator: self.client.serialized))
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: self.client.serialized, nonce: nonce).serialized(), data: Array("content \(number)".utf8)
        ).serialized()
        return Envelope(payload: payload, signature: try self.client.sign(payload))
    }

    /// The blocks from 1 on that a member has stored.
    func chain(of consenter: UInt32, in committee: OrderingCommittee) throws -> [OrderedBlock] {
        guard let member = committee.member(consenter) else { return [] }
        var blocks: [OrderedBlock] = []
        while let block = try member.block(UInt64(blocks.count) + 1) { blocks.append(block) }
        return blocks
    }

    /// What somebody computes who has nothing but the blocks; fails unless each is signed by the committee in office.
    func replay(_ chain: [OrderedBlock]) throws -> GovernanceReplay {
        var replay = try GovernanceReplay(genesis: self.genesis)
        for block in chain { try replay.take(block) }
        return replay
    }

    /// Submits an envelope at some member that is up, and waits until members have stored as many blocks as it took.
    func order(_ numbers: some Sequence<Int>, in committee: OrderingCommittee, at members: [UInt32]) async throws {
        for number in numbers {
            let envelope = try self.envelope(number)
            let reply = await committee.connection(to: members[0]).broadcast(envelope)
            guard reply.status == 200 else { throw LedgerMismatch(reason: "status \(reply.status): \(reply.info)") }
            let serialized = envelope.serialized()
            try await committee.progress.wait { snapshot in
                members.allSatisfy { id in
                    guard let head = snapshot.members[id]?.head, head > 0, let member = committee.member(id) else { return false }
                    return (max(1, head - min(head, 8))...head).contains { height in
                        let block = (try? member.block(height)) ?? nil
                        return block?.envelopes.contains(serialized) ?? false
                    }
                }
            }
        }
    }

    /// Two prevotes for one round of the height that is being worked on, told to everybody but the liar's own node.
    func doubleVote(_ liar: UInt32, height: UInt64, epoch: UInt64 = 0, by transport: any CommitteeTransport) throws {
        for text in ["one block", "another block"] {
            guard let id = BlockID(SHA256.hash(Array(text.utf8))) else { continue }
            let vote = Vote(height: height, round: 0, kind: .prevote, choice: .prevote(id, validRound: -1), signer: liar)
            let request = SignRequest.vote(vote, form: nil)
            guard let bytes = request.signedBytes(chain: self.genesis.headerHash, epoch: epoch) else { continue }
            let message = request.message(signature: try self.nodes[Int(liar) - 1].sign(bytes))
            for member in 1...6 as ClosedRange<UInt32> where member != liar { transport.send(.consensus(message), from: liar, to: member) }
        }
    }

    /// From a lie of a member to its successor, audit node 5.
    ///
    /// The liar's own node stops when it hears of the lie while it is in office, and is started again then; one that hears of it later goes on.
    func convict(
        _ liar: UInt32, in committee: OrderingCommittee, by transport: any CommitteeTransport,
        meanwhile: @Sendable () async throws -> Void = {}
    ) async throws {
        let head = committee.progress.snapshot.members[1]?.head ?? 0
        try self.doubleVote(liar, height: head + 1, by: transport)
        try await committee.progress.wait { !$0.evidence.isEmpty }
        try await meanwhile()
        try await committee.progress.wait { $0.members[5]?.isObserver == false }
        try await committee.progress.wait { committee.member(liar) == nil || $0.members[liar]?.isObserver == true }
        try committee.startMember(liar)
        try await committee.progress.wait { $0.members[liar]?.isObserver == true }
    }

    /// Runs a committee around a story; its folder lives as long.
    func running(_ committee: OrderingCommittee, in folder: TemporaryFolder, _ story: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await committee.run() }
            defer { committee.stop() }
            try await story()
        }
        withExtendedLifetime(folder) {}
    }
}
