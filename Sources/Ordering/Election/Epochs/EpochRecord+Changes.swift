import LedgerModel

/// What a change did.
package struct EpochChange: Hashable, Sendable {
    /// One member that came to another place; nil when it left or came in.
    package struct Move: Hashable, Sendable {
        package let member: MSPID
        package let from: OfficePlace?
        package let to: OfficePlace?

        package init(_ member: MSPID, from: OfficePlace?, to: OfficePlace?) {
            self.member = member
            self.from = from
            self.to = to
        }
    }

    package let record: EpochRecord
    package let moves: [Move]
    package let alarms: [EpochAlarm]
}

package enum OfficePlace: String, Hashable, Sendable {
    case producer, auditNode, standby
}

/// What follows an election for a whole epoch.
package enum EpochDecision: Hashable, Sendable {
    case takesOffice(EpochRecord)
    case oldCommitteeStays(EpochAlarm)
}

extension EpochRecord {
    /// The place of a member; nil when it has none.
    package func place(of member: MSPID) -> OfficePlace? {
        if self.producers.contains(member) { return .producer }
        if self.auditNodes.contains(member) { return .auditNode }
        return self.standbys.contains(member) ? .standby : nil
    }

    /// The epoch after this one (consensus 2.2): with too few candidates the largest committee there can be, but never below four once there were.
    package func next(_ result: CommitteeResult, sizes: ElectionSizes, firstHeight: BlockNumber) -> EpochDecision {
        guard result.producers.count >= self.fewestProducers else {
            return .oldCommitteeStays(.tooFewCandidates(found: result.ranking.count, needed: self.fewestProducers))
        }
        return .takesOffice(EpochRecord(result, sizes: sizes, firstHeight: firstHeight, hadFour: self.hadFour))
    }

    /// Removes convicted members (consensus 2.5): the highest audit node takes a producer's place, the highest standby fills up the audit nodes.
    ///
    /// At most f producers leave at one height, and one where f is 0; the rest leave at the next heights, by calls with nobody new. The order of
    /// the others is kept.
    package func evicting(_ convicted: [MSPID]) -> EpochChange {
        var work = Work(self)
        let accusedProducers = convicted.filter { self.producers.contains($0) && !self.leaving.contains($0) }
        let newProducers = Self.distinct(accusedProducers)
        if newProducers.count > self.faults { work.alarms.append(.possibleFork(convicted: newProducers.count, faults: self.faults)) }
        // Whoever is convicted must not be promoted, so these leave first.
        for member in Self.distinct(convicted) where !self.producers.contains(member) { work.dropReserve(member) }
        work.record.leaving += newProducers
        var left = max(1, self.faults)
        for member in work.record.leaving where left > 0 && work.replace(member, by: .eviction) { left -= 1 }
        work.fill()
        return work.change
    }

    /// Puts a member that missed too much behind the last standby; it is not barred. A producer goes only when somebody can take its place.
    package func demoting(_ member: MSPID) -> EpochChange {
        var work = Work(self)
        switch self.place(of: member) {
        case .producer: _ = work.replace(member, by: .demotion)
        case .auditNode where !self.standbys.isEmpty:
            work.record.auditNodes.removeAll { $0 == member }
            work.append(member, from: .auditNode)
        case .standby:
            work.record.standbys.removeAll { $0 == member }
            work.append(member, from: .standby)
        default: break
        }
        work.fill()
        return work.change
    }

    /// The pool of a by-election in this epoch: everybody votes, and only who has no place and is not barred may stand.
    package func byElectionPool(_ members: [PoolMember], barring: BarringRegister) -> [PoolMember] {
        members.map { member in
            PoolMember(
                id: member.id, identityKey: member.identityKey, offencePoints: member.offencePoints,
                mayStand: member.mayStand && self.place(of: member.id) == nil && barring.mayHoldOffice(member.id, in: self.number),
                stake: member.stake)
        }
    }

    /// Takes in those whom a by-election chose, highest rank first: behind the standbys, and up from there where places are empty.
    package func admitting(_ result: CommitteeResult, seats: Int) -> EpochChange {
        var work = Work(self)
        let free = min(seats, self.vacantSeats)
        for member in result.ranking.filter({ self.place(of: $0) == nil }).prefix(max(0, free)) {
            work.append(member, from: nil)
            work.record.vacantSeats -= 1
        }
        work.retryLeaving()
        work.fill()
        return work.change
    }

    private static func distinct(_ members: [MSPID]) -> [MSPID] {
        var seen: Set<MSPID> = []
        return members.filter { seen.insert($0).inserted }
    }
}

/// A record on its way from one state to the next.
private struct Work {
    enum Cause { case eviction, demotion }

    var record: EpochRecord
    var moves: [EpochChange.Move] = []
    var alarms: [EpochAlarm] = []

    init(_ record: EpochRecord) { self.record = record }

    var change: EpochChange { EpochChange(record: self.record, moves: self.moves, alarms: self.alarms) }

    /// Removes an audit node or standby from the pool.
    mutating func dropReserve(_ member: MSPID) {
        guard let place = self.record.place(of: member), place != .producer else { return }
        self.record.auditNodes.removeAll { $0 == member }
        self.record.standbys.removeAll { $0 == member }
        self.record.vacantSeats += 1
        self.moves.append(EpochChange.Move(member, from: place, to: nil))
    }

    /// Takes a producer out of its place; false when it has to stay for now.
    mutating func replace(_ member: MSPID, by cause: Cause) -> Bool {
        guard let index = self.record.producers.firstIndex(of: member) else {
            self.record.leaving.removeAll { $0 == member }
            return false
        }
        if let successor = self.record.auditNodes.first ?? self.record.standbys.first {
            let place: OfficePlace = self.record.auditNodes.isEmpty ? .standby : .auditNode
            self.record.auditNodes.removeAll { $0 == successor }
            self.record.standbys.removeAll { $0 == successor }
            self.record.producers[index] = successor
            self.moves.append(EpochChange.Move(successor, from: place, to: .producer))
        } else if cause == .eviction, self.record.producers.count > self.record.fewestProducers {
            self.record.producers.remove(at: index)
        } else {
            if cause == .eviction { self.alarms.append(.nobodyToPromote(member)) }
            return false
        }
        self.record.leaving.removeAll { $0 == member }
        switch cause {
        case .eviction:
            self.record.vacantSeats += 1
            self.moves.append(EpochChange.Move(member, from: .producer, to: nil))
        case .demotion: self.append(member, from: .producer)
        }
        return true
    }

    mutating func retryLeaving() {
        var left = max(1, self.record.faults)
        for member in self.record.leaving where left > 0 && self.replace(member, by: .eviction) { left -= 1 }
    }

    mutating func append(_ member: MSPID, from place: OfficePlace?) {
        self.record.standbys.append(member)
        self.moves.append(EpochChange.Move(member, from: place, to: .standby))
    }

    /// Fills empty places from below: producers from audit nodes, audit nodes from standbys.
    mutating func fill() {
        while self.record.producers.count < self.record.sizes.producers, let next = self.record.auditNodes.first ?? self.record.standbys.first {
            let place: OfficePlace = self.record.auditNodes.isEmpty ? .standby : .auditNode
            self.record.auditNodes.removeAll { $0 == next }
            self.record.standbys.removeAll { $0 == next }
            self.record.producers.append(next)
            self.moves.append(EpochChange.Move(next, from: place, to: .producer))
        }
        while self.record.auditNodes.count < self.record.sizes.auditNodes, !self.record.standbys.isEmpty {
            let next = self.record.standbys.removeFirst()
            self.record.auditNodes.append(next)
            self.moves.append(EpochChange.Move(next, from: .standby, to: .auditNode))
        }
        if self.record.producers.count >= 4 { self.record.hadFour = true }
    }
}
