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
    /// What was asked to be signed in the last `ConsensusLimits.recordedRounds` rounds; older messages cannot be needed, for rounds only grow.
    package var messages: [SignRequest]

    package init(
        epoch: UInt64, height: UInt64, round: Round, step: Replica.Step, locked: Replica.BlockInRound?, valid: Replica.BlockInRound?,
        polka: VoteCertificate?, messages: [SignRequest]
    ) {
        self.epoch = epoch
        self.height = height
        self.round = round
        self.step = step
        self.locked = locked
        self.valid = valid
        self.polka = polka
        self.messages = messages
    }

    /// Whether every round is in its range and the polka is the valid block's.
    var isWellFormed: Bool {
        guard (0...ConsensusLimits.highestRound).contains(self.round), self.polka?.choice.id == self.valid?.id else { return false }
        guard self.polka?.round == self.valid?.round else { return false }
        for block in [self.locked, self.valid] {
            if let block, !(0...self.round).contains(block.round) { return false }
        }
        return self.messages.allSatisfy { message in
            guard message.round <= self.round else { return false }
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

    /// The record of a new key.
    package init(owner: RecordOwner) {
        self.owner = owner
        self.record = .unused
        self.counter = 0
    }

    /// Reads both slots and takes the valid one with the highest counter; a torn write has damaged the other one only.
    ///
    /// - Returns: nil when no slot can be read, or when they contradict each other: then the key is burned (W6).
    package init?(slots: [[UInt8]]) {
        let read = slots.prefix(2).compactMap { try? SafetyRecordFormat.decode($0) }.sorted { $0.counter < $1.counter }
        guard let newest = read.last, read.allSatisfy({ $0.owner == newest.owner }) else { return nil }
        if read.count == 2, read[0].counter == newest.counter { return nil }
        self.owner = newest.owner
        self.record = newest.record
        self.counter = newest.counter
    }

    private init(owner: RecordOwner, record: SafetyRecord, counter: UInt64) {
        self.owner = owner
        self.record = record
        self.counter = counter
    }

    /// Takes a record in.
    ///
    /// - Returns: The slot to overwrite and sync, 0 or 1, and its bytes; nil when the record cannot be written, which is fatal (W3).
    package mutating func write(_ record: SafetyRecord) -> (slot: Int, bytes: [UInt8])? {
        let next = SafetyRecordSlots(owner: self.owner, record: record, counter: self.counter &+ 1)
        guard next.counter > self.counter, let bytes = SafetyRecordFormat.encode(owner: next.owner, counter: next.counter, record: record) else {
            return nil
        }
        self = next
        return (Int(next.counter & 1), bytes)
    }
}
