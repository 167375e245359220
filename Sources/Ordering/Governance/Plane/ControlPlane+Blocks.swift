import ChannelConfiguration
import CryptoPrimitives
import LedgerModel

/// Decided blocks.
extension ControlPlane {
    /// Takes in the next decided block.
    ///
    /// The block's signatures are the consensus layer's question; every governance transaction in it is judged again, so that an auditor needs
    /// nothing but blocks.
    /// - Returns: What happened, in order.
    @discardableResult
    package mutating func apply(
        _ block: OrderedBlock, decided: any DecidedChain, proofs: (any StateProofChecking)? = nil
    ) throws(ControlPlaneError) -> [GovernanceEvent] {
        var next = self
        let events = try next.advance(block, decided: decided, proofs: proofs)
        self = next
        return events
    }

    private mutating func advance(
        _ block: OrderedBlock, decided: any DecidedChain, proofs: (any StateProofChecking)?
    ) throws(ControlPlaneError) -> [GovernanceEvent] {
        guard self.height < .max - 4 else { throw .exhausted }
        guard block.number.rawValue == self.height + 1 else { throw .wrongHeight(expected: self.height + 1, found: block.number.rawValue) }
        let facts: DecidedHeight
        do throws(MessageError) {
            facts = try DecidedHeight(block)
        } catch {
            throw .malformed(error)
        }
        var events: [GovernanceEvent] = []
        self.beginBlock()
        self.height += 1
        try self.takeConfiguration(block, facts, &events)
        self.countSlots(block, facts)
        let context = GovernanceContext(
            height: self.height, proposer: facts.header.proposer, isAlone: block.envelopes.count == 1, decided: decided, proofs: proofs)
        for (index, envelope) in block.envelopes.enumerated() {
            if let refusal = self.judge(envelope, context, &events) { throw .refused(index: index, refusal) }
        }
        self.count(closing: facts.id.bytes, &events)
        self.evict(&events)
        self.demote(&events)
        self.crossBoundary(&events)
        self.settle(&events)
        self.prune()
        return events
    }

    mutating func beginBlock() {
        self.convicted = []
        self.evidenceInBlock = 0
    }

    // MARK: - Configuration

    private mutating func takeConfiguration(
        _ block: OrderedBlock, _ facts: DecidedHeight, _ events: inout [GovernanceEvent]
    ) throws(ControlPlaneError) {
        let expected = self.due?.consenters ?? self.terms.last?.order.sorted() ?? []
        let hadDue = self.due != nil
        self.due = nil
        guard facts.isConfiguration, let parts = EnvelopeParts(block.envelopes[0]) else {
            guard !hadDue else { throw .committee(height: self.height, expected: expected, found: self.bundle.consenters.map(\.id).sorted()) }
            return
        }
        let bundle: ChannelBundle
        do throws(ConfigurationError) {
            bundle = try ChannelBundle(configEnvelope: parts.payload.data, channelID: self.channelID)
        } catch {
            throw .configuration(error)
        }
        let found = bundle.consenters.sorted { $0.id < $1.id }
        guard found.map(\.id) == expected, found.allSatisfy({ self.keys[$0.id]?.certificate == $0.identity && self.keys[$0.id]?.member == $0.mspID })
        else { throw .committee(height: self.height, expected: expected, found: found.map(\.id)) }
        try self.adopt(bundle, &events)
    }

    /// Takes a configuration into office that leaves the committee as it is, or as it is due.
    mutating func adopt(_ bundle: ChannelBundle, _ events: inout [GovernanceEvent]) throws(ControlPlaneError) {
        let isNew = bundle.governance != self.bundle.governance && !bundle.governance.isEmpty
        self.bundle = bundle
        guard isNew else { return }
        do throws(GovernanceSettingsError) {
            self.settings = try GovernanceSettingsFormat.decode(bundle.governance)
        } catch {
            throw .settings(error)
        }
        events += self.takeSeats()
    }

    // MARK: - Slots

    /// Counts who proposed, who did not sign the parent (S1) and whose turn passed without a decision (S2).
    ///
    /// A certificate needs a quorum and may leave the others out, so whoever is merely the slowest would seem absent for ever. A missing signature
    /// therefore weighs only while its member has not produced a block for two turns of the whole committee.
    private mutating func countSlots(_ block: OrderedBlock, _ facts: DecidedHeight) {
        if let member = self.keys[facts.header.proposer]?.member {
            self.members[member]?.produced &+= 1
            self.members[member]?.lastProduced = self.height
        }
        let parent = self.height - 1
        guard parent > 0, let term = self.term(at: parent), let schedule = term.schedule,
            let certificate = try? CommitCertificateFormat.decode(block.metadata(.orderer)), certificate.height == parent
        else { return }
        let signers = Set(certificate.entries.map(\.consenter))
        var late: Set<UInt32> = []
        for round in 0..<min(certificate.round, GovernanceLimits.missedRounds) {
            late.insert(schedule.proposer(height: parent, round: Round(round)))
        }
        let patience = term.turn.multipliedReportingOverflow(by: 2 * UInt64(term.order.count))
        for id in term.order {
            guard let key = self.keys[id] else { continue }
            self.keys[id]?.lastUse = self.height
            guard var standing = self.members[key.member], standing.key == id else { continue }
            let isAbsent = !signers.contains(id)
            let silence = self.height - min(self.height, standing.lastProduced)
            let isSilent = !patience.overflow && silence > patience.partialValue
            if isAbsent { standing.missedSignatures &+= 1 }
            if late.contains(id) { standing.missedProposals &+= 1 }
            standing.window.record(missed: late.contains(id) || isAbsent && isSilent, size: self.settings.missedWindow)
            self.members[key.member] = standing
        }
    }
}
