import Ordering

/// Disks of nodes: what is written, what fails, what is left after a crash, and how a node goes on from there (W1 to W8).
extension World {
    /// A mistake that a test has planted in the hosts; never in a release build.
    func hasFlaw(_ flaw: HostFlaws) -> Bool {
        #if DEBUG || PLANTED_BUGS
            self.plan.flaws.contains(flaw)
        #else
            false
        #endif
    }

    mutating func persist(_ record: SafetyRecord, by index: Int, ending: SimulatedDisk.Ending) {
        if self.nodes[index].isHonest { self.checkRecord(record, by: index) }
        guard !self.hasFlaw(.noRecord) || !self.nodes[index].isHonest else { return }
        var written = record
        if self.hasFlaw(.recordLags), self.nodes[index].isHonest {
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

    mutating func store(_ id: BlockID, _ commit: VoteCertificate, by index: Int) {
        if self.nodes[index].isHonest { self.checkDecision(id, commit, by: index) }
        self.nodes[index].disk.store(SimulatedDisk.StoredBlock(id: id, commit: commit))
        self.hasNews = true
        self.nodes[index].storedOnce = max(self.nodes[index].storedOnce, self.nodes[index].head)
        self.queue.add(.start(index, life: self.nodes[index].life), at: self.now + self.random.below(4 as UInt64))
        if self.nodes[index].isHonest, self.nodes[index].head >= self.plan.heights, !self.isHealed { self.queue.add(.heal, at: self.now) }
    }

    mutating func crash(_ index: Int, in output: ReplicaOutput) {
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
        self.stop(index)
    }

    /// W3: a write that failed stops the node, however much of it is on disk.
    ///
    /// - Returns: Whether the output was such a write.
    mutating func failsToWrite(_ output: ReplicaOutput, by index: Int) -> Bool {
        switch output {
        case .persist, .decide: break
        default: return false
        }
        guard self.random.chance(self.plan.writeErrors) else { return false }
        let isFull = self.random.chance(500)
        self.count { $0.faults.failedWrites += 1 }
        self.mark(isFull ? .diskFull : .syncFailed)
        self.say { "\($0.now) ms: \($0.name(index)) cannot write (\(isFull ? "disk full" : "sync failed")): \(Self.text(output))" }
        switch output {
        case .persist(let record): self.persist(record, by: index, ending: isFull ? .lost : self.random.pick(SimulatedDisk.Ending.allCases))
        case .decide(let id, let commit): if !isFull, self.random.chance(500) { self.store(id, commit, by: index) }
        default: break
        }
        return true
    }

    /// The process ends; it starts again some time later.
    mutating func stop(_ index: Int) {
        if self.hasFlaw(.lateStore), self.random.chance(500) { self.nodes[index].disk.loseBlocks(1) }
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
        if self.random.chance(self.plan.rot), self.nodes[index].disk.rotOlder(bit: self.random.below(800)) {
            self.mark(.oldSlotRotten)
            self.count { $0.faults.damagedWrites += 1 }
        }
        let (slots, isOneDamaged) = self.nodes[index].disk.load()
        self.mark(.tornSlotPassedOver, when: isOneDamaged && slots != nil)
        let head = self.nodes[index].head
        self.trace.note(5 | self.now << 8, UInt64(index), head)
        if head < self.nodes[index].storedOnce, !isWeak { self.violate(.lostDecision, "\(member) has \(head) blocks and had stored more") }
        self.nodes[index].storedOnce = head
        self.nodes[index].lastRecord = nil
        self.nodes[index].isUp = true
        self.nodes[index].replica = Replica(verifier: self.keys, timeouts: self.plan.timeouts, bugs: self.plan.bugs)
        let signerGuard = self.hasFlaw(.noGuard) ? nil : self.nodes[index].disk.signerGuard
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
            if self.hasFlaw(.lockForgotten) { (record.locked, record.valid, record.polka) = (nil, nil, nil) }
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
        switch self.random.below(8) {
        case 0: self.nodes[index].disk.rot(both: true, bit: bit)
        case 1, 2: self.nodes[index].disk.rot(both: false, bit: bit)
        case 3, 4: self.nodes[index].disk.loseBlocks(1 + self.random.below(2))
        case 5, 6:
            self.nodes[index].disk.goStale()
            self.mark(.staleRead)
        default: return
        }
        self.count { $0.faults.damagedWrites += 1 }
    }
}
