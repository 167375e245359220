import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Honest members are never convicted, whatever anybody puts together from what they signed.
@Suite struct FramingTests {
    /// What an honest member signs in one height: one vote of a kind in a round, and never against its lock; some of it twice.
    private static func traffic(
        _ world: GovernanceWorld, height: UInt64, random: inout SeededGenerator
    ) throws -> (votes: [SignedVote], proposals: [SignedBlockProposal]) {
        var votes: [SignedVote] = []
        var proposals: [SignedBlockProposal] = []
        let order = try found(world.plane.term(at: height)).order
        for signer in order {
            var locked: (block: UInt8, round: Round)?
            for round in 0..<Round(4) {
                if try world.proposer(height, round) == signer {
                    let draft = BlockProposal(
                        height: height, round: round, id: BlockID(number: UInt64.random(in: 1...3, using: &random)), validRound: locked?.round ?? -1,
                        signer: signer)
                    proposals += [try world.signed(draft), try world.signed(draft)]
                }
                let block = UInt8.random(in: 1...3, using: &random)
                let id = try found(PrecommitFormat.blockID(of: world.form(block, height: height))).id
                // The strict rule: only with a valid round as new as the lock.
                let valid = locked.map { Round.random(in: $0.round...round, using: &random) } ?? -1
                let isPrevoting = valid < round && Bool.random(using: &random)
                let choice: VoteChoice = isPrevoting ? .prevote(id, validRound: valid) : .nil
                let prevote = Vote(height: height, round: round, kind: .prevote, choice: choice, signer: signer)
                votes += [try world.signed(prevote), try world.signed(prevote)]
                guard isPrevoting, Bool.random(using: &random) else { continue }
                votes += [
                    try world.precommit(signer, block, height: height, round: round),
                    try world.precommit(signer, block, height: height, round: round),
                ]
                locked = (block, round)
            }
        }
        return (votes, proposals)
    }

    /// Every pair that could be called an offence.
    private static func charges(_ votes: [SignedVote], _ proposals: [SignedBlockProposal]) -> [Misbehaviour] {
        var charges: [Misbehaviour] = proposals.map { .wrongProposer($0) }
        for (index, first) in votes.enumerated() {
            for second in votes[(index + 1)...] where first.vote.signer == second.vote.signer {
                charges.append(.consensus(.doubleVote(first, second)))
                charges.append(.consensus(.lockViolation(precommit: first, prevote: second)))
                charges.append(.consensus(.lockViolation(precommit: second, prevote: first)))
            }
        }
        for (index, first) in proposals.enumerated() {
            for second in proposals[(index + 1)...] { charges.append(.consensus(.doubleProposal(first, second))) }
        }
        return charges
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `no pair of honest messages convicts anybody, and an audit node finds nothing in them`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var world = try GovernanceWorld(seed: seed)
        try world.advance(to: 3)
        let (votes, proposals) = try Self.traffic(world, height: 2, random: &random)
        let context = GovernanceContext(height: 4, proposer: 1, isAlone: true, decided: world.decided)
        for charge in Self.charges(votes, proposals) {
            #expect(world.plane.refusal(of: charge, at: context.height, on: context.decided) != nil, "\(charge.identity), \(random)")
        }
        var watch = AuditWatch()
        for vote in votes.shuffled(using: &random) { watch.observe(.vote(vote), plane: world.plane, decided: world.decided) }
        for proposal in proposals.shuffled(using: &random) {
            watch.observe(.proposal(proposal, polka: nil), plane: world.plane, decided: world.decided)
        }
        #expect(watch.pending.isEmpty, "\(random)")
    }

    @Test func `a judge who compares signature bytes instead of contents would convict honest members, and this campaign sees it`() throws {
        var random = SeededGenerator(seed: 1)
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let (votes, proposals) = try Self.traffic(world, height: 2, random: &random)
        // The planted bug: equal contents with different signature bytes count as two votes.
        let bugged = Self.charges(votes, proposals).filter { charge in
            guard case .consensus(.doubleVote(let first, let second)) = charge else { return false }
            return first.vote.round == second.vote.round && first.vote.kind == second.vote.kind && first.signature != second.signature
        }
        #expect(!bugged.isEmpty)
    }

    @Test func `the textbook's lock rule would let honest members be framed, and this campaign sees it`() throws {
        var random = SeededGenerator(seed: 3)
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        var framed = 0
        for _ in 0..<20 {
            // The planted bug: a member locked in round 1 prevotes another block as a fresh one.
            let signer = UInt32.random(in: 1...4, using: &random)
            let lock = try world.precommit(signer, 1, height: 2, round: 1)
            let fresh = try world.prevote(signer, 9, height: 2, round: Round.random(in: 2...3, using: &random), valid: -1)
            if try world.evidenceRefusal(.consensus(.lockViolation(precommit: lock, prevote: fresh))) == nil { framed += 1 }
        }
        #expect(framed == 20)
    }
}
