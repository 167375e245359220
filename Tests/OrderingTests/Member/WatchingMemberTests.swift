import CryptoPrimitives
import LedgerModel
import Testing

@testable import Ordering

/// What audit nodes find by themselves and what clients bring to them; absences that the chain counts.
@Suite struct WatchingMemberTests {
    private static let liar = GovernanceNetwork.id(3)

    /// Short turns, so that broken promises fall due soon.
    private func world(bugs: MemberBugs = [], patience: UInt64 = 120_000, envelopes: Int = 0) throws -> MemberWorld {
        var faults = ElectedPeople.quiet
        faults.patience = patience
        return try ElectedPeople.world(1, faults: faults, envelopes: envelopes, bugs: bugs) { settings in
            settings.heartbeatMs = 200
            settings.censorshipTurns = 1
        }
    }

    /// Member 3 gives three receipts, at three heights, for envelopes that nobody else ever sees; their clients complain at member 1.
    private func breakPromises(in world: MemberWorld) throws {
        for (index, envelope) in try MemberWorldPeople.envelopes(3, from: 500).enumerated() {
            let receipt = try world.receipt(for: envelope, by: 3, at: UInt64(index) + 1)
            try world.complain(of: receipt, about: envelope.serialized(), at: 1)
        }
    }

    @Test func `three broken receipts are three strikes, by which the audit node itself comes into office`() throws {
        let world = try self.world()
        try world.run { $0.heads.values.allSatisfy { $0 >= 3 } }
        try self.breakPromises(in: world)
        try world.run { $0.signs[5] == true && $0.signs[3] == false && $0.heads.values.allSatisfy { $0 >= 20 } }
        #expect(world.violations.isEmpty)
        #expect(world.evidence.isEmpty, "no replica finds such a thing")
        let charges = world.charges.filter { $0.refusal == nil }
        #expect(!charges.isEmpty && charges.allSatisfy { [5, 6].contains($0.by) && $0.fact.offender == 3 && $0.fact.code == 6 })
        #expect(world.plane?.standing(of: Self.liar)?.offencePoints == 3)
        #expect(world.machines.values.allSatisfy { $0.core?.blocks.committee.members == [1, 2, 4, 5] })
    }

    @Test func `an audit node that does not listen to clients is found`() throws {
        let world = try self.world(bugs: .dropsComplaints, patience: 4_000)
        try world.run { $0.heads.values.allSatisfy { $0 >= 3 } }
        try self.breakPromises(in: world)
        try world.run { $0.signs[5] == true }
        #expect(!world.violations.isEmpty)
    }

    @Test func `complaints about promises that were kept, forged ones and bytes that are none harm nobody`() throws {
        let world = try self.world(envelopes: 8)
        try world.run { $0.isSettled }
        for (receipt, envelope) in world.receipts {
            try world.complain(of: receipt, about: envelope, at: 1)
            // Of another member, by a signature that is not its own.
            let forged = Receipt(
                envelopeHash: receipt.receipt.envelopeHash, transactionID: receipt.receipt.transactionID,
                ingress: receipt.receipt.ingress % 4 + 1, height: 1, deadline: 2)
            try world.complain(of: SignedReceipt(receipt: forged, signature: receipt.signature), about: envelope, at: 2)
            try world.complain(of: receipt, about: Array(envelope.dropLast()), at: 3)
        }
        for id in 1...6 as ClosedRange<UInt32> { world.machines[id]?.take(.parcel(.complaint(receipt: [1, 2], envelope: [3]), from: id % 6 + 1)) }
        let end = (world.heads.values.max() ?? 0) + 16
        try world.run { $0.heads.values.allSatisfy { $0 >= end } }
        #expect(world.violations.isEmpty)
        #expect(world.charges.isEmpty)
        #expect((1...4).allSatisfy { world.plane?.standing(of: GovernanceNetwork.id($0))?.offencePoints == 0 })
    }

    @Test func `a proposal out of turn that only an audit node hears costs the office`() throws {
        let world = try self.world()
        try world.run { $0.heads.values.allSatisfy { $0 >= 3 } }
        let height = world.nextHeight
        let schedule = try #require(world.plane?.term(at: height)?.schedule)
        let round = try #require((0...3).first { schedule.proposer(height: height, round: Round($0)) != 3 })
        world.liars.insert(3)
        let proposal = BlockProposal(height: height, round: Round(round), id: BlockID(number: 7), validRound: -1, signer: 3)
        world.send(.consensus(try world.signed(.proposal(proposal, polka: nil), by: 3, epoch: 0)), from: 3, to: 6)
        try world.run { $0.signs[5] == true && $0.signs[3] == false }
        #expect(world.violations.isEmpty)
        #expect(world.charges.contains { $0.by == 6 && $0.fact.code == 5 && $0.fact.offender == 3 && $0.refusal == nil })
    }

    @Test func `an invalid proposal is charged by the audit node, which gets the block from the mesh`() throws {
        let world = try self.world()
        try world.run { $0.heads.values.allSatisfy { $0 >= 3 } }
        // A proposer whose blocks name another state of governance than the chain gives.
        let core = try #require(world.machines[1]?.core)
        let height = core.height + 4
        let liar = try #require(world.plane?.term(at: core.height)?.schedule).proposer(height: height, round: 0)
        try world.run { UInt64($0.heads[liar] ?? 0) == height - 1 }
        let blocks = try #require(world.machines[liar]?.core)
        try #require(blocks.height == height)
        let now = Timestamp(seconds: Int64((1_780_000_100_000 + world.time) / 1_000))
        let envelope = try blocks.blocks.checks.check(try MemberWorldPeople.envelopes(1, from: 800)[0], now: now)
        let honest = try blocks.blocks.candidate(
            [envelope], after: blocks.position, parentCertificate: blocks.parentCertificate, proposer: liar, now: now)
        var header = honest.header
        header.govRoot = [UInt8](repeating: 5, count: 32)
        let candidate = try CandidateBlock(
            unsigned: OrderedBlock(number: honest.block.number, previousHash: honest.block.previousHash, envelopes: honest.block.envelopes),
            header: header, lastConfig: honest.form.lastConfig, parentCertificate: blocks.parentCertificate)
        world.liars.insert(liar)
        let proposal = BlockProposal(height: height, round: 0, id: candidate.id, validRound: -1, signer: liar)
        let message = try world.signed(.proposal(proposal, polka: nil), by: liar, epoch: 0)
        for id in world.machines.keys.sorted() where id != liar {
            world.send(.envelopes([envelope.serialized]), from: liar, to: id)
            world.send(.candidate(CandidateOutlineFormat.encode(CandidateOutline(of: candidate))), from: liar, to: id)
            world.send(.consensus(message), from: liar, to: id)
        }
        try world.run { world in world.charges.contains { $0.refusal == nil } && world.signs[5] == true }
        #expect(world.violations.isEmpty)
        #expect(world.charges.contains { [5, 6].contains($0.by) && $0.fact.code == 4 && $0.fact.offender == liar })
    }

    /// Member 3 is away until the audit node has its place, and longer; then it is back. It learns of nothing by being told.
    private func absence(bugs: MemberBugs, patience: UInt64) throws -> MemberWorld {
        var faults = ElectedPeople.quiet
        faults.patience = patience
        let world = try ElectedPeople.world(1, faults: faults, envelopes: 0, bugs: bugs) { settings in
            settings.heartbeatMs = 100
            settings.missedWindow = 10
            settings.missedLimit = 3
        }
        try world.run { $0.heads.values.allSatisfy { $0 >= 2 } }
        world.silent = [3]
        try world.run { $0.signs[5] == true }
        let head = world.heads[1] ?? 0
        try world.run { ($0.heads[1] ?? 0) >= head + 6 }
        try #require(world.violations.isEmpty)
        world.silent = []
        let end = (world.heads[1] ?? 0) + 8
        try world.run { $0.signs[3] == false && $0.heads.values.allSatisfy { $0 >= end } }
        return world
    }

    @Test func `who is away too long makes room for the audit node, and follows as an observer when it is back`() throws {
        let world = try self.absence(bugs: [], patience: 60_000)
        #expect(world.violations.isEmpty)
        #expect(world.charges.isEmpty)
        #expect(world.plane?.standing(of: Self.liar)?.offencePoints == 0)
        #expect(world.machines.values.allSatisfy { $0.core?.blocks.committee.members == [1, 2, 4, 5] })
    }

    @Test func `a member that waits to be told of its demotion is found`() throws {
        let world = try self.absence(bugs: .waitsToBeTold, patience: 6_000)
        #expect(world.violations.contains { $0.hasPrefix("no progress") })
    }
}
