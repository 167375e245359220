import CryptoPrimitives
import LedgerModel
import Testing

@testable import Ordering

/// What somebody who sends too much can make a member hold, and what the others notice of it.
@Suite struct FloodTests {
    private let quiet = MemberWorld.Faults(lossPercent: 0, doublePercent: 0, crashes: 0, partitions: 0, endsAt: 200)

    private func world(change: (inout CommitteeSettings) -> Void = { _ in }) throws -> MemberWorld {
        try MemberWorld(
            seed: 5, genesis: MemberWorldPeople.plain.get(), identities: MemberWorldPeople.identities(1...4), envelopes: [], faults: self.quiet,
            change: change)
    }

    /// Envelopes of one client: every third number is its own.
    private func envelopes(_ count: Int, of client: Int, from first: Int) throws -> [Envelope] {
        try (0..<count).flatMap { try MemberWorldPeople.envelopes(1, from: first + client + 3 * $0) }
    }

    private func counts(_ answers: [MemberIntake.Answer]) -> (queued: Int, tooFast: Int, tooMany: Int) {
        var counts = (queued: 0, tooFast: 0, tooMany: 0)
        for answer in answers {
            switch answer {
            case .queued: counts.queued += 1
            case .refused(.tooFast): counts.tooFast += 1
            case .refused(.tooManyPending): counts.tooMany += 1
            case .refused(let refusal): Issue.record("\(refusal)")
            }
        }
        return counts
    }

    @Test func `one identity is slowed down and its line is short, and another one is ordered in the next blocks all the same`() throws {
        let world = try self.world { settings in
            settings.ordering.envelopesPerSecond = 10
            settings.ordering.envelopesAtOnce = 20
            settings.ordering.pendingOfOneIdentity = 15
        }
        try world.run { $0.machines.values.allSatisfy(\.isUp) }
        // The others hear nothing yet, so that all of it waits.
        world.silent = [1]
        let flooded = self.counts(try #require(world.machines[1]?.submit(self.envelopes(60, of: 0, from: 0))))
        #expect(flooded.queued == 15 && flooded.tooMany == 45)
        // Every one of the members has its own queue, and the flood goes to all.
        for id in 2...4 as ClosedRange<UInt32> {
            let more = self.counts(try #require(world.machines[id]?.submit(self.envelopes(60, of: 0, from: 300 * Int(id)))))
            #expect(more.queued <= 15)
        }
        let modest = try self.envelopes(2, of: 1, from: 3_000)
        let answers = self.counts(try #require(world.machines[1]?.submit(modest)))
        #expect(answers.queued == 2)
        world.silent = []
        let head = world.heads[1] ?? 0
        try world.run { $0.isSettled && ($0.heads[1] ?? 0) >= head + 6 }
        let place = try modest.map { envelope in
            try #require(world.chain(of: 1).firstIndex { $0.envelopes.contains(envelope.serialized()) })
        }
        // Blocks of four: 60 of the flood fill fifteen; the two of the modest client are in the first ones that member 1 or its pushes reach.
        #expect(place.allSatisfy { $0 <= head + 6 }, "\(place)")
        #expect(world.violations.isEmpty)
    }

    @Test func `tokens come back with time and not by asking`() throws {
        let world = try self.world { settings in
            settings.ordering.envelopesPerSecond = 10
            settings.ordering.envelopesAtOnce = 5
        }
        try world.run { $0.machines.values.allSatisfy(\.isUp) }
        for round in 0..<3 {
            let first = self.counts(try #require(world.machines[2]?.submit(self.envelopes(40, of: 0, from: 1_000 * round))))
            #expect(first.queued <= (round == 0 ? 5 : 15) && first.queued >= 5 && first.tooFast == 40 - first.queued)
            let again = self.counts(try #require(world.machines[2]?.submit(self.envelopes(40, of: 0, from: 1_000 * round + 300))))
            #expect(again.queued == 0 && again.tooFast == 40)
            let end = world.time + 1_000
            world.at(end) { _ in }
            try world.run { $0.time >= end }
        }
    }

    @Test func `a receipt is signed, and its envelope survives a crash of the only member that has it`() throws {
        let world = try self.world()
        try world.run { $0.machines.values.allSatisfy(\.isUp) }
        let machine = try #require(world.machines[1])
        world.silent = [1]
        let envelope = try MemberWorldPeople.envelopes(1, from: 900)[0]
        guard case .queued(let receipt?)? = machine.submit([envelope])?.first else {
            Issue.record("not queued")
            return
        }
        #expect(receipt.isSigned(by: machine.identity.certificate.publicKey, chain: world.genesis.headerHash))
        #expect(receipt.receipt.envelopeHash == CommitteeBlocks.digest(of: envelope.serialized()))
        #expect(receipt.receipt.ingress == 1 && receipt.receipt.deadline == receipt.receipt.height + world.settings.receiptBlocks)
        machine.crash()
        #expect(world.ordered(of: 2).isEmpty)
        world.silent = []
        world.restart(1)
        try world.run { $0.isSettled && $0.ordered(of: 3).contains(receipt.receipt.envelopeHash) }
        #expect(world.violations.isEmpty)
    }

    @Test func `a member's candidates, requests and offences for a height are bounded, whatever is sent`() throws {
        let world = try self.world()
        try world.run { $0.machines.values.allSatisfy(\.isUp) }
        let machine = try #require(world.machines[2])
        let core = try #require(machine.core)
        let now = Timestamp(seconds: 1_780_000_100)
        for number in 0..<120 {
            let envelope = try core.blocks.checks.check(try MemberWorldPeople.envelopes(1, from: 5_000 + number)[0], now: now)
            let candidate = try core.blocks.candidate(
                [envelope], after: core.position, parentCertificate: core.parentCertificate, proposer: 1, now: now)
            let outline = MemberParcel.candidate(CandidateOutlineFormat.encode(CandidateOutline(of: candidate)))
            for sender in [1, 3] as [UInt32] { machine.take(.parcel(outline, from: sender)) }
            machine.take(.parcel(.candidateWanted(candidate.id), from: 3))
            machine.take(.parcel(.envelopesFound([envelope.serialized]), from: 3))
            machine.take(.parcel(.decisionsWanted(from: UInt64(number)), from: 3))
            machine.take(.parcel(.complaint(receipt: [1], envelope: envelope.serialized), from: 3))
            let far = Vote(height: 1, round: Round(number * 1_000), kind: .prevote, choice: .nil, signer: 3)
            machine.take(.parcel(.consensus(try world.signed(.vote(far, form: nil), by: 3, epoch: 0)), from: 3))
        }
        let after = try #require(machine.core)
        #expect(after.held.count <= 2 * MemberLimits.candidatesOfOneSender)
        #expect(after.wanted.isEmpty && after.offences.isEmpty && after.ahead.count <= 4 && after.served.count <= 4)
        #expect(after.pool.count == 0)
    }

    @Test func `an audit node keeps no more of proposed blocks and complaints than it has room for`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 2)
        var watch = AuditWatch()
        let plain = try Envelope(serialized: try world.plainEnvelope())
        let filling = [UInt8](repeating: 0, count: 2 << 20)
        let height = world.height + 1
        for number in 0..<80 {
            let envelopes = [Envelope(payload: plain.payload, signature: filling + [UInt8(truncatingIfNeeded: number)]).serialized()]
            let block = OrderedBlock(number: BlockNumber(height), previousHash: world.blocks.last?.headerHash ?? [], envelopes: envelopes)
            let header = world.header(envelopes, height: height, proposer: 1)
            watch.observe(
                try CandidateBlock(unsigned: block, header: header, lastConfig: 0, parentCertificate: []), plane: world.plane, decided: world.decided)
            let receipt = try world.receipt(for: envelopes[0], by: 3, at: 1)
            watch.observe(receipt, envelope: envelopes[0], plane: world.plane)
        }
        #expect(watch.keptBytes > 60 << 20)
        #expect(watch.keptBytes <= GovernanceLimits.watchedCandidateBytes + GovernanceLimits.watchedReceiptBytes)
        // What is decided is given back.
        try world.advance(to: height + 2)
        for index in Int(height)...Int(height) + 1 { watch.decided(world.blocks[index], plane: world.plane, decided: world.decided) }
        #expect(watch.keptBytes <= GovernanceLimits.watchedReceiptBytes)
    }
}
