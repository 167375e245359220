import LedgerModel
import Ordering

/// Blocks from other members: candidates, and what was decided while this member was away (1.11).
extension MemberCore {
    mutating func take(_ parcel: CommitteeParcel, from: UInt32) throws {
        switch parcel {
        case .consensus, .envelopes: break  // They come another way.
        case .candidate(let bytes):
            guard let block = try? OrderedBlock(serialized: bytes), let candidate = try? CandidateBlock(block) else {
                return self.around.progress.countRefusal(at: self.consenter, of: from)
            }
            self.hold(candidate, from: from)
            if self.wanted.contains(where: { $0.id == candidate.id }), self.judge(candidate.id) { try self.drain() }
        case .candidateWanted(let id):
            guard let candidate = self.held.first(where: { $0.candidate.id == id })?.candidate else { return }
            self.around.send(.candidate(candidate.block.serialized()), from)
        case .decisionsWanted(let height):
            // Whoever asks for more has taken what it was sent; for all others once a tick is enough.
            if let last = self.served[from], height <= last { return }
            self.served[from] = height
            try self.sendDecisions(from: height, count: NodeLimits.decisionsInOneAnswer, to: from)
        case .decisions(let blocks): try self.take(decisions: blocks, from: from)
        }
    }

    /// Sends stored blocks; nothing when there are none.
    func sendDecisions(from height: UInt64, count: Int, to member: UInt32) throws {
        var answer: [[UInt8]] = []
        var bytes = 0
        var number = max(height, 1)
        while number < self.height, answer.count < count, bytes < NodeLimits.decisionAnswerBytes, let block = try self.store.block(number) {
            answer.append(block)
            bytes += block.count
            number += 1
        }
        if !answer.isEmpty { self.around.send(.decisions(answer), member) }
    }

    /// Follows the chain: the core alone decides, sync only gives it commit and verdict.
    private mutating func take(decisions: [[UInt8]], from: UInt32) throws {
        let before = self.height
        for bytes in decisions.prefix(NodeLimits.decisionsInOneAnswer) {
            guard let block = try? OrderedBlock(serialized: bytes) else { return self.around.progress.countRefusal(at: self.consenter, of: from) }
            if block.number.rawValue < self.height { continue }
            guard block.number.rawValue == self.height, let (candidate, commit) = try? self.blocks.decision(block),
                commit.flaw(committee: self.blocks.committee, verifier: self.blocks.keys) == nil
            else { return self.around.progress.countRefusal(at: self.consenter, of: from) }
            if !self.held.contains(where: { $0.candidate.id == candidate.id }) {
                // A commit proves that the committee wants this block: no bound of the sender stands against it.
                self.held.append(Held(candidate: candidate, from: from, isTimely: false))
            }
            _ = self.judge(candidate.id)
            try self.feed(.message(.certificate(commit), from: from))
        }
        if self.height > before { self.around.send(.decisionsWanted(from: self.height), from) }
    }

    /// Keeps a candidate of this height or the next ones, of each sender a few.
    private mutating func hold(_ candidate: CandidateBlock, from: UInt32) {
        guard candidate.height >= self.height, candidate.height <= self.height + NodeLimits.candidateHeightsAhead else { return }
        guard !self.held.contains(where: { $0.candidate.id == candidate.id }) else { return }
        let isWanted = self.wanted.contains { $0.id == candidate.id }
        let ofSender = self.held.filter { $0.from == from && $0.candidate.height == candidate.height }
        if ofSender.count >= NodeLimits.candidatesOfOneSender, !isWanted {
            // What has a verdict must stay, for it may be decided.
            guard let oldest = ofSender.first(where: { !self.judged.contains($0.candidate.id) }) else { return }
            self.held.removeAll { $0.candidate.id == oldest.candidate.id }
        }
        let now = self.around.now().millisecondsSince1970
        let time = candidate.header.timeMs
        let distance = now > time ? now - time : time - now
        self.held.append(Held(candidate: candidate, from: from, isTimely: distance <= self.settings.timelinessMilliseconds))
    }

    /// Gives the replica its verdict on a block of this height.
    ///
    /// - Returns: Whether the block is here.
    mutating func judge(_ id: BlockID) -> Bool {
        guard let item = self.held.first(where: { $0.candidate.id == id && $0.candidate.height == self.height }) else { return false }
        self.wanted.removeAll { $0.id == id }
        self.judged.insert(id)
        let rules = self.pool.pool.withLock { $0.rules }
        let fault = self.blocks.fault(in: item.candidate, after: self.position, rules: rules)
        if let fault { self.around.progress.update(self.consenter) { $0.lastFault = fault } }
        self.inputs.append(
            .verdict(height: self.height, id: id, fault == nil ? .valid(item.candidate.form, isTimely: item.isTimely) : .invalid))
        return true
    }

    /// Notes who is ahead; asks at once when it is more than the one block that is on its way anyhow.
    mutating func noteHeight(_ height: UInt64, of member: UInt32) {
        guard height > self.height, self.ahead.insert(member).inserted, height > self.height + 1 else { return }
        self.around.send(.decisionsWanted(from: self.height), member)
    }

    /// Every tick: missing blocks are asked for, from the one who should have them and then from all; so is what was decided without us.
    mutating func askAgain() {
        for item in self.wanted {
            if item.hint != self.consenter { self.around.send(.candidateWanted(item.id), item.hint) }
            for member in self.others where member != item.hint { self.around.send(.candidateWanted(item.id), member) }
        }
        if self.height == self.heightAtLastTick {
            for member in self.ahead.sorted() { self.around.send(.decisionsWanted(from: self.height), member) }
        }
        self.heightAtLastTick = self.height
        self.ahead = []
        self.served = [:]
    }
}
