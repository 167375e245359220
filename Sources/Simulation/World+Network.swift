import Ordering

/// Ways of messages and blocks.
extension World {
    /// The process behind a member that a sender reaches: of twins it is one or the other, by sender and height.
    func process(of member: UInt32, for sender: UInt32, height: UInt64) -> Int? {
        guard member > 0, member <= UInt32(self.processes.count) else { return nil }
        let index = Int(member) - 1
        guard self.nodes[index].strategy == .twins, self.side(of: sender, height: height) else { return index }
        return self.nodes.lastIndex { $0.member == member }
    }

    /// Whether a process speaks to a member: each peer hears one of two twins only.
    func speaks(_ index: Int, to member: UInt32, height: UInt64) -> Bool {
        guard self.nodes[index].strategy == .twins else { return true }
        return (index >= self.processes.count) == self.side(of: member, height: height)
    }

    func side(of member: UInt32, height: UInt64) -> Bool { self.adversary.sides >> ((UInt64(member) &+ height &* 7) & 63) & 1 == 1 }

    mutating func transmit(_ message: ConsensusMessage, from: UInt32, to index: Int) {
        let to = self.nodes[index].member
        guard to != from else { return }
        if let filter = self.filter, !filter(message, from, to, self.now) { return }
        guard !self.isHealed else {
            return self.queue.add(.message(message, from: from, to: index), at: self.now + 1 + self.random.below(self.plan.healedDelay))
        }
        guard self.network.isOpen(from: from, to: to, at: self.now) else {
            self.mark(.messageCutOff)
            self.mark(.messageCutOffOneWay, when: self.network.isOpen(from: to, to: from, at: self.now))
            return self.count { $0.faults.cutOff += 1 }
        }
        if self.random.chance(self.plan.loss) { return self.count { $0.faults.lost += 1 } }
        let slowness: UInt64 = from == self.plan.slowMember || to == self.plan.slowMember ? 4 : 1
        self.queue.add(.message(message, from: from, to: index), at: self.now + 1 + self.random.below(self.plan.delay) * slowness)
        guard self.random.chance(self.plan.duplication) else { return }
        self.count { $0.faults.duplicated += 1 }
        self.queue.add(.message(message, from: from, to: index), at: self.now + 1 + self.random.below(4 * self.plan.delay))
    }

    // MARK: Blocks

    mutating func makeBlock(height: UInt64, parent: BlockID?, by index: Int, isForged: Bool) -> BlockID {
        let time = Int64(self.now) + self.nodes[index].skew
        let change = self.change(after: parent, by: index)
        self.blocks.append(
            SimulatedBlock(
                height: height, parent: parent, proposer: self.nodes[index].member, time: time, isForged: isForged, change: change,
                holders: 1 << UInt64(index)))
        return BlockID(number: UInt64(self.blocks.count) - 1)
    }

    /// What the block's number stands for; nil when a liar has made the number up.
    func block(_ id: BlockID) -> SimulatedBlock? { id.number < UInt64(self.blocks.count) ? self.blocks[Int(id.number)] : nil }

    /// The validity predicate of a member that has the whole block and its parent.
    func judge(_ id: BlockID, by index: Int) -> Verdict {
        if self.nodes[index].strategy == .refuser { return .valid(Self.form, isTimely: true) }
        let parent = self.nodes[index].disk.blocks.last?.id
        guard let block = self.block(id), self.isValid(block, after: parent, height: self.nodes[index].head + 1) else {
            return .invalid
        }
        let age = Int64(self.now) + self.nodes[index].skew - block.time
        return .valid(Self.form, isTimely: abs(age) <= 500 + Int64(self.plan.delay))
    }

    func isValid(_ block: SimulatedBlock, after parent: BlockID?, height: UInt64) -> Bool {
        block.height == height && block.parent == parent && !block.isForged && block.change.map { self.isValid($0, after: parent) } ?? true
    }

    /// Asks one member after the other for a block until one hands it out or the height is over.
    mutating func fetch(_ id: BlockID, by index: Int, hint: UInt32, attempt: UInt64) {
        let (member, life, height) = (self.nodes[index].member, self.nodes[index].life, self.nodes[index].replica.height)
        guard self.nodes[index].isUp, height == self.nodes[index].head + 1, self.nodes[index].replica.step != .decided else { return }
        let bit = 1 << UInt64(index) as UInt64
        if let block = self.block(id) {
            var isThere = block.holders & bit != 0
            if !isThere {
                let source = attempt == 0 ? hint : UInt32(self.random.below(self.processes.count)) + 1
                let peer = self.process(of: source, for: member, height: block.height)
                if let peer, self.handsOut(peer, block, to: index), self.isReached(peer, by: index) {
                    self.blocks[Int(id.number)].holders |= bit
                    isThere = true
                }
            }
            if isThere {
                self.mark(.blockFetchedLater, when: attempt > 2)
                let verdict = self.judge(id, by: index)
                return self.later(index, .verdict(height: height, id: id, verdict), 1 + self.random.below(self.way))
            }
        }
        self.queue.add(
            .fetch(id, by: index, life: life, hint: hint, attempt: attempt + 1), at: self.now + 5 + min(100, attempt * 5))
    }

    private func handsOut(_ peer: Int, _ block: SimulatedBlock, to receiver: Int) -> Bool {
        guard self.nodes[peer].isUp, block.holders >> UInt64(peer) & 1 == 1 else { return false }
        switch self.nodes[peer].strategy {
        case .refuser, .silent: return false
        case .hoarder: return self.nodes[receiver].member == self.adversary.victim || block.proposer != self.nodes[peer].member
        default: return true
        }
    }

    private mutating func isReached(_ peer: Int, by index: Int) -> Bool {
        if self.isHealed { return true }
        let (left, right) = (self.nodes[peer].member, self.nodes[index].member)
        guard self.network.isOpen(from: left, to: right, at: self.now), self.network.isOpen(from: right, to: left, at: self.now) else { return false }
        return !self.random.chance(self.plan.loss)
    }

    private var way: UInt64 { self.isHealed ? self.plan.healedDelay : self.plan.delay }

    // MARK: Sync

    /// Takes the decisions that are missing from one peer after the other; each comes with its certificate, which the replica checks.
    mutating func sync(_ index: Int) {
        let (head, life) = (self.nodes[index].head, self.nodes[index].life)
        guard self.nodes[index].isUp, head < self.nodes[index].syncTarget else {
            self.nodes[index].isSyncing = false
            return
        }
        let peer = self.random.below(self.processes.count)
        if peer != index, self.nodes[peer].isUp, self.isReached(peer, by: index), let block = self.nodes[peer].disk.block(at: head + 1) {
            self.step(index, .message(self.answer(block.commit, by: peer), from: self.nodes[peer].member))
        }
        self.queue.add(.sync(index, life: life), at: self.now + 10 + self.random.below(20 as UInt64))
    }
}
