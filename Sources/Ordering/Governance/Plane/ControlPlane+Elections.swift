import CryptoPrimitives
import LedgerModel

/// Elections on the chain (consensus 2.1 to 2.4).
extension ControlPlane {
    /// What an election opened in the block of this height would be fixed to.
    ///
    /// The pool, offences and used keys are those of the moment of opening, so the election's id is known only then.
    package func parameters(of opening: ElectionOpening) throws(GovernanceRefusal) -> ElectionParameters {
        guard let agencies = self.settings.agencies else { throw .noAgencies }
        var authorities: [AuthorityKeys] = []
        let needed = self.settings.weightMode == .members ? agencies.authorities.count : 0
        guard opening.blindKeys.count == needed else { throw .notDue("\(needed) authorities have to give a key") }
        for (authority, spki) in zip(agencies.authorities, opening.blindKeys) {
            guard let key = try? BlindVerificationKey(spkiDER: spki) else { throw .notDue("the blind key of \(authority.name) is unfit") }
            authorities.append(AuthorityKeys(name: authority.name, blindKey: key, statementKey: authority.statementKey))
        }
        let members = self.settings.seats.map { seat in
            PoolMember(
                id: seat.member, identityKey: seat.identityKey, offencePoints: self.members[seat.member]?.offencePoints ?? 0,
                mayStand: self.mayStand(seat, in: opening), stake: seat.stake)
        }
        do throws(ElectionParameterError) {
            return try ElectionParameters(
                chain: self.chain, epoch: opening.epoch, seats: opening.seats, weightMode: self.settings.weightMode,
                sizes: self.settings.sizes, schedule: opening.schedule,
                authorities: authorities, threshold: agencies.threshold, tabulator: agencies.tabulator, members: members,
                usedKeys: self.usedKeys)
        } catch {
            throw .parameters(error)
        }
    }

    private func mayStand(_ seat: PoolSeat, in opening: ElectionOpening) -> Bool {
        guard !seat.isExcluded, self.barring.mayHoldOffice(seat.member, in: opening.epoch), self.members[seat.member]?.hasResigned != true else {
            return false
        }
        // A by-election brings in people that have no place yet.
        return opening.seats == nil || self.epoch.place(of: seat.member) == nil
    }

    mutating func open(
        _ opening: ElectionOpening, _ context: GovernanceContext, _ events: inout [GovernanceEvent]
    ) throws(GovernanceRefusal) {
        guard let agencies = self.settings.agencies else { throw .noAgencies }
        guard self.election?.isRunning != true else { throw .electionRunning }
        if let seats = opening.seats {
            guard self.epoch.vacantSeats > 0, seats == self.epoch.vacantSeats else { throw .notDue("\(self.epoch.vacantSeats) seats are empty") }
            guard opening.epoch == self.epoch.number else { throw .otherEpoch(named: opening.epoch, now: self.epoch.number) }
        } else {
            guard self.pending == nil else { throw .notDue("the next epoch is elected already") }
            guard self.epoch.number < .max, opening.epoch == self.epoch.number + 1 else {
                throw .otherEpoch(named: opening.epoch, now: self.epoch.number)
            }
            guard context.height % self.settings.epochBlocks >= self.settings.electionStart else {
                throw .notDue("the epoch is not old enough")
            }
        }
        guard self.isInTime(opening.schedule, context.height) else { throw .schedule }
        guard opening.signatures.count == agencies.authorities.count else { throw .notDue("each authority has to sign") }
        for (authority, signature) in zip(agencies.authorities, opening.signatures) {
            try self.verify(signature, of: .openElection(opening), by: .opening, key: authority.statementKey, name: authority.name)
        }
        let election = RunningElection(try self.parameters(of: opening))
        self.election = election
        events.append(.electionOpened(election: election.election.parameters.id, epoch: opening.epoch, seats: opening.seats))
    }

    /// Phases begin after this block, last as long as the settings demand, and no longer than an epoch each.
    private func isInTime(_ schedule: ElectionSchedule, _ height: UInt64) -> Bool {
        let heights = [schedule.registration, schedule.issue, schedule.commit, schedule.reveal, schedule.tally].map(\.rawValue)
        let phases = self.settings.phases
        guard heights[0] > height, heights[0] - height <= self.settings.epochBlocks else { return false }
        for (index, least) in [phases.registration, phases.issue, phases.commit, phases.reveal].enumerated() {
            guard heights[index + 1] > heights[index], (least...max(least, self.settings.epochBlocks)).contains(heights[index + 1] - heights[index])
            else { return false }
        }
        return true
    }

    mutating func register(
        _ certificate: [UInt8], _ action: ElectionAction, _ context: GovernanceContext, _ events: inout [GovernanceEvent]
    ) throws(GovernanceRefusal) {
        guard case .register(let registration) = action.step else { throw .noElection }
        let member = registration.member
        guard self.settings.seat(of: member) != nil else { throw .notAMember(member) }
        guard let endpoint = Endpoint(registration.endpoint) else { throw .endpoint(member) }
        let key = try self.consensusKey(in: certificate, of: member)
        guard key.x963 == registration.consensusKey else { throw .certificate(member, reason: "it is of another key than the registered one") }
        // The election knows the keys used before it opened; this knows those since.
        guard !self.isUsed(key.x963) else { throw .keyInUse(member) }
        if self.barring.barred.contains(where: { $0.member == member }), let epoch = self.election?.election.parameters.epoch,
            !self.barring.mayHoldOffice(member, in: epoch)
        {
            throw .barred(member)
        }
        try self.apply(action, context)
        guard let id = self.addKey(key.x963, certificate: certificate, of: member, at: endpoint) else { throw .keyInUse(member) }
        self.election?.keys[member] = id
        events.append(.candidateRegistered(member, consenter: id))
    }

    mutating func act(
        _ action: ElectionAction, _ context: GovernanceContext, _ events: inout [GovernanceEvent]
    ) throws(GovernanceRefusal) {
        try self.apply(action, context)
        guard let election else { return }
        let id = election.election.parameters.id
        if let void = election.election.void { events.append(.electionVoid(election: id, void)) }
        if case .state(let statement) = action.step, let tally = election.election.tally, !tally.agrees(with: statement) {
            events.append(.tabulatorContradicted(election: id))
        }
    }

    private mutating func apply(_ action: ElectionAction, _ context: GovernanceContext) throws(GovernanceRefusal) {
        guard var running = self.election else { throw .noElection }
        let height = BlockNumber(context.height)
        do throws(ElectionRefusal) {
            try running.election.apply(action, at: height)
        } catch {
            throw .election(error)
        }
        running.record.append(action, at: height)
        self.election = running
    }

    /// At the height of the tally: counts, and has the result wait for its epoch or fill the empty seats.
    mutating func count(closing: [UInt8], _ events: inout [GovernanceEvent]) {
        guard var running = self.election, running.isRunning, self.height >= running.election.parameters.schedule.tally.rawValue else { return }
        guard let tally = try? running.election.close(at: BlockNumber(self.height), closing: closing) else { return }
        running.closing = closing
        self.election = running
        events.append(.tallied(election: tally.election, issued: tally.issued, committed: tally.committed, revealed: tally.revealed))
        let parameters = running.election.parameters
        let result = self.eligible(tally.result(sizes: parameters.sizes, epoch: parameters.epoch), sizes: parameters.sizes)
        if let seats = parameters.seats {
            for member in result.ranking where self.epoch.place(of: member) == nil { self.members[member]?.key = running.keys[member] ?? 0 }
            self.take(self.epoch.admitting(result, seats: seats), as: .admission, &events)
            return
        }
        guard let calendar = self.settings.calendar, let first = calendar.firstHeight(afterElectionClosedAt: BlockNumber(self.height)) else { return }
        switch self.epoch.next(result, sizes: parameters.sizes, firstHeight: first) {
        case .takesOffice(let record):
            self.pending = PendingEpoch(record: record, keys: running.keys)
            events.append(
                .elected(
                    epoch: record.number, firstHeight: first.rawValue, producers: record.producers, auditNodes: record.auditNodes,
                    standbys: record.standbys))
        case .oldCommitteeStays(let alarm): events.append(.alarm(alarm))
        }
    }

    /// The result without those who were barred, or whose new key was burned, while the election ran.
    private func eligible(_ result: CommitteeResult, sizes: ElectionSizes) -> CommitteeResult {
        let ids = result.ranking.filter { member in
            self.barring.mayHoldOffice(member, in: result.epoch) && self.settings.seat(of: member)?.isExcluded == false
                && self.election?.keys[member].flatMap { self.keys[$0] }?.isBurned == false
        }
        return CommitteeResult(
            election: result.election, epoch: result.epoch, producers: Array(ids.prefix(sizes.producers)),
            auditNodes: Array(ids.dropFirst(sizes.producers).prefix(sizes.auditNodes)),
            standbys: Array(ids.dropFirst(sizes.producers + sizes.auditNodes)), seed: result.seed)
    }
}
