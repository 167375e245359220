import CommitteeTestSupport
import CryptoPrimitives
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Identity
import LedgerModel
import Ordering
import Synchronization
import TestSupport

@testable import Node

/// Members in one process that speak over real connections: each with its own folder, server and links.
struct LinkedMembers: Sendable {
    struct Seat: Sendable {
        let member: CommitteeMember
        let links: CommitteeLinks
        let wire: CommitteeWire
        let server: WireServer
    }

    let network: PortedCommittee
    let seats: [UInt32: Seat]
    let progress = CommitteeProgress()
    private let folder: TemporaryFolder

    static let settings = CommitteeSettings(
        timeouts: ConsensusTimeouts(propose: 800, proposeGrowth: 400, vote: 400, voteGrowth: 300), tickMilliseconds: 150,
        timelinessMilliseconds: 60_000)

    /// - Parameters:
    ///   - ids: The members that run.
    ///   - tls: The pair of a member instead of its own.
    init(_ network: PortedCommittee, ids: [UInt32], tls: [UInt32: DevelopmentAuthority.TLSIdentity] = [:], keys: [UInt32: SigningIdentity] = [:])
        throws
    {
        self.network = network
        self.folder = try TemporaryFolder()
        let environment = SystemEnvironment()
        var seats: [UInt32: Seat] = [:]
        for person in network.members where ids.contains(person.id) {
            let pair = tls[person.id] ?? person.tls
            let wire = try CommitteeWire(tls: CommitteeTLS(certificate: pair.certificate.pem, key: Array(pair.keyPEM.utf8)))
            // A member with a wrong key still keeps its folder by its own; only its proofs are the other one's.
            let links = CommitteeLinks(chain: network.genesis.headerHash, identity: keys[person.id] ?? person.identity, wire: wire)
            let member = try CommitteeMember(
                name: "orderer\(person.id)", identity: person.identity, folder: folder.path(of: "orderer\(person.id)"), genesis: network.genesis,
                settings: Self.settings, environment: environment, transport: links, progress: self.progress)
            links.use(member.blocks)
            let server = try WireServer(
                listen: WireEndpoint(host: "127.0.0.1", port: person.port),
                tls: ServerTLS(certificates: pair.certificate.pem, key: Array(pair.keyPEM.utf8)), clock: { environment.now() }
            ) { context in
                [
                    CommitteeService(context, wire: wire),
                    AtomicBroadcastService(context, orderer: member) { $0 == PortedCommittee.channel ? member : nil },
                ]
            }
            seats[person.id] = Seat(member: member, links: links, wire: wire, server: server)
        }
        self.seats = seats
    }

    /// Runs all of them around a story.
    func running(_ story: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seat in self.seats.values {
                group.addTask { try await seat.server.run() }
                group.addTask { await seat.wire.run() }
                group.addTask { await seat.links.follow(seat.member) }
                group.addTask { try await seat.member.run() }
            }
            for seat in self.seats.values { _ = try await seat.server.endpoint() }
            let outcome: Result<Void, any Error>
            do {
                try await story()
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            for seat in self.seats.values {
                seat.member.stop()
                seat.server.stop()
            }
            group.cancelAll()
            while let ended = await group.nextResult() { if case .failure(let error) = ended, !(error is CancellationError) { throw error } }
            try outcome.get()
        }
        withExtendedLifetime(self.folder) {}
    }

    /// Waits until members have stored so many envelopes together, each the same chain.
    func waitForEnvelopes(_ count: Int, at ids: [UInt32]) async throws -> [[OrderedBlock]] {
        try await self.progress.wait { snapshot in
            ids.allSatisfy { id in
                ((try? self.chain(of: id, to: snapshot.members[id]?.head ?? 0)) ?? []).reduce(0) { $0 + $1.envelopes.count } >= count
            }
        }
        return try ids.map { try self.chain(of: $0, to: self.progress.snapshot.members[$0]?.head ?? 0) }
    }

    func chain(of id: UInt32, to head: UInt64) throws -> [OrderedBlock] {
        guard head > 0 else { return [] }
        return try (1...head).compactMap { try self.seats[id]?.member.block($0) }
    }
}
