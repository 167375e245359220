import LedgerModel
import Ordering

/// What a host does for its replica: starts its heights and performs its outputs in order, until it crashes between two of them.
extension World {
    static let form = BlockForm(lastConfig: 0, blockHeader: [], extendedHeader: [])

    mutating func step(_ index: Int, _ input: ReplicaInput) {
        guard self.nodes[index].isUp, self.nodes[index].strategy?.runsReplica ?? true else { return }
        var isStart = false
        if case .startHeight = input { isStart = true }
        guard isStart || self.nodes[index].replica.height > 0 else { return }
        let isHonest = self.nodes[index].isHonest
        let before = SimulatedNode.Position(self.nodes[index].replica)
        let outputs = self.nodes[index].replica.step(input)
        if isHonest { self.inspect(index, before: before, input: input, outputs: outputs) }
        let life = self.nodes[index].life
        for (position, output) in outputs.enumerated() {
            if isHonest, !self.isHealed, self.random.chance(self.plan.crashes) {
                self.mark(.crashBetweenOutputs, when: position > 0)
                if case .startHeight(let start) = input { self.mark(.crashInRecovery, when: start.record != nil) }
                return self.crash(index, in: output)
            }
            if isHonest, !self.isHealed, self.failsToWrite(output, by: index) {
                if self.hasFlaw(.ignoredWrites) { continue }
                return self.stop(index)
            }
            self.trace.note(4 | self.now << 8, UInt64(index), Self.words(output))
            self.say { "\($0.now) ms:     \($0.name(index)) \(Self.text(output))" }
            self.perform(output, by: index)
            guard self.nodes[index].life == life, self.report.violations.isEmpty else { return }
        }
    }

    // MARK: Outputs

    private mutating func perform(_ output: ReplicaOutput, by index: Int) {
        let member = self.nodes[index].member
        switch output {
        case .persist(let record): self.persist(record, by: index, ending: .whole)
        case .sign(let request): self.sign(request, by: index, receivers: self.processes.count)
        case .buildCandidate(let height, let round):
            guard self.nodes[index].head + 1 == height else { return }
            let isForged = self.nodes[index].strategy == .refuser && self.random.chance(500)
            let id = self.makeBlock(height: height, parent: self.nodes[index].disk.blocks.last?.id, by: index, isForged: isForged)
            self.later(index, .candidate(height: height, round: round, id: id), 1 + self.random.below(8))
            self.later(index, .verdict(height: height, id: id, self.judge(id, by: index)), 1 + self.random.below(8))
        case .arm(let height, let round, let kind, let milliseconds):
            self.later(index, .timeout(height: height, round: round, kind), UInt64(milliseconds) * self.nodes[index].pace / 100)
        case .fetchBlock(let id, let hint):
            self.queue.add(.fetch(id, by: index, life: self.nodes[index].life, hint: hint, attempt: 0), at: self.now)
        case .relay(let bundle, let to): self.relay(bundle, to: to, by: index)
        case .sendDecision(let height, let to):
            guard let block = self.nodes[index].disk.block(at: height) else { return }
            guard let receiver = self.process(of: to, for: member, height: height) else { return }
            self.transmit(self.answer(block.commit, by: index), from: member, to: receiver)
        case .decide(let id, let commit): self.store(id, commit, by: index)
        case .evidence(let evidence):
            guard self.nodes[index].isHonest else { return }
            self.judge(evidence)
            self.keep(evidence, by: index)
        case .behind(let height):
            self.mark(.behindSeen)
            self.nodes[index].syncTarget = max(self.nodes[index].syncTarget, height - 1)
            guard !self.nodes[index].isSyncing else { return }
            self.nodes[index].isSyncing = true
            self.queue.add(.sync(index, life: self.nodes[index].life), at: self.now + 1)
        case .refuse(let refusal, let from): self.noteRefusal(refusal, from: from, by: index)
        case .fatal(let reason):
            if self.nodes[index].strategy == .twins { self.mark(.twinNoticed) }
            if self.nodes[index].isHonest { self.violate(.stopped, "\(member) stops: \(reason)") }
        case .archive(let polka): if self.plan.expectsFork, self.nodes[index].isHonest, !self.hasFlaw(.noArchive) { self.archive(polka) }
        }
    }

    /// Signs and sends to the first so many receivers, as far as the guard allows.
    mutating func sign(_ request: SignRequest, by index: Int, receivers: Int) {
        guard self.nodes[index].isHonest else { return self.signFalsely(request, by: index) }
        let member = self.nodes[index].member
        let content = SimulatedKeys.content(of: request, epoch: Self.epoch)
        if !self.hasFlaw(.noGuard) {
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: content >> ($0 &* 8)) }
            do {
                try self.nodes[index].disk.signerGuard.claim(
                    height: request.height, round: request.round, kind: request.kind, signedBytes: bytes)
            } catch {
                return self.violate(.stopped, "the guard of \(member) refuses \(Self.text(request)): \(error)")
            }
        }
        self.checkSignature(request, content: content, by: index)
        if case .proposal(let proposal, _) = request { self.mark(.proposedAgain, when: proposal.validRound >= 0) }
        if case .vote(let vote, _) = request {
            self.mark(.prevotedAgain, when: vote.kind == .prevote && vote.choice.validRound >= 0)
            self.mark(.nilPrecommit, when: vote.kind == .precommit && vote.choice.id == nil)
        }
        let message = request.message(signature: self.keys.signature(of: content, by: member))
        self.later(index, .message(message, from: member), 0)
        var sent = 0
        for other in self.everyone where other != member && sent < receivers {
            guard let receiver = self.process(of: other, for: member, height: request.height) else { continue }
            self.transmit(message, from: member, to: receiver)
            sent += 1
        }
    }

    private mutating func relay(_ bundle: RelayBundle, to: UInt32?, by index: Int) {
        let member = self.nodes[index].member
        for other in self.everyone where other != member && (to == nil || to == other) {
            guard self.speaks(index, to: other, height: bundle.height) else { continue }
            guard let receiver = self.process(of: other, for: member, height: bundle.height) else { continue }
            self.transmit(.bundle(bundle), from: member, to: receiver)
        }
    }

    mutating func later(_ index: Int, _ input: ReplicaInput, _ delay: UInt64) {
        self.queue.add(.input(input, to: index, life: self.nodes[index].life), at: self.now + delay)
    }

    // MARK: Heights

    /// Begins the height after the last stored block.
    mutating func startHeight(_ index: Int, record: SafetyRecord? = nil) {
        guard self.nodes[index].isUp, self.nodes[index].strategy?.runsReplica ?? true else { return }
        let height = self.nodes[index].head + 1
        guard self.nodes[index].replica.height < height else { return }
        var (signer, record): (UInt32?, SafetyRecord?) = (self.nodes[index].member, record)
        switch self.nodes[index].standing {
        case .signing: break
        case .abstaining(let until, let kept):
            guard self.nodes[index].head >= until else {
                signer = nil
                break
            }
            self.nodes[index].standing = .signing
            self.mark(.abstentionEnded)
            record = kept.height == height ? kept : nil
        case .burned: signer = nil
        }
        let office = self.takeOffice(index, height: height)
        let start = HeightStart(
            height: height, committee: office.committee, schedule: office.schedule, signer: signer, record: record, hasReason: self.random.chance(300)
        )
        self.say { "\($0.now) ms: \($0.name(index)) \(Self.text(.startHeight(start)))" }
        self.step(index, .startHeight(start))
        self.later(index, .reason(height: height), self.random.below(60))
    }
}
