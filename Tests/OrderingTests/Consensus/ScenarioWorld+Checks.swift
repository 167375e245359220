@testable import Ordering

/// What a scenario expects, and its last phase in which time runs.
extension ScenarioWorld {
    mutating func check(_ command: ScenarioScript.Command) throws(Failure) {
        switch command {
        case .expectStep(let number, let step, let place):
            let replica = try self.member(number).replica
            guard replica.round == place.round, "\(replica.step)" == step else {
                throw self.failure("\(number) is in round \(replica.round), step \(replica.step)")
            }
        case .expectLock(let numbers, let block, let place):
            for number in numbers {
                let locked = try self.member(number).replica.locked
                guard locked == block.map({ .init(id: Fake.block($0), round: place.round) }) else {
                    throw self.failure("\(number) is locked on \(locked.map { "\($0.id.number) since round \($0.round)" } ?? "nothing")")
                }
            }
        case .expectValid(let numbers, let block, let place):
            for number in numbers {
                let valid = try self.member(number).replica.valid
                guard valid == block.map({ .init(id: Fake.block($0), round: place.round) }) else {
                    throw self.failure("\(number) holds \(valid.map { "\($0.id.number) since round \($0.round)" } ?? "nothing") valid")
                }
            }
        case .expectSigned(let numbers, let isSo, let kind, let block, let place):
            for number in numbers {
                let sent = try self.member(number).sent.map(\.request)
                let isSigned = sent.contains { self.isSame($0, kind: kind, block: block, place) }
                guard isSigned == isSo else { throw self.failure("\(number) signed \(sent.map(Bench.text).joined(separator: ", "))") }
            }
        case .expectDecided(let numbers, let block):
            for number in numbers {
                let last = try self.member(number).decisions.last?.id.number
                guard last == block else { throw self.failure("\(number) decided \(last.map { "\($0)" } ?? "nothing")") }
            }
        case .expectProof(let number, let code, let offender):
            let evidence = try self.member(number).evidence
            guard evidence.contains(where: { $0.code == code && $0.offender == offender }) else {
                throw self.failure("\(number) proves \(evidence.map { "E\($0.code) against \($0.offender)" })")
            }
        case .decideWithin(let limit, let block): try self.letTimeRun(until: limit, block: block)
        default: throw self.failure("is no expectation")
        }
    }

    private func isSame(_ request: SignRequest, kind: UInt8, block: UInt64?, _ place: ScenarioScript.Place) -> Bool {
        guard request.kind == kind, request.round == place.round, request.height == place.height else { return false }
        switch request {
        case .proposal(let proposal, _): return proposal.id.number == block && proposal.validRound == place.valid
        case .vote(let vote, _):
            guard vote.choice.id?.number == block else { return false }
            return vote.kind == .precommit || block == nil || vote.choice.validRound == place.valid
        }
    }

    // MARK: Time

    private enum Event {
        case message(ConsensusMessage, from: UInt32, to: UInt32)
        case timeout(TimeoutKind, height: UInt64, round: Round, at: UInt32)
        case build(height: UInt64, round: Round, by: UInt32)
        case tick(UInt32)
    }

    /// From now on everything arrives; the liars say nothing more.
    private mutating func letTimeRun(until limit: UInt64, block: UInt64?) throws(Failure) {
        let goal = (self.members.values.map(\.decisions.count).min() ?? 0) + 1
        var queue = EventQueue<Event>()
        var seen: [UInt32: Int] = [:]
        for number in self.honest {
            seen[number] = self.members[number]?.sent.count
            self.members[number]?.answers = []
            queue.add(.tick(number), at: 300)
        }
        var now: UInt64 = 0
        while true {
            for number in self.honest { self.collect(number, from: seen[number] ?? 0, into: &queue, now: now) }
            for number in self.honest { seen[number] = self.members[number]?.sent.count }
            if self.members.values.allSatisfy({ $0.decisions.count >= goal }) { break }
            guard let next = queue.next(), next.time <= limit else {
                let late = self.honest.filter { (self.members[$0]?.decisions.count ?? 0) < goal }
                throw self.failure("after \(limit) ms \(late) have not decided")
            }
            now = next.time
            switch next.event {
            case .message(let message, let from, let to): self.feed(to, .message(message, from: from))
            case .timeout(let kind, let height, let round, let number): self.feed(number, .timeout(height: height, round: round, kind))
            case .build(let height, let round, let number):
                self.build(Fake.block(1000 * UInt64(round) + UInt64(number)), (height, round), by: number)
            case .tick(let number):
                self.feed(number, .rebroadcast)
                queue.add(.tick(number), at: now + 300)
            }
        }
        guard let block else { return }
        for number in self.honest where self.members[number]?.decisions[goal - 1].id != Fake.block(block) {
            throw self.failure("\(number) decided \(self.members[number]?.decisions[goal - 1].id.number ?? 0)")
        }
    }

    /// Puts what a member wants to happen into the queue.
    private mutating func collect(_ number: UInt32, from first: Int, into queue: inout EventQueue<Event>, now: UInt64) {
        // Who has decided goes on, so that it answers those behind (L4).
        if let replica = self.members[number]?.replica, replica.step == .decided { self.startNext(number) }
        guard let member = self.members[number] else { return }
        for sent in member.sent.dropFirst(first) {
            for other in self.honest where other != number { queue.add(.message(sent.message, from: number, to: other), at: now + 10) }
        }
        for answer in member.answers {
            for other in self.honest where other != number && (answer.to ?? other) == other {
                queue.add(.message(answer.message, from: number, to: other), at: now + 10)
            }
        }
        for timer in member.armed {
            queue.add(.timeout(timer.kind, height: timer.height, round: timer.round, at: number), at: now + UInt64(timer.milliseconds))
        }
        if let build = member.pendingBuild { queue.add(.build(height: build.height, round: build.round, by: number), at: now + 5) }
        self.members[number]?.answers = []
        self.members[number]?.armed = []
        self.members[number]?.pendingBuild = nil
    }
}
