import LedgerModel
import TestSupport

@testable import Ordering

/// The way between consenters and etcd, and what befalls them.
extension EtcdWorld {
    /// Sends a request, which may be lost, be late, or lose its answer.
    mutating func send(_ request: Request, of index: Int) {
        let life = self.members[index].life
        if self.members[index].isCutOff {
            // It may have left before the cut.
            if self.chance(30) { self.schedule(in: self.number(1...200), .ask(member: index, life: life, request, isAnswered: false)) }
            return self.schedule(in: self.number(20...60), .input(member: index, life: life, self.unanswered(request)))
        }
        guard !self.isCalm, self.chance(12) else {
            return self.schedule(in: self.number(1...15), .ask(member: index, life: life, request, isAnswered: true))
        }
        let wait = self.number(20...60)
        // Carried out before the sender gives up, after it, or never.
        if self.chance(70) { self.schedule(in: self.number(1...120), .ask(member: index, life: life, request, isAnswered: false)) }
        self.schedule(in: wait, .input(member: index, life: life, self.unanswered(request)))
    }

    private func unanswered(_ request: Request) -> EtcdInput {
        switch request {
        case .read: .read(nil)
        case .commit: .committed(.unknown)
        case .campaign: .campaigned(isAnswered: false)
        case .space: .space(nil)
        }
    }

    /// A request is carried out.
    private mutating func ask(_ request: Request) -> EtcdInput {
        switch request {
        case .read(let transaction):
            guard case .answered(let answer) = self.etcd.transact(transaction) else { return .read(nil) }
            return .read(self.keys.snapshot(answer, blocks: answer.results[2].compactMap { self.seen($0) }))
        case .commit(let commit):
            let record = EtcdBlockFormat.record(of: commit.block, wholeBytes: 400, partBytes: 100)
            for part in commit.parts(self.keys, record: record) {
                guard case .answered = self.etcd.transact(EtcdTransaction(success: [part])) else { return .committed(.noSpace) }
            }
            return .committed(self.etcd.transact(commit.transaction(self.keys, record: record, bug: self.bug)))
        case .campaign(let transaction):
            if case .answered = self.etcd.transact(transaction) { return .campaigned(isAnswered: true) }
            return .campaigned(isAnswered: false)
        case .space: return .space(!self.etcd.isFull)
        }
    }

    /// A block in etcd, put together from its parts.
    private func seen(_ item: EtcdKeyValue) -> EtcdSeenBlock? {
        guard let height = self.keys.height(ofBlock: item.key) else { return nil }
        var block: OrderedBlock?
        switch try? EtcdBlockFormat.content(of: item.value) {
        case .whole(let whole)?: block = whole
        case .head(let head, let size, let count)?:
            let parts = (0..<count).compactMap { self.etcd.items[self.keys.part(height, hash: head.headerHash, index: $0)]?.value }
            block = try? EtcdBlockFormat.block(head, bodyBytes: size, parts: parts)
        case nil: break
        }
        return EtcdSeenBlock(height: height, modRevision: item.modRevision, block: block)
    }

    mutating func handle(_ event: Event) throws(EtcdViolation) {
        switch event {
        case .input(let index, let life, let input):
            let member = self.members[index]
            guard member.isUp, member.life == life else { return }
            if member.stalledUntil > self.time { return self.schedule(in: member.stalledUntil - self.time, event) }
            try self.input(index, input)
        case .transact(let transaction): _ = self.etcd.transact(transaction)
        case .ask(let index, let life, let request, let isAnswered):
            let answer = self.ask(request)
            if isAnswered { self.schedule(in: self.number(1...10), .input(member: index, life: life, answer)) }
        case .poll(let index):
            self.schedule(in: self.number(5...15), event)
            try self.poll(index)
        case .leaseTick(let index):
            self.schedule(in: 30, event)
            try self.keepLease(index)
        case .housekeeping(let index):
            self.schedule(in: 150, event)
            self.housekeep(index)
        case .expire(let lease):
            let left = self.deadlines[lease, default: 0] - self.time
            if left > 0 { self.schedule(in: left, event) } else { self.etcd.expire(lease) }
        case .restart(let index):
            self.members[index].isUp = true
            self.members[index].core = self.core(index, disk: self.members[index].disk)
            try self.carryOut(self.members[index].core.start(), of: index)
        case .client(let envelope, let tries):
            let index = self.number(0...2)
            self.lastTicket += 1
            self.tickets[self.lastTicket] = (envelope, tries)
            guard self.members[index].isUp else { return self.schedule(in: 20, .client(envelope, triesLeft: tries)) }
            try self.input(index, .broadcast(MarkedBlocks.envelope(envelope), ticket: self.lastTicket))
        case .fault: self.befall()
        case .heal: self.heal()
        }
    }

    private mutating func poll(_ index: Int) throws(EtcdViolation) {
        let member = self.members[index]
        guard member.isUp, let watch = member.watch, member.stalledUntil <= self.time else { return }
        if member.isCutOff {
            if self.chance(20) {
                self.members[index].watch = nil
                try self.input(index, .watchEnded(generation: watch.generation))
            }
            return
        }
        guard let changes = self.etcd.changes(from: watch.next, self.keys.watched, self.keys.watchedEnd) else {
            self.members[index].watch = nil
            return try self.input(index, .watchEnded(generation: watch.generation))
        }
        guard let last = changes.last else { return }
        self.members[index].watch = (watch.generation, last.revision + 1)
        let told = changes.compactMap { change -> EtcdChange? in
            if change.key == self.keys.leader { return .leader(change.item.flatMap(EtcdLeader.init)) }
            return change.item.flatMap { self.seen($0) }.map { .block($0) }
        }
        try self.input(index, .watched(generation: watch.generation, told))
    }

    private mutating func keepLease(_ index: Int) throws(EtcdViolation) {
        let member = self.members[index]
        guard member.isUp, member.stalledUntil <= self.time else { return }
        if let lease = member.lease {
            if member.isCutOff {
                // It believes in its lease until the time is over by its own clock.
                if self.deadlines[lease, default: 0] > self.time { return }
            } else if self.etcd.leases.contains(lease) {
                self.deadlines[lease] = self.time + Self.leaseTime
                let ack = EtcdKeyFormat.ackValue(UInt64(member.disk.count))
                _ = self.etcd.transact(EtcdTransaction(success: [.put(key: self.keys.ack("\(index)"), value: ack, lease: lease)]))
                return
            }
            self.members[index].lease = nil
            return try self.input(index, .lease(nil))
        }
        if member.isCutOff || self.chance(20) { return }
        let lease = self.etcd.grant()
        self.deadlines[lease] = self.time + Self.leaseTime
        self.schedule(in: Self.leaseTime, .expire(lease))
        self.members[index].lease = lease
        try self.input(index, .lease(lease))
    }

    private mutating func housekeep(_ index: Int) {
        let member = self.members[index]
        guard member.isUp, !member.isCutOff, let leadership = member.core.leadership,
            let first = EtcdHousekeeping.firstKept(acks: self.etcd.range(self.keys.acks, self.keys.acksEnd), kept: 2)
        else { return }
        let deletion = EtcdHousekeeping.deletion(below: first, leadership: leadership, keys: self.keys)
        guard case .answered(let answer) = self.etcd.transact(deletion), let revision = EtcdHousekeeping.compaction(after: answer) else { return }
        self.etcd.compact(revision)
    }

    private mutating func befall() {
        let index = self.number(0...2)
        switch self.number(0...4) {
        case 0: self.crash(index)
        case 1: self.members[index].isCutOff.toggle()
        case 2: self.members[index].stalledUntil = self.time + self.number(20...400)
        case 3: self.etcd.isFull.toggle()
        default:
            // An operator revokes it, or etcd's clock has jumped.
            if let lease = self.members[index].lease { self.etcd.expire(lease) }
        }
    }

    mutating func crash(_ index: Int) {
        guard self.members[index].isUp else { return }
        self.members[index].isUp = false
        self.members[index].life += 1
        self.members[index].watch = nil
        self.members[index].lease = nil
        self.schedule(in: self.isCalm ? 1 : self.number(20...300), .restart(member: index))
    }

    private mutating func heal() {
        self.isCalm = true
        self.etcd.isFull = false
        for index in self.members.indices {
            self.members[index].isCutOff = false
            self.members[index].stalledUntil = 0
        }
    }
}
