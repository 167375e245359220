import CryptoPrimitives
import LedgerModel

/// Whether evidence proves an offence (consensus 2.6): a function of its bytes, the control plane and the decided chain, and of nothing else.
extension ControlPlane {
    /// Why evidence in the block of `height` proves nothing; nil when it convicts.
    package func refusal(
        of item: Misbehaviour, at height: UInt64, on decided: any DecidedChain, proofs: (any StateProofChecking)? = nil
    ) -> EvidenceRefusal? {
        let identity = item.identity
        guard identity.height > 0, identity.height <= height else { return .inTheFuture }
        guard height - identity.height <= self.settings.evidenceMaxAge else { return .tooOld }
        guard self.facts[identity] == nil else { return .alreadyKnown }
        guard self.factCount(of: identity.offender) < GovernanceLimits.factsPerKey else { return .enough }
        guard let term = self.term(at: identity.height), let committee = term.committee, let schedule = term.schedule else { return .tooOld }
        let isAuditor = (item.code == .wrongAnswer || item.code == .conflictingAttestation) && term.auditors.contains(identity.offender)
        guard isAuditor || committee.index(of: identity.offender) != nil, let key = self.keys[identity.offender],
            let publicKey = try? PublicKey(x963: key.publicKey)
        else { return .notInOffice }
        let court = Court(
            plane: self, term: term, committee: committee, schedule: schedule,
            verifier: CommitteeKeys(chain: self.chain, keys: [identity.offender: publicKey]), key: publicKey, height: height, decided: decided)
        switch item {
        case .consensus(let evidence): return court.refusal(of: evidence)
        case .invalidProposal(let item): return court.refusal(of: item)
        case .wrongProposer(let item): return court.refusal(ofTurn: item)
        case .censorship(let item): return court.refusal(of: item)
        case .wrongAnswer(let item, let proof): return court.refusal(of: item, proof: proof, checker: proofs)
        case .conflictingAttestation(let first, let second): return court.refusal(of: first, second)
        }
    }
}

extension ControlPlane {
    private func factCount(of consenter: UInt32) -> Int { self.facts.keys.reduce(0) { $0 + ($1.offender == consenter ? 1 : 0) } }
}

/// One case against one member: the committee of the height of the offence, and the accused's key.
struct Court {
    let plane: ControlPlane
    let term: CommitteeTerm
    let committee: Committee
    let schedule: ProposerSchedule
    let verifier: CommitteeKeys
    let key: PublicKey
    /// Of the block that holds the evidence.
    let height: UInt64
    let decided: any DecidedChain

    // MARK: - E1 to E3

    func refusal(of evidence: Evidence) -> EvidenceRefusal? {
        switch evidence {
        case .doubleVote(let first, let second):
            // Contents are compared, never signature bytes: ECDSA is randomised, and resends happen.
            if first.vote == second.vote { return .sameContent }
            if let refusal = self.refusal(of: [first, second]) { return refusal }
        case .doubleProposal(let first, let second):
            if first.proposal == second.proposal { return .sameContent }
            for item in [first, second] {
                guard self.schedule.proposer(height: item.proposal.height, round: item.proposal.round) == item.proposal.signer else {
                    return .notItsTurn
                }
                if let refusal = self.refusal(of: item) { return refusal }
            }
        case .lockViolation(let precommit, let prevote):
            if let refusal = self.refusal(of: [precommit, prevote]) { return refusal }
        }
        return evidence.isProof(committee: self.committee, schedule: self.schedule, verifier: self.verifier) ? nil : .noContradiction
    }

    private func refusal(of votes: [SignedVote]) -> EvidenceRefusal? {
        for vote in votes {
            guard vote.flaw(committee: self.committee) == nil else { return .malformed }
            guard self.verifier.isSigned(vote, epoch: self.committee.epoch) else { return .wrongSignature }
        }
        return nil
    }

    func refusal(of item: SignedBlockProposal) -> EvidenceRefusal? {
        guard item.proposal.isWellFormed else { return .malformed }
        return self.verifier.isSigned(item, epoch: self.committee.epoch) ? nil : .wrongSignature
    }

    // MARK: - E5

    func refusal(ofTurn item: SignedBlockProposal) -> EvidenceRefusal? {
        if let refusal = self.refusal(of: item) { return refusal }
        return self.schedule.proposer(height: item.proposal.height, round: item.proposal.round) == item.proposal.signer ? .itsOwnTurn : nil
    }

    // MARK: - E7, E8

    func refusal(of item: SignedStateAnswer, proof: [UInt8], checker: (any StateProofChecking)?) -> EvidenceRefusal? {
        guard let checker else { return .notProvable }
        guard self.key.isValid(signature: item.signature, for: AttestationFormat.signedBytes(item.answer, chain: self.plane.chain)) else {
            return .wrongSignature
        }
        let answer = item.answer
        let truth = checker.provenResult(of: answer.query, height: answer.height, checkpoint: answer.checkpoint, proof: proof)
        guard let truth, truth != answer.result else { return .rightAnswer }
        return nil
    }

    func refusal(of first: SignedAttestation, _ second: SignedAttestation) -> EvidenceRefusal? {
        guard first.signer == second.signer, first.attestation.height == second.attestation.height else { return .noContradiction }
        if first.attestation == second.attestation { return .sameContent }
        for item in [first, second] {
            let bytes = AttestationFormat.signedBytes(item.attestation, chain: self.plane.chain)
            guard self.key.isValid(signature: item.signature, for: bytes) else { return .wrongSignature }
        }
        return nil
    }
}
