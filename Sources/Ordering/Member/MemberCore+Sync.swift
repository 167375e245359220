import LedgerModel

/// Blocks from other members: candidates, their envelopes, and what was decided while this member was away (1.11, 1.14).
extension MemberCore {
    mutating func take(_ parcel: MemberParcel, from: UInt32) throws {
        switch parcel {
        case .consensus, .envelopes: break  // They come another way.
        case .candidate(let bytes):
            guard let outline = try? CandidateOutlineFormat.decode(bytes, maxCount: CommitteeBlocks.maxCount(self.blocks.bundle.batch)) else {
                return self.around.note(.refused(from: from))
            }
            self.hold(outline, from: from)
            guard self.wanted.contains(where: { $0.id == outline.id }) else { return }
            if self.judge(outline.id) { try self.drain() } else { self.waitForEnvelopes(of: outline.id) }
        case .candidateWanted(let id):
            guard let held = self.held.first(where: { $0.id == id }) else { return }
            self.around.send(.candidate(CandidateOutlineFormat.encode(held.outline)), to: from)
        case .envelopesWanted(let hashes): self.sendEnvelopes(hashes, to: from)
        case .envelopesFound(let envelopes): try self.take(found: envelopes)
        case .decisionsWanted(let height):
            // Whoever asks for more has taken what it was sent; for all others once a tick is enough.
            if let last = self.served[from], height <= last { return }
            self.served[from] = height
            try self.sendDecisions(from: height, count: MemberLimits.decisionsInOneAnswer, to: from)
        case .decisions(let blocks): try self.take(decisions: blocks, from: from)
        case .complaint(let receipt, let envelope): self.hear(receipt, about: envelope, from: from)
        case .changeSignature(let height, let signature): try self.take(changeSignature: signature, height: height, from: from)
        }
    }

    // MARK: - Decided blocks

    /// Sends stored blocks; nothing when there are none.
    func sendDecisions(from height: UInt64, count: Int, to member: UInt32) throws {
        var answer: [[UInt8]] = []
        var bytes = 0
        var number = max(height, 1)
        while number < self.height, answer.count < count, bytes < MemberLimits.decisionAnswerBytes, let block = try self.chain.block(number) {
            answer.append(block)
            bytes += block.count
            number += 1
        }
        if !answer.isEmpty { self.around.send(.decisions(answer), to: member) }
    }

    /// Follows the chain: the core alone decides, sync only gives it commit and verdict.
    private mutating func take(decisions: [[UInt8]], from: UInt32) throws {
        let before = self.height
        for bytes in decisions.prefix(MemberLimits.decisionsInOneAnswer) {
            guard let block = try? OrderedBlock(serialized: bytes) else { return self.around.note(.refused(from: from)) }
            if block.number.rawValue < self.height { continue }
            guard block.number.rawValue == self.height, let (candidate, commit) = try? self.blocks.decision(block),
                commit.flaw(committee: self.blocks.committee, verifier: self.blocks.keys) == nil
            else { return self.around.note(.refused(from: from)) }
            // A commit proves that the committee wants this block: no bound of the sender stands against it.
            if let index = self.held.firstIndex(where: { $0.id == candidate.id }) {
                if self.held[index].candidate == nil {
                    self.held[index] = HeldCandidate(candidate, from: self.held[index].from, isTimely: self.held[index].isTimely)
                }
            } else {
                self.held.append(HeldCandidate(candidate, from: from, isTimely: false))
            }
            _ = self.judge(candidate.id)
            try self.feed(.message(.certificate(commit), from: from))
        }
        if self.height > before { self.around.send(.decisionsWanted(from: self.height), to: from) }
    }

    // MARK: - Candidates

    /// Keeps a candidate of this height or the next ones, of each sender a few.
    private mutating func hold(_ outline: CandidateOutline, from: UInt32) {
        guard outline.height >= self.height, outline.height <= self.height + MemberLimits.candidateHeightsAhead else { return }
        guard !self.held.contains(where: { $0.id == outline.id }) else { return }
        let isWanted = self.wanted.contains { $0.id == outline.id }
        let ofSender = self.held.filter { $0.from == from && $0.height == outline.height }
        if ofSender.count >= MemberLimits.candidatesOfOneSender, !isWanted {
            // What has a verdict or is waited for must stay, for it may be decided.
            let oldest = ofSender.first { item in !self.judged.contains(item.id) && !self.wanted.contains { $0.id == item.id } }
            guard let oldest else { return }
            self.held.removeAll { $0.id == oldest.id }
        }
        let now = self.around.now().millisecondsSince1970
        let time = outline.header.timeMs
        let distance = now > time ? now - time : time - now
        self.held.append(HeldCandidate(outline, from: from, isTimely: distance <= self.settings.timelinessMilliseconds))
    }

    /// Gives the replica its verdict on a block of this height, once the whole block is here.
    ///
    /// - Returns: Whether it is.
    mutating func judge(_ id: BlockID) -> Bool {
        guard let index = self.held.firstIndex(where: { $0.id == id && $0.height == self.height }) else { return false }
        let (missing, rules) = self.pool.state.withLock { state in (self.held[index].complete(with: state.pool), state.pool.rules) }
        guard missing.isEmpty else { return false }
        let held = self.held[index]
        self.wanted.removeAll { $0.id == id }
        self.judged.insert(id)
        let fault =
            held.candidate.map { self.blocks.fault(in: $0, after: self.position, rules: rules) } ?? CandidateFault.contradictoryOutline
        if let fault { self.around.note(.invalidBlock(fault)) }
        if let candidate = held.candidate { self.watch(candidate) }
        let verdict: Verdict
        if fault == nil, let candidate = held.candidate {
            verdict = .valid(candidate.form, isTimely: held.isTimely)
        } else {
            verdict = .invalid
        }
        self.inputs.append(.verdict(height: self.height, id: id, verdict))
        return true
    }

    // MARK: - Envelopes of candidates

    /// Gives pushed envelopes a moment to arrive before they are asked for.
    mutating func waitForEnvelopes(of id: BlockID) {
        // One timer for each, however often its outline comes; later the ticks ask.
        guard self.held.contains(where: { $0.id == id }), self.waitedFor.insert(id).inserted else { return }
        self.around.startTimer(.stillMissing(id), milliseconds: self.settings.missingMilliseconds)
    }

    /// Asks for what a wanted candidate lacks: first the one who sent it, later everybody.
    mutating func askForEnvelopes(of id: BlockID, everyone: Bool) {
        guard let item = self.wanted.first(where: { $0.id == id }), let index = self.held.firstIndex(where: { $0.id == id }) else { return }
        let missing = self.pool.state.withLock { self.held[index].complete(with: $0.pool) }
        let wanted = MemberParcel.envelopesWanted(Array(missing.prefix(MemberLimits.envelopesInOneRequest)))
        guard !missing.isEmpty else { return }
        let first = [self.held[index].from, item.hint].filter { $0 != self.consenter }
        if everyone { self.sendToAll(wanted) } else if let sender = first.first { self.around.send(wanted, to: sender) }
    }

    private func sendEnvelopes(_ hashes: [[UInt8]], to member: UInt32) {
        var found: [[UInt8]] = []
        var bytes = 0
        for hash in hashes.prefix(MemberLimits.envelopesInOneRequest) where bytes < MemberLimits.envelopeAnswerBytes {
            let waiting = self.pool.state.withLock { $0.pool.envelope(hash)?.serialized }
            guard let envelope = waiting ?? self.held.lazy.compactMap({ $0.envelope(hash) }).first else { continue }
            found.append(envelope)
            bytes += envelope.count
        }
        if !found.isEmpty { self.around.send(.envelopesFound(found), to: member) }
    }

    private mutating func take(found envelopes: [[UInt8]]) throws {
        // A valid block is not larger: one envelope alone, or several below the preferred size with their framing.
        let limit = CommitteeBlocks.preferredBytes(self.blocks.bundle.batch) + 64 * CommitteeBlocks.maxCount(self.blocks.bundle.batch)
        for envelope in envelopes.prefix(MemberLimits.envelopesInOneRequest) {
            let hash = CommitteeBlocks.digest(of: envelope)
            // Nobody asked for the envelopes of other candidates, so they would only be held.
            for index in self.held.indices where self.wanted.contains(where: { $0.id == self.held[index].id }) {
                self.held[index].take(envelope, hash: hash, limit: limit)
            }
        }
        for item in self.wanted where self.judge(item.id) {}
        try self.drain()
        // An answer may have been cut short.
        for item in self.wanted { self.askForEnvelopes(of: item.id, everyone: false) }
    }

    // MARK: - Catching up

    /// Notes who is ahead; asks at once when it is more than the one block that is on its way anyhow.
    mutating func noteHeight(_ height: UInt64, of member: UInt32) {
        guard height > self.height, self.ahead.insert(member).inserted, height > self.height + 1 else { return }
        self.around.send(.decisionsWanted(from: self.height), to: member)
    }

    /// Every tick: missing blocks are asked for, from the one who should have them and then from all; so is what was decided without us.
    mutating func askAgain() {
        for item in self.wanted {
            if self.held.contains(where: { $0.id == item.id }) {
                self.askForEnvelopes(of: item.id, everyone: true)
                continue
            }
            if item.hint != self.consenter { self.around.send(.candidateWanted(item.id), to: item.hint) }
            for member in self.others where member != item.hint { self.around.send(.candidateWanted(item.id), to: member) }
        }
        if self.height == self.heightAtLastTick {
            for member in self.ahead.sorted() { self.around.send(.decisionsWanted(from: self.height), to: member) }
        }
        self.heightAtLastTick = self.height
        self.ahead = []
        self.served = [:]
    }
}
