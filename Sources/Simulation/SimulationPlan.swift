import Ordering

/// Everything that a world is, beside its luck: who takes part, what goes wrong how often, and how long.
package struct SimulationPlan: Sendable {
    package var members: UInt32 = 4
    package var liars: [Liar] = []
    /// Nodes that only follow until they take the place of a member that was evicted or not elected again; 0 leaves the committee as it is.
    package var standbys: UInt32 = 0
    /// Blocks in a thousand that hold an election's result.
    package var elections: UInt32 = 0
    /// In which order they propose, from height 1 and round 0 on; drawn when nil. Scripted scenarios set it.
    package var order: [UInt32]?
    /// A member whose disk does what no protocol survives alone: slots rot, blocks vanish. It counts among the f.
    package var weakDisk: UInt32?
    /// Messages in a thousand.
    package var loss: UInt32 = 0
    package var duplication: UInt32 = 0
    /// The longest way of a message, milliseconds, until the network heals and afterwards.
    package var delay: UInt64 = 20
    package var healedDelay: UInt64 = 10
    /// A member all of whose messages take four times as long.
    package var slowMember: UInt32?
    package var hasPartitions = false
    /// Outputs in a thousand before or in which the node crashes.
    package var crashes: UInt32 = 0
    /// Writes in a thousand that fail: the disk is full, or the sync says no and nobody knows what of it is there.
    package var writeErrors: UInt32 = 0
    /// Restarts in a thousand that find the older slot rotten.
    package var rot: UInt32 = 0
    /// Events in a thousand at which the node stands still for a while.
    package var pauses: UInt32 = 0
    /// The furthest that clocks are from the true time, milliseconds, and how much faster or slower timers run, percent.
    package var skew: Int64 = 0
    package var drift: UInt64 = 0
    /// Ticks in a thousand at which a clock jumps.
    package var jumps: UInt32 = 0
    package var timeouts = ConsensusTimeouts(propose: 120, proposeGrowth: 60, vote: 60, voteGrowth: 30)
    package var tick: UInt64 = 100
    /// Faults end at this time, or as soon as so many heights are decided.
    package var healAt: UInt64 = 1500
    package var heights: UInt64 = 3
    /// So many more heights have to be decided by everybody honest after that.
    package var progress: UInt64 = 2
    /// Disks hold the production bytes.
    package var keepsBytes = false
    /// The replica's own invariants are looked at after every so many steps of a node.
    package var inspection = 1
    /// More members lie than the committee survives: a fork is no violation, but it has to be proven (1.4).
    package var expectsFork = false
    /// For tests: mistakes in the replicas and hosts of honest members, and the findings that end the run (all of them when empty).
    package var bugs: PlantedBugs = []
    package var flaws: HostFlaws = []
    package var watched: Set<Violation.Kind> = []

    package init() {}

    /// f of the committee.
    package var faults: Int { (Int(self.members) - 1) / 3 }

    package func strategy(of member: UInt32) -> Strategy? { self.liars.first { $0.member == member }?.strategy }

    /// What a seed stands for: each draws its own mixture, so that rare combinations occur (swarm).
    package static func draw(_ random: inout SimulationRandom) -> SimulationPlan {
        var plan = SimulationPlan()
        plan.members = random.pick([4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 6, 6, 7, 7, 7, 7, 1, 10])
        let isOften = random.chance(850)
        let count = isOften ? plan.faults : random.below(plan.faults + 1)
        plan.addLiars(count, &random)
        if count < plan.faults || plan.faults > 0 && random.chance(60) {
            if count == plan.faults { plan.liars.removeLast() }
            plan.weakDisk = plan.honestMember(&random)
        }
        plan.loss = random.pick([0, 0, 20, 150])
        plan.duplication = random.pick([0, 0, 20, 150])
        plan.delay = random.pick([5, 20, 60, 150])
        if random.chance(200) { plan.slowMember = UInt32(random.below(UInt64(plan.members))) + 1 }
        plan.hasPartitions = random.chance(400)
        plan.crashes = random.pick([0, 0, 5, 30])
        plan.pauses = random.pick([0, 0, 0, 10])
        plan.skew = random.pick([0, 0, 100, 1500])
        plan.drift = random.pick([0, 0, 10])
        plan.timeouts = random.pick([
            ConsensusTimeouts(propose: 80, proposeGrowth: 40, vote: 40, voteGrowth: 20),
            ConsensusTimeouts(propose: 150, proposeGrowth: 75, vote: 80, voteGrowth: 40), .lan,
        ])
        plan.timeouts.cap = 4000
        plan.tick = random.pick([60, 100, 300])
        plan.healAt = 400 + random.below(2200 as UInt64)
        plan.heights = 2 + random.below(3 as UInt64)
        plan.keepsBytes = random.chance(100)
        plan.writeErrors = random.pick([0, 0, 3, 20])
        plan.rot = random.pick([0, 0, 200])
        plan.jumps = random.pick([0, 0, 0, 30])
        return plan
    }

    /// Draws what came later than the rest, by a generator of its own: worlds without it stay what they were.
    mutating func unsettle(seed: UInt64) {
        var random = SimulationRandom(seed: ~seed)
        if !self.liars.isEmpty, random.chance(80) { self.liars[0] = Liar(member: self.liars[0].member, strategy: .flooder) }
        guard self.members > 1, random.chance(150) else { return }
        self.standbys = 1 + UInt32(random.below(3))
        self.elections = random.pick([0, 100, 300])
        (self.heights, self.progress) = (self.heights + 2, self.progress + 1)
    }

    /// Gives the committee more liars than it survives, yet fewer than a quorum, so that each certificate has an honest signer.
    package mutating func betray(_ random: inout SimulationRandom) {
        self.members = random.pick([4, 4, 4, 5, 5, 6, 7])
        (self.liars, self.weakDisk, self.slowMember, self.expectsFork) = ([], nil, nil, true)
        (self.standbys, self.elections) = (0, 0)
        let quorum = Int(self.members) - self.faults
        let count = self.faults + 1 + random.below(quorum - 1 - self.faults)
        let traitors: [Strategy] = [.hunter, .hunter, .flatterer, .flatterer, .doubleProposer, .doubleVoter, .amnesiac, .withholder, .twins]
        let common = random.pick(traitors)
        let isUnited = random.chance(600)
        for _ in 0..<count {
            self.liars.append(Liar(member: self.honestMember(&random), strategy: isUnited ? common : random.pick(traitors)))
        }
    }

    /// Makes so many members lie, each in its own way.
    package mutating func addLiars(_ count: Int, _ random: inout SimulationRandom) {
        for _ in 0..<count {
            let strategy = random.pick(Strategy.drawn)
            self.liars.append(Liar(member: self.honestMember(&random), strategy: strategy))
        }
    }

    private func honestMember(_ random: inout SimulationRandom) -> UInt32 {
        random.pick((1...self.members).filter { self.strategy(of: $0) == nil })
    }

    /// How long everybody may take after the faults have ended, from a round that had been reached: milliseconds.
    func patience(from round: Round) -> UInt64 {
        func length(_ round: Round) -> UInt64 {
            [TimeoutKind.propose, .prevote, .precommit].reduce(0) { $0 + UInt64(self.timeouts.milliseconds($1, round: round)) }
        }
        let first = (round...round + Round(self.members) + 3).reduce(0) { $0 + length($1) }
        let each = (0...Round(2 * self.faults + 2)).reduce(0) { $0 + length($1) }
        return 1000 + UInt64(ConsensusLimits.idleTicks) * self.tick * (self.standbys > 0 ? 2 : 1) + (first + (self.progress + 1) * each) / 3
    }
}
