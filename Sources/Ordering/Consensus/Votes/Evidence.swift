/// Proof of a member's misbehaviour by its own signatures: nothing else is needed to judge it.
package enum Evidence: Hashable, Sendable {
    /// E1: two different votes of one kind in one round.
    case doubleVote(SignedVote, SignedVote)
    /// E2: two different proposals in one round.
    case doubleProposal(SignedBlockProposal, SignedBlockProposal)
    /// E3: a precommit for one block, and in a later round a prevote for another one whose valid round is lower than the precommit's.
    case lockViolation(precommit: SignedVote, prevote: SignedVote)

    /// One fact is one evidence, however often and with whatever signature bytes it is submitted.
    package struct Identity: Hashable, Sendable {
        package let offender: UInt32
        package let code: UInt8
        package let height: UInt64
        package let round: Round
        package let kind: UInt8
    }

    package var identity: Identity {
        switch self {
        case .doubleVote(let vote, _):
            Identity(offender: vote.vote.signer, code: 1, height: vote.vote.height, round: vote.vote.round, kind: vote.vote.kind.rawValue)
        case .doubleProposal(let proposal, _):
            Identity(offender: proposal.proposal.signer, code: 2, height: proposal.proposal.height, round: proposal.proposal.round, kind: 0)
        case .lockViolation(let precommit, let prevote):
            Identity(offender: prevote.vote.signer, code: 3, height: precommit.vote.height, round: prevote.vote.round, kind: 1)
        }
    }

    /// Whether it proves the offence to anybody who knows the committee and the schedule of its height.
    package func isProof(committee: Committee, schedule: ProposerSchedule, verifier: any VoteVerifying) -> Bool {
        switch self {
        case .doubleVote(let first, let second):
            guard first.vote.height == second.vote.height, first.vote.round == second.vote.round, first.vote.kind == second.vote.kind,
                first.vote.signer == second.vote.signer, first.vote.choice != second.vote.choice
            else { return false }
            return [first, second].allSatisfy { $0.flaw(committee: committee) == nil && verifier.isSigned($0, epoch: committee.epoch) }
        case .doubleProposal(let first, let second):
            guard first.proposal.height == second.proposal.height, first.proposal.round == second.proposal.round,
                first.proposal.signer == second.proposal.signer, first.proposal != second.proposal,
                schedule.proposer(height: first.proposal.height, round: first.proposal.round) == first.proposal.signer
            else { return false }
            return [first, second].allSatisfy { $0.proposal.isWellFormed && verifier.isSigned($0, epoch: committee.epoch) }
        case .lockViolation(let precommit, let prevote):
            guard precommit.vote.contradictsLock(of: prevote.vote) else { return false }
            return [precommit, prevote].allSatisfy { $0.flaw(committee: committee) == nil && verifier.isSigned($0, epoch: committee.epoch) }
        }
    }
}

extension Vote {
    /// Whether this precommit and that later prevote cannot both come from a member that keeps its lock (1.4).
    package func contradictsLock(of prevote: Vote) -> Bool {
        self.signer == prevote.signer && self.height == prevote.height && self.kind == .precommit && prevote.kind == .prevote
            && self.choice.id != nil && prevote.choice.id != nil && self.choice.id != prevote.choice.id
            && prevote.round > self.round && prevote.choice.validRound < self.round
    }
}
