import Ordering

/// Who is in office at one height.
struct Office: Equatable {
    let committee: Committee
    let schedule: ProposerSchedule
}

/// What a block changes about the committee from the second height after its own on: one member leaves, a standby joins.
struct CommitteeChange {
    let leaves: UInt32
    let joins: UInt32
    /// Why, when it is no election: the member's own signatures convict it.
    let proof: Evidence?
}

/// Elections and evictions: the committee is a function of the decided blocks, two heights back (0.1).
extension World {
    /// Everybody whom messages are sent to, in office or not.
    var everyone: [UInt32] { Array(1...self.plan.members + self.plan.standbys) }

    /// Who is in office at a height; for heights that nobody has begun, the last that is known.
    func office(at height: UInt64) -> Office { self.offices[min(self.offices.count, Int(clamping: max(1, height))) - 1] }

    /// Who is in office from the second height after a block on.
    func office(after id: BlockID?) -> Office? {
        var changes: [CommitteeChange] = []
        var next = id
        while let block = next.flatMap({ self.block($0) }) {
            if let change = block.change { changes.append(change) }
            next = block.parent
        }
        var members = Array(1...self.plan.members)
        for change in changes.reversed() {
            members.removeAll { $0 == change.leaves }
            members.append(change.joins)
        }
        guard let committee = Committee(epoch: Self.epoch, members: members),
            let schedule = ProposerSchedule(order: self.order.filter { committee.index(of: $0) != nil }, firstHeight: 1)
        else { return nil }
        return Office(committee: committee, schedule: schedule)
    }

    /// The first standby that never was in office.
    private func nextStandby(after id: BlockID?) -> UInt32? {
        var joined: [UInt32] = []
        var next = id
        while let block = next.flatMap({ self.block($0) }) {
            if let change = block.change { joined.append(change.joins) }
            next = block.parent
        }
        return self.everyone.dropFirst(Int(self.plan.members)).first { !joined.contains($0) }
    }

    /// The office in which a node begins a height, by its own blocks; everybody has to come to the same.
    mutating func takeOffice(_ index: Int, height: UInt64) -> Office {
        guard self.plan.standbys > 0 else { return self.offices[0] }
        let blocks = self.nodes[index].disk.blocks
        var last = blocks.count >= 2 ? blocks[blocks.count - 2].id : nil
        if self.hasFlaw(.earlyChange), self.nodes[index].isHonest, self.nodes[index].member % 2 == 1 { last = blocks.last?.id }
        guard let office = self.office(after: last) else { return self.offices[0] }
        if self.offices.count + 1 == Int(height) { self.offices.append(office) }
        if self.nodes[index].isHonest, self.office(at: height) != office {
            self.violate(.committee, "\(self.nodes[index].member) begins height \(height) with a committee of its own")
        }
        return office
    }

    /// What a proposer puts into its block: an eviction when it holds a proof, now and then the result of an election.
    mutating func change(after parent: BlockID?, by index: Int) -> CommitteeChange? {
        guard self.plan.standbys > 0, let office = self.office(after: parent), let joins = self.nextStandby(after: parent) else { return nil }
        if let proof = self.nodes[index].proofs.first(where: { office.committee.index(of: $0.identity.offender) != nil }) {
            return CommitteeChange(leaves: proof.identity.offender, joins: joins, proof: proof)
        }
        if !self.nodes[index].isHonest, self.random.chance(100) { return self.falseCharge(in: office, joins: joins) }
        guard self.random.chance(self.plan.elections) else { return nil }
        return CommitteeChange(leaves: self.random.pick(office.committee.members), joins: joins, proof: nil)
    }

    /// A liar's evidence against the victim: a vote that it gave beside one that it did not.
    private func falseCharge(in office: Office, joins: UInt32) -> CommitteeChange? {
        let given = self.adversary.heard.lazy.compactMap { message -> SignedVote? in
            if case .vote(let vote) = message, vote.vote.signer == self.adversary.victim { vote } else { nil }
        }
        guard let first = given.first, office.committee.index(of: self.adversary.victim) != nil else { return nil }
        let choice = VoteChoice.prevote(BlockID(number: 1 << 20), validRound: -1)
        let vote = Vote(height: first.vote.height, round: first.vote.round, kind: first.vote.kind, choice: choice, signer: first.vote.signer)
        let proof = Evidence.doubleVote(first, SignedVote(vote: vote, signature: first.signature))
        return CommitteeChange(leaves: self.adversary.victim, joins: joins, proof: proof)
    }

    /// Part of the validity predicate: the standby whose turn it is takes the place of a member, and evidence is proof.
    func isValid(_ change: CommitteeChange, after parent: BlockID?) -> Bool {
        guard let office = self.office(after: parent), office.committee.index(of: change.leaves) != nil,
            change.joins == self.nextStandby(after: parent)
        else { return false }
        guard let proof = change.proof, !self.hasFlaw(.believedEvidence) else { return true }
        let then = self.office(at: proof.identity.height)
        return proof.identity.offender == change.leaves && proof.isProof(committee: then.committee, schedule: then.schedule, verifier: self.keys)
    }

    mutating func noteChange(_ change: CommitteeChange) {
        self.mark(change.proof == nil ? .memberReplaced : .memberEvicted)
        if change.proof != nil, self.plan.strategy(of: change.leaves) == nil { self.violate(.evidence, "honest \(change.leaves) is evicted") }
    }

    /// Keeps a proof until the node proposes.
    mutating func keep(_ proof: Evidence, by index: Int) {
        guard self.plan.standbys > 0, self.nodes[index].proofs.count < 16 else { return }
        self.nodes[index].proofs.append(proof)
    }

    /// Asks for decisions that were made without this node, when it has not come on since the last tick and others are ahead.
    ///
    /// The relays of replicas are for members in office; whoever is not follows by its host alone, as member hosts do (`askAgain`).
    mutating func askAhead(_ index: Int) {
        guard self.plan.standbys > 0, self.nodes[index].isUp else { return }
        let (head, ahead) = (self.nodes[index].head, self.nodes[index].ahead)
        if head == self.nodes[index].headAtLastTick, ahead > head + 1, !self.nodes[index].isSyncing {
            self.nodes[index].syncTarget = max(self.nodes[index].syncTarget, min(ahead - 1, UInt64(self.decided.count)))
            self.nodes[index].isSyncing = true
            self.queue.add(.sync(index, life: self.nodes[index].life), at: self.now + 1)
        }
        (self.nodes[index].headAtLastTick, self.nodes[index].ahead) = (head, 0)
    }
}
