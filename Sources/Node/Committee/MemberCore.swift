import Identity
import LedgerModel
import Ordering
import Synchronization

/// The envelopes of one member, shared between its core, its clients and its intake.
final class SharedPool: Sendable {
    let pool: Mutex<EnvelopePool>

    init(_ pool: EnvelopePool) {
        self.pool = Mutex(pool)
    }
}

/// What drives the pure replica of one member: disk, key and blocks on one side, the other members on the other.
///
/// It has one owner, which feeds it one item after the other. Whatever the replica asks for is carried out in its order; a failure of the disk
/// or the key throws, and the member stops.
struct MemberCore {
    /// A candidate that arrived, and whether its time was near the clock then.
    struct Held {
        let candidate: CandidateBlock
        let from: UInt32
        let isTimely: Bool
    }

    /// Whether this member signs (W5, W6).
    enum Signing {
        case free
        /// Not before its record's height, where it goes on with the record.
        case abstain(then: SafetyRecord)
        case never
    }

    /// The world around the core.
    struct Surroundings: Sendable {
        let send: @Sendable (CommitteeParcel, _ to: UInt32) -> Void
        let startTimer: @Sendable (MemberInbox.Item, _ milliseconds: UInt32) -> Void
        let now: @Sendable () -> Timestamp
        let progress: CommitteeProgress
    }

    let consenter: UInt32
    let blocks: CommitteeBlocks
    let settings: CommitteeSettings
    let identity: SigningIdentity
    let store: ChainStore
    let pool: SharedPool
    let around: Surroundings
    private(set) var disk: MemberDisk
    private(set) var replica: Replica
    var signing: Signing
    /// The last stored block.
    private(set) var position: ChainPosition
    private(set) var parentCertificate: [UInt8]

    var inputs: [ReplicaInput] = []
    var held: [Held] = []
    /// Blocks of this height on which the replica has a verdict.
    var judged: Set<BlockID> = []
    /// Blocks that the replica waits for, and who should have them.
    var wanted: [(id: BlockID, hint: UInt32)] = []
    /// A candidate that the replica waits for while there is nothing to order.
    private var pendingBuild: (height: UInt64, round: Round)?
    /// Who has sent messages of a later height since the last tick.
    var ahead: Set<UInt32> = []
    var heightAtLastTick: UInt64 = 0
    /// From where on each member was last sent decided blocks since the last tick.
    var served: [UInt32: UInt64] = [:]

    init(
        consenter: UInt32, blocks: CommitteeBlocks, settings: CommitteeSettings, identity: SigningIdentity, store: ChainStore, pool: SharedPool,
        disk: MemberDisk, signing: Signing, position: ChainPosition, around: Surroundings
    ) throws {
        self.consenter = consenter
        self.blocks = blocks
        self.settings = settings
        self.identity = identity
        self.store = store
        self.pool = pool
        self.disk = disk
        self.signing = signing
        self.position = position
        self.around = around
        self.parentCertificate = try CommitteeBlocks.parentCertificate(of: store.last)
        self.replica = Replica(verifier: blocks.keys, timeouts: settings.timeouts)
    }

    var height: UInt64 { self.position.number.rawValue + 1 }

    var others: [UInt32] { self.blocks.committee.members.filter { $0 != self.consenter } }

    /// Begins after a start, with the record when there is one for this height (W5).
    mutating func begin(resuming record: SafetyRecord?) throws {
        try self.feed(.startHeight(self.heightStart(record)))
        self.sendToAll(.decisionsWanted(from: self.height))
    }

    mutating func take(_ item: MemberInbox.Item) throws {
        switch item {
        case .timeout(let height, let round, let kind): try self.feed(.timeout(height: height, round: round, kind))
        case .tick:
            try self.feed(.rebroadcast)
            self.askAgain()
            let waiting = self.pool.pool.withLock { $0.envelopesToPushAgain() }
            if !waiting.isEmpty { self.sendToAll(.envelopes(waiting.map(\.serialized))) }
        case .reason:
            guard self.pool.pool.withLock({ !$0.isEmpty }) else { return }
            if let pending = self.pendingBuild, pending.height == self.height {
                try self.build(height: pending.height, round: pending.round)
                try self.drain()
            } else {
                try self.feed(.reason(height: self.height))
            }
        case .parcel(.consensus(let message), let from):
            self.noteHeight(message.height, of: from)
            try self.feed(.message(message, from: from))
        case .parcel(let parcel, let from): try self.take(parcel, from: from)
        }
    }

    /// Gives the replica an input and carries out what follows from it.
    mutating func feed(_ input: ReplicaInput) throws {
        self.inputs.append(input)
        try self.drain()
    }

    mutating func drain() throws {
        while !self.inputs.isEmpty {
            let input = self.inputs.removeFirst()
            for output in self.replica.step(input) { try self.carryOut(output) }
        }
    }

    private mutating func carryOut(_ output: ReplicaOutput) throws {
        switch output {
        case .persist(let record): try self.disk.persist(record)
        case .sign(let request): try self.sign(request)
        case .buildCandidate(let height, let round): try self.build(height: height, round: round)
        case .arm(let height, let round, let kind, let milliseconds):
            self.around.startTimer(.timeout(height: height, round: round, kind), milliseconds)
        case .fetchBlock(let id, let hint):
            if !self.judge(id) { self.wanted.append((id, hint)) }
        case .relay(let bundle, let receiver):
            if let receiver { self.around.send(.consensus(.bundle(bundle)), receiver) } else { self.sendToAll(.consensus(.bundle(bundle))) }
        case .sendDecision(let height, let receiver): try self.sendDecisions(from: height, count: 1, to: receiver)
        case .decide(let id, let commit): try self.decide(id, commit)
        case .archive: break  // Polkas stay in the replica's height; a durable archive comes with evidence that outlives it.
        case .evidence(let evidence): self.around.progress.report(evidence, by: self.consenter)
        case .behind: self.sendToAll(.decisionsWanted(from: self.height))
        case .refuse(_, let from): self.around.progress.countRefusal(at: self.consenter, of: from)
        case .fatal(let reason): throw MemberFailure(reason: reason.description)
        }
    }

    /// The record is durable by now; then the guard, and only then is the key used.
    private mutating func sign(_ request: SignRequest) throws {
        guard let bytes = request.signedBytes(chain: self.blocks.keys.chain, epoch: self.blocks.committee.epoch) else {
            throw MemberFailure(reason: "the committee's core asked for a signature over nothing")
        }
        try self.disk.claim(request, signedBytes: bytes)
        let message = request.message(signature: try self.identity.sign(bytes))
        self.sendToAll(.consensus(message))
        self.inputs.append(.message(message, from: self.consenter))
    }

    /// Assembles a block of what is waiting; what the validity predicate refuses is thrown out of the pool first.
    private mutating func build(height: UInt64, round: Round) throws {
        self.pendingBuild = nil
        guard height == self.height, round == self.replica.round else { return }
        while true {
            let (batch, rules) = self.pool.pool.withLock { ($0.nextBatch(), $0.rules) }
            guard !batch.isEmpty else {
                self.pendingBuild = (height, round)
                return
            }
            let candidate = try self.blocks.candidate(
                batch, after: self.position, parentCertificate: self.parentCertificate, proposer: self.consenter, now: self.around.now())
            if let fault = self.blocks.fault(in: candidate, after: self.position, rules: rules) {
                guard let index = fault.envelopeIndex else { throw MemberFailure(reason: "this member makes invalid blocks: \(fault)") }
                self.pool.pool.withLock { $0.drop(batch[index]) }
                continue
            }
            self.held.append(Held(candidate: candidate, from: self.consenter, isTimely: true))
            self.judged.insert(candidate.id)
            self.sendToAll(.candidate(candidate.block.serialized()))
            self.inputs.append(.verdict(height: height, id: candidate.id, .valid(candidate.form, isTimely: true)))
            self.inputs.append(.candidate(height: height, round: round, id: candidate.id))
            return
        }
    }

    /// Stores block and commit durably, and only then begins the next height (W4).
    private mutating func decide(_ id: BlockID, _ commit: VoteCertificate) throws {
        guard let candidate = self.held.first(where: { $0.candidate.id == id })?.candidate else {
            throw MemberFailure(reason: "a block was decided that this member does not hold")
        }
        let block = try self.blocks.block(candidate, commit: commit)
        try self.store.append(block)
        let position = try ChainPosition(after: block, chain: self.position.chain)
        self.position = position
        self.parentCertificate = try CommitteeBlocks.parentCertificate(of: block)
        self.pool.pool.withLock { $0.record(block, position: position) }
        let height = self.height
        self.held.removeAll { $0.candidate.height < height }
        self.wanted = []
        self.judged = []
        self.pendingBuild = nil
        self.around.progress.update(self.consenter) { $0.head = block.number.rawValue }
        var record: SafetyRecord?
        if case .abstain(let later) = self.signing, later.height <= height {
            self.signing = .free
            record = later.height == height ? later : nil
        }
        self.inputs.append(.startHeight(self.heightStart(record)))
    }

    private func heightStart(_ record: SafetyRecord?) -> HeightStart {
        var signer: UInt32?
        if case .free = self.signing { signer = self.consenter }
        return HeightStart(
            height: self.height, committee: self.blocks.committee, schedule: self.blocks.schedule, signer: signer, record: record,
            hasReason: self.pool.pool.withLock { !$0.isEmpty })
    }

    func sendToAll(_ parcel: CommitteeParcel) {
        for member in self.others { self.around.send(parcel, member) }
    }
}
