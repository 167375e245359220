import FabricMessages
import LedgerModel
import Testing

@testable import ChannelConfiguration
@testable import Ordering

/// Members whose clients ask for other configurations.
@Suite struct RequestWorldTests {
    private func world(
        _ seed: UInt64, envelopes: [Envelope], faults: MemberWorld.Faults = ElectedPeople.quiet, bugs: MemberBugs = []
    ) throws -> MemberWorld {
        try MemberWorld(
            seed: seed, genesis: MemberWorldPeople.plain.get(), identities: MemberWorldPeople.identities(1...4), envelopes: envelopes, faults: faults,
            bugs: bugs)
    }

    private func bundle() throws -> ChannelBundle { try ChannelBundle(block: MemberWorldPeople.plain.get()) }

    /// The numbers of the configuration blocks of a chain.
    private func configurations(_ chain: [OrderedBlock]) -> [UInt64] {
        chain.filter { ConfigurationBlock.configEnvelope(in: $0) != nil }.map(\.number.rawValue)
    }

    @Test func `a request becomes a configuration block, and the blocks after it have the new size`() throws {
        let request = try RequestPeople.request(on: self.bundle(), RequestPeople.batchSize(2))
        let world = try self.world(1, envelopes: [request])
        try world.run { $0.isSettled }
        // So many within a tenth of a second that they cannot all be alone in their blocks.
        world.submit(try MemberWorldPeople.envelopes(36))
        try world.run { $0.isSettled }
        #expect(world.violations.isEmpty && world.invalid.isEmpty && world.evidence.isEmpty)
        let chain = world.chain(of: 3)
        let change = try #require(self.configurations(chain).first)
        #expect(self.configurations(chain) == [change])
        #expect(world.machines.values.allSatisfy { $0.core?.blocks.bundle.batch.maxMessageCount == 2 })
        #expect(chain[Int(change)...].allSatisfy { $0.envelopes.count <= 2 })
        #expect(chain[Int(change)...].contains { $0.envelopes.count == 2 })
        for block in chain[Int(change)...] {
            let metadata = try OrdererBlockMetadata(serialized: BlockSignatures(slot: block.metadata(.signatures)).value)
            #expect(metadata.lastConfig == change)
            #expect(try DecidedHeight(block).header.configSeq == 1)
        }
        // The receipt names what an auditor finds in the chain.
        let receipt = try #require(world.receipts.first { $0.envelope == request.serialized() }?.receipt.receipt)
        #expect(ConfigurationRequest.orderedID(in: chain[Int(change) - 1].envelopes[0]) == receipt.transactionID)
    }

    @Test(arguments: 1...2) func `requests survive loss, cuts and power failures beside transactions, and no promise is broken`(seed: UInt64) throws {
        let bundle = try self.bundle()
        var envelopes = try MemberWorldPeople.envelopes(8)
        // Of the first two one makes the other impossible; the third goes with either.
        envelopes.insert(try RequestPeople.request(on: bundle, nonce: 1, RequestPeople.batchSize(2)), at: 1)
        envelopes.insert(try RequestPeople.request(on: bundle, sender: RequestPeople.client(2), nonce: 2, RequestPeople.batchSize(3)), at: 4)
        envelopes.insert(try RequestPeople.request(on: bundle, sender: RequestPeople.client(3), nonce: 3, RequestPeople.batchTimeout("1s")), at: 6)
        let world = try self.world(seed, envelopes: envelopes, faults: MemberWorld.Faults())
        try world.run { $0.isSettled }
        #expect(world.violations.isEmpty, "\(world.description)")
        #expect(world.evidence.isEmpty, "\(world.description)")
        let chain = world.chain(of: 1)
        #expect(self.configurations(chain).count == 2, "\(world.description)")
        let last = try #require(world.machines[1]?.core?.blocks.bundle)
        #expect(last.sequence == 2 && last.batch.timeoutMilliseconds == 1_000, "\(world.description)")
        #expect([2, 3].contains(last.batch.maxMessageCount), "\(world.description)")
    }

    /// What a proposer offers that wants the configuration otherwise.
    private enum Lie: CaseIterable {
        case otherConfiguration, unauthorised, besideOthers, oldSequence

        func isFound(_ fault: CandidateFault) -> Bool {
            switch (self, fault) {
            case (.otherConfiguration, .update(.differentResult)), (.unauthorised, .update(.unauthorized)),
                (.besideOthers, .envelope(index: 0, .notForClients(type: 1))), (.oldSequence, .update(.outOfSequence)):
                true
            default: false
            }
        }
    }

    /// The proposer of the next height offers such a block to all others.
    private func tell(_ lie: Lie, in world: MemberWorld, plain: Envelope) throws {
        let height = world.nextHeight
        let liar = try #require(world.machines[1]?.core).blocks.schedule.proposer(height: height, round: 0)
        let core = try #require(world.machines[liar]?.core)
        let (identity, chain) = (try MemberWorldPeople.identity(Int(liar)), world.genesis.headerHash)
        let request = try RequestPeople.request(
            on: core.blocks.bundle, signers: lie == .unauthorised ? [1] : [1, 2, 3], nonce: UInt8(height), RequestPeople.batchSize(7))
        var config = core.blocks.bundle.config
        try RequestPeople.batchSize(lie == .otherConfiguration ? 9 : 7)(&config.channelGroup)
        config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.version += 1
        config.sequence += lie == .oldSequence ? 0 : 1
        var envelopes = [try RequestPeople.configuration(config, request: request, by: identity, chain: chain)]
        if lie == .besideOthers {
            envelopes = [
                try CommitteeBlocks.checked(Envelope(serialized: envelopes[0].serialized), isConfiguration: false),
                try core.blocks.checks.check(bytes: plain.serialized()),
            ]
        }
        let now = Timestamp(seconds: Int64((1_780_000_100_000 + world.time) / 1_000) + 1)
        let candidate = try core.blocks.candidate(
            envelopes, after: core.position, parentCertificate: core.parentCertificate, proposer: liar, now: now)
        world.liars.insert(liar)
        let proposal = BlockProposal(height: height, round: 0, id: candidate.id, validRound: -1, signer: liar)
        let message = try world.signed(.proposal(proposal, polka: nil), by: liar, epoch: core.blocks.committee.epoch)
        for id in world.machines.keys.sorted() where id != liar {
            world.send(.candidate(CandidateOutlineFormat.encode(CandidateOutline(of: candidate))), from: liar, to: id)
            world.send(.consensus(message), from: liar, to: id)
        }
        // They ask for what they do not have, and get it.
        world.at(world.time + 30) { world in
            for id in world.machines.keys.sorted() where id != liar { world.send(.envelopesFound(envelopes.map(\.serialized)), from: liar, to: id) }
        }
    }

    @Test func `no member votes for a configuration that is another, unauthorised, beside others or of an old sequence`() throws {
        let world = try self.world(7, envelopes: try MemberWorldPeople.envelopes(2))
        try world.run { $0.isSettled }
        for (index, lie) in Lie.allCases.enumerated() {
            let plain = try MemberWorldPeople.envelopes(2, from: 100 + 10 * index)
            try self.tell(lie, in: world, plain: plain[0])
            try world.run { world in world.invalid.contains(where: lie.isFound) }
            world.submit([plain[1]])
            try world.run { $0.isSettled }
            #expect(world.violations.isEmpty, "\(lie)")
            #expect(world.invalid.allSatisfy { fault in Lie.allCases.contains { $0.isFound(fault) } }, "\(lie)")
        }
        #expect(self.configurations(world.chain(of: 1)) == [])
        #expect(world.machines.values.allSatisfy { $0.core?.blocks.bundle.sequence == 0 })
    }

    /// Two requests of which one makes the other impossible, promised by two members at the same moment.
    private func conflict(bugs: MemberBugs, patience: UInt64) throws -> MemberWorld {
        var faults = ElectedPeople.quiet
        faults.patience = patience
        let bundle = try self.bundle()
        let world = try self.world(2, envelopes: try MemberWorldPeople.envelopes(2), faults: faults, bugs: bugs)
        try world.run { $0.isSettled }
        let requests = try [1, 2].map { number in
            try RequestPeople.request(on: bundle, sender: RequestPeople.client(number), nonce: UInt8(number), RequestPeople.batchSize(UInt32(number)))
        }
        for (index, request) in requests.enumerated() {
            guard case .queued? = world.machines[UInt32(index) + 1]?.submit([request])?.first else { throw NotFound() }
        }
        world.submit(try MemberWorldPeople.envelopes(3, from: 50))
        try world.run { $0.isSettled }
        return world
    }

    @Test func `a request that another one made impossible is dropped and holds nobody up`() throws {
        let world = try self.conflict(bugs: [], patience: 60_000)
        #expect(world.violations.isEmpty)
        #expect(self.configurations(world.chain(of: 4)).count == 1)
        let end = world.time + 1_500
        try world.run { $0.time >= end }
        #expect(world.machines.values.allSatisfy { $0.core?.replica.round == 0 && $0.core?.pool.count == 0 })
    }

    @Test func `a member that keeps an impossible request is found`() throws {
        let world = try self.conflict(bugs: .keepsStaleRequests, patience: 3_000)
        #expect(!world.violations.isEmpty)
    }

    /// Many transactions and two requests at the same moment at one member; where the configurations stand among the blocks.
    private func order(bugs: MemberBugs) throws -> (configurations: [UInt64], blocks: [OrderedBlock]) {
        let bundle = try self.bundle()
        let world = try self.world(3, envelopes: [], bugs: bugs)
        try world.run { $0.machines.values.allSatisfy(\.isUp) }
        let requests = [
            try RequestPeople.request(on: bundle, sender: RequestPeople.client(2), nonce: 1, RequestPeople.batchTimeout("1s")),
            try RequestPeople.request(on: bundle, sender: RequestPeople.client(2), nonce: 2, RequestPeople.batchSize(3)),
        ]
        let answers = try #require(world.machines[1]?.submit(try MemberWorldPeople.envelopes(24) + requests))
        try #require(answers.allSatisfy { if case .queued = $0 { true } else { false } })
        try world.run { $0.heads.values.allSatisfy { $0 > 0 } && $0.machines.values.allSatisfy { $0.core?.pool.count == 0 } }
        #expect(world.violations.isEmpty)
        let chain = world.chain(of: 2)
        #expect(chain.reduce(0) { $0 + $1.envelopes.count } == 26)
        return (self.configurations(chain), chain)
    }

    @Test func `requests and transactions take turns, and a member that lets requests wait is found`() throws {
        let (configurations, chain) = try self.order(bugs: [])
        // The first block may have been under way with transactions.
        try #require(configurations.count == 2)
        #expect(configurations[0] <= 2)
        #expect(configurations[1] == configurations[0] + 2)
        #expect(chain[Int(configurations[0])].envelopes.count > 1)
        let starved = try self.order(bugs: .starvesRequests)
        #expect(starved.configurations.first ?? 0 > 5)
    }

    /// Clients of three institutions lose the right to write while transactions of them wait.
    private func silence(bugs: MemberBugs) throws -> MemberWorld {
        let bundle = try self.bundle()
        let world = try self.world(4, envelopes: [], bugs: bugs)
        try world.run { $0.machines.values.allSatisfy(\.isUp) }
        let request = try RequestPeople.request(on: bundle, signers: [1, 2, 3, 4], RequestPeople.silenceClients)
        let answers = try #require(world.machines[1]?.submit([request] + MemberWorldPeople.envelopes(24)))
        try #require(answers.allSatisfy { if case .queued = $0 { true } else { false } })
        try world.run { $0.machines.values.allSatisfy { $0.core?.blocks.bundle.sequence == 1 } }
        let end = world.time + 2_500
        try world.run { $0.time >= end }
        return world
    }

    @Test func `transactions that may not be ordered any more are dropped, and no height begins for them`() throws {
        let world = try self.silence(bugs: [])
        #expect(world.violations.isEmpty)
        #expect(world.machines.values.allSatisfy { $0.core?.pool.count == 0 })
        #expect(world.machines.values.allSatisfy { $0.core?.replica.round == 0 })
        guard case .refused(.notWriter)? = world.machines[2]?.submit(try MemberWorldPeople.envelopes(1, from: 90))?.first else {
            Issue.record("a client without the right to write was heard")
            return
        }
        let careless = try self.silence(bugs: .keepsOldChecks)
        #expect(careless.machines.values.contains { ($0.core?.replica.round ?? 0) > 0 })
    }

    @Test func `bad and unauthorised requests are refused at the door with Fabric's answers`() throws {
        let bundle = try self.bundle()
        let world = try self.world(5, envelopes: [])
        try world.run { $0.machines.values.allSatisfy(\.isUp) }
        func answer(_ envelope: Envelope) throws -> BroadcastVerdict {
            switch try #require(world.machines[2]?.submit([envelope])?.first) {
            case .queued: .accepted
            case .refused(let refusal): refusal.verdict
            }
        }
        let unsigned = try answer(try RequestPeople.request(on: bundle, signers: [1, 2], RequestPeople.batchSize(1)))
        #expect(unsigned.status == 400)
        #expect(unsigned.info.contains("value /Channel/Orderer/BatchSize is guarded by /Channel/Orderer/Admins"), "\(unsigned.info)")
        let impossible = try answer(try RequestPeople.request(on: bundle, RequestPeople.batchSize(0)))
        #expect(impossible.status == 400 && impossible.info.contains("/Channel/Orderer/BatchSize"), "\(impossible.info)")
        let capability = try answer(
            try RequestPeople.request(on: bundle, signers: [1, 2, 3, 4]) { group in
                var message = Common_Capabilities()
                message.capabilities["V9_9"] = Common_Capability()
                group.values["Capabilities"]?.value = message.encoded().data
            })
        #expect(capability.status == 400 && capability.info.contains("V9_9"), "\(capability.info)")
        // The same client does not get the pool for itself.
        for nonce in 1...4 as ClosedRange<UInt8> {
            #expect(try answer(try RequestPeople.request(on: bundle, nonce: nonce, RequestPeople.batchSize(UInt32(nonce) + 10))) == .accepted)
        }
        #expect(try answer(try RequestPeople.request(on: bundle, nonce: 5, RequestPeople.batchSize(15))).status == 503)
        try world.run { $0.machines.values.allSatisfy { $0.core?.pool.count == 0 && $0.core?.blocks.bundle.sequence == 1 } }
        let late = try answer(try RequestPeople.request(on: bundle, nonce: 6, RequestPeople.batchSize(16)))
        #expect(late.status == 400)
        #expect(late.info.contains("value /Channel/Orderer/BatchSize"), "\(late.info)")
        #expect(world.violations.isEmpty)
    }
}
