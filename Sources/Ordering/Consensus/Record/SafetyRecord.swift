/// What a replica must not forget: where it stands, what it is locked on, and what it has signed in this height (1.10).
package struct SafetyRecord: Hashable, Sendable {
    package var epoch: UInt64
    package var height: UInt64
    package var round: Round
    package var step: Replica.Step
    package var locked: Replica.BlockInRound?
    package var valid: Replica.BlockInRound?
    /// The polka of `valid`.
    package var polka: VoteCertificate?
    /// Why `round` was entered: without it nobody could follow this node there after a restart (L3).
    package var roundCertificate: RoundCertificate?
    /// What was asked to be signed in the last `ConsensusLimits.recordedRounds` rounds; older messages cannot be needed, for rounds only grow.
    package var messages: [SignRequest]

    package init(
        epoch: UInt64, height: UInt64, round: Round, step: Replica.Step, locked: Replica.BlockInRound?, valid: Replica.BlockInRound?,
        polka: VoteCertificate?, roundCertificate: RoundCertificate? = nil, messages: [SignRequest]
    ) {
        self.epoch = epoch
        self.height = height
        self.round = round
        self.step = step
        self.locked = locked
        self.valid = valid
        self.polka = polka
        self.roundCertificate = roundCertificate
        self.messages = messages
    }

    /// Whether every round is in its range, and the certificates are the valid block's and the round's.
    var isWellFormed: Bool {
        guard (0...ConsensusLimits.highestRound).contains(self.round), self.polka?.choice.id == self.valid?.id else { return false }
        guard self.polka?.round == self.valid?.round, self.polka.map({ $0.height == self.height && $0.kind == .prevote }) ?? true else {
            return false
        }
        guard self.roundCertificate.map({ $0.height == self.height && $0.round == self.round }) ?? true else { return false }
        for block in [self.locked, self.valid] {
            if let block, !(0...self.round).contains(block.round) { return false }
        }
        return self.messages.allSatisfy { message in
            guard message.height == self.height, message.round <= self.round else { return false }
            switch message {
            case .proposal(let proposal, _): return proposal.isWellFormed
            case .vote(let vote, let form): return vote.isWellFormed && vote.isBlockSignature == (form != nil)
            }
        }
    }

    /// The record of a key that has signed nothing. It is written once, when the key is made, and never to replace one that was lost (W6).
    package static let unused = SafetyRecord(epoch: 0, height: 0, round: 0, step: .idle, locked: nil, valid: nil, polka: nil, messages: [])
}

/// Whose record it is: the key, and the one place where the key is used (W8).
package struct RecordOwner: Hashable, Sendable {
    /// The header hash of block 0.
    package let chain: [UInt8]
    package let consenter: UInt32
    /// 16 random bytes, drawn when the record was made.
    package let instance: [UInt8]
    /// 32 bytes that name the machine, for example a hash of its id.
    package let machine: [UInt8]

    /// - Returns: nil when a part has another length.
    package init?(chain: [UInt8], consenter: UInt32, instance: [UInt8], machine: [UInt8]) {
        guard chain.count == 32, instance.count == 16, machine.count == 32 else { return nil }
        self.chain = chain
        self.consenter = consenter
        self.instance = instance
        self.machine = machine
    }
}

/// The two slots of a record file, as a value: which one is the newest, and where the next one goes (W2).
package struct SafetyRecordSlots: Hashable, Sendable {
    package let owner: RecordOwner
    package private(set) var record: SafetyRecord
    /// Grows with each write, so the newest slot is known.
    package private(set) var counter: UInt64
    /// Where the newest record lies; the next one goes to the other slot.
    private var slot: Int

    /// The record of a new key.
    package init(owner: RecordOwner) {
        self.owner = owner
        self.record = .unused
        self.counter = 0
        self.slot = 0
    }

    /// Reads both slots, takes the valid one with the highest counter and makes it durable; a torn write has damaged the other one only.
    ///
    /// What was read may be in the cache of the system only, after a process was killed between a write and its sync, or after a sync that
    /// failed. A node that acted on it and then lost its power would come back with an older record. So it is written again, in its own slot,
    /// where the other slot is still there to fall back on, and synced, before anything is built on it (W5).
    ///
    /// - Parameter makeDurable: Writes the bytes to the beginning of a slot, 0 or 1, and syncs. When it throws, the node must not start (W3).
    /// - Returns: nil when no slot can be read, or when they contradict each other: then the key is burned (W6).
    package init?<Failure: Error>(
        slots: [[UInt8]], makeDurable: (_ slot: Int, _ bytes: [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var newest: (slot: Int, owner: RecordOwner, counter: UInt64, record: SafetyRecord)?
        for (index, bytes) in slots.prefix(2).enumerated() {
            guard let (owner, counter, record) = try? SafetyRecordFormat.decode(bytes) else { continue }
            if let newest, newest.owner != owner || newest.counter == counter { return nil }
            if counter >= newest?.counter ?? 0 { newest = (index, owner, counter, record) }
        }
        guard let newest, let bytes = SafetyRecordFormat.encode(owner: newest.owner, counter: newest.counter, record: newest.record) else {
            return nil
        }
        try makeDurable(newest.slot, bytes)
        (self.slot, self.owner, self.counter, self.record) = newest
    }

    /// Takes a record in.
    ///
    /// - Returns: The slot to overwrite from its beginning and sync, 0 or 1, and the bytes, which need not fill the slot; nil when the record
    ///   cannot be written, which is fatal (W3).
    package mutating func write(_ record: SafetyRecord) -> (slot: Int, bytes: [UInt8])? {
        let counter = self.counter &+ 1
        guard counter > self.counter, let bytes = SafetyRecordFormat.encode(owner: self.owner, counter: counter, record: record) else { return nil }
        (self.record, self.counter, self.slot) = (record, counter, 1 - self.slot)
        return (self.slot, bytes)
    }
}
