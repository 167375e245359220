/// The beginning of heights and rounds (R3, W5, 1.12).
extension Replica {
    /// Begins a height, or goes on in it after a restart.
    mutating func start(_ start: HeightStart) {
        guard start.height > self.height else {
            self.outputs.append(.refuse(.outOfPlace, from: start.signer ?? 0))
            return
        }
        self.height = start.height
        self.committee = start.committee
        self.schedule = start.schedule
        self.signer = start.signer.flatMap { start.committee.index(of: $0) == nil ? nil : $0 }
        (self.round, self.step, self.locked, self.valid, self.validPolka) = (0, .idle, nil, nil, nil)
        (self.signed, self.oldestOwnRound, self.roundCertificate) = ([], 0, nil)
        (self.rounds, self.polkas, self.commits, self.verdicts, self.requested, self.reported) = ([], [], [], [], [], [])
        self.far = Array(repeating: nil, count: start.committee.members.count)
        (self.ticks, self.answered) = (0, [])
        if let record = start.record, record.height == start.height {
            self.resume(record)
        } else if start.hasReason {
            self.beginRound()
        }
        let waiting = self.future.filter { $0.message.height == start.height }
        self.future.removeAll { $0.message.height <= start.height }
        for item in waiting { self.receive(item.message, from: item.from) }
    }

    /// W5: goes on where the record ends; what was signed is signed again unchanged, everything else comes from peers.
    ///
    /// The timers of votes are not started: R8 and R13 do it as soon as the peers' votes are known again. Were they started without that quorum,
    /// a replica that crashes often would walk through rounds that nobody can follow it to.
    private mutating func resume(_ record: SafetyRecord) {
        self.round = record.round
        self.step = record.step == .idle ? .propose : min(record.step, .precommit)
        self.locked = record.locked
        self.valid = record.valid
        self.validPolka = record.polka
        self.signed = record.messages
        self.oldestOwnRound = max(0, record.round - ConsensusLimits.recordedRounds + 1)
        if let polka = record.polka { self.polkas.append(polka) }
        if let certificate = record.roundCertificate {
            self.roundCertificate = certificate
            self.storeAll(certificate.votes)
        }
        if self.signer != nil {
            for message in record.messages { self.outputs.append(.sign(message)) }
        }
        if let valid = record.valid { self.fetch(valid.id, hint: self.schedule.proposer(height: self.height, round: valid.round)) }
        if self.step == .propose { self.beginRound() }
    }

    /// R3: enters a later round for a reason that can be shown to others (L3).
    mutating func enter(because certificate: RoundCertificate) {
        let round = certificate.round
        guard round > self.round, round <= ConsensusLimits.highestRound else { return }
        self.round = round
        // One more vote than needed would only make the record longer.
        self.roundCertificate = certificate.trimmed(to: certificate.isOfRound ? self.committee.honest : self.quorum)
        let oldest = round - ConsensusLimits.roundsBehind
        self.rounds.removeAll { $0.round < oldest }
        self.polkas.removeAll { $0.round < oldest && $0 != self.validPolka }
        self.signed.removeAll { $0.round < oldest }
        self.reported.removeAll { $0.round < oldest }
        self.oldestOwnRound = max(self.oldestOwnRound, oldest)
        self.ticks = 0
        for index in self.far.indices {
            guard let vote = self.far[index], vote.vote.round <= round + ConsensusLimits.roundsAhead else { continue }
            self.far[index] = nil
            if vote.vote.round >= oldest { self.store(vote, member: index) }
        }
        self.beginRound()
    }

    /// R3: the proposer proposes the valid block or has a new one built; everybody waits for so long.
    mutating func beginRound() {
        self.step = .propose
        if self.valid != nil {
            self.proposeValid()
        } else if self.isProposing {
            self.outputs.append(.buildCandidate(height: self.height, round: self.round))
        }
        self.arm(.propose)
    }

    /// Whether it is this replica's turn and it has not proposed yet.
    private var isProposing: Bool {
        guard let me = self.signer, me == self.schedule.proposer(height: self.height, round: self.round) else { return false }
        return !self.signed.contains { $0.round == self.round && $0.kind == 0 }
    }

    mutating func proposeValid() {
        // A polka of this very round is an answer to a proposal of this key: there is nothing to propose any more.
        guard self.isProposing, let valid = self.valid, valid.round < self.round else { return }
        self.propose(valid.id, validRound: valid.round, polka: self.validPolka)
    }

    /// R4: proposes a fresh block.
    mutating func take(candidate id: BlockID, height: UInt64, round: Round) {
        guard height == self.height, round == self.round, self.step == .propose, self.isProposing else { return }
        self.propose(id, validRound: -1, polka: nil)
    }

    private mutating func propose(_ id: BlockID, validRound: Round, polka: VoteCertificate?) {
        guard let me = self.signer else { return }
        let proposal = BlockProposal(height: self.height, round: self.round, id: id, validRound: validRound, signer: me)
        self.sign(.proposal(proposal, polka: polka))
    }
}
