import CommitteeTestSupport
import CryptoPrimitives
import Foundation
import Identity
import LedgerModel
import Node
import Ordering

/// A member with its server and its links.
struct WireMember {
    /// Patient enough for a machine that other tests keep busy.
    static let settings = CommitteeSettings(
        ordering: OrderingSettings(replayBlocks: MemberFolder.replayBlocks),
        timeouts: ConsensusTimeouts(propose: 800, proposeGrowth: 400, vote: 400, voteGrowth: 300), tickMilliseconds: 150,
        timelinessMilliseconds: 60_000)

    private let member: CommitteeMember
    private let links: CommitteeLinks
    private let wire: CommitteeWire
    private let server: WireServer

    init(folder: String, number: UInt32, isForgetful: Bool) throws {
        let files = try MemberFolder(of: number, in: folder)
        if isForgetful { try? FileManager.default.removeItem(atPath: files.data + "/pool-log") }
        let environment = SystemEnvironment()
        let genesis = try OrderedBlock(serialized: files.genesis)
        let wire = try CommitteeWire(tls: CommitteeTLS(certificate: files.tlsCertificate, key: files.tlsKey))
        let links = CommitteeLinks(chain: genesis.headerHash, identity: files.identity, wire: wire)
        let progress = CommitteeProgress()
        let member = try CommitteeMember(
            name: "orderer\(number)", identity: files.identity, folder: files.data, genesis: genesis, settings: WireMember.settings,
            environment: environment, transport: links, progress: progress)
        links.use(member.blocks)
        let endpoint = WireEndpoint(host: files.listen, port: files.port)
        self.server = try WireServer(
            listen: endpoint, tls: ServerTLS(certificates: files.tlsCertificate, key: files.tlsKey), clock: { environment.now() }
        ) { context in
            [
                CommitteeService(context, wire: wire),
                AtomicBroadcastService(context, orderer: member) { $0 == PortedCommittee.channel ? member : nil },
            ]
        }
        (self.member, self.links, self.wire) = (member, links, wire)
    }

    /// Runs until the member or its server fails.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.server.run() }
            group.addTask { await self.wire.run() }
            group.addTask { await self.links.follow(self.member) }
            group.addTask { try await self.member.run() }
            let endpoint = try await self.server.endpoint()
            print("ready \(endpoint)")
            fflush(nil)
            try await group.next()
            group.cancelAll()
        }
    }
}
