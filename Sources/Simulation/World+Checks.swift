import Ordering

/// The invariants of 4.2, looked at after every event.
extension World {
    mutating func inspect(_ index: Int, before: SimulatedNode.Position, input: ReplicaInput, outputs: [ReplicaOutput]) {
        let after = SimulatedNode.Position(self.nodes[index].replica)
        if after.round > self.report.highestRound { self.count { $0.highestRound = after.round } }
        if before.height == after.height {
            self.checkProgress(index, from: before, to: after)
            self.noteTransition(from: before, to: after, input: input)
        } else if after.height < before.height {
            self.violate(.monotony, "\(self.nodes[index].member) goes back from height \(before.height) to \(after.height)")
        }
        self.nodes[index].steps += 1
        if self.nodes[index].steps % self.plan.inspection == 0 {
            for sentence in self.nodes[index].flaws() { self.violate(.replica, "\(self.nodes[index].member): not so: \(sentence)") }
        }
        guard !outputs.isEmpty else { return }
        for sentence in Replica.violations(in: outputs) { self.violate(.replica, "\(self.nodes[index].member): not so: \(sentence)") }
        self.noteOutputs(outputs, input: input, position: after)
    }

    private mutating func checkProgress(_ index: Int, from before: SimulatedNode.Position, to after: SimulatedNode.Position) {
        let member = self.nodes[index].member
        if (after.round, after.step) < (before.round, before.step) { self.violate(.monotony, "\(member) goes back in rounds or steps") }
        let (old, new) = (before.locked?.round ?? -1, after.locked?.round ?? -1)
        if new < old || new == old && before.locked != after.locked { self.violate(.monotony, "the lock of \(member) goes back") }
        if (after.valid?.round ?? -1) < (before.valid?.round ?? -1) { self.violate(.monotony, "the valid block of \(member) goes back") }
    }

    /// Records only go forward, across restarts as well, and keep the lock.
    mutating func checkRecord(_ record: SafetyRecord, by index: Int) {
        guard let last = self.nodes[index].lastRecord else { return }
        let member = self.nodes[index].member
        if (record.height, record.round) < (last.height, last.round) { self.violate(.monotony, "the record of \(member) goes back") }
        guard record.height == last.height else { return }
        // A record of a step that also decided comes back as a precommit when the decision was not stored.
        if record.round == last.round, record.step < min(last.step, .precommit) {
            self.violate(.monotony, "the record of \(member) goes back in its round")
        }
        if (record.locked?.round ?? -1) < (last.locked?.round ?? -1) { self.violate(.monotony, "the record of \(member) forgets the lock") }
    }

    /// One content for each height, round and kind; in the record; a precommit for a block after its polka.
    mutating func checkSignature(_ request: SignRequest, content: UInt64, by index: Int) {
        let member = self.nodes[index].member
        let place = Place(height: request.height, round: request.round, kind: request.kind, signer: member)
        if let earlier = self.signed.updateValue(content, forKey: place), earlier != content {
            self.violate(.equivocation, "\(member) signs a second content: \(Self.text(request))")
        }
        if !self.nodes[index].disk.record.messages.contains(where: { $0.isSame(as: request) }) {
            self.violate(.unrecorded, "\(member) signs what its record on disk does not hold: \(Self.text(request))")
        }
        let committee = self.office(at: request.height).committee
        if committee.index(of: member) == nil { self.violate(.committee, "\(member) is not in office and signs: \(Self.text(request))") }
        if member > self.plan.members { self.mark(.standbySigned) }
        guard case .vote(let vote, _) = request, let id = vote.choice.id else { return }
        if vote.kind == .prevote {
            let choice = VoteChoiceInRound(height: vote.height, round: vote.round, id: id, validRound: vote.choice.validRound)
            self.prevotes[choice, default: 0] |= 1 << UInt64(member)
        } else {
            let liars = self.plan.liars.reduce(0 as UInt64) { committee.index(of: $1.member) == nil ? $0 : $0 | 1 << UInt64($1.member) }
            let hasPolka = (-1...max(-1, vote.round - 1)).contains { valid in
                let choice = VoteChoiceInRound(height: vote.height, round: vote.round, id: id, validRound: valid)
                return ((self.prevotes[choice] ?? 0) | liars).nonzeroBitCount >= committee.quorum
            }
            if !hasPolka { self.violate(.polka, "\(member) precommits without a polka: \(Self.text(request))") }
        }
    }

    /// Agreement, validity and the certificate of a decision.
    mutating func checkDecision(_ id: BlockID, _ commit: VoteCertificate, by index: Int) {
        let member = self.nodes[index].member
        let height = Int(self.nodes[index].head) + 1
        self.count { $0.decisions += 1 }
        if self.plan.expectsFork { self.archive(commit) }
        self.mark(.decidedInFirstRound, when: commit.round == 0)
        self.mark(.decidedAfterRoundTwo, when: commit.round > 2)
        if self.decided.count < height {
            if self.decided.count + 1 == height { self.decided.append(id) }
        } else if self.decided[height - 1] != id {
            if self.plan.expectsFork { return self.convict(at: UInt64(height)) }
            self.violate(.fork, "height \(height): block \(self.decided[height - 1].number), and block \(id.number) at \(member)")
        }
        if let block = self.block(id), self.isValid(block, after: self.nodes[index].disk.blocks.last?.id, height: UInt64(height)) {
            if let change = block.change { self.noteChange(change) }
        } else {
            self.violate(.validity, "\(member) decides block \(id.number) at height \(height)")
        }
        if commit.choice.id != id || commit.kind != .precommit || commit.height != UInt64(height) {
            self.violate(.certificate, "\(member) decides by another block's certificate")
        } else if let flaw = commit.flaw(committee: self.office(at: UInt64(height)).committee, verifier: self.keys) {
            self.violate(.certificate, "\(member) decides by a certificate that proves nothing: \(flaw)")
        }
        for entry in commit.entries where self.plan.strategy(of: entry.consenter) == nil {
            let place = Place(height: commit.height, round: commit.round, kind: VoteKind.precommit.rawValue, signer: entry.consenter)
            let vote = Vote(height: commit.height, round: commit.round, kind: .precommit, choice: commit.choice, signer: entry.consenter)
            if self.signed[place] != SimulatedKeys.content(of: vote, epoch: Self.epoch) {
                self.violate(.certificate, "a certificate holds a vote that \(entry.consenter) never gave")
            }
        }
    }

    mutating func judge(_ evidence: Evidence) {
        self.count { $0.evidence += 1 }
        switch evidence {
        case .doubleVote: self.mark(.doubleVoteProven)
        case .doubleProposal: self.mark(.doubleProposalProven)
        case .lockViolation: self.mark(.lockViolationProven)
        }
        let offender = evidence.identity.offender
        if self.plan.strategy(of: offender) == nil { self.violate(.evidence, "evidence E\(evidence.identity.code) against honest \(offender)") }
        let office = self.office(at: evidence.identity.height)
        if !evidence.isProof(committee: office.committee, schedule: office.schedule, verifier: self.keys) {
            self.violate(.evidence, "evidence E\(evidence.identity.code) against \(offender) proves nothing")
        }
    }

    mutating func noteRefusal(_ refusal: ConsensusRefusal, from: UInt32, by index: Int) {
        switch refusal {
        case .malformed: self.mark(.refusedMalformed)
        case .stranger: self.mark(.refusedStranger)
        case .badSignature: self.mark(.refusedBadSignature)
        case .tooFewSigners: self.mark(.refusedTooFewSigners)
        case .wrongProposer: self.mark(.refusedWrongProposer)
        case .outOfPlace: break
        }
        if self.nodes[index].isHonest, self.plan.strategy(of: from) == nil {
            self.violate(.stopped, "\(self.nodes[index].member) refuses a message of honest \(from): \(refusal)")
        }
    }

    // MARK: Marks

    private mutating func noteTransition(from before: SimulatedNode.Position, to after: SimulatedNode.Position, input: ReplicaInput) {
        if after.round > before.round, case .message(let message, _) = input {
            switch message {
            case .round: self.mark(.roundEnteredByCertificate)
            case .bundle(let bundle) where bundle.roundCertificate?.round == after.round: self.mark(.roundEnteredByCertificate)
            default: self.mark(.roundSkipped)
            }
        }
        if let old = before.locked, let new = after.locked { self.mark(.lockMoved, when: old.id != new.id) }
        self.mark(.latePolka, when: before.valid != after.valid && before.locked == after.locked)
    }

    private mutating func noteOutputs(_ outputs: [ReplicaOutput], input: ReplicaInput, position: SimulatedNode.Position) {
        for output in outputs {
            if case .decide = output, case .message(.certificate, _) = input { self.mark(.decidedByAnothersCertificate) }
            guard case .sign(.vote(let vote, _)) = output, vote.kind == .prevote, vote.choice.id == nil else { continue }
            switch input {
            case .verdict(_, _, .invalid): self.mark(.invalidBlockRefused)
            case .verdict(_, _, .valid(_, isTimely: false)): self.mark(.untimelyBlockRefused)
            case .timeout(_, _, .propose), .startHeight: break
            default: self.mark(.refusedByLock, when: position.locked != nil)
            }
        }
    }
}
