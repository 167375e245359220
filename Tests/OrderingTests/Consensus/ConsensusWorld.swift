import TestSupport

@testable import Ordering

/// A committee, its network, its disks and its time, all in one value: the same seed gives the same history.
///
/// Until `healAt` messages are lost, doubled and late and nodes crash between any two outputs of a step; after it only the liars go on.
struct ConsensusWorld {
    enum Liar: CaseIterable, Sendable {
        /// No liar: all are honest.
        case nobody
        /// Says nothing.
        case silent
        /// Votes for anything, in any round, differently to everybody, and proposes several blocks.
        case babbler
        /// Votes honestly, but sends its precommits to one victim only.
        case withholder
        /// Votes honestly except that it never remembers a lock, and proposes with made-up valid rounds.
        case amnesiac
    }

    /// What reaches the disk before a message leaves.
    enum Disk: Sendable { case whole, oneRecordLate, withoutLock, nothing }

    struct Plan: Sendable {
        var members: UInt32 = 4
        var heights: UInt64 = 2
        var liar = Liar.nobody
        var disk = Disk.whole
        var bugs: PlantedBugs = []
        /// In 1/1000 of a message.
        var loss: UInt64 = 40
        var doubling: UInt64 = 40
        /// In 1/1000 of an output.
        var crashes: UInt64 = 4
        /// Milliseconds that a message may take.
        var delay: UInt64 = 80
        /// Each seed draws its own rates, from none to harsh, so that rare mixtures occur.
        var isSwarm = true
        var healAt: UInt64 = 4_000
        /// Milliseconds after the healing by which all heights have to be decided.
        var patience: UInt64 = 40_000
    }

    struct Report: Sendable {
        var violations: [String] = []
        var decisions = 0
        var events = 0
        var crashes = 0
        var highestRound: Round = 0
        var hasReproposed = false
        var evidence = 0
    }

    private struct Node {
        var replica: Replica
        var stored: [(id: BlockID, commit: VoteCertificate)] = []
        var disk: SafetyRecord?
        /// With `Disk.oneRecordLate`: the record that is not durable yet.
        var lagging: SafetyRecord?
        var isUp = true
        var life = 0
    }

    private enum Event {
        case message(ConsensusMessage, from: UInt32, to: UInt32)
        case input(ReplicaInput, to: UInt32, life: Int)
        case tick(UInt32)
        case restart(UInt32)
    }

    private struct Place: Hashable {
        let signer: UInt32
        let height: UInt64
        let round: Round
        let kind: UInt8
    }

    private var plan: Plan
    private var random: SeededGenerator
    private var now: UInt64 = 0
    private var queue = EventQueue<Event>()
    private var nodes: [Node] = []
    private let committee: Committee
    private let schedule: ProposerSchedule
    private var signed: [Place: SignRequest] = [:]
    private var decided: [BlockID?]
    private var liarKnows: [BlockID] = []
    private var victim: UInt32 = 1
    private(set) var report = Report()

    private init(seed: UInt64, plan: Plan) {
        self.plan = plan
        self.random = SeededGenerator(exactSeed: seed)
        self.committee = Committee(epoch: 0, members: Array(1...plan.members)) ?? .nobody
        self.schedule = ProposerSchedule(order: Array(1...plan.members), firstHeight: 1) ?? .nobody
        self.decided = Array(repeating: nil, count: Int(plan.heights) + 2)
        for member in 1...plan.members {
            let bugs = member == self.liar && plan.liar == .amnesiac ? plan.bugs.union([.noLock, .anyValidRound]) : plan.bugs
            self.nodes.append(Node(replica: Replica(verifier: FakeKeys(), timeouts: Self.timeouts, bugs: bugs)))
        }
    }

    private static let timeouts = ConsensusTimeouts(propose: 200, proposeGrowth: 100, vote: 100, voteGrowth: 50)

    static func run(seed: UInt64, plan: Plan) -> Report {
        var world = ConsensusWorld(seed: seed, plan: plan)
        world.run()
        return world.report
    }

    /// The last member lies.
    private var liar: UInt32 { self.plan.liar == .nobody ? 0 : self.plan.members }

    private func isPuppet(_ member: UInt32) -> Bool { member == self.liar && (self.plan.liar == .silent || self.plan.liar == .babbler) }

    private func isHonest(_ member: UInt32) -> Bool { member != self.liar }

    private mutating func run() {
        if self.plan.isSwarm {
            self.plan.loss = [0, 40, 250][Int(self.draw(3))]
            self.plan.crashes = [0, 4, 25][Int(self.draw(3))]
            self.plan.delay = [20, 80, 400][Int(self.draw(3))]
        }
        self.victim = UInt32(self.draw(UInt64(max(2, self.plan.members) - 1))) + 1
        for member in 1...self.plan.members {
            self.start(member)
            self.queue.add(.tick(member), at: 100 + self.draw(100))
        }
        let limit = self.plan.healAt + self.plan.patience
        while let (time, event) = self.queue.next(), self.report.violations.isEmpty {
            self.now = time
            self.report.events += 1
            guard time < limit else {
                let heights = self.nodes.map { $0.stored.count }
                self.report.violations.append("all heights are decided in time: \(heights) of \(self.plan.heights)")
                return
            }
            self.handle(event)
            if self.isFinished { return }
        }
    }

    private var isFinished: Bool {
        for member in 1...self.plan.members where self.isHonest(member) {
            if self.nodes[Int(member) - 1].stored.count < Int(self.plan.heights) { return false }
        }
        return true
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .message(let message, let from, let to):
            if self.isPuppet(to) { return self.babble(about: message) }
            self.step(to, .message(message, from: from))
        case .input(let input, let to, let life):
            if self.nodes[Int(to) - 1].life == life { self.step(to, input) }
        case .tick(let member):
            self.queue.add(.tick(member), at: self.now + 150)
            if !self.isPuppet(member) { self.step(member, .rebroadcast) }
        case .restart(let member):
            let index = Int(member) - 1
            let old = self.nodes[index]
            self.nodes[index].replica = Replica(verifier: FakeKeys(), timeouts: Self.timeouts, bugs: old.replica.bugs)
            self.nodes[index].isUp = true
            self.start(member)
        }
    }

    /// Begins the height after the last stored block, as `Recovery` says.
    private mutating func start(_ member: UInt32) {
        guard !self.isPuppet(member) else { return }
        let index = Int(member) - 1
        let height = UInt64(self.nodes[index].stored.count) + 1
        let isWanted = height <= self.plan.heights
        var record = self.nodes[index].disk
        if self.plan.disk == .withoutLock {
            record?.locked = nil
            record?.valid = nil
            record?.polka = nil
        }
        let start = HeightStart(
            height: height, committee: self.committee, schedule: self.schedule, signer: member, record: record?.height == height ? record : nil,
            hasReason: isWanted && self.draw(2) == 0)
        self.step(member, .startHeight(start))
        // After the last height a node idles, and still answers those behind.
        if isWanted { self.later(member, .reason(height: height), self.draw(60)) }
    }

    private mutating func step(_ member: UInt32, _ input: ReplicaInput) {
        let index = Int(member) - 1
        guard self.nodes[index].isUp else { return }
        if case .startHeight = input {} else if self.nodes[index].replica.height == 0 { return }
        let before = self.nodes[index].replica
        let outputs = self.nodes[index].replica.step(input)
        if self.isHonest(member), self.plan.bugs.isEmpty {
            self.report.violations += self.nodes[index].replica.violations(since: before)
            self.report.violations += Replica.violations(in: outputs)
            // The full look is the slow one: a sample of the steps is enough over many schedules.
            if self.report.events & 3 == 0 { self.report.violations += self.nodes[index].replica.violations() }
        }
        self.report.highestRound = max(self.report.highestRound, self.nodes[index].replica.round)
        let life = self.nodes[index].life
        for output in outputs {
            if self.now < self.plan.healAt, self.draw(1000) < self.plan.crashes { self.crash(member) }
            guard self.nodes[index].life == life else { return }
            self.perform(output, member)
        }
    }

    private mutating func crash(_ member: UInt32) {
        self.report.crashes += 1
        self.nodes[Int(member) - 1].isUp = false
        self.nodes[Int(member) - 1].life += 1
        self.nodes[Int(member) - 1].lagging = nil
        self.queue.add(.restart(member), at: self.now + 20 + self.draw(600))
    }

    private mutating func perform(_ output: ReplicaOutput, _ member: UInt32) {
        let index = Int(member) - 1
        switch output {
        case .persist(let record):
            switch self.plan.disk {
            case .whole, .withoutLock: self.nodes[index].disk = record
            case .oneRecordLate:
                self.nodes[index].disk = self.nodes[index].lagging ?? self.nodes[index].disk
                self.nodes[index].lagging = record
            case .nothing: break
            }
        case .sign(let request): self.send(request, by: member)
        case .buildCandidate(let height, let round):
            let id = BlockID(number: height << 32 | UInt64(member) << 16 | self.draw(1 << 16))
            self.later(member, .candidate(height: height, round: round, id: id), 1 + self.draw(10))
            self.later(member, .verdict(height: height, id: id, Fake.valid), 1 + self.draw(10))
        case .arm(let height, let round, let kind, let milliseconds):
            self.later(member, .timeout(height: height, round: round, kind), UInt64(milliseconds))
        case .fetchBlock(let id, _):
            let height = self.nodes[index].replica.height
            let isTimely = self.draw(20) > 0
            let verdict = id.number >> 32 == height ? Verdict.valid(Fake.form, isTimely: isTimely) : .invalid
            self.later(member, .verdict(height: height, id: id, verdict), 1 + self.draw(40))
        case .relay(let bundle, let to):
            for receiver in 1...self.plan.members where receiver != member && (to == nil || to == receiver) {
                self.transmit(.bundle(bundle), from: member, to: receiver)
            }
        case .sendDecision(let height, let to):
            guard let block = self.nodes[index].stored.dropFirst(Int(height) - 1).first else { return }
            self.transmit(.certificate(block.commit), from: member, to: to)
        case .decide(let id, let commit): self.store(id, commit, at: member)
        case .evidence(let evidence):
            self.report.evidence += 1
            if self.isHonest(evidence.identity.offender) { self.report.violations.append("no evidence against an honest member: \(evidence)") }
            if !evidence.isProof(committee: self.committee, schedule: self.schedule, verifier: FakeKeys()) {
                self.report.violations.append("evidence proves something: \(evidence)")
            }
        case .fatal(let reason):
            if self.isHonest(member) { self.report.violations.append("no honest node has to stop: \(reason)") }
        case .refuse(let refusal, let from):
            if self.isHonest(from), self.isHonest(member) { self.report.violations.append("nothing honest is refused: \(refusal)") }
        case .archive, .behind: break
        }
    }

    private mutating func store(_ id: BlockID, _ commit: VoteCertificate, at member: UInt32) {
        let index = Int(member) - 1
        let height = self.nodes[index].stored.count + 1
        if self.isHonest(member) {
            if let other = self.decided[height], other != id {
                self.report.violations.append("one block per height: \(other) and \(id) at \(height)")
            }
            self.decided[height] = id
            self.report.decisions += 1
            let isBroken = self.plan.bugs.contains(.smallQuorum) || self.plan.bugs.contains(.countedTwice)
            if !isBroken, commit.flaw(committee: self.committee, verifier: FakeKeys()) != nil {
                self.report.violations.append("a decision has its certificate")
            }
        }
        self.nodes[index].stored.append((id, commit))
        self.start(member)
    }

    private mutating func send(_ request: SignRequest, by member: UInt32) {
        if self.isHonest(member) {
            let place = Place(signer: member, height: request.height, round: request.round, kind: request.kind)
            if let earlier = self.signed[place], !earlier.isSame(as: request) {
                self.report.violations.append("nobody honest signs two contents: \(Bench.text(earlier)), \(Bench.text(request))")
            }
            self.signed[place] = request
        }
        var receivers = Array(1...self.plan.members)
        if case .proposal(let proposal, _) = request, proposal.validRound >= 0 { self.report.hasReproposed = true }
        if member == self.liar, self.plan.liar == .withholder, case .vote(let vote, _) = request, vote.kind == .precommit {
            receivers = [member, self.victim]
        }
        let message = FakeKeys.sign(request)
        for receiver in receivers {
            if receiver == member {
                self.later(member, .message(message, from: member), 0)
            } else {
                self.transmit(message, from: member, to: receiver)
            }
        }
    }

    private mutating func transmit(_ message: ConsensusMessage, from: UInt32, to: UInt32) {
        let isRough = self.now < self.plan.healAt
        if isRough, self.draw(1000) < self.plan.loss { return }
        self.queue.add(.message(message, from: from, to: to), at: self.now + 1 + self.draw(isRough ? self.plan.delay : 20))
        if isRough, self.draw(1000) < self.plan.doubling {
            self.queue.add(.message(message, from: from, to: to), at: self.now + 1 + self.draw(300))
        }
    }

    private mutating func later(_ member: UInt32, _ input: ReplicaInput, _ delay: UInt64) {
        self.queue.add(.input(input, to: member, life: self.nodes[Int(member) - 1].life), at: self.now + delay)
    }

    private mutating func draw(_ bound: UInt64) -> UInt64 { self.random.next() % bound }

    /// The babbler answers what it hears with votes and proposals that contradict each other, drawn for each receiver.
    private mutating func babble(about message: ConsensusMessage) {
        guard self.plan.liar == .babbler else { return }
        let height = message.height
        var round: Round = 0
        switch message {
        case .proposal(let proposal, _):
            round = proposal.proposal.round
            if !self.liarKnows.contains(proposal.proposal.id) { self.liarKnows.append(proposal.proposal.id) }
        case .vote(let vote): round = vote.vote.round
        case .bundle(let bundle): round = bundle.round
        case .certificate, .round: break
        }
        guard self.draw(3) == 0 else { return }
        let known = self.liarKnows.filter { $0.number >> 32 == height }
        for receiver in 1..<self.plan.members {
            let pick = Int(self.draw(UInt64(known.count + 2)))
            let id =
                pick < known.count ? known[pick] : pick == known.count ? nil : BlockID(number: height << 32 | UInt64(self.liar) << 16 | self.draw(2))
            let valid = Round(self.draw(UInt64(round) + 1)) - 1
            if self.schedule.proposer(height: height, round: round) == self.liar, let id {
                let body = BlockProposal(height: height, round: round, id: id, validRound: valid, signer: self.liar)
                self.transmit(FakeKeys.sign(.proposal(body, polka: nil)), from: self.liar, to: receiver)
                if !self.liarKnows.contains(id) { self.liarKnows.append(id) }
            }
            let isPrevote = self.draw(2) == 0
            let choice = id.map { isPrevote ? VoteChoice.prevote($0, validRound: valid) : .precommit($0, lastConfig: 0) } ?? .nil
            let vote = Vote(height: height, round: round, kind: isPrevote ? .prevote : .precommit, choice: choice, signer: self.liar)
            self.transmit(.vote(Fake.signed(vote)), from: self.liar, to: receiver)
        }
    }
}

/// Events by time, and in the order of their adding where the time is the same.
struct EventQueue<Event> {
    private var heap: [(key: UInt64, event: Event)] = []
    private var added: UInt64 = 0

    /// - Parameter time: Below 2^40.
    mutating func add(_ event: Event, at time: UInt64) {
        self.added += 1
        self.heap.append((time << 24 | self.added & 0xFF_FFFF, event))
        var index = self.heap.count - 1
        while index > 0, self.heap[index].key < self.heap[(index - 1) / 2].key {
            self.heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func next() -> (time: UInt64, event: Event)? {
        guard let last = self.heap.popLast() else { return nil }
        guard let first = self.heap.first else { return (last.key >> 24, last.event) }
        self.heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < self.heap.count && self.heap[child].key < self.heap[least].key { least = child }
            if least == index { break }
            self.heap.swapAt(index, least)
            index = least
        }
        return (first.key >> 24, first.event)
    }
}
