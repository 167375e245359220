import ChannelConfiguration
import CryptoPrimitives
import LedgerModel
import TestSupport

@testable import Ordering

/// What a run has broken, and under which seed.
struct EtcdViolation: Error, CustomStringConvertible {
    let seed: UInt64
    let what: String

    var description: String { "seed \(self.seed): \(self.what)" }
}

/// Three consenters on one model of etcd, with clients, losses, delays, stalls, crashes, partitions, a full disk and compaction, from a seed.
struct EtcdWorld {
    struct Member {
        var core: EtcdConsenter<MarkedBlocks>
        /// What a crash leaves.
        var disk: [OrderedBlock] = []
        /// Events of a former life are passed over.
        var life = 0
        var isUp = true
        var isCutOff = false
        var stalledUntil = 0
        var lease: Int64?
        var watch: (generation: UInt64, next: Int64)?
    }

    enum Event {
        case input(member: Int, life: Int, EtcdInput)
        /// The request reaches etcd.
        case transact(EtcdTransaction)
        case ask(member: Int, life: Int, Request, isAnswered: Bool)
        case poll(member: Int)
        case leaseTick(member: Int)
        case housekeeping(member: Int)
        case expire(Int64)
        case restart(member: Int)
        case client(Int, triesLeft: Int)
        case fault
        case heal
    }

    enum Request {
        case read(EtcdTransaction)
        case commit(EtcdCommit)
        case campaign(EtcdTransaction)
        case space
    }

    let seed: UInt64
    let bug: EtcdBug?
    let bundle: ChannelBundle
    let genesis: OrderedBlock
    let keys: EtcdKeyFormat
    var random: SeededGenerator
    var etcd = EtcdModel()
    var members: [Member] = []
    var queue: [(time: Int, order: Int, event: Event)] = []
    var time = 0
    var order = 0
    var isCalm = false
    /// When leases end unless they are kept alive.
    var deadlines: [Int64: Int] = [:]
    var tickets: [UInt64: (envelope: Int, triesLeft: Int)] = [:]
    var lastTicket: UInt64 = 0
    var acknowledged: Set<Int> = []
    /// The block that was stored first at each height.
    var chain: [OrderedBlock] = []
    var ordered: Set<[UInt8]> = []

    static let leaseTime = 120

    init(seed: UInt64, bug: EtcdBug?, network: TestNetwork) {
        self.seed = seed
        self.bug = bug
        self.bundle = network.bundle
        self.genesis = network.genesis
        // Short keys: the model compares them a lot.
        self.keys = EtcdKeyFormat(root: "", chain: [])
        self.random = SeededGenerator(exactSeed: seed)
        self.chain = [self.genesis]
        for index in 0..<3 { self.members.append(Member(core: self.core(index, disk: []))) }
    }

    func core(_ index: Int, disk: [OrderedBlock]) -> EtcdConsenter<MarkedBlocks> {
        let blocks = MarkedBlocks(bundle: self.bundle, maker: index)
        let position = disk.last.flatMap { try? ChainPosition(after: $0, chain: self.genesis.headerHash) } ?? ChainPosition(genesis: self.genesis)
        return EtcdConsenter(blocks: blocks, keys: self.keys, address: "\(index)", position: position, recent: disk.suffix(100), bug: self.bug)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self.random) < percent }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.random) }

    mutating func schedule(in delay: Int, _ event: Event) {
        self.order += 1
        let item = (time: self.time + max(1, delay), order: self.order, event: event)
        let index = self.queue.lastIndex { ($0.time, $0.order) < (item.time, item.order) }.map { $0 + 1 } ?? 0
        self.queue.insert(item, at: index)
    }

    /// Runs a whole history and says what it has broken first.
    ///
    /// - Returns: How many blocks were made.
    mutating func run(envelopes: Int = 40, until end: Int = 4_000) throws(EtcdViolation) -> Int {
        for index in self.members.indices {
            try self.carryOut(self.members[index].core.start(), of: index)
            self.schedule(in: self.number(1...30), .leaseTick(member: index))
            self.schedule(in: 10, .poll(member: index))
            self.schedule(in: 150, .housekeeping(member: index))
        }
        for envelope in 0..<envelopes { self.schedule(in: self.number(1...(end - 1_000)), .client(envelope, triesLeft: 3)) }
        for _ in 0..<8 { self.schedule(in: self.number(50...(end - 900)), .fault) }
        self.schedule(in: end - 800, .heal)
        // Sent when all is well again: it must come through.
        for index in self.members.indices { self.schedule(in: end - 200, .client(envelopes + index, triesLeft: 30)) }
        while let item = self.queue.first, item.time < end + 800 {
            self.queue.removeFirst()
            self.time = item.time
            try self.handle(item.event)
        }
        try self.judge(lastEnvelopes: envelopes..<(envelopes + self.members.count))
        return self.chain.count - 1
    }

    private func judge(lastEnvelopes: Range<Int>) throws(EtcdViolation) {
        for (index, member) in self.members.enumerated() where member.disk.count != self.chain.count - 1 {
            throw self.violation("consenter \(index) ends with \(member.disk.count) of \(self.chain.count - 1) blocks: \(member.core.phase)")
        }
        for envelope in self.acknowledged.sorted() where !self.ordered.contains(MarkedBlocks.envelope(envelope).serialized) {
            throw self.violation("envelope \(envelope) was acknowledged and is in no block")
        }
        for envelope in lastEnvelopes where !self.acknowledged.contains(envelope) {
            throw self.violation("envelope \(envelope) was sent when all was well, and never acknowledged")
        }
    }

    func violation(_ what: String) -> EtcdViolation { EtcdViolation(seed: self.seed, what: "at \(self.time): \(what)") }

    mutating func input(_ index: Int, _ input: EtcdInput) throws(EtcdViolation) {
        guard self.members[index].isUp else { return }
        let now = Timestamp(seconds: Int64(self.time), nanoseconds: 0)
        try self.carryOut(self.members[index].core.step(input, now: now), of: index)
    }

    /// Does what a host does.
    mutating func carryOut(_ outputs: [EtcdOutput], of index: Int) throws(EtcdViolation) {
        let life = self.members[index].life
        for output in outputs {
            switch output {
            case .reply(let ticket, let verdict): self.replied(ticket, verdict)
            case .forward(let ticket, let address): self.forward(ticket, to: Int(address) ?? 0)
            case .store(let block):
                if !self.isCalm, self.chance(1) { return self.crash(index) }
                try self.store(block, of: index)
            case .commit(let commit): self.send(.commit(commit), of: index)
            case .read(let transaction): self.send(.read(transaction), of: index)
            case .campaign(let transaction): self.send(.campaign(transaction), of: index)
            case .askForSpace: self.send(.space, of: index)
            case .watch(let generation, let from): self.members[index].watch = (generation, from)
            case .fetch(let from, let through): self.fetch(from, through, for: index)
            case .pause(let generation, let milliseconds):
                self.schedule(in: Int(min(milliseconds, 100)), .input(member: index, life: life, .resumed(generation: generation)))
            case .startTimer(let timer, let milliseconds):
                self.schedule(in: Int(milliseconds / 10), .input(member: index, life: life, .timerFired(timer)))
            case .halted(let reason): throw self.violation("consenter \(index) halted: \(reason)")
            }
        }
    }

    private mutating func store(_ block: OrderedBlock, of index: Int) throws(EtcdViolation) {
        let height = Int(block.number.rawValue)
        guard height == self.members[index].disk.count + 1 else { throw self.violation("consenter \(index) stores block \(height) out of turn") }
        if height < self.chain.count {
            guard self.chain[height] == block else { throw self.violation("consenter \(index) has another block \(height)") }
        } else {
            for envelope in block.envelopes where !self.ordered.insert(envelope).inserted {
                throw self.violation("block \(height) orders '\(String(decoding: envelope.prefix(12), as: UTF8.self))' again")
            }
            self.chain.append(block)
        }
        self.members[index].disk.append(block)
    }

    private mutating func replied(_ ticket: UInt64, _ verdict: BroadcastVerdict) {
        guard let sent = self.tickets.removeValue(forKey: ticket) else { return }
        if verdict.isAccepted {
            self.acknowledged.insert(sent.envelope)
        } else if verdict.info.contains("already in block") {
            // The client's answer was lost, its envelope is in the chain.
            self.acknowledged.insert(sent.envelope)
        } else if sent.triesLeft > 0 {
            self.schedule(in: self.number(5...60), .client(sent.envelope, triesLeft: sent.triesLeft - 1))
        }
    }

    private mutating func forward(_ ticket: UInt64, to index: Int) {
        guard let sent = self.tickets.removeValue(forKey: ticket), self.members[index].isUp, self.isCalm || !self.chance(10) else { return }
        self.lastTicket += 1
        self.tickets[self.lastTicket] = sent
        self.schedule(
            in: self.number(1...10),
            .input(
                member: index, life: self.members[index].life,
                .broadcast(MarkedBlocks.envelope(sent.envelope), ticket: self.lastTicket)))
    }

    private mutating func fetch(_ from: UInt64, _ through: UInt64, for index: Int) {
        let life = self.members[index].life
        let source = self.members.indices.first { $0 != index && self.members[$0].isUp && UInt64(self.members[$0].disk.count) >= from }
        guard let source else { return self.schedule(in: 20, .input(member: index, life: life, .fetchEnded)) }
        for block in self.members[source].disk where block.number.rawValue >= from && block.number.rawValue <= through {
            self.schedule(in: 10, .input(member: index, life: life, .fetched(block)))
        }
        self.schedule(in: 12, .input(member: index, life: life, .fetchEnded))
    }
}
