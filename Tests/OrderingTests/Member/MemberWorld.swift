import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport

@testable import Ordering

/// A deterministic world around members: their production code with real blocks and real keys, on a simulated network, clock and disk.
///
/// Everything follows from the seed. Parcels are lost, doubled, delayed and cut off, machines lose their power at any write; in the end all
/// is mended, and every promise has to be kept.
final class MemberWorld: @unchecked Sendable {
    struct Faults {
        var lossPercent: UInt64 = 10
        var doublePercent: UInt64 = 5
        var crashes = 4
        var partitions = 1
        /// When everything is mended, milliseconds.
        var endsAt: UInt64 = 4_000
        var disk: MemberDisk.Flaws = []
        /// How long all may take to settle after that.
        var patience: UInt64 = 120_000
    }

    private enum Event {
        case parcel(MemberParcel, from: UInt32, to: UInt32)
        case timer(MemberInput, at: UInt32, life: Int)
        case submit(Int)
        case crash(UInt32, operations: Int)
        case start(UInt32)
        case cut(Set<UInt32>)
        case act((MemberWorld) throws -> Void)
    }

    private let seed: UInt64
    private let faults: Faults
    let genesis: OrderedBlock
    let bundle: ChannelBundle
    let settings: CommitteeSettings
    private var random: SeededGenerator
    private(set) var machines: [UInt32: MemberMachine] = [:]
    private var events: [(time: UInt64, order: UInt64, event: Event)] = []
    private var order: UInt64 = 0
    private(set) var time: UInt64 = 0
    private var cutOff: Set<UInt32> = []
    private var envelopes: [Envelope] = []
    private(set) var promised: Set<[UInt8]> = []
    /// Receipts with the envelopes that they are for.
    private(set) var receipts: [(receipt: SignedReceipt, envelope: [UInt8])] = []
    private var ids: [UInt64: [UInt8]] = [:]
    private(set) var violations: [String] = []
    private(set) var evidence: [Evidence] = []
    private(set) var signs: [UInt32: Bool] = [:]
    private(set) var restarts = 0
    /// Requests for another configuration that a member refused.
    private(set) var refusedRequests: [BroadcastRefusal] = []
    private(set) var invalid: [CandidateFault] = []
    /// What members made of misbehaviour: the refusal is nil for a charge that was queued.
    private(set) var charges: [(by: UInt32, fact: Evidence.Identity, refusal: BroadcastRefusal?)] = []
    /// Who lies: its own machine may find that its key is in use elsewhere, stop, and be started again.
    var liars: Set<UInt32> = []
    /// What the network loses beside its faults.
    var isLost: (MemberParcel) -> Bool = { _ in false }
    /// Machines whose every parcel is lost, in both directions.
    var silent: Set<UInt32> = []
    private let bugs: MemberBugs

    /// - Parameters:
    ///   - clients: How many envelopes are submitted before the faults end.
    ///   - observers: Consenter ids of machines that are not in office.
    init(
        seed: UInt64, genesis: OrderedBlock, identities: [UInt32: SigningIdentity], envelopes: [Envelope], faults: Faults = Faults(),
        bugs: MemberBugs = [],
        change: (inout CommitteeSettings) -> Void = { _ in }
    ) throws {
        self.seed = seed
        self.genesis = genesis
        self.bundle = try ChannelBundle(block: genesis)
        self.faults = faults
        self.bugs = bugs
        self.random = SeededGenerator(exactSeed: seed)
        self.envelopes = envelopes
        var settings = CommitteeSettings(
            timeouts: ConsensusTimeouts(propose: 300, proposeGrowth: 100, vote: 150, voteGrowth: 75), tickMilliseconds: 100,
            timelinessMilliseconds: 60_000)
        change(&settings)
        self.settings = settings
        for id in identities.keys.sorted() {
            let owner = try found(
                RecordOwner(chain: genesis.headerHash, consenter: id, instance: .init(repeating: 7, count: 16), machine: genesis.headerHash))
            let disk = MemberDisk(owner: owner, seed: self.random.next(), flaws: faults.disk)
            self.machines[id] = MemberMachine(id: id, identity: try found(identities[id]), disk: disk)
            self.add(.start(id), in: self.random.next() % 50)
        }
        for index in envelopes.indices { self.add(.submit(index), in: 20 + self.random.next() % max(1, faults.endsAt * 3 / 4)) }
        let ids = identities.keys.sorted()
        for _ in 0..<faults.crashes {
            let id = ids[Int(self.random.next() % UInt64(ids.count))]
            self.add(.crash(id, operations: Int(self.random.next() % 6)), in: 100 + self.random.next() % faults.endsAt)
        }
        for _ in 0..<faults.partitions {
            let start = self.random.next() % faults.endsAt
            self.add(.cut([ids[Int(self.random.next() % UInt64(ids.count))]]), in: start)
            self.add(.cut([]), in: start + 200 + self.random.next() % 1_000)
        }
        self.add(.cut([]), in: faults.endsAt)
    }

    var description: String { "seed \(self.seed)" }

    private func add(_ event: Event, in delay: UInt64) {
        self.order += 1
        self.events.append((self.time + delay, self.order, event))
        var index = self.events.count - 1
        while index > 0, (self.events[index].time, self.events[index].order) < (self.events[(index - 1) / 2].time, self.events[(index - 1) / 2].order)
        {
            self.events.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private func nextEvent() -> Event? {
        guard let first = self.events.first, let last = self.events.popLast() else { return nil }
        self.time = first.time
        guard !self.events.isEmpty else { return first.event }
        self.events[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < self.events.count {
                if (self.events[child].time, self.events[child].order) < (self.events[least].time, self.events[least].order) { least = child }
            }
            if least == index { return first.event }
            self.events.swapAt(index, least)
            index = least
        }
    }

    // MARK: - Running

    /// Runs until a condition holds after the faults have ended, or patience does.
    func run(until isDone: (MemberWorld) -> Bool) throws {
        while self.violations.isEmpty, let event = self.nextEvent() {
            try self.handle(event)
            if self.time > self.faults.endsAt {
                if self.promised.count + self.refusedRequests.count >= self.envelopes.count, isDone(self) { return }
                guard self.time < self.faults.endsAt + self.faults.patience else {
                    return self.violations.append("no progress: heads \(self.heads), promised \(self.promised.count)")
                }
            }
        }
    }

    /// Whether all machines that are not burned are up with the same chain, which holds every promise.
    var isSettled: Bool {
        let chains = self.machines.values.map(\.disk.blocks.count)
        guard self.machines.values.allSatisfy(\.isUp), let longest = chains.max(), chains.allSatisfy({ $0 == longest }) else { return false }
        let open = self.promised.subtracting(self.ordered(of: self.machines.keys.sorted()[0]))
        return open.isEmpty || open.allSatisfy { self.isOver($0) }
    }

    /// Whether a promise is void: it was for a request that another configuration has made impossible.
    private func isOver(_ hash: [UInt8]) -> Bool {
        guard let bytes = self.receipts.first(where: { $0.receipt.receipt.envelopeHash == hash })?.envelope,
            let blocks = self.machines[self.machines.keys.sorted()[0]]?.core?.blocks, let request = try? blocks.checks.check(bytes: bytes),
            request.isUpdate
        else { return false }
        return blocks.refusal(ofRequest: request) != nil
    }

    var heads: [UInt32: Int] { self.machines.mapValues(\.disk.blocks.count) }

    func chain(of id: UInt32) -> [OrderedBlock] { (self.machines[id]?.disk.blocks ?? []).compactMap { try? OrderedBlock(serialized: $0) } }

    /// Hashes of the envelopes in a machine's chain, and of the requests inside of its configurations.
    func ordered(of id: UInt32) -> Set<[UInt8]> {
        Set(
            self.chain(of: id).flatMap { block in
                let request = ConfigurationBlock.configEnvelope(in: block).flatMap { ConfigurationTransaction.request(in: $0) }
                return block.envelopes.map { CommitteeBlocks.digest(of: $0) } + (request.map { [CommitteeBlocks.digest(of: $0.serialized())] } ?? [])
            })
    }

    private func handle(_ event: Event) throws {
        switch event {
        case .parcel(let parcel, let from, let to):
            guard !self.isCut(from, to), let machine = self.machines[to], machine.isUp else { return }
            if case .envelopes(let envelopes) = parcel { machine.take(pushed: envelopes) } else { machine.take(.parcel(parcel, from: from)) }
            self.noticeDeath(of: machine)
        case .timer(let input, let id, let life):
            guard let machine = self.machines[id], machine.life == life, machine.isUp else { return }
            machine.take(input)
            if case .tick = input { self.add(.timer(.tick, at: id, life: life), in: UInt64(self.settings.tickMilliseconds)) }
            self.noticeDeath(of: machine)
        case .submit(let index): self.submit(index)
        case .crash(let id, let operations):
            guard self.time < self.faults.endsAt else { return }
            self.machines[id]?.disk.operationsLeft = operations
        case .start(let id):
            guard let machine = self.machines[id], !machine.isUp else { return }
            let surroundings = Surroundings(world: self, id: id, life: machine.life + 1)
            try machine.start(genesis: self.genesis, settings: self.settings, world: surroundings, bugs: self.bugs)
            self.add(.timer(.tick, at: id, life: machine.life), in: self.random.next() % UInt64(self.settings.tickMilliseconds))
            self.noticeDeath(of: machine)
        case .cut(let ids): self.cutOff = ids
        case .act(let body): try body(self)
        }
    }

    /// Does something at a moment of the world's time.
    func at(_ time: UInt64, _ body: @escaping (MemberWorld) throws -> Void) { self.add(.act(body), in: time - min(time, self.time)) }

    /// Turns a machine on again that a test has crashed.
    func restart(_ id: UInt32) { self.add(.start(id), in: 10) }

    /// More clients come, from now on.
    func submit(_ envelopes: [Envelope]) {
        for envelope in envelopes {
            self.envelopes.append(envelope)
            self.add(.submit(self.envelopes.count - 1), in: 1 + self.random.next() % 100)
        }
    }

    private func submit(_ index: Int) {
        let ids = self.machines.keys.sorted().filter {
            self.machines[$0]?.isUp == true && self.bundle.consenter(id: $0) != nil && !self.silent.contains($0)
        }
        guard !ids.isEmpty else { return self.add(.submit(index), in: 100) }
        let id = ids[Int(self.random.next() % UInt64(ids.count))]
        guard let machine = self.machines[id] else { return }
        let answer = machine.submit([self.envelopes[index]])?.first
        self.noticeDeath(of: machine)
        let hash = CommitteeBlocks.digest(of: self.envelopes[index].serialized())
        if case .queued(nil)? = answer {
            // Taken by one that has lost its office: not promised for a height, but not lost either.
            self.promised.insert(hash)
            return
        }
        guard case .queued(let receipt?)? = answer else {
            // A client that hears nothing asks somebody else.
            if answer == nil { self.add(.submit(index), in: 200) }
            // So does one that hears that this member orders nothing.
            if case .refused(.follows)? = answer { self.add(.submit(index), in: 200) }
            if case .refused(let refusal)? = answer, EnvelopeParts(self.envelopes[index].serialized())?.header.kind == .configUpdate {
                self.refusedRequests.append(refusal)
            }
            return
        }
        let key = (try? self.bundle.membership.identity(machine.identity.serialized))?.publicKey
        if receipt.receipt.envelopeHash != hash || key.map({ receipt.isSigned(by: $0, chain: self.genesis.headerHash) }) != true {
            self.violations.append("member \(id) gave a wrong receipt")
        }
        self.promised.insert(hash)
        self.receipts.append((receipt, self.envelopes[index].serialized()))
    }

    /// A machine that lost its power comes back some time later; one that stopped by itself is a violation.
    private func noticeDeath(of machine: MemberMachine) {
        if let failure = machine.failure, !self.liars.contains(machine.id) {
            return self.violations.append("member \(machine.id) stopped: \(failure)")
        }
        guard !machine.isUp else { return }
        self.restarts += 1
        self.add(.start(machine.id), in: 50 + self.random.next() % 800)
    }

    private func isCut(_ from: UInt32, _ to: UInt32) -> Bool {
        self.cutOff.contains(from) != self.cutOff.contains(to) || self.silent.contains(from) || self.silent.contains(to)
    }

    // MARK: - What members ask for

    /// Puts a parcel on the network; the adversary's way in, too.
    func send(_ parcel: MemberParcel, from: UInt32, to: UInt32) {
        if self.isLost(parcel) { return }
        let isFaulty = self.time < self.faults.endsAt
        if isFaulty, self.random.next() % 100 < self.faults.lossPercent { return }
        let copies = isFaulty && self.random.next() % 100 < self.faults.doublePercent ? 2 : 1
        for _ in 0..<copies { self.add(.parcel(parcel, from: from, to: to), in: 1 + self.random.next() % (isFaulty ? 30 : 5)) }
    }

    private func note(_ news: MemberNews, of id: UInt32) {
        switch news {
        case .stored(let height): self.check(height, of: id)
        case .charged(let fact, let refusal): self.charges.append((id, fact, refusal))
        case .evidence(let evidence): self.evidence.append(evidence)
        case .signs(let signs): self.signs[id] = signs
        case .invalidBlock(let fault): self.invalid.append(fault)
        case .refused, .refusedEnvelopes: break
        }
    }

    /// Agreement, contiguous numbers, and no envelope twice.
    private func check(_ height: UInt64, of id: UInt32) {
        guard let bytes = self.machines[id]?.disk.blocks.last, let block = try? OrderedBlock(serialized: bytes), block.number.rawValue == height,
            let position = try? ChainPosition(after: block, chain: self.genesis.headerHash)
        else { return self.violations.append("member \(id): block \(height) cannot be read") }
        if let known = self.ids[height] {
            if known != position.blockID { self.violations.append("fork at height \(height)") }
            return
        }
        self.ids[height] = position.blockID
        let chain = self.chain(of: id)
        let all = chain.flatMap(\.envelopes)
        if Set(all).count != all.count { self.violations.append("an envelope is ordered twice, at height \(height)") }
        if position.metadata?.header.txSeqBase != UInt64(all.count - block.envelopes.count) {
            self.violations.append("numbers jump at height \(height)")
        }
    }

    private struct Surroundings: MemberSurroundings {
        let world: MemberWorld
        let id: UInt32
        let life: Int

        /// What a machine does after its power has gone never leaves it.
        private var isOn: Bool { self.world.machines[self.id]?.disk.isOff == false }

        func send(_ parcel: MemberParcel, to member: UInt32) { if self.isOn { self.world.send(parcel, from: self.id, to: member) } }
        func startTimer(_ input: MemberInput, milliseconds: UInt32) {
            self.world.add(.timer(input, at: self.id, life: self.life), in: UInt64(milliseconds))
        }
        func now() -> Timestamp {
            let ms = UInt64(1_780_000_100_000) + self.world.time + UInt64(self.id) * 7
            return Timestamp(seconds: Int64(ms / 1_000), nanoseconds: Int32(ms % 1_000) * 1_000_000)
        }
        func note(_ news: MemberNews) { self.world.note(news, of: self.id) }
    }
}

extension BroadcastChecks {
    /// An envelope as the door judges it at the time of the worlds.
    func check(bytes: [UInt8]) throws -> CheckedEnvelope {
        try self.check(try Envelope(serialized: bytes), now: Timestamp(seconds: 1_780_000_100))
    }
}

/// The people and the channels of member worlds.
enum MemberWorldPeople {
    static func identity(_ number: Int) throws -> SigningIdentity {
        let network = try GovernanceNetwork.shared.get()
        let member = GovernanceNetwork.id(number)
        return try SigningIdentity(
            mspID: member, certificate: Certificate(pem: found(network.firstCertificates[member])), key: found(network.firstKeys[member]))
    }

    static func identities(_ numbers: ClosedRange<Int>) throws -> [UInt32: SigningIdentity] {
        var identities: [UInt32: SigningIdentity] = [:]
        for number in numbers { identities[UInt32(number)] = try self.identity(number) }
        return identities
    }

    /// Four members that nobody elected.
    static let plain = Result { () throws -> OrderedBlock in
        let network = try GovernanceNetwork.shared.get()
        let members = GovernanceNetwork.members.prefix(4)
        return try GenesisProfile(
            channelID: "records",
            applicationOrganizations: try members.map { .init(msp: try found(network.authorities[$0]).mspConfiguration()) },
            ordererOrganizations: try members.map { try network.orderer($0) },
            consenters: try members.enumerated().map {
                Consenter(id: UInt32($0 + 1), host: "m\($0 + 1).example", port: 7050, mspID: $1, identity: try found(network.firstCertificates[$1]))
            }, batch: BatchConfiguration(maxMessageCount: 4, absoluteMaxBytes: 200_000, preferredMaxBytes: 100_000, timeoutMilliseconds: 200),
            createdAt: GovernanceNetwork.now
        ).genesisBlock()
    }

    static func envelopes(_ count: Int, from first: Int = 0) throws -> [Envelope] {
        let network = try GovernanceNetwork.shared.get()
        return try (first..<first + count).map { number in
            let creator = try found(network.clients[GovernanceNetwork.id(1 + number % 3)])
            let nonce = SHA256.hash(Array("member world \(number)".utf8))
            var named = Protos_ChaincodeHeaderExtension()
            named.chaincodeID.name = "other"
            let header = ChannelHeader(
                kind: .endorserTransaction, timestamp: Timestamp(seconds: 1_780_000_100), channelID: "records",
                transactionID: Formulas.transactionID(nonce: nonce, creator: creator.serialized), extensionBytes: named.encoded())
            let payload = Payload(
                channelHeaderBytes: header.serialized(),
                signatureHeaderBytes: SignatureHeader(creator: creator.serialized, nonce: nonce).serialized(),
                data: [UInt8(truncatingIfNeeded: number)]
            ).serialized()
            return Envelope(payload: payload, signature: try creator.sign(payload))
        }
    }
}
