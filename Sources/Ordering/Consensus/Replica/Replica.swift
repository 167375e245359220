/// One member of the ordering committee as a pure value: inputs in, outputs out (Tendermint with two changes, see Documentation/ordering-protocol.md).
///
/// It has one owner, reads no clock, disk, network or randomness, and never signs: it asks for signatures. Rules are cited as R1 to R14,
/// L1 to L5 and W1 to W8. A message is taken in only after its ranges, its height, its signer and then its signature were checked.
package struct Replica: Sendable {
    /// The phases of a round; `idle` only before round 0 has a reason to begin.
    package enum Step: UInt8, Hashable, Comparable, Sendable {
        case idle, propose, prevote, precommit, decided

        package static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
    }

    /// A block, and the round of the polka that made it count.
    package struct BlockInRound: Hashable, Sendable {
        package let id: BlockID
        package let round: Round
    }

    package let timeouts: ConsensusTimeouts
    /// The host changes it, before it starts a height, when keys change.
    package var verifier: any VoteVerifying
    /// Nothing in production; see `PlantedBugs`.
    package let bugs: PlantedBugs

    package internal(set) var height: UInt64 = 0
    package internal(set) var committee = Committee.nobody
    package internal(set) var schedule = ProposerSchedule.nobody
    /// Consenter id of this node while it may sign.
    package internal(set) var signer: UInt32?
    package internal(set) var round: Round = 0
    package internal(set) var step = Step.idle
    package internal(set) var locked: BlockInRound?
    package internal(set) var valid: BlockInRound?
    /// What made `valid` valid.
    package internal(set) var validPolka: VoteCertificate?
    /// What this node has signed, or asked to be signed, in this height.
    package internal(set) var signed: [SignRequest] = []
    /// Below this round own messages are not remembered, after a restart.
    var oldestOwnRound: Round = 0

    /// Ascending by round.
    var rounds: [RoundState] = []
    /// By member index: the highest vote of a round too far ahead to be kept.
    var far: [SignedVote?] = []
    /// Polkas and commits, made of votes or received (kept beside the votes).
    var polkas: [VoteCertificate] = []
    var commits: [VoteCertificate] = []
    /// Why the current round was entered (L3); only round 0 needs no reason.
    var roundCertificate: RoundCertificate?
    var verdicts: [(id: BlockID, verdict: Verdict)] = []
    var requested: [BlockID] = []
    var reported: [Evidence.Identity] = []
    /// Direct messages of the next heights, at most one per member, height, round and kind.
    var future: [(message: ConsensusMessage, from: UInt32)] = []
    var highestSeen: UInt64 = 0
    /// Ticks since the round began, and members that were answered since the last tick.
    var ticks = 0
    var answered: [UInt32] = []
    var outputs: [ReplicaOutput] = []

    /// A replica that waits for its first height; committee and schedule come with it.
    package init(verifier: any VoteVerifying, timeouts: ConsensusTimeouts = .lan, bugs: PlantedBugs = []) {
        self.verifier = verifier
        self.timeouts = timeouts
        self.bugs = bugs
    }

    /// Takes one input and says what to do about it.
    package mutating func step(_ input: ReplicaInput) -> [ReplicaOutput] {
        self.outputs.removeAll(keepingCapacity: true)
        switch input {
        case .startHeight(let start): self.start(start)
        case .reason(let height): if height == self.height, self.step == .idle { self.beginRound() }
        case .candidate(let height, let round, let id): self.take(candidate: id, height: height, round: round)
        case .message(let message, let from): self.receive(message, from: from)
        case .verdict(let height, let id, let verdict): self.take(verdict, of: id, height: height)
        case .timeout(let height, let round, let kind): self.take(timeout: kind, height: height, round: round)
        case .rebroadcast: self.tick()
        }
        self.evaluate()
        // W1: one record covers everything that the step signs, and comes before all of it.
        if let first = self.outputs.firstIndex(where: { if case .sign = $0 { true } else { false } }) {
            self.outputs.insert(.persist(self.record), at: first)
        }
        return self.outputs
    }

    /// What has to be durable before this node's last message leaves.
    package var record: SafetyRecord {
        let oldest = self.round - ConsensusLimits.recordedRounds
        return SafetyRecord(
            epoch: self.committee.epoch, height: self.height, round: self.round, step: self.step, locked: self.locked, valid: self.valid,
            polka: self.validPolka, roundCertificate: self.roundCertificate, messages: self.signed.filter { $0.round > oldest })
    }

    /// n - f.
    var quorum: Int { self.has(.smallQuorum) ? 2 * self.committee.faults + 1 : self.committee.quorum }

    func has(_ bug: PlantedBugs) -> Bool {
        #if DEBUG || PLANTED_BUGS
            self.bugs.contains(bug)
        #else
            false
        #endif
    }

    /// Where a round is kept; it is made when it is not.
    mutating func index(of round: Round) -> Int {
        var index = self.rounds.count
        while index > 0, self.rounds[index - 1].round >= round { index -= 1 }
        if index == self.rounds.count || self.rounds[index].round != round {
            self.rounds.insert(RoundState(round: round, members: self.committee.members.count), at: index)
        }
        return index
    }

    /// A round, when anything is known of it.
    func state(of round: Round) -> RoundState? { self.rounds.last { $0.round == round } }

    func verdict(of id: BlockID) -> Verdict? { self.verdicts.last { $0.id == id }?.verdict }

    /// Asks for a block once.
    mutating func fetch(_ id: BlockID, hint: UInt32) {
        guard !self.requested.contains(id) else { return }
        if self.requested.count >= ConsensusLimits.verdicts { self.requested.removeFirst() }
        self.requested.append(id)
        self.outputs.append(.fetchBlock(id: id, hint: hint))
    }

    mutating func arm(_ kind: TimeoutKind) {
        self.outputs.append(
            .arm(height: self.height, round: self.round, kind, milliseconds: self.timeouts.milliseconds(kind, round: self.round)))
    }

    /// Asks for a signature; whoever does not sign only moves on. Nothing is ever signed twice for one height, round and kind.
    mutating func sign(_ request: SignRequest) {
        guard self.signer != nil, !self.signed.contains(where: { $0.round == request.round && $0.kind == request.kind }) else { return }
        self.signed.append(request)
        self.outputs.append(.sign(request))
    }
}
