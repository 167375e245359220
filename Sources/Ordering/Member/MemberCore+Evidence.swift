import ChannelConfiguration
import LedgerModel

/// Charges: what a member finds as a replica, and what an audit node finds by watching (consensus 2.6).
extension MemberCore {
    private var elected: ElectedGovernance? { self.blocks.governance as? ElectedGovernance }

    // MARK: - Watching

    /// Begins to watch when this member becomes an audit node, and ends when it is none any more.
    mutating func updateWatch() {
        let isAuditor = self.elected != nil && self.blocks.auditors.contains(self.consenter)
        if !isAuditor { self.auditWatch = nil } else if self.auditWatch == nil { self.auditWatch = AuditWatch() }
    }

    mutating func watch(_ message: ConsensusMessage) {
        guard self.auditWatch != nil, let governance = self.elected else { return }
        self.auditWatch?.observe(message, plane: governance.plane, decided: governance.decided)
    }

    mutating func watch(_ candidate: CandidateBlock) {
        guard self.auditWatch != nil, let governance = self.elected else { return }
        self.auditWatch?.observe(candidate, plane: governance.plane, decided: governance.decided)
    }

    /// Called when the block is stored and its rules are in force.
    mutating func watch(decided block: OrderedBlock) {
        guard let governance = self.elected else { return }
        self.auditWatch?.decided(block, plane: governance.plane, decided: governance.decided)
        self.updateWatch()
    }

    /// A client complains that a receipt was not honoured: an audit node keeps it until the envelope is ordered or the ingress guilty (E6);
    /// any other member passes it on, once, when it comes from a client of its own.
    mutating func hear(_ receipt: [UInt8], about envelope: [UInt8], from: UInt32) {
        guard let signed = try? ReceiptFormat.decode(receipt), envelope.count <= Int(self.blocks.bundle.batch.absoluteMaxBytes) + receipt.count else {
            return self.around.note(.refused(from: from))
        }
        if from == self.consenter { self.sendToAuditors(.complaint(receipt: receipt, envelope: envelope)) }
        guard self.auditWatch != nil, let plane = self.elected?.plane, !self.has(.dropsComplaints) else { return }
        self.auditWatch?.observe(signed, envelope: envelope, plane: plane)
    }

    // MARK: - Charging

    /// Charges what was found: the envelope waits like a client's, and the chain takes the first charge of each fact.
    ///
    /// A charge that is refused is noted and given up: it is on the chain already, or too old, or this member may not charge. Only the key
    /// itself can stop the member here.
    mutating func charge() throws {
        guard let governance = self.elected, !self.has(.chargesNothing) else { return }
        self.forgetOldCharges(governance.plane)
        let now = self.around.now()
        // A lie may be seen before its height begins here, and is judged when it has.
        for item in self.offences + (self.auditWatch?.pending ?? []) where item.height <= self.height && !self.charged.contains(item.identity) {
            let envelope = try self.blocks.charge(item, by: self.identity, now: now)
            var refusal: BroadcastRefusal?
            do throws(BroadcastRefusal) {
                try self.queue(envelope, now: now)
            } catch {
                refusal = error
            }
            if self.charged.count >= MemberLimits.chargedFacts { self.charged.removeFirst() }
            self.charged.append(item.identity)
            self.around.note(.charged(item.identity, refusal))
        }
        let height = self.height
        self.offences.removeAll { $0.height <= height }
    }

    private func queue(_ envelope: Envelope, now: Timestamp) throws(BroadcastRefusal) {
        let checked = try self.blocks.checks.check(envelope, now: now)
        if let refusal = self.blocks.refusalAtDoor(checked, height: self.height) { throw refusal }
        // The member answers for it as for a client's, and pushes it again until it is ordered.
        let insertion = try self.pool.state.withLock { (state) throws(BroadcastRefusal) in
            try state.pool.insert(checked, from: .client(isRestored: true), now: now)
        }
        if insertion == .new { self.sendToAll(.envelopes([checked.serialized])) }
    }

    private mutating func forgetOldCharges(_ plane: ControlPlane) {
        guard self.height > plane.settings.evidenceMaxAge else { return }
        let oldest = self.height - plane.settings.evidenceMaxAge
        self.charged.removeAll { $0.height < oldest }
    }

    // MARK: - What waits in vain

    /// Drops governance that the next block cannot hold: the same fact was charged by somebody else, an election has gone on.
    ///
    /// Were it kept, every height would begin for a block that nobody can make, and honest proposers would miss their turns.
    mutating func dropStaleGovernance() {
        guard !self.blocks.governance.isHalted, !self.has(.keepsStaleGovernance) else { return }
        let waiting = self.pool.state.withLock { $0.pool.governance(atMost: MemberLimits.judgedAgain) }
        let stale = waiting.filter { self.blocks.refusalAtDoor($0, height: self.height) != nil }
        guard !stale.isEmpty else { return }
        self.pool.state.withLock { state in
            for envelope in stale { state.pool.drop(envelope) }
        }
    }
}
