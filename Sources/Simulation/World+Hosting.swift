import LedgerModel
import Ordering

/// What a host does for its replica: starts and restarts it, performs its outputs in order, and crashes between any two of them.
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
            self.transmit(.certificate(block.commit), from: member, to: receiver)
        case .decide(let id, let commit): self.store(id, commit, by: index)
        case .evidence(let evidence): if self.nodes[index].isHonest { self.judge(evidence) }
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
        case .archive: break
        }
    }

    private mutating func persist(_ record: SafetyRecord, by index: Int, ending: SimulatedDisk.Ending) {
        if self.nodes[index].isHonest { self.checkRecord(record, by: index) }
        guard !self.plan.flaws.contains(.noRecord) || !self.nodes[index].isHonest else { return }
        var written = record
        if self.plan.flaws.contains(.recordLags), self.nodes[index].isHonest {
            let lagging = self.nodes[index].lagging
            self.nodes[index].lagging = record
            guard let lagging else { return }
            written = lagging
        }
        let cut = self.plan.keepsBytes ? self.random.below(ConsensusLimits.slotBytes) : 0
        guard self.nodes[index].disk.write(written, ending: ending, cut: cut) else {
            return self.violate(.stopped, "\(self.nodes[index].member) cannot write a record of \(record.messages.count) messages")
        }
        if ending == .whole { self.nodes[index].lastRecord = written }
    }

    /// Signs and sends to the first so many receivers, as far as the guard allows.
    private mutating func sign(_ request: SignRequest, by index: Int, receivers: Int) {
        guard self.nodes[index].isHonest else { return self.signFalsely(request, by: index) }
        let member = self.nodes[index].member
        let content = SimulatedKeys.content(of: request, epoch: Self.epoch)
        if !self.plan.flaws.contains(.noGuard) {
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
        for other in self.committee.members where other != member && sent < receivers {
            guard let receiver = self.process(of: other, for: member, height: request.height) else { continue }
            self.transmit(message, from: member, to: receiver)
            sent += 1
        }
    }

    private mutating func relay(_ bundle: RelayBundle, to: UInt32?, by index: Int) {
        let member = self.nodes[index].member
        for other in self.committee.members where other != member && (to == nil || to == other) {
            guard self.speaks(index, to: other, height: bundle.height) else { continue }
            guard let receiver = self.process(of: other, for: member, height: bundle.height) else { continue }
            self.transmit(.bundle(bundle), from: member, to: receiver)
        }
    }

    private mutating func store(_ id: BlockID, _ commit: VoteCertificate, by index: Int) {
        if self.nodes[index].isHonest { self.checkDecision(id, commit, by: index) }
        self.nodes[index].disk.store(SimulatedDisk.StoredBlock(id: id, commit: commit))
        self.nodes[index].storedOnce = max(self.nodes[index].storedOnce, self.nodes[index].head)
        self.queue.add(.start(index, life: self.nodes[index].life), at: self.now + self.random.below(4 as UInt64))
        if self.nodes[index].isHonest, self.nodes[index].head >= self.plan.heights, !self.isHealed { self.queue.add(.heal, at: self.now) }
    }

    mutating func later(_ index: Int, _ input: ReplicaInput, _ delay: UInt64) {
        self.queue.add(.input(input, to: index, life: self.nodes[index].life), at: self.now + delay)
    }

    // MARK: Heights and restarts

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
        let start = HeightStart(
            height: height, committee: self.committee, schedule: self.schedule, signer: signer, record: record, hasReason: self.random.chance(300))
        self.say { "\($0.now) ms: \($0.name(index)) \(Self.text(.startHeight(start)))" }
        self.step(index, .startHeight(start))
        self.later(index, .reason(height: height), self.random.below(60))
    }

    private mutating func crash(_ index: Int, in output: ReplicaOutput) {
        self.count { $0.faults.crashes += 1 }
        self.say { "\($0.now) ms: \($0.name(index)) crashes in: \(Self.text(output))" }
        switch self.nodes[index].replica.step {
        case .propose: self.mark(.crashInProposeStep)
        case .prevote: self.mark(.crashInPrevoteStep)
        case .precommit: self.mark(.crashInPrecommitStep)
        case .decided: self.mark(.crashWhileDeciding)
        case .idle: break
        }
        let isPartlyDone = self.random.chance(500)
        switch output {
        case .persist(let record):
            let ending = self.random.pick(SimulatedDisk.Ending.allCases)
            self.persist(record, by: index, ending: ending)
            self.mark(.crashInRecordWrite)
            if ending != .whole { self.count { $0.faults.damagedWrites += 1 } }
        case .sign(let request) where isPartlyDone:
            let receivers = self.random.below(self.processes.count)
            self.mark(.crashAmongReceivers, when: receivers > 0)
            self.sign(request, by: index, receivers: receivers)
        case .decide(let id, let commit):
            if isPartlyDone { self.store(id, commit, by: index) } else { self.count { $0.faults.damagedWrites += 1 } }
            self.mark(.crashInBlockWrite, when: !isPartlyDone)
        default: break
        }
        if self.plan.flaws.contains(.lateStore), self.random.chance(500) { self.nodes[index].disk.loseBlocks(1) }
        self.nodes[index].isUp = false
        self.nodes[index].life += 1
        self.nodes[index].lagging = nil
        self.nodes[index].isSyncing = false
        self.queue.add(.restart(index), at: self.now + 20 + self.random.below(700))
    }

    /// W5 and W6, as the production code decides them.
    mutating func restart(_ index: Int) {
        let member = self.nodes[index].member
        let isWeak = member == self.plan.weakDisk
        if isWeak { self.spoilDisk(of: index) }
        let (slots, isOneDamaged) = self.nodes[index].disk.load()
        self.mark(.tornSlotPassedOver, when: isOneDamaged && slots != nil)
        let head = self.nodes[index].head
        self.trace.note(5 | self.now << 8, UInt64(index), head)
        if head < self.nodes[index].storedOnce, !isWeak { self.violate(.lostDecision, "\(member) has \(head) blocks and had stored more") }
        self.nodes[index].storedOnce = head
        self.nodes[index].lastRecord = nil
        self.nodes[index].isUp = true
        self.nodes[index].replica = Replica(verifier: self.keys, timeouts: self.plan.timeouts, bugs: self.plan.bugs)
        let signerGuard = self.plan.flaws.contains(.noGuard) ? nil : self.nodes[index].disk.signerGuard
        let recovery: Recovery
        if case .burned = self.nodes[index].standing {
            recovery = .burned(.unreadableRecord)
        } else {
            recovery = Recovery.decide(slots: slots, guard: signerGuard, owner: self.nodes[index].disk.owner, head: head)
        }
        self.say { "\($0.now) ms: \($0.name(index)) restarts with head \(head): \(Self.text(recovery))" }
        var resumed: SafetyRecord?
        self.nodes[index].standing = .signing
        switch recovery {
        case .begin: self.mark(.begunAfterRestart)
        case .resume(var record):
            self.mark(.resumedFromRecord)
            if self.plan.flaws.contains(.lockForgotten) { (record.locked, record.valid, record.polka) = (nil, nil, nil) }
            self.nodes[index].lastRecord = record
            resumed = record
        case .abstain(let until, let record):
            self.mark(.abstained)
            if !isWeak { self.violate(.stopped, "\(member) abstains although its disk is sound") }
            self.nodes[index].standing = .abstaining(untilStored: until, then: record)
        case .burned(let reason):
            self.mark(.keyBurned)
            if !isWeak { self.violate(.stopped, "the key of \(member) is burned although its disk is sound: \(reason.rawValue)") }
            self.nodes[index].standing = .burned
        case .refused(let mismatch): self.violate(.stopped, "\(member) may not start: \(mismatch.rawValue)")
        }
        self.startHeight(index, record: resumed)
    }

    private mutating func spoilDisk(of index: Int) {
        let bit = self.random.below(800)
        switch self.random.below(6) {
        case 0: self.nodes[index].disk.rot(both: true, bit: bit)
        case 1, 2: self.nodes[index].disk.rot(both: false, bit: bit)
        case 3, 4: self.nodes[index].disk.loseBlocks(1 + self.random.below(2))
        default: return
        }
        self.count { $0.faults.damagedWrites += 1 }
    }
}
