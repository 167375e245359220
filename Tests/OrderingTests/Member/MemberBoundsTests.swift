import ChannelConfiguration
import Identity
import LedgerModel
import Synchronization
import TestSupport
import Testing

@testable import Ordering

/// What clients and other members can make one member do and hold.
@Suite struct MemberBoundsTests {
    /// Notes what a member does to the world.
    private final class Surroundings: MemberSurroundings {
        struct Seen {
            var sent: [MemberParcel] = []
            var timers: [MemberInput] = []
            var refusedEnvelopes = 0
            /// How long the world has gone on, in milliseconds.
            var passedMs: Int64 = 0
        }

        let seen = Mutex(Seen())

        func send(_ parcel: MemberParcel, to member: UInt32) { self.seen.withLock { $0.sent.append(parcel) } }
        func startTimer(_ input: MemberInput, milliseconds: UInt32) { self.seen.withLock { $0.timers.append(input) } }
        func now() -> Timestamp {
            let ms = Int64(TestNetwork.now.millisecondsSince1970) + self.seen.withLock { $0.passedMs }
            return Timestamp(seconds: ms / 1_000, nanoseconds: Int32(ms % 1_000) * 1_000_000)
        }
        func wait(milliseconds: Int64) { self.seen.withLock { $0.passedMs += milliseconds } }
        func note(_ news: MemberNews) {
            if case .refusedEnvelopes(let count) = news { self.seen.withLock { $0.refusedEnvelopes += count } }
        }
    }

    private let around = Surroundings()

    /// Member 1 on a machine of its own.
    private func machine(_ genesis: OrderedBlock, identity: SigningIdentity) throws -> MemberMachine {
        let chain = genesis.headerHash
        let owner = try found(RecordOwner(chain: chain, consenter: 1, instance: .init(repeating: 0, count: 16), machine: chain))
        let machine = MemberMachine(id: 1, identity: identity, disk: MemberDisk(owner: owner, seed: 1, flaws: []))
        try machine.start(genesis: genesis, settings: CommitteeSettings(), world: self.around)
        return machine
    }

    /// Orders envelopes with a committee of one: numbers are good ones, nil stands for one that no block may hold.
    private func order(_ waiting: [UInt8?]) throws -> [[UInt8]] {
        let network = try TestNetwork.shared.get()
        let machine = try self.machine(network.genesis, identity: network.orderer)
        let checks = BroadcastChecks(bundle: network.bundle)
        var names: [[UInt8]: UInt8] = [:]
        let creator = try checks.check(network.envelope(1), now: TestNetwork.now).creator
        for (index, number) in waiting.enumerated() {
            let item: CheckedEnvelope
            if let number {
                item = try checks.check(network.envelope(number), now: TestNetwork.now)
                names[item.serialized] = number
            } else {
                let bytes = [0xFF, UInt8(index)]
                item = CheckedEnvelope(
                    serialized: bytes, digest: CommitteeBlocks.digest(of: bytes), sizeBytes: 2, transactionID: TransactionID("bad \(index)"),
                    creator: creator)
            }
            _ = try machine.core?.pool.state.withLock { state in try state.pool.insert(item, from: .member, now: TestNetwork.now) }
        }
        machine.take(.reason)
        // Under load, which a block of several envelopes means, the next one waits for more.
        for _ in 0..<waiting.count where machine.core?.pool.count != 0 {
            self.around.wait(milliseconds: Int64(MemberLimits.busyMilliseconds))
            machine.take(.reason)
        }
        #expect(machine.failure == nil)
        #expect(machine.core?.pool.count == 0)
        return try machine.disk.blocks.map { try OrderedBlock(serialized: $0).envelopes.map { names[$0] ?? 0 } }
    }

    @Test func `after an envelope that may not be ordered, what stood before it becomes the block`() throws {
        #expect(try self.order([1, 2, 3, 4]) == [[1, 2, 3], [4]])
        // Were the block filled up and checked anew each time, many such envelopes would hold the committee up.
        #expect(try self.order([1, nil, 2, nil, 3, 4]) == [[1], [2], [3, 4]])
        #expect(try self.order([1, 2, nil, 3]) == [[1, 2], [3]])
        #expect(try self.order([nil, nil, nil, nil, 1, 2]) == [[1], [2]])
    }

    @Test func `what has become too old for a block is not pushed again but dropped`() throws {
        let network = try TestNetwork.shared.get()
        let machine = try self.machine(network.genesis, identity: network.orderer)
        let checks = BroadcastChecks(bundle: network.bundle)
        let (first, late) = (
            try checks.check(network.envelope(1), now: TestNetwork.now), try checks.check(network.envelope(2), now: TestNetwork.now)
        )
        var settings = OrderingSettings()
        settings.maxAgeMilliseconds = 600_000
        var pool = EnvelopePool(
            batch: network.bundle.batch, settings: settings, recent: [], position: ChainPosition(genesis: network.genesis))
        _ = try pool.insert(late, from: .client(isRestored: false), now: TestNetwork.now)
        pool.pushAllAgain()
        #expect(pool.envelopesToPushAgain().count == 1)
        // A block of a much later time.
        self.around.wait(milliseconds: 660_000)
        let now = self.around.now()
        _ = try machine.core?.pool.state.withLock { state in try state.pool.insert(first, from: .member, now: now) }
        machine.take(.reason)
        let block = try OrderedBlock(serialized: try #require(machine.disk.blocks.last))
        pool.record(block, position: try ChainPosition(after: block, chain: network.chain))
        pool.pushAllAgain()
        #expect(pool.envelopesToPushAgain().isEmpty && pool.isEmpty)
    }

    @Test func `of what a member pushes at once only so much is looked at`() throws {
        let network = try TestNetwork.shared.get()
        let blocks = try CommitteeBlocks(genesis: network.bundle, chain: network.chain)
        let position = ChainPosition(genesis: network.genesis)
        let pool = SharedPool(
            EnvelopePool(batch: blocks.bundle.batch, settings: OrderingSettings(), recent: [], position: position), blocks: blocks, height: 1)
        let owner = try found(
            RecordOwner(chain: network.chain, consenter: 1, instance: .init(repeating: 0, count: 16), machine: network.chain))
        var intake = MemberIntake(
            consenter: 1, identity: network.orderer, chain: network.chain, settings: CommitteeSettings(), pool: pool,
            log: DiskLog(disk: MemberDisk(owner: owner, seed: 1, flaws: [])), around: self.around)
        let pushed = try (0...MemberLimits.envelopesInOnePush).map { try network.envelope(UInt8($0)).serialized() }
        let isNew = intake.take(pushed: pushed)
        #expect(isNew)
        #expect(pool.count == MemberLimits.envelopesInOnePush)
        #expect(self.around.seen.withLock { $0.refusedEnvelopes } == 1)
    }

    @Test func `envelopes of a candidate that nobody waits for are not held, and one timer waits for those of a wanted one`() throws {
        let genesis = try MemberWorldPeople.plain.get()
        let machine = try self.machine(genesis, identity: MemberWorldPeople.identity(1))
        var core = try #require(machine.core)
        let now = TestNetwork.now
        let envelope = try #require(try MemberWorldPeople.envelopes(1).first)
        let item = try BroadcastChecks(bundle: core.blocks.bundle).check(envelope, now: now)
        let candidate = try core.blocks.candidate([item], after: ChainPosition(genesis: genesis), parentCertificate: [], proposer: 2, now: now)
        let outline = MemberParcel.candidate(CandidateOutlineFormat.encode(CandidateOutline(of: candidate)))

        func isServed() throws -> Bool {
            self.around.seen.withLock { $0.sent = [] }
            try core.take(.parcel(.envelopesWanted([item.digest]), from: 3))
            return self.around.seen.withLock { $0.sent.contains(.envelopesFound([item.serialized])) }
        }
        try core.take(.parcel(outline, from: 2))
        try core.take(.parcel(.envelopesFound([item.serialized]), from: 2))
        #expect(try isServed() == false)

        core.wanted = [(candidate.id, 2)]
        for _ in 0..<3 { try core.take(.parcel(outline, from: 2)) }
        let timers = self.around.seen.withLock { seen in seen.timers.count { if case .stillMissing = $0 { true } else { false } } }
        #expect(timers == 1)
        try core.take(.parcel(.envelopesFound([item.serialized]), from: 2))
        #expect(try isServed())
        #expect(core.wanted.isEmpty)
    }
}
