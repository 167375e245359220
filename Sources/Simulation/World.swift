import CryptoPrimitives
import Ordering

/// One committee in a simulated world: the production replicas, and everything around them made of one seed.
///
/// Time, network, disks, crashes and liars are drawn from the seed, so the same seed and plan give the same run, in any process. Faults end
/// at some time; from then on everybody honest has to decide within a time that is computed from the timeouts.
package struct World {
    /// A message may be kept from its receiver by a scripted scenario.
    package typealias Filter = (_ message: ConsensusMessage, _ from: UInt32, _ to: UInt32, _ time: UInt64) -> Bool

    enum Event {
        case message(ConsensusMessage, from: UInt32, to: Int)
        case input(ReplicaInput, to: Int, life: UInt32)
        case start(Int, life: UInt32)
        case tick(Int)
        case restart(Int)
        case fetch(BlockID, by: Int, life: UInt32, hint: UInt32, attempt: UInt64)
        case sync(Int, life: UInt32)
        /// The network is cut into two; with equal sides it is whole again.
        case cut(sides: UInt64, oneWay: Bool)
        case heal
    }

    /// Where one thing may be signed.
    struct Place: Hashable {
        let height: UInt64
        let round: Round
        let kind: UInt8
        let signer: UInt32
    }

    static let chain = [UInt8](repeating: 7, count: 32)
    static let epoch: UInt64 = 1

    let plan: SimulationPlan
    /// Everybody, in the order in which they propose while they are in office.
    let order: [UInt32]
    /// Index is the height less one: who is in office there. Without standbys the first is all there is.
    var offices: [Office]
    let keys: SimulatedKeys
    let filter: Filter?
    var random: SimulationRandom
    var queue = EventQueue<Event>()
    var now: UInt64 = 0
    var nodes: [SimulatedNode] = []
    /// The process that a member's messages come to; for twins the first of two.
    let processes: [Int]
    /// Index is the number of the block's id.
    var blocks: [SimulatedBlock] = []
    var network = SimulatedNetwork()
    var adversary: Adversary
    var isHealed = false
    /// Set when the faults end.
    var target: UInt64 = .max
    var deadline: UInt64 = .max
    var healedAt: UInt64 = 0
    /// Whether somebody may have reached the target since it was last looked at.
    var hasNews = true
    /// By height, from 1 on: what honest members have decided.
    var decided: [BlockID] = []
    /// What honest members have signed.
    var signed: [Place: UInt64] = [:]
    /// Honest prevotes for a block, as bits of members.
    var prevotes: [VoteChoiceInRound: UInt64] = [:]
    /// Polkas that somebody honest has relied on, and commits by which somebody honest has decided; kept where a fork is expected.
    var archived: [VoteCertificate] = []
    var isForked = false
    var trace: Trace
    package private(set) var report: SimulationReport

    struct VoteChoiceInRound: Hashable {
        let height: UInt64
        let round: Round
        let id: BlockID
        let validRound: Round
    }

    /// Runs the world of a seed to its end.
    ///
    /// - Parameter adjust: Changes the plan that was drawn, before anything begins.
    package static func run(
        seed: UInt64, keepsLines: Bool = false, filter: Filter? = nil, adjust: (inout SimulationPlan, inout SimulationRandom) -> Void = { _, _ in }
    ) -> SimulationReport {
        var random = SimulationRandom(seed: seed)
        var plan = SimulationPlan.draw(&random)
        plan.unsettle(seed: seed)
        adjust(&plan, &random)
        var order = Array(1...plan.members + plan.standbys)
        for last in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(last, random.below(last + 1)) }
        order = plan.order ?? order
        guard let committee = Committee(epoch: Self.epoch, members: Array(1...plan.members)),
            let schedule = ProposerSchedule(order: order.filter { $0 <= plan.members }, firstHeight: 1)
        else { return SimulationReport(seed: seed, plan: plan) }
        let office = Office(committee: committee, schedule: schedule)
        var world = World(seed: seed, plan: plan, order: order, office: office, random: random, keepsLines: keepsLines, filter: filter)
        world.run()
        return world.report
    }

    private init(
        seed: UInt64, plan: SimulationPlan, order: [UInt32], office: Office, random: SimulationRandom, keepsLines: Bool, filter: Filter?
    ) {
        self.plan = plan
        self.order = order
        self.offices = [office]
        self.random = random
        self.keys = SimulatedKeys(secret: self.random.next())
        self.filter = filter
        self.trace = Trace(keepsLines: keepsLines)
        self.report = SimulationReport(seed: seed, plan: plan)
        self.adversary = Adversary(victim: 1)
        self.processes = Array(0..<order.count)
        for member in self.everyone { self.addNode(member) }
        for liar in plan.liars where liar.strategy == .twins { self.addNode(liar.member) }
        let honest = office.committee.members.filter { plan.strategy(of: $0) == nil }
        if !honest.isEmpty { self.adversary.victim = self.random.pick(honest) }
        self.adversary.sides = self.random.next()
    }

    private mutating func addNode(_ member: UInt32) {
        let strategy = self.plan.strategy(of: member)
        let bugs = strategy == nil ? self.plan.bugs : []
        let replica = Replica(verifier: self.keys, timeouts: self.plan.timeouts, bugs: bugs)
        let instance = [UInt8](repeating: UInt8(truncatingIfNeeded: self.nodes.count), count: 16)
        guard let owner = RecordOwner(chain: Self.chain, consenter: member, instance: instance, machine: Self.chain) else { return }
        var node = SimulatedNode(
            member: member, strategy: strategy, replica: replica, disk: SimulatedDisk(owner: owner, keepsBytes: self.plan.keepsBytes))
        if self.plan.skew > 0 { node.skew = Int64(self.random.below(UInt64(2 * self.plan.skew + 1))) - self.plan.skew }
        if self.plan.drift > 0 { node.pace = 100 - self.plan.drift + self.random.below(2 * self.plan.drift + 1) }
        self.nodes.append(node)
    }

    // MARK: Time

    private mutating func run() {
        self.markPlan()
        for index in self.nodes.indices {
            self.queue.add(.start(index, life: 0), at: self.random.below(20 as UInt64))
            self.queue.add(.tick(index), at: self.plan.tick + self.random.below(self.plan.tick))
        }
        self.queue.add(.heal, at: self.plan.healAt)
        if self.plan.hasPartitions { self.queue.add(.cut(sides: 0, oneWay: false), at: self.random.below(400 as UInt64)) }
        while self.report.violations.isEmpty, !self.isForked, !self.isFinished(), let (time, event) = self.queue.next() {
            if time > self.deadline {
                self.now = self.deadline
                if self.plan.expectsFork { break }
                self.violate(.liveness, "heights \(self.honestHeads) of \(self.target), the faults ended at \(self.healedAt) ms")
                break
            }
            self.now = time
            self.report.events += 1
            self.handle(event)
        }
        self.report.milliseconds = self.now
        if self.isHealed { self.report.patienceUsed = (self.now - self.healedAt) * 100 / (self.deadline - self.healedAt) }
        self.report.digest = self.trace.digest()
        self.report.lines = self.trace.lines
    }

    private var honestHeads: [UInt64] { self.nodes.filter(\.isHonest).map(\.head) }

    /// This is asked before every event, and answered by looking at the nodes only when a block was stored since.
    private mutating func isFinished() -> Bool {
        guard self.isHealed, self.hasNews else { return false }
        self.hasNews = false
        return self.nodes.allSatisfy { !$0.isHonest || $0.head >= self.target }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .message(let message, let from, let index):
            if self.postpone(event, of: index) { return }
            self.trace.note(1 | self.now << 8, UInt64(from) << 32 | UInt64(index), Self.words(message))
            self.say { "\($0.now) ms: \(from) -> \($0.name(index)) \(Self.text(message))" }
            if !self.nodes[index].isHonest { self.overhear(message, from: from, by: index) }
            self.nodes[index].ahead = max(self.nodes[index].ahead, message.height)
            self.step(index, .message(message, from: from))
        case .input(let input, let index, let life):
            guard self.nodes[index].life == life, !self.postpone(event, of: index) else { return }
            self.trace.note(2 | self.now << 8, UInt64(index), Self.words(input))
            self.say { "\($0.now) ms: \($0.name(index)) \(Self.text(input))" }
            self.step(index, input)
        case .start(let index, let life):
            if self.nodes[index].life == life { self.startHeight(index) }
        case .tick(let index):
            self.queue.add(event, at: self.now + self.plan.tick * self.nodes[index].pace / 100)
            if !self.nodes[index].isHonest { self.act(index) }
            self.jumpClock(of: index)
            self.askAhead(index)
            self.step(index, .rebroadcast)
        case .restart(let index): self.restart(index)
        case .fetch(let id, let index, let life, let hint, let attempt):
            if self.nodes[index].life == life { self.fetch(id, by: index, hint: hint, attempt: attempt) }
        case .sync(let index, let life):
            if self.nodes[index].life == life { self.sync(index) }
        case .cut(let sides, let oneWay): self.cut(sides, oneWay: oneWay)
        case .heal: self.heal()
        }
    }

    /// A node that stands still gets to it later.
    private mutating func postpone(_ event: Event, of index: Int) -> Bool {
        if self.nodes[index].pausedUntil > self.now {
            self.queue.add(event, at: self.nodes[index].pausedUntil)
            return true
        }
        if !self.isHealed, self.random.chance(self.plan.pauses) {
            self.nodes[index].pausedUntil = self.now + 20 + self.random.below(400 as UInt64)
            self.report.faults.pauses += 1
            self.report.marks.hit(.paused)
        }
        return false
    }

    private mutating func jumpClock(of index: Int) {
        guard !self.isHealed, self.random.chance(self.plan.jumps) else { return }
        self.nodes[index].skew = Int64(self.random.below(6001 as UInt64)) - 3000
        self.count { $0.faults.clockJumps += 1 }
        self.mark(.clockJumped)
    }

    /// From now on nothing gets lost and nobody crashes; who lies goes on lying.
    mutating func heal() {
        guard !self.isHealed else { return }
        self.isHealed = true
        self.healedAt = self.now
        self.network.heal()
        var head: UInt64 = 0
        var round: Round = 0
        for node in self.nodes where node.isHonest {
            head = max(head, node.head)
            round = max(round, node.replica.round)
        }
        for index in self.nodes.indices { self.nodes[index].skew = 0 }
        (self.target, self.hasNews) = (head + self.plan.progress, true)
        self.deadline = self.now + self.plan.patience(from: round)
        self.trace.note(3 | self.now << 8, head, UInt64(UInt32(bitPattern: round)))
        self.say { "\($0.now) ms: the faults end; everybody honest has to reach height \($0.target) by \($0.deadline) ms" }
    }

    private mutating func cut(_ sides: UInt64, oneWay: Bool) {
        guard !self.isHealed else { return }
        self.network.cut(sides, oneWay: oneWay)
        self.report.marks.hit(.partitionHealed, when: sides == 0 && self.report.faults.cutOff > 0)
        let next = sides == 0 ? self.random.next() : 0
        self.queue.add(.cut(sides: next, oneWay: self.random.chance(250)), at: self.now + 50 + self.random.below(sides == 0 ? 600 : 900 as UInt64))
    }

    private mutating func markPlan() {
        for liar in self.plan.liars { self.report.marks.hit(.liar(liar.strategy)) }
        self.report.marks.hit(.committeeOfOne, when: self.plan.members == 1)
        self.report.marks.hit(.committeeOfTen, when: self.plan.members == 10)
        self.report.marks.hit(.productionBytesOnDisk, when: self.plan.keepsBytes)
    }

    mutating func violate(_ kind: Violation.Kind, _ text: String) {
        guard self.plan.watched.isEmpty || self.plan.watched.contains(kind) else { return }
        self.report.violations.append(Violation(kind: kind, text: text, time: self.now))
        self.say { "\($0.now) ms: VIOLATION \(kind.rawValue): \(text)" }
    }

    /// Keeps a line for people, when somebody wants to read it.
    mutating func say(_ line: (World) -> String) {
        guard self.trace.keepsLines else { return }
        let text = line(self)
        self.trace.say(text)
    }

    mutating func mark(_ mark: CoverageMark, when isSo: Bool = true) { self.report.marks.hit(mark, when: isSo) }

    mutating func count(_ change: (inout SimulationReport) -> Void) { change(&self.report) }
}
