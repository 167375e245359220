import CryptoPrimitives
import LedgerModel

/// Who comes into office and who leaves it (consensus 2.5).
extension ControlPlane {
    /// Whether a key was ever registered, by anybody.
    func isUsed(_ publicKey: [UInt8]) -> Bool {
        self.keys.values.contains { $0.publicKey == publicKey } || self.settings.seats.contains { $0.identityKey == publicKey }
            || self.spentKeys.contains(SHA256.hash(publicKey))
    }

    /// SHA-256 of every consensus key that was ever registered, ascending.
    var usedKeys: [[UInt8]] {
        (self.spentKeys + self.keys.values.map { SHA256.hash($0.publicKey) }).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Gives a new key the number that it keeps for ever; nil when there are no numbers left.
    mutating func addKey(_ publicKey: [UInt8], certificate: [UInt8], of member: MSPID, at endpoint: Endpoint) -> UInt32? {
        let id = self.has(.reusedNumbers) ? (1...self.nextKeyID).first { self.keys[$0] == nil } ?? self.nextKeyID : self.nextKeyID
        guard id < .max else { return nil }
        self.nextKeyID = max(self.nextKeyID, id + 1)
        self.keys[id] = ConsensusKey(
            id: id, member: member, certificate: certificate, publicKey: publicKey, endpoint: endpoint, lastUse: self.height)
        return id
    }

    /// The term that the present record makes from a height on; nil when nobody is in office.
    func term(from height: UInt64) -> CommitteeTerm? {
        let producers = self.epoch.producers.compactMap { self.members[$0]?.key }.filter { $0 > 0 }
        guard !producers.isEmpty, producers.count == self.epoch.producers.count else { return nil }
        return CommitteeTerm(
            firstHeight: height, epoch: self.epoch.number,
            order: CommitteeTerm.order(producers, epoch: self.epoch.number, seed: self.epoch.seed),
            scheduleStart: self.epoch.firstHeight.rawValue, turn: self.settings.turn,
            auditors: self.epoch.auditNodes.compactMap { self.members[$0]?.key }.filter { $0 > 0 })
    }

    /// Compares those who should be in office from `height + 2` with those of `height + 1`, and makes the difference due.
    mutating func settle(_ events: inout [GovernanceEvent]) {
        let first = self.height.addingReportingOverflow(2)
        guard !first.overflow, let last = self.terms.last, let term = self.term(from: first.partialValue), !term.continues(last) else { return }
        self.terms.append(term)
        guard Set(term.order) != Set(last.order) else { return }
        let due = CommitteeDue(configurationHeight: self.height + 1, consenters: term.order.sorted())
        self.due = due
        events.append(.committeeDue(due))
    }

    /// Removes those convicted in this block, and as many of those before them as may leave now.
    mutating func evict(_ events: inout [GovernanceEvent]) {
        let convicted = self.has(.convictedStay) ? [] : self.convicted
        self.convicted = []
        if var waiting = self.pending, convicted.contains(where: { waiting.record.place(of: $0) != nil }) {
            waiting.record = waiting.record.evicting(convicted).record
            self.pending = waiting
        }
        guard !convicted.isEmpty || !self.epoch.leaving.isEmpty else { return }
        self.take(self.epoch.evicting(convicted), as: .eviction, &events)
        if self.has(.belowFour) { self.epoch.producers.removeAll { self.epoch.leaving.contains($0) } }
    }

    enum Cause { case eviction, demotion, admission }

    mutating func take(_ change: EpochChange, as cause: Cause, _ events: inout [GovernanceEvent]) {
        let neededBefore = self.epoch.needsByElection
        self.epoch = change.record
        for move in change.moves {
            switch (move.from, move.to) {
            case (let from?, nil): events.append(.evicted(move.member, from: from))
            case (let from?, .standby?) where cause == .demotion: events.append(.demoted(move.member, from: from))
            case (let from, let to?): events.append(.promoted(move.member, from: from, to: to))
            case (nil, nil): break
            }
        }
        events += change.alarms.map { .alarm($0) }
        // Whoever came out of the reserve starts counting anew.
        for move in change.moves {
            self.members[move.member]?.window = SlotWindow()
            self.members[move.member]?.lastProduced = self.height
        }
        if self.epoch.needsByElection, !neededBefore { events.append(.byElectionNeeded(seats: self.epoch.vacantSeats)) }
    }

    /// At `boundary - 2`: rotates keys, lets those go who resigned, and brings the elected into office.
    mutating func crossBoundary(_ events: inout [GovernanceEvent]) {
        guard let acting = HandOver.acts(decidedAt: BlockNumber(self.height)), acting.rawValue % self.settings.epochBlocks == 0 else { return }
        let elected = self.pending.flatMap { $0.record.firstHeight <= acting ? $0 : nil }
        for member in self.members.keys.sorted() { self.rotate(member, elected: elected?.keys[member], &events) }
        if let elected {
            self.epoch = elected.record
            self.pending = nil
            for member in self.members.keys.sorted() {
                self.members[member]?.strikes = 0
                self.members[member]?.window = SlotWindow()
                self.members[member]?.lastProduced = acting.rawValue
            }
            events.append(.epochBegins(elected.record.number, firstHeight: acting.rawValue))
        }
        let leaving = self.members.filter { $0.value.hasResigned }.map(\.key).sorted()
        for member in leaving { self.members[member]?.hasResigned = false }
        let inOffice = leaving.filter { self.epoch.place(of: $0) != nil }
        if !inOffice.isEmpty { self.take(self.epoch.evicting(inOffice), as: .eviction, &events) }
        if elected != nil, self.epoch.needsByElection { events.append(.byElectionNeeded(seats: self.epoch.vacantSeats)) }
    }

    private mutating func rotate(_ member: MSPID, elected: UInt32?, _ events: inout [GovernanceEvent]) {
        guard var standing = self.members[member] else { return }
        let rotated = standing.nextKey
        standing.nextKey = 0
        // A key that was registered for the new epoch counts before one that was only rotated to; a burned one never does.
        let candidates = [elected ?? 0, rotated].filter { id in id > 0 && self.keys[id]?.isBurned == false }
        if let next = candidates.first, next != standing.key {
            standing.key = next
            standing.keyAge = 0
            events.append(.keyRotated(member, consenter: next))
        } else if standing.key > 0 {
            standing.keyAge &+= 1
            if standing.keyAge >= self.settings.keyLifetime, self.epoch.place(of: member) != nil {
                events.append(.keyOverdue(member, epochs: standing.keyAge))
            }
        }
        self.members[member] = standing
    }

    /// Demotes the member that missed most, if it is too much; one at a height (S1, S2).
    mutating func demote(_ events: inout [GovernanceEvent]) {
        let absent = self.epoch.producers.compactMap { member in self.members[member].map { (member: member, missed: $0.window.missed) } }
            .filter { $0.missed > self.settings.missedLimit && !self.epoch.leaving.contains($0.member) }
        // The first in rank order of those with the most misses.
        guard let most = absent.map(\.missed).max(), let worst = absent.first(where: { $0.missed == most }) else { return }
        let change = self.epoch.demoting(worst.member)
        guard !change.moves.isEmpty else { return }
        self.take(change, as: .demotion, &events)
    }

    /// Forgets what no evidence can reach any more.
    mutating func prune() {
        let age = self.settings.evidenceMaxAge
        guard self.height > age else { return }
        let oldest = self.height - age
        while self.terms.count > 1, self.terms[1].firstHeight <= oldest { self.terms.removeFirst() }
        self.facts = self.facts.filter { $0.key.height >= oldest }
        var held: Set<UInt32> = []
        for term in self.terms { held.formUnion(term.order + term.auditors) }
        for standing in self.members.values { held.formUnion([standing.key, standing.nextKey]) }
        if let pending { held.formUnion(pending.keys.values) }
        if let election { held.formUnion(election.keys.values) }
        let forgotten = self.keys.values.filter { !held.contains($0.id) && $0.lastUse < oldest }
        guard !forgotten.isEmpty else { return }
        for key in forgotten { self.keys[key.id] = nil }
        guard !self.has(.forgottenKeys) else { return }
        self.spentKeys = (self.spentKeys + forgotten.map { SHA256.hash($0.publicKey) }).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Whether a member holds an office, or is elected to one.
    func isPlaced(_ member: MSPID) -> Bool { self.epoch.place(of: member) != nil || self.pending?.record.place(of: member) != nil }

    /// Carries out what a new configuration says about seats: admissions, exclusions, pardons.
    @discardableResult
    mutating func takeSeats() -> [GovernanceEvent] {
        var events: [GovernanceEvent] = []
        for seat in self.settings.seats {
            var standing = self.members[seat.member] ?? MemberStanding()
            if seat.pardons > standing.pardons {
                standing.pardons = seat.pardons
                self.barring.readmit(seat.member)
                events.append(.readmitted(seat.member))
            }
            self.members[seat.member] = standing
            guard seat.isExcluded else { continue }
            self.barring.barForGood(seat.member)
            if self.isPlaced(seat.member) { self.convicted.append(seat.member) }
        }
        // Whoever lost its seat loses its office; what is known of its keys stays.
        for member in self.members.keys.sorted() where self.settings.seat(of: member) == nil && self.isPlaced(member) {
            self.convicted.append(member)
        }
        return events
    }
}
