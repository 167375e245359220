import ChannelConfiguration
import FabricMessages
import LedgerModel
import Testing

@testable import Ordering

/// Single steps of a consenter, where a simulation would only show their sum.
struct EtcdConsenterTests {
    private let etcd: EtcdNetwork

    init() throws { self.etcd = try EtcdNetwork() }

    private func snapshot(
        revision: Int64 = 10, head: OrderedBlock? = nil, leader: EtcdLeader? = nil, blocks: [OrderedBlock] = []
    ) -> EtcdSnapshot {
        EtcdSnapshot(
            revision: revision, head: head.map { EtcdHead(height: $0.number.rawValue, hash: $0.headerHash, modRevision: revision) },
            leader: leader, blocks: blocks.map { EtcdSeenBlock(height: $0.number.rawValue, modRevision: revision, block: $0) })
    }

    private func texts(_ outputs: [EtcdOutput]) -> [String] {
        outputs.map { output in
            switch output {
            case .reply(_, let verdict): "reply \(verdict.status)"
            case .forward(_, let address): "forward \(address)"
            case .store(let block): "store \(block.number)"
            case .commit(let commit): "commit \(commit.block.number) on \(commit.headRevision) as \(commit.leadership)"
            case .read: "read"
            case .watch(_, let revision): "watch \(revision)"
            case .campaign: "campaign"
            case .fetch(let from, let through): "fetch \(from) \(through)"
            case .pause(_, let milliseconds): "pause \(milliseconds)"
            case .startTimer: "timer"
            case .askForSpace: "space?"
            case .halted: "halted"
            }
        }
    }

    private func step(_ consenter: inout EtcdConsenter<SignedCrashBlocks>, _ input: EtcdInput) -> [String] {
        self.texts(consenter.step(input, now: TestNetwork.now))
    }

    /// A consenter that holds the lease, on an empty chain.
    private func holder() throws -> EtcdConsenter<SignedCrashBlocks> {
        var consenter = try self.etcd.consenter()
        #expect(self.texts(consenter.start()) == ["read"])
        #expect(self.step(&consenter, .read(self.snapshot())) == ["watch 11"])
        #expect(self.step(&consenter, .lease(7)) == ["campaign"])
        let leader = EtcdLeader(address: "here:1", lease: 7, createRevision: 12)
        #expect(self.step(&consenter, .watched(generation: 1, [.leader(leader)])) == [])
        #expect(consenter.leadership == 12 && consenter.unavailability == nil)
        return consenter
    }

    @Test func `a block is stored and acknowledged when its transaction succeeded`() throws {
        var consenter = try self.holder()
        let first = try self.etcd.checked(1)
        #expect(self.step(&consenter, .broadcast(first, ticket: 1)) == ["commit 1 on 0 as 12"])
        // Another one waits, and the same one again joins its twin.
        #expect(self.step(&consenter, .broadcast(try self.etcd.checked(2), ticket: 2)) == ["timer"])
        #expect(self.step(&consenter, .broadcast(first, ticket: 3)) == [])
        let answer = EtcdAnswer(succeeded: true, revision: 20, results: [[], []])
        #expect(self.step(&consenter, .committed(.answered(answer))) == ["store 1", "reply 200", "reply 200", "commit 2 on 20 as 12"])
        #expect(self.step(&consenter, .broadcast(first, ticket: 4)) == ["reply 200"])
    }

    @Test func `without an answer the chain is read, and the same transaction sent again when the block is not there`() throws {
        var consenter = try self.holder()
        let first = consenter.step(.broadcast(try self.etcd.checked(1), ticket: 1), now: TestNetwork.now)
        guard case .commit(let commit)? = first.first else {
            Issue.record("no block was sent")
            return
        }
        #expect(self.step(&consenter, .committed(.unknown)) == ["read"])
        let leader = EtcdLeader(address: "here:1", lease: 7, createRevision: 12)
        let again = consenter.step(.read(self.snapshot(revision: 21, leader: leader)), now: TestNetwork.now)
        #expect(self.texts(again) == ["watch 22", "commit 1 on 0 as 12"])
        guard case .commit(commit)? = again.last else {
            Issue.record("another block was sent")
            return
        }
        // The first copy was carried out late: the second is refused, and the chain has the block.
        #expect(self.step(&consenter, .committed(.answered(EtcdAnswer(succeeded: false, revision: 23, results: [[], []])))) == ["read"])
        let landed = self.snapshot(revision: 24, head: commit.block, leader: leader, blocks: [commit.block])
        #expect(self.step(&consenter, .read(landed)) == ["store 1", "reply 200", "watch 25"])
    }

    @Test func `a connection that breaks costs nobody their place, a silent etcd does`() throws {
        var consenter = try self.holder()
        _ = self.step(&consenter, .broadcast(try self.etcd.checked(1), ticket: 1))
        #expect(self.step(&consenter, .committed(.unknown)) == ["read"])
        for (generation, pause) in [(UInt64(2), 100), (3, 200)] {
            #expect(self.step(&consenter, .read(nil)) == ["pause \(pause)"])
            #expect(consenter.unavailability == nil)
            #expect(self.step(&consenter, .resumed(generation: generation)) == ["read"])
        }
        #expect(self.step(&consenter, .read(nil)) == ["reply 503", "pause 400"])
        #expect(consenter.unavailability == "etcd does not answer")
    }

    @Test func `a block that nothing stands against and that is refused for ever ends the attempts`() throws {
        var consenter = try self.holder()
        _ = self.step(&consenter, .broadcast(try self.etcd.checked(1), ticket: 1))
        let refused = EtcdInput.committed(.answered(EtcdAnswer(succeeded: false, revision: 23, results: [[], []])))
        let leader = EtcdLeader(address: "here:1", lease: 7, createRevision: 12)
        for _ in 1..<EtcdLimits.refusals {
            #expect(self.step(&consenter, refused) == ["read"])
            #expect(self.step(&consenter, .read(self.snapshot(revision: 30, leader: leader))) == ["watch 31", "commit 1 on 0 as 12"])
        }
        #expect(self.step(&consenter, refused) == ["read"])
        #expect(self.step(&consenter, .read(self.snapshot(revision: 30, leader: leader))).suffix(2) == ["reply 503", "halted"])
    }

    @Test func `who loses the lease tells all who wait, and hands what comes to the next holder`() throws {
        var consenter = try self.holder()
        _ = self.step(&consenter, .broadcast(try self.etcd.checked(1), ticket: 1))
        #expect(self.step(&consenter, .lease(nil)) == ["reply 503"])
        #expect(self.step(&consenter, .broadcast(try self.etcd.checked(2), ticket: 2)) == ["reply 503"])
        let other = EtcdLeader(address: "there:1", lease: 8, createRevision: 30)
        #expect(self.step(&consenter, .watched(generation: 1, [.leader(nil), .leader(other)])) == [])
        #expect(self.step(&consenter, .broadcast(try self.etcd.checked(2), ticket: 3)) == ["forward there:1"])
    }

    @Test func `an alarm ends ordering without spinning until it is off`() throws {
        var consenter = try self.holder()
        _ = self.step(&consenter, .broadcast(try self.etcd.checked(1), ticket: 1))
        #expect(self.step(&consenter, .committed(.noSpace)) == ["reply 503", "pause 5000"])
        #expect(self.step(&consenter, .broadcast(try self.etcd.checked(2), ticket: 2)) == ["reply 503"])
        #expect(self.step(&consenter, .resumed(generation: 2)) == ["space?"])
        #expect(self.step(&consenter, .space(false)) == ["pause 5000"])
        #expect(self.step(&consenter, .resumed(generation: 3)) == ["space?"])
        #expect(self.step(&consenter, .space(nil)) == ["pause 5000"])
        #expect(self.step(&consenter, .resumed(generation: 4)) == ["space?"])
        #expect(self.step(&consenter, .space(true)) == [])
        #expect(self.step(&consenter, .broadcast(try self.etcd.checked(2), ticket: 3)) == ["commit 1 on 0 as 12"])
    }

    @Test func `reads without an answer are repeated at growing distances`() throws {
        var consenter = try self.etcd.consenter()
        _ = consenter.start()
        var generation: UInt64 = 0
        for milliseconds in [100, 200, 400, 800, 1_600, 2_000, 2_000] {
            generation += 1
            #expect(self.step(&consenter, .read(nil)) == ["pause \(milliseconds)"])
            #expect(consenter.unavailability != nil)
            #expect(self.step(&consenter, .resumed(generation: generation)) == ["read"])
        }
    }

    @Test func `blocks that etcd has deleted are fetched, and judged like all others`() throws {
        let chain = try self.etcd.chain(of: 1, 2, 3)
        var consenter = try self.etcd.consenter()
        _ = consenter.start()
        let behind = self.snapshot(head: chain[2], blocks: [chain[2]])
        #expect(self.step(&consenter, .read(behind)) == ["fetch 1 3"])
        #expect(self.step(&consenter, .fetched(chain[1])) == [])
        #expect(self.step(&consenter, .fetched(chain[0].with(.signatures, []))) == ["pause 100"])
        #expect(self.step(&consenter, .resumed(generation: 1)) == ["read"])
        #expect(self.step(&consenter, .read(behind)) == ["fetch 1 3"])
        #expect(self.step(&consenter, .fetched(chain[0])) == ["store 1"])
        #expect(self.step(&consenter, .fetchEnded) == ["pause 100"])
        #expect(self.step(&consenter, .resumed(generation: 2)) == ["read"])
        #expect(self.step(&consenter, .read(self.snapshot(head: chain[2], blocks: Array(chain[1...])))) == ["store 2", "store 3", "watch 11"])
    }

    @Test func `an etcd of another time or chain is not followed`() throws {
        let chain = try self.etcd.chain(of: 1, 2, 3)
        let other = try self.etcd.chain(of: 4, 5, 6)
        for snapshot in [self.snapshot(), self.snapshot(head: chain[1]), self.snapshot(head: other[2])] {
            var consenter = try self.etcd.consenter(after: chain)
            _ = consenter.start()
            #expect(self.step(&consenter, .read(snapshot)) == ["halted"])
            #expect(self.step(&consenter, .broadcast(try self.etcd.checked(9), ticket: 1)) == ["reply 503"])
        }
        // An operator who has written down where the chain ends is believed.
        var consenter = try self.etcd.consenter(after: chain)
        _ = consenter.start()
        #expect(self.step(&consenter, .read(self.snapshot(head: chain[2]))) == ["watch 11"])
    }

    @Test func `a block that no orderer signed ends all following`() throws {
        let block = try self.etcd.chain(of: 1)[0].with(.signatures, [])
        var consenter = try self.holder()
        let seen = EtcdSeenBlock(height: 1, modRevision: 40, block: block)
        #expect(self.step(&consenter, .watched(generation: 1, [.block(seen)])) == ["halted"])
    }

    @Test func `a configuration is ordered alone and is in force afterwards`() throws {
        var consenter = try self.holder()
        let network = self.etcd.network
        let before = consenter.bundle
        var wanted = before.config
        var size = Orderer_BatchSize()
        (size.maxMessageCount, size.absoluteMaxBytes, size.preferredMaxBytes) = (77, 20_000, 8_000)
        wanted.channelGroup.groups["Orderer"]?.values["BatchSize"]?.value = size.encoded().data
        var update = try ConfigurationUpdate.compute(from: before.config, to: wanted, channelID: "records")
        try update.sign(by: network.clinicAdmin, nonce: [1])
        let request = try update.envelope(channel: "records", sender: network.client, nonce: [2], timestamp: TestNetwork.now)
        let checked = try consenter.checks.check(request, now: TestNetwork.now)
        #expect(self.step(&consenter, .broadcast(checked, ticket: 1)) == ["commit 1 on 0 as 12"])
        let answer = EtcdAnswer(succeeded: true, revision: 20, results: [[], []])
        #expect(self.step(&consenter, .committed(.answered(answer))) == ["store 1", "reply 200"])
        #expect(consenter.bundle.batch.maxMessageCount == 77)
        #expect(consenter.bundle.sequence == before.sequence + 1)
        #expect(consenter.position.lastConfig == 1)
        #expect(self.step(&consenter, .broadcast(checked, ticket: 2)) == ["reply 400"])
    }
}
