import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct AuditWatchTests {
    private func world(_ change: (inout GovernanceSettings) -> Void = { _ in }) throws -> GovernanceWorld {
        var world = try GovernanceWorld(change: change)
        try world.advance(to: 3)
        return world
    }

    /// Feeds messages and gives what may be submitted.
    private func found(_ messages: [ConsensusMessage], in world: GovernanceWorld) -> [Misbehaviour] {
        var watch = AuditWatch()
        for message in messages { watch.observe(message, plane: world.plane, decided: world.decided) }
        return watch.pending
    }

    @Test func `lies told to different members meet at the audit node, and its evidence convicts`() throws {
        var world = try self.world()
        let lies: [ConsensusMessage] = [.vote(try world.prevote(2, 1, height: 3)), .vote(try world.prevote(2, 2, height: 3))]
        let pending = self.found(lies, in: world)
        #expect(pending.map(\.identity) == [try world.doublePrevote(2, height: 3).identity])
        let events = try world.decide(pending.map { .evidence($0) })
        #expect(events.contains(.convicted(GovernanceNetwork.id(2), .doubleVote, offenceHeight: 3)))
    }

    @Test func `lies are found in bundles, certificates and polkas too`() throws {
        let world = try self.world()
        var bundle = RelayBundle(height: 3, round: 0)
        bundle.votes = [try world.prevote(2, 2, height: 3)]
        let lie = try world.prevote(2, 1, height: 3)
        let polka = VoteCertificate(
            height: 3, round: 0, kind: .prevote, choice: lie.vote.choice, form: nil,
            entries: [CommitCertificate.Entry(consenter: 2, signature: lie.signature)])
        #expect(self.found([.bundle(bundle), .certificate(polka)], in: world).count == 1)
        #expect(self.found([.bundle(bundle), .round(RoundCertificate(height: 3, round: 0, votes: [lie]))], in: world).count == 1)
        let proposal = try world.proposal(BlockID(number: 1), height: 3)
        #expect(self.found([.bundle(bundle), .proposal(proposal, polka: polka)], in: world).count == 1)
    }

    @Test func `a broken lock is found in either order`() throws {
        let world = try self.world()
        let lock = ConsensusMessage.vote(try world.precommit(2, 1, height: 3, round: 1))
        let breach = ConsensusMessage.vote(try world.prevote(2, 9, height: 3, round: 2, valid: 0))
        for messages in [[lock, breach], [breach, lock]] {
            #expect(self.found(messages, in: world).map(\.code) == [.lockViolation])
        }
    }

    @Test func `of several locks that one prevote breaks the first becomes the evidence`() throws {
        let world = try self.world()
        let locks = try (1...12).map { try world.precommit(2, 1, height: 3, round: $0) }
        let breach = try world.prevote(2, 9, height: 3, round: 20, valid: 0)
        for order in [locks, locks.reversed()] {
            let found = self.found(order.map { .vote($0) } + [.vote(breach)], in: world)
            #expect(found.count == 1)
            guard case .consensus(.lockViolation(let precommit, _))? = found.first else { return #expect(Bool(false)) }
            #expect(precommit.vote.round == 1)
        }
    }

    @Test func `two proposals, and a proposal out of turn, are found`() throws {
        let world = try self.world()
        let pair = [1, 2].map { BlockID(number: $0) }
        #expect(self.found(try pair.map { .proposal(try world.proposal($0, height: 3), polka: nil) }, in: world).map(\.code) == [.doubleProposal])
        let other = try world.proposer(3) % 4 + 1
        #expect(
            self.found([.proposal(try world.proposal(pair[0], height: 3, by: other), polka: nil)], in: world).map(\.code) == [.wrongProposer])
    }

    @Test func `forged messages, messages of strangers and of far heights leave no trace`() throws {
        let world = try self.world()
        let messages: [ConsensusMessage] = [
            .vote(try world.prevote(2, 1, height: 3)), .vote(try world.prevote(2, 2, height: 3, by: 3)),
            .vote(try world.prevote(5, 1, height: 3)), .vote(try world.prevote(5, 2, height: 3)),
            .vote(try world.prevote(2, 1, height: 90)), .vote(try world.prevote(2, 2, height: 90)),
            .vote(try world.prevote(2, 1, height: 3, round: 200)), .vote(try world.prevote(2, 2, height: 3, round: 200)),
        ]
        #expect(self.found(messages, in: world).isEmpty)
    }

    /// A candidate of the next height with a proposal for it.
    private func candidate(
        _ world: inout GovernanceWorld, change: (inout ExtendedHeader) -> Void
    ) throws -> (CandidateBlock, SignedBlockProposal) {
        let envelopes = [try world.plainEnvelope()]
        let height = world.height + 1
        let block = OrderedBlock(number: BlockNumber(height), previousHash: world.blocks.last?.headerHash ?? [], envelopes: envelopes)
        var header = world.header(envelopes, height: height, proposer: try world.proposer(height))
        change(&header)
        let made = try CandidateBlock(unsigned: block, header: header, lastConfig: 0, parentCertificate: [])
        return (made, try world.proposal(made.id, height: height))
    }

    @Test func `an invalid proposal is charged at once where it can be seen, else when its height is decided`() throws {
        var world = try self.world()
        let (epoch, first) = try self.candidate(&world) { $0.epoch = 7 }
        var watch = AuditWatch()
        watch.observe(.proposal(first, polka: nil), plane: world.plane, decided: world.decided)
        watch.observe(epoch, plane: world.plane, decided: world.decided)
        #expect(watch.pending.map(\.code) == [.invalidProposal])

        var later = AuditWatch()
        let (parent, second) = try self.candidate(&world) { $0.parentID = [UInt8](repeating: 3, count: 32) }
        later.observe(parent, plane: world.plane, decided: world.decided)
        later.observe(.proposal(second, polka: nil), plane: world.plane, decided: world.decided)
        #expect(later.pending.isEmpty)
        try world.advance(to: 4)
        later.decided(world.blocks[3], plane: world.plane, decided: world.decided)
        #expect(later.pending.map(\.code) == [.invalidProposal])
        try world.decide(later.pending.map { .evidence($0) })
        later.decided(world.blocks[4], plane: world.plane, decided: world.decided)
        // Once it is on the chain there is nothing left to submit.
        #expect(later.pending.isEmpty)
    }

    @Test func `a valid candidate is never charged`() throws {
        var world = try self.world()
        let (block, proposal) = try self.candidate(&world) { _ in }
        var watch = AuditWatch()
        watch.observe(block, plane: world.plane, decided: world.decided)
        watch.observe(.proposal(proposal, polka: nil), plane: world.plane, decided: world.decided)
        try world.advance(to: 5)
        for index in 3...4 { watch.decided(world.blocks[index], plane: world.plane, decided: world.decided) }
        #expect(watch.pending.isEmpty)
    }

    @Test func `a broken promise is charged once the turns are over, a kept one never`() throws {
        var world = try self.world { $0.censorshipTurns = 1 }
        let forgotten = try world.plainEnvelope("forgotten")
        let kept = try world.plainEnvelope("kept")
        var watch = AuditWatch()
        for envelope in [forgotten, kept] {
            watch.observe(try world.receipt(for: envelope, by: 3, at: 3), envelope: envelope, plane: world.plane)
        }
        try world.append(try world.makeBlock([kept]))
        watch.decided(world.blocks[3], plane: world.plane, decided: world.decided)
        while world.height < 12 {
            try world.advance(to: world.height + 1)
            watch.decided(try #require(world.blocks.last), plane: world.plane, decided: world.decided)
        }
        #expect(watch.pending.map(\.code) == [.censorship])
        let events = try world.decide(watch.pending.map { .evidence($0) })
        #expect(events.contains(.strike(GovernanceNetwork.id(3), count: 1)))
    }

    @Test func `receipts take room neither for what no block may hold nor for what has become too old`() throws {
        var world = try self.world { $0.transactionMaxAgeMs = 5_000 }
        var watch = AuditWatch()
        var spoiled = try world.plainEnvelope("spoiled")
        spoiled[spoiled.count - 1] ^= 1
        for envelope in [spoiled, [], [1, 2, 3]] {
            guard let receipt = try? world.receipt(for: envelope, by: 3, at: 3) else { continue }
            watch.observe(receipt, envelope: envelope, plane: world.plane)
        }
        #expect(watch.keptBytes == 0)
        let owed = try world.plainEnvelope("owed")
        watch.observe(try world.receipt(for: owed, by: 3, at: 3), envelope: owed, plane: world.plane)
        #expect(watch.keptBytes == owed.count)
        while world.height < 7 {
            try world.advance(to: world.height + 1)
            watch.decided(try #require(world.blocks.last), plane: world.plane, decided: world.decided)
            #expect(watch.keptBytes == owed.count)
        }
        try world.advance(to: 12)
        watch.decided(try #require(world.blocks.last), plane: world.plane, decided: world.decided)
        #expect(watch.keptBytes == 0)
    }

    @Test func `attestations that contradict each other are found, and forged ones are not believed`() throws {
        let world = try self.world()
        var watch = AuditWatch()
        for item in [try world.attestation(5, root: 1), try world.attestation(5, root: 2, by: 3), try world.attestation(9, root: 1)] {
            watch.observe(item, plane: world.plane, decided: world.decided)
        }
        #expect(watch.pending.isEmpty)
        watch.observe(try world.attestation(5, root: 2), plane: world.plane, decided: world.decided)
        #expect(watch.pending.map(\.code) == [.conflictingAttestation])
    }
}
