import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct EvidenceVoteTests {
    private func world() throws -> GovernanceWorld {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        return world
    }

    @Test func `two prevotes of one member in one round convict it`() throws {
        let world = try self.world()
        #expect(try world.evidenceRefusal(world.doublePrevote(2)) == nil)
        let nilAndBlock = Misbehaviour.consensus(.doubleVote(try world.prevote(2, nil), try world.prevote(2, 2)))
        #expect(try world.evidenceRefusal(nilAndBlock) == nil)
        let validRounds = Misbehaviour.consensus(
            .doubleVote(try world.prevote(2, 1, round: 2, valid: -1), try world.prevote(2, 1, round: 2, valid: 0)))
        #expect(try world.evidenceRefusal(validRounds) == nil)
    }

    @Test func `two precommits for different blocks convict, also where only the last configuration differs`() throws {
        let world = try self.world()
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(try world.precommit(2, 1), try world.precommit(2, 2)))) == nil)
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(try world.precommit(2, 1), try world.precommit(2, 1, lastConfig: 1)))) == nil)
    }

    @Test func `the same content signed twice is no offence`() throws {
        let world = try self.world()
        let (first, second) = (try world.prevote(2, 1), try world.prevote(2, 1))
        // ECDSA is randomised, so the bytes differ.
        #expect(first.signature != second.signature)
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(first, second))) == .sameContent)
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(try world.precommit(2, 1), try world.precommit(2, 1)))) == .sameContent)
        let proposals = (try world.proposal(BlockID(number: 1)), try world.proposal(BlockID(number: 1)))
        #expect(try world.evidenceRefusal(.consensus(.doubleProposal(proposals.0, proposals.1))) == .sameContent)
    }

    @Test func `votes that another member signed, or that are of another chain or epoch, prove nothing`() throws {
        let world = try self.world()
        let honest = try world.prevote(2, 1)
        let forged = try world.prevote(2, 2, by: 3)
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(honest, forged))) == .wrongSignature)
        let elsewhere = try world.prevote(2, 2, chain: [UInt8](repeating: 7, count: 32))
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(honest, elsewhere))) == .wrongSignature)
        let vote = Vote(height: 1, round: 0, kind: .prevote, choice: .prevote(BlockID(number: 2), validRound: -1), signer: 2)
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(honest, try world.signed(vote, epoch: 1)))) == .wrongSignature)
        let padded = SignedVote(vote: forged.vote, signature: try world.prevote(2, 2).signature + [0])
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(honest, padded))) == .wrongSignature)
    }

    @Test func `votes of different heights, rounds, types or members contradict nothing`() throws {
        let world = try self.world()
        let first = try world.prevote(2, 1)
        let others = [
            try world.prevote(2, 2, height: 2), try world.prevote(2, 2, round: 1), try world.precommit(2, 2), try world.prevote(3, 2),
        ]
        for other in others.dropLast() {
            #expect(try world.evidenceRefusal(.consensus(.doubleVote(first, other))) == .noContradiction)
        }
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(first, others[3]))) != nil)
    }

    @Test func `the accused must have been in office at that height`() throws {
        let world = try self.world()
        // Consenter 5 audits; 77 does not exist.
        #expect(try world.evidenceRefusal(world.doublePrevote(5)) == .notInOffice)
        let stranger = SignedVote(
            vote: Vote(height: 1, round: 0, kind: .prevote, choice: .nil, signer: 77), signature: try world.prevote(2, 1).signature)
        let other = SignedVote(
            vote: Vote(height: 1, round: 0, kind: .prevote, choice: .prevote(BlockID(number: 1), validRound: -1), signer: 77),
            signature: stranger.signature)
        #expect(try world.evidenceRefusal(.consensus(.doubleVote(stranger, other))) == .notInOffice)
    }

    @Test func `evidence that is too old, about the future, or about block 0 is refused`() throws {
        var world = try GovernanceWorld { $0.evidenceMaxAge = 5 }
        try world.advance(to: 5)
        let item = try world.doublePrevote(2)
        #expect(try world.evidenceRefusal(item) == nil)
        try world.advance(to: 6)
        #expect(try world.evidenceRefusal(item) == .tooOld)
        #expect(try world.evidenceRefusal(world.doublePrevote(2, height: 8)) == .inTheFuture)
        #expect(try world.evidenceRefusal(world.doublePrevote(2, height: 0)) == .inTheFuture)
    }

    @Test func `one fact with other signature bytes, or with another pair of votes, is known already`() throws {
        var world = try self.world()
        try world.decide([.evidence(try world.doublePrevote(2))])
        #expect(try world.evidenceRefusal(world.doublePrevote(2)) == .alreadyKnown)
        let third = Misbehaviour.consensus(.doubleVote(try world.prevote(2, 3), try world.prevote(2, 4)))
        #expect(try world.evidenceRefusal(third) == .alreadyKnown)
        // Another round is another offence.
        #expect(try world.evidenceRefusal(world.doublePrevote(2, round: 1)) == nil)
    }

    @Test func `two proposals in its own turn convict, in another's turn they are another offence`() throws {
        let world = try self.world()
        let proposer = try world.proposer(1)
        let pair = (try world.proposal(BlockID(number: 1)), try world.proposal(BlockID(number: 2)))
        #expect(try world.evidenceRefusal(.consensus(.doubleProposal(pair.0, pair.1))) == nil)
        let valid = (try world.proposal(BlockID(number: 1), round: 4), try world.proposal(BlockID(number: 1), round: 4, valid: 2))
        #expect(try world.evidenceRefusal(.consensus(.doubleProposal(valid.0, valid.1))) == nil)
        let other = proposer % 4 + 1
        let wrong = (try world.proposal(BlockID(number: 1), by: other), try world.proposal(BlockID(number: 2), by: other))
        #expect(try world.evidenceRefusal(.consensus(.doubleProposal(wrong.0, wrong.1))) == .notItsTurn)
        let forged = try world.signed(pair.1.proposal, by: other)
        #expect(try world.evidenceRefusal(.consensus(.doubleProposal(pair.0, forged))) == .wrongSignature)
        let elsewhere = try world.signed(pair.1.proposal, chain: [UInt8](repeating: 3, count: 32))
        #expect(try world.evidenceRefusal(.consensus(.doubleProposal(pair.0, elsewhere))) == .wrongSignature)
        let malformed = try world.signed(BlockProposal(height: 1, round: 0, id: BlockID(number: 2), validRound: 3, signer: proposer))
        #expect(try world.evidenceRefusal(.consensus(.doubleProposal(pair.0, malformed))) == .malformed)
    }

    @Test func `a prevote for another block with an older valid round than one's own precommit convicts`() throws {
        let world = try self.world()
        func charge(_ precommit: SignedVote, _ prevote: SignedVote) throws -> EvidenceRefusal? {
            try world.evidenceRefusal(.consensus(.lockViolation(precommit: precommit, prevote: prevote)))
        }
        let lock = try world.precommit(2, 1, round: 1)
        #expect(try charge(lock, world.prevote(2, 9, round: 2, valid: 0)) == nil)
        #expect(try charge(lock, world.prevote(2, 9, round: 2, valid: -1)) == nil)
        // A valid round as new as the lock releases it.
        #expect(try charge(lock, world.prevote(2, 9, round: 2, valid: 1)) == .noContradiction)
        #expect(try charge(lock, world.prevote(2, 9, round: 1, valid: 0)) == .noContradiction)
        #expect(try charge(lock, world.prevote(2, nil, round: 2)) == .noContradiction)
        #expect(try charge(lock, world.prevote(2, 9, height: 2, round: 2, valid: 0)) == .noContradiction)
        #expect(try charge(lock, world.prevote(2, 9, round: 2, valid: 0, by: 3)) == .wrongSignature)
        let same = try found(lock.vote.choice.id)
        let again = Vote(height: 1, round: 2, kind: .prevote, choice: .prevote(same, validRound: 0), signer: 2)
        #expect(try charge(lock, world.signed(again)) == .noContradiction)
    }
}
