import CryptoPrimitives
import LedgerModel
import Ordering
import TestSupport
import Testing

@testable import Node

/// Members that join in the middle of a chain.
@Suite(.serialized, .timeLimit(.minutes(20))) struct SnapshotJoinTests {
    private let members: [UInt32] = [1, 2, 3, 4, 5, 6]

    /// Short memories, so that a snapshot leaves blocks out.
    private static let world = Result {
        try ElectedCommitteeWorld { settings in
            settings.evidenceMaxAge = 4
            settings.replayBlocks = 3
        }
    }

    @Test func `an observer joins with a snapshot, catches up, is opened again, and takes the place of the block that it lacks`() async throws {
        let world = try Self.world.get()
        let folder = try TemporaryFolder()
        let transport = LocalCommitteeTransport()
        let committee = try world.committee(in: folder, transport: transport)
        try await world.running(committee, in: folder) {
            try await world.order(1...9, in: committee, at: self.members)
            let join = try #require(try committee.member(3)?.snapshot())
            let height = try #require(join.snapshot.blocks.last?.number)
            #expect(join.snapshot.blocks.count == 6)
            #expect(try MemberSnapshotFormat.decode(MemberSnapshotFormat.encode(join.snapshot)) == join.snapshot)
            // Everybody who has the chain vouches for the same hash.
            #expect(try committee.member(6)?.snapshot().trust == join.trust)
            try await world.order(10...11, in: committee, at: self.members)
            try committee.addMember(world.seat(8, in: folder, join: join))
            try await world.order(12...13, in: committee, at: self.members + [8])
            let joined = try #require(committee.member(8))
            #expect(try joined.block(height.rawValue - 6) == nil)
            #expect(try joined.block(height.rawValue - 5)?.number == BlockNumber(height.rawValue - 5))
            #expect(joined.blocks.governance.root == committee.member(1)?.blocks.governance.root)
            // Through a change of the committee, killed and opened again on the way.
            try await world.convict(2, in: committee, by: transport) { try await committee.stopMember(8) }
            try await world.order(14...15, in: committee, at: self.members)
            try committee.startMember(8)
            try await world.order(16...17, in: committee, at: self.members + [8])
            #expect(committee.member(8)?.blocks.committee.members == [1, 3, 4, 5])
            // What it kept is enough for another snapshot, and for the same hash.
            let again = try #require(try committee.member(8)?.snapshot())
            #expect(try committee.member(4)?.snapshot().trust == again.trust)
        }
    }

    @Test func `a snapshot that was altered, or that another hash vouches for, is refused and leaves nothing behind`() async throws {
        let world = try Self.world.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            try await world.order(1...9, in: committee, at: self.members)
            let good = try #require(try committee.member(1)?.snapshot())
            let snapshot = good.snapshot
            func altered(
                governance: [UInt8]? = nil, configuration: OrderedBlock? = nil, hashes: [[UInt8]]? = nil, blocks: [OrderedBlock]? = nil
            ) -> SnapshotJoin {
                SnapshotJoin(
                    snapshot: MemberSnapshot(
                        governance: governance ?? snapshot.governance, configuration: configuration ?? snapshot.configuration,
                        dataHashes: hashes ?? snapshot.dataHashes, blocks: blocks ?? snapshot.blocks), trust: good.trust)
            }
            var trust = good.trust
            trust[0] ^= 1
            var state = snapshot.governance
            state[state.count - 1] ^= 1
            let last = try #require(snapshot.blocks.last)
            let cases: [(String, SnapshotJoin)] = [
                ("trust", SnapshotJoin(snapshot: snapshot, trust: trust)), ("state", altered(governance: state)),
                ("no state", altered(governance: [])), ("configuration", altered(configuration: last)),
                ("hash", altered(hashes: snapshot.dataHashes.map { $0.map { $0 ^ 1 } })), ("fewer hashes", altered(hashes: [])),
                ("too few blocks", altered(blocks: Array(snapshot.blocks.dropFirst()))), ("no blocks", altered(blocks: [])),
                ("gap", altered(blocks: [snapshot.blocks[0]] + snapshot.blocks.dropFirst(2))),
                ("older", altered(blocks: Array(snapshot.blocks.dropLast()))),
                ("signatures", altered(blocks: snapshot.blocks.dropLast() + [last.with(.signatures, snapshot.blocks[0].metadata(.signatures))])),
            ]
            for (name, join) in cases {
                #expect(throws: NodeError.self, "\(name)") { try committee.addMember(world.seat(8, in: folder, path: "bad", join: join)) }
                #expect(folder.read("bad/snapshot") == nil, "\(name)")
            }
            try committee.addMember(world.seat(8, in: folder, path: "bad", join: good))
            try await world.order(10...11, in: committee, at: self.members + [8])
        }
    }
}
