import Identity
import LedgerModel
import Synchronization
import TestSupport
import Testing

@testable import Ordering

/// Whether a member takes envelopes, and what it promises for them.
@Suite struct DoorStandingTests {
    private final class Surroundings: MemberSurroundings {
        let pushed = Mutex(0)

        func send(_ parcel: MemberParcel, to member: UInt32) { if case .envelopes = parcel { self.pushed.withLock { $0 += 1 } } }
        func startTimer(_ input: MemberInput, milliseconds: UInt32) {}
        func now() -> Timestamp { TestNetwork.now }
        func note(_ news: MemberNews) {}
    }

    /// What the first member of four answers, and to how many others it pushes.
    private func answer(_ standing: DoorStanding) throws -> (answer: MemberIntake.Answer, pushed: Int) {
        let genesis = try MemberWorldPeople.plain.get()
        let blocks = try CommitteeBlocks(genesis: .init(block: genesis), chain: genesis.headerHash)
        let position = ChainPosition(genesis: genesis)
        let pool = SharedPool(
            EnvelopePool(batch: blocks.bundle.batch, settings: OrderingSettings(), recent: [], position: position), blocks: blocks, height: 1)
        pool.state.withLock { $0.standing = standing }
        let owner = try found(
            RecordOwner(chain: genesis.headerHash, consenter: 1, instance: .init(repeating: 0, count: 16), machine: genesis.headerHash))
        let around = Surroundings()
        var intake = MemberIntake(
            consenter: 1, identity: try MemberWorldPeople.identity(1), chain: genesis.headerHash, settings: CommitteeSettings(), pool: pool,
            log: DiskLog(disk: MemberDisk(owner: owner, seed: 1, flaws: [])), around: around)
        let answers = try intake.take([try #require(try MemberWorldPeople.envelopes(1).first)])
        return (try #require(answers.first), around.pushed.withLock { $0 })
    }

    @Test func `who signs gives a receipt, who passes on gives none, and who would not be heard takes nothing`() throws {
        let (signing, pushedBySigner) = try self.answer(.signs)
        guard case .queued(_?) = signing else {
            Issue.record("\(signing)")
            return
        }
        let (passing, pushed) = try self.answer(.passesOn)
        guard case .queued(nil) = passing else {
            Issue.record("\(passing)")
            return
        }
        #expect(pushedBySigner == 3 && pushed == 3)
        let (refusing, pushedByNone) = try self.answer(.refuses)
        guard case .refused(.follows(let members)) = refusing else {
            Issue.record("\(refusing)")
            return
        }
        #expect(members.count == 3 && pushedByNone == 0)
        #expect(BroadcastRefusal.follows(members: members).status == 503)
    }

    @Test func `a member that may not sign yet, or never again, takes nothing, though the chain has it in office`() throws {
        let genesis = try MemberWorldPeople.plain.get()
        let chain = genesis.headerHash
        let owner = try found(RecordOwner(chain: chain, consenter: 1, instance: .init(repeating: 0, count: 16), machine: chain))
        func standing(_ signing: MemberCore.Signing) throws -> DoorStanding {
            let blocks = try CommitteeBlocks(genesis: .init(block: genesis), chain: chain)
            let pool = SharedPool(
                EnvelopePool(batch: blocks.bundle.batch, settings: OrderingSettings(), recent: [], position: ChainPosition(genesis: genesis)),
                blocks: blocks, height: 1)
            let disk = MemberDisk(owner: owner, seed: 1, flaws: [])
            _ = try MemberCore(
                consenter: 1, blocks: blocks, settings: CommitteeSettings(), identity: try MemberWorldPeople.identity(1),
                chain: DiskChain(disk: disk), pool: pool,
                safety: DiskRecord(disk: disk, slots: SafetyRecordSlots(owner: owner), guardSlots: SignerGuardSlots()), signing: signing,
                last: genesis, around: Surroundings())
            return pool.state.withLock { $0.standing }
        }
        #expect(try standing(.free) == .signs)
        #expect(try standing(.never) == .refuses)
        #expect(try standing(.abstain(then: .unused)) == .refuses)
    }
}
