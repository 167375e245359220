import LedgerModel
import Ordering

/// An election that goes on: its record and its state.
struct ElectionSession {
    var record: ElectionRecord
    var election: Election

    var parameters: ElectionParameters { self.record.parameters }

    /// The phase of the last action.
    var phase: ElectionPhase { self.parameters.schedule.phase(at: self.record.entries.last?.height ?? self.parameters.schedule.registration) }

    /// The height for a step of a phase: the first one when the phase has not begun.
    ///
    /// To begin a phase ends the one before it for everybody; when somebody could still act there, that has to be asked for.
    func height(for phase: ElectionPhase, endingPhase: Bool) throws -> BlockNumber {
        let start = self.parameters.schedule.start(of: phase)
        guard self.phase < phase, !endingPhase, let open = self.unfinished(before: phase) else { return max(self.election.height, start) }
        throw ElectionCommandError.refused("\(open); go on without them with --end-phase")
    }

    /// Counts only: the record tells who has a number, and never who has used it.
    private func unfinished(before phase: ElectionPhase) -> String? {
        let members = self.parameters.members.count
        if self.parameters.weightMode == .stake {
            guard phase > .commit, self.election.ballotCount < members else { return nil }
            return Self.count(members - self.election.ballotCount, "member has", "members have", "not voted yet")
        }
        let numbers = self.election.numbered.count
        if phase > .issue, self.phase <= .issue, numbers < members {
            return Self.count(members - numbers, "member has", "members have", "no validation number yet")
        }
        if phase > .commit, self.phase <= .commit, self.election.ballotCount < numbers {
            return Self.count(numbers - self.election.ballotCount, "validation number was", "validation numbers were", "not used yet")
        }
        if phase > .reveal, self.phase <= .reveal, self.election.revealedCount < self.election.ballotCount {
            return Self.count(self.election.ballotCount - self.election.revealedCount, "ballot was", "ballots were", "not opened yet")
        }
        return nil
    }

    private static func count(_ number: Int, _ one: String, _ many: String, _ rest: String) -> String {
        "\(number) \(number == 1 ? one : many) \(rest)"
    }

    mutating func apply(_ action: ElectionAction, at height: BlockNumber, who: String) throws {
        do {
            try self.election.apply(action, at: height)
        } catch {
            throw ElectionCommandError.refused("\(who): \(error)")
        }
        self.record.append(action, at: height)
    }

    /// The members named, or all of them; throws for one that is not in the pool, and so for every name that could not be a folder's.
    func members(_ names: [String]?) throws -> [MSPID] {
        guard let names else { return self.parameters.members.map(\.id) }
        return try names.map { name in
            guard ElectionNames.isPlain(name), self.parameters.member(MSPID(name)) != nil else {
                throw ElectionCommandError.refused("\(ElectionRefusal.notAMember(MSPID(name)))")
            }
            return MSPID(name)
        }
    }
}
