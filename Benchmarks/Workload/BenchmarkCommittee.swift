import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Foundation
import Identity
import LedgerModel
import Node
import Ordering
import SelvageClient

/// An ordering committee with all its members in this process: own keys, own folders on one disk, the real host, nothing lost between them.
struct BenchmarkCommittee: Sendable {
    private static let channel: ChannelID = "benchmark"
    /// Envelopes in one block at most.
    static let batchCount = 500
    /// After so long without an envelope the committee makes a block all the same.
    static let heartbeatMilliseconds: UInt64 = 30_000

    let size: Int
    let committee: OrderingCommittee
    private let client: SigningIdentity
    private let environment = SystemEnvironment()

    /// Makes keys and a genesis block for so many ordering organisations with one member each, and opens the members' folders.
    init(size: Int, folder: String) throws {
        var random = SystemRandomSource()
        let now = self.environment.now()
        func authority(_ mspID: MSPID, _ domain: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: mspID, domain: domain, kind: kind), random: &random, validity: .decade(from: now))
        }
        var applicants = try authority("Org1MSP", "org1.example.com", .peer)
        self.client = try applicants.issue(commonName: "User1@org1.example.com", role: .client, random: &random)
        var seats: [OrderingCommittee.Seat] = []
        var organizations: [GenesisProfile.Organization] = []
        var consenters: [Consenter] = []
        for number in 1...size {
            let mspID = MSPID("Orderer\(number)MSP")
            var own = try authority(mspID, "orderer\(number).example.com", .orderer)
            let identity = try own.issue(commonName: "orderer.orderer\(number).example.com", role: .orderer, random: &random)
            organizations.append(.init(msp: own.mspConfiguration(), endpoints: ["localhost:\(7050 + number)"]))
            consenters.append(
                Consenter(
                    id: UInt32(number), host: "localhost", port: UInt32(7050 + number), mspID: mspID, identity: identity.certificate.pem))
            seats.append(.init(name: "orderer\(number)", identity: identity, folder: "\(folder)/orderer\(number)"))
        }
        let profile = GenesisProfile(
            channelID: Self.channel, applicationOrganizations: [.init(msp: applicants.mspConfiguration())], ordererOrganizations: organizations,
            consenters: consenters, batch: BatchConfiguration(maxMessageCount: UInt32(Self.batchCount)), createdAt: now)
        self.size = size
        self.committee = try OrderingCommittee(
            seats: seats, genesis: try profile.genesisBlock(),
            settings: CommitteeSettings(ordering: OrderingSettings(heartbeatMilliseconds: Self.heartbeatMilliseconds)),
            environment: self.environment)
    }

    /// Members that sign a block.
    var quorum: Int { self.size - (self.size - 1) / 3 }

    /// A signed envelope of at least so many bytes; each has a fresh nonce.
    func envelope(bytes: Int) throws -> Envelope {
        let bare = try self.envelope(contentBytes: 0)
        let missing = bytes - bare.serialized().count
        // The content's own tag and length take some bytes.
        return missing > 4 ? try self.envelope(contentBytes: missing - 3) : bare
    }

    private func envelope(contentBytes: Int) throws -> Envelope {
        let nonce = self.environment.randomBytes(count: ProposalDraft.nonceBytes)
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: self.environment.now(), channelID: Self.channel,
            transactionID: Formulas.transactionID(nonce: nonce, creator: self.client.serialized))
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: self.client.serialized, nonce: nonce).serialized(),
            data: [UInt8](repeating: 0x61, count: contentBytes)
        ).serialized()
        return Envelope(payload: payload, signature: try self.client.sign(payload))
    }

    /// Runs the committee around some work, and ends it in good order.
    func running<Result: Sendable>(_ work: @escaping @Sendable (Self) async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.committee.run() }
            defer { self.committee.stop() }
            try await self.committee.progress.wait { $0.members.values.count(where: \.isRunning) == self.size }
            return try await work(self)
        }
    }

    /// Sends an envelope to one member and waits until it is queued durably there.
    func broadcast(_ envelope: Envelope, to member: Int) async throws {
        let reply = await self.committee.connection(to: UInt32(member % self.size + 1)).broadcast(envelope)
        guard reply.status == 200 else { throw WorkloadError.refused("the committee answered \(reply.status): \(reply.info)") }
    }

    /// Waits until so many members have stored a block.
    func wait(for height: UInt64, atMembers count: Int) async throws {
        try await self.committee.progress.wait { snapshot in snapshot.members.values.count(where: { $0.head >= height }) >= count }
    }

    /// Throws when a member has stopped, refused messages or found somebody guilty: then the figures are those of something else.
    func checkHealth() throws {
        let snapshot = self.committee.progress.snapshot
        for (member, state) in snapshot.members.sorted(by: { $0.key < $1.key }) {
            if let failure = state.failure { throw WorkloadError.refused("member \(member) stopped: \(failure)") }
            if let fault = state.lastFault { throw WorkloadError.refused("member \(member) was offered an invalid block: \(fault)") }
        }
        guard snapshot.evidence.isEmpty else { throw WorkloadError.refused("a member was found guilty without a liar in the committee") }
    }
}
