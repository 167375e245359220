import LedgerModel

@testable import Ordering

/// Real replicas that do what a scenario says, and nothing else: what it does not deliver is lost, and no timer ends by itself.
///
/// Only in the last phase, `everybody decides`, time runs: then every message arrives after 10 ms, timers end when they end, and everybody relays.
struct ScenarioWorld {
    struct Failure: Error, CustomStringConvertible {
        let line: Int
        let reason: String
        var description: String { "line \(self.line): \(self.reason)" }
    }

    struct Member {
        var replica: Replica
        /// What it has signed, oldest first, and with what message.
        var sent: [(request: SignRequest, message: ConsensusMessage)] = []
        /// For each receiver: how many of those `everything` has delivered.
        var delivered: [UInt32: Int] = [:]
        var record: SafetyRecord?
        var armed: [(kind: TimeoutKind, height: UInt64, round: Round, milliseconds: UInt32)] = []
        var pendingBuild: (height: UInt64, round: Round)?
        var wanted: [BlockID] = []
        var missing: Set<BlockID> = []
        var decisions: [(id: BlockID, commit: VoteCertificate)] = []
        var evidence: [Evidence.Identity] = []
        var answers: [(to: UInt32?, message: ConsensusMessage)] = []
        var isUp = true
    }

    let script: ScenarioScript
    let bugs: PlantedBugs
    let committee: Committee
    let schedule: ProposerSchedule
    var members: [UInt32: Member] = [:]
    private var invalid: Set<BlockID> = []
    private(set) var line = 0
    /// Set when two honest members have decided different blocks for one height.
    private(set) var hasForked = false

    init(_ script: ScenarioScript, bugs: PlantedBugs) {
        self.script = script
        self.bugs = bugs
        let all = Array(1...script.members)
        self.committee = Committee(epoch: 0, members: all) ?? .nobody
        self.schedule = ProposerSchedule(order: all, firstHeight: 1) ?? .nobody
        for member in all where !script.liars.contains(member) {
            self.members[member] = Member(replica: Replica(verifier: FakeKeys(), bugs: bugs))
        }
    }

    var honest: [UInt32] { self.members.keys.sorted() }

    /// Runs the whole script.
    ///
    /// - Throws: `Failure` at the first line that is not so.
    mutating func run() throws(Failure) {
        for (line, command) in self.script.commands {
            self.line = line
            try self.perform(command)
            for member in self.honest {
                if let violation = self.members[member]?.replica.violations().first { throw self.failure("\(member): not so: \(violation)") }
            }
        }
        // More liars than f can make a fork; a scenario that shows it says so by its expectations.
        if self.hasForked, self.script.liars.count <= self.committee.faults { throw self.failure("honest members have decided different blocks") }
    }

    func failure(_ reason: String) -> Failure { Failure(line: self.line, reason: reason) }

    func member(_ number: UInt32) throws(Failure) -> Member {
        guard let member = self.members[number] else { throw self.failure("\(number) is no honest member") }
        return member
    }

    private mutating func perform(_ command: ScenarioScript.Command) throws(Failure) {
        switch command {
        case .start(let members, let hasReason):
            for member in members { try self.start(member, hasReason: hasReason) }
        case .reason(let members):
            for member in members { self.feed(member, .reason(height: try self.member(member).replica.height)) }
        case .build(let member, let block):
            guard let build = try self.member(member).pendingBuild else { throw self.failure("\(member) was not asked for a block") }
            self.build(Fake.block(block), build, by: member)
        case .reach(let kind, let senders, let receivers, let place):
            for sender in senders {
                let sent = try self.member(sender).sent.last {
                    $0.request.kind == kind && $0.request.round == place.round && $0.request.height == place.height
                }
                guard let sent else { throw self.failure("\(sender) has signed no such thing in round \(place.round)") }
                for receiver in receivers where receiver != sender { self.feed(receiver, .message(sent.message, from: sender)) }
            }
        case .everything(let senders, let receivers): self.deliverEverything(of: senders, to: receivers)
        case .answers(let sender, let receiver):
            let answers = try self.member(sender).answers.filter { $0.to == receiver }
            guard !answers.isEmpty else { throw self.failure("\(sender) has no answer for \(receiver)") }
            for answer in answers { self.feed(receiver, .message(answer.message, from: sender)) }
            self.members[sender]?.answers.removeAll { $0.to == receiver }
        case .lie(let liar, let receivers, let kind, let block, let place):
            guard let message = self.lie(liar, kind: kind, block: block, place) else { throw self.failure("nobody can say that") }
            for receiver in receivers { self.feed(receiver, .message(message, from: liar)) }
        case .timer(let kind, let members):
            for member in members { try self.endTimer(kind, at: member) }
        case .invalid(let block): self.invalid.insert(Fake.block(block))
        case .missing(let block, let members):
            for member in members { self.members[member]?.missing.insert(Fake.block(block)) }
        case .arrives(let block, let members):
            for member in members {
                self.members[member]?.missing.remove(Fake.block(block))
                if try self.member(member).wanted.contains(Fake.block(block)) { self.judge(Fake.block(block), at: member) }
            }
        case .relay(let sender, let receivers):
            self.members[sender]?.answers.removeAll { $0.to == nil }
            for _ in 0..<2 { self.feed(sender, .rebroadcast) }
            guard let relay = try self.member(sender).answers.last(where: { $0.to == nil }) else { throw self.failure("\(sender) relays nothing") }
            for receiver in receivers { self.feed(receiver, .message(relay.message, from: sender)) }
        case .crash(let member): self.members[member]?.isUp = false
        case .restart(let member): try self.restart(member)
        default: try self.check(command)
        }
    }

    // MARK: Inputs

    private mutating func start(_ number: UInt32, hasReason: Bool, record: SafetyRecord? = nil) throws(Failure) {
        let height = UInt64(try self.member(number).decisions.count) + 1
        let start = HeightStart(
            height: height, committee: self.committee, schedule: self.schedule, signer: number, record: record, hasReason: hasReason)
        self.feed(number, .startHeight(start))
    }

    mutating func startNext(_ number: UInt32) { try? self.start(number, hasReason: false) }

    /// What survives is what the record's bytes hold.
    private mutating func restart(_ number: UInt32) throws(Failure) {
        guard
            let machine = RecordOwner(
                chain: [UInt8](repeating: 0, count: 32), consenter: number, instance: [UInt8](repeating: 0, count: 16),
                machine: [UInt8](repeating: 0, count: 32))
        else { throw self.failure("no owner") }
        var old = try self.member(number)
        var record: SafetyRecord?
        if let kept = old.record {
            guard let slot = SafetyRecordFormat.encode(owner: machine, counter: 1, record: kept), let read = try? SafetyRecordFormat.decode(slot)
            else { throw self.failure("the record of \(number) cannot be written and read") }
            record = read.record
        }
        old.replica = Replica(verifier: FakeKeys(), bugs: self.bugs)
        (old.armed, old.pendingBuild, old.wanted, old.answers, old.isUp) = ([], nil, [], [], true)
        self.members[number] = old
        try self.start(number, hasReason: true, record: record?.height == UInt64(old.decisions.count) + 1 ? record : nil)
    }

    private mutating func endTimer(_ kind: TimeoutKind, at number: UInt32) throws(Failure) {
        let replica = try self.member(number).replica
        let index = try self.member(number).armed.firstIndex { $0.kind == kind && $0.height == replica.height && $0.round == replica.round }
        guard let index else { throw self.failure("no rule has started the \(kind) timer of \(number)") }
        self.members[number]?.armed.remove(at: index)
        self.feed(number, .timeout(height: replica.height, round: replica.round, kind))
    }

    private mutating func deliverEverything(of senders: [UInt32], to receivers: [UInt32]) {
        var isDone = false
        while !isDone {
            isDone = true
            for sender in senders {
                for receiver in receivers where receiver != sender {
                    let next = self.members[sender]?.delivered[receiver, default: 0] ?? 0
                    guard let sent = self.members[sender]?.sent, next < sent.count else { continue }
                    isDone = false
                    self.members[sender]?.delivered[receiver] = next + 1
                    self.feed(receiver, .message(sent[next].message, from: sender))
                }
            }
        }
    }

    private func lie(_ liar: UInt32, kind: UInt8, block: UInt64?, _ place: ScenarioScript.Place) -> ConsensusMessage? {
        switch (VoteKind(rawValue: kind), block) {
        case (.prevote?, let block):
            .vote(Fake.prevote(liar, block, round: place.round, valid: place.valid, height: place.height))
        case (.precommit?, let block): .vote(Fake.precommit(liar, block, round: place.round, height: place.height))
        case (nil, let block?):
            .proposal(Fake.proposal(liar, block, round: place.round, valid: place.valid, height: place.height), polka: nil)
        case (nil, nil): nil
        }
    }

    mutating func build(_ id: BlockID, _ build: (height: UInt64, round: Round), by number: UInt32) {
        self.members[number]?.pendingBuild = nil
        self.feed(number, .candidate(height: build.height, round: build.round, id: id))
        self.judge(id, at: number)
    }

    private mutating func judge(_ id: BlockID, at number: UInt32) {
        guard let height = self.members[number]?.replica.height else { return }
        self.feed(number, .verdict(height: height, id: id, self.invalid.contains(id) ? .invalid : Fake.valid))
    }

    // MARK: Outputs

    mutating func feed(_ number: UInt32, _ input: ReplicaInput) {
        guard self.members[number]?.isUp == true, let outputs = self.members[number]?.replica.step(input) else { return }
        for output in outputs { self.carryOut(output, of: number) }
    }

    private mutating func carryOut(_ output: ReplicaOutput, of number: UInt32) {
        switch output {
        case .persist(let record): self.members[number]?.record = record
        case .sign(let request):
            let message = FakeKeys.sign(request)
            self.members[number]?.sent.append((request, message))
            self.feed(number, .message(message, from: number))
        case .buildCandidate(let height, let round): self.members[number]?.pendingBuild = (height, round)
        case .arm(let height, let round, let kind, let milliseconds): self.members[number]?.armed.append((kind, height, round, milliseconds))
        case .fetchBlock(let id, _):
            self.members[number]?.wanted.append(id)
            if self.members[number]?.missing.contains(id) == false { self.judge(id, at: number) }
        case .relay(let bundle, let to): self.members[number]?.answers.append((to, .bundle(bundle)))
        case .sendDecision(let height, let to):
            guard let decisions = self.members[number]?.decisions, height >= 1, height <= decisions.count else { return }
            self.members[number]?.answers.append((to, .certificate(decisions[Int(height) - 1].commit)))
        case .decide(let id, let commit):
            self.members[number]?.decisions.append((id, commit))
            let index = (self.members[number]?.decisions.count ?? 1) - 1
            for other in self.members.values where other.decisions.count > index && other.decisions[index].id != id { self.hasForked = true }
        case .evidence(let evidence): self.members[number]?.evidence.append(evidence.identity)
        case .archive, .behind, .refuse, .fatal: break
        }
    }
}
