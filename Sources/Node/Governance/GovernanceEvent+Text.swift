import CryptoPrimitives
import LedgerModel
import Ordering

extension GovernanceEvent: CustomStringConvertible {
    /// One line for people.
    package var description: String {
        switch self {
        case .electionOpened(let election, let epoch, let seats):
            "\(seats.map { "by-election for \($0) seat\($0 == 1 ? "" : "s")" } ?? "election") \(Self.short(election)) for epoch \(epoch) is open"
        case .candidateRegistered(let member, let consenter): "\(member) stands with consensus key \(consenter)"
        case .electionVoid(let election, let reason): "election \(Self.short(election)) is void: \(reason)"
        case .tallied(let election, let issued, let committed, let revealed):
            "election \(Self.short(election)) is counted: \(issued) numbers, \(committed) ballots, \(revealed) opened"
        case .tabulatorContradicted(let election): "the tabulating facility has signed another result of election \(Self.short(election))"
        case .elected(let epoch, let first, let producers, let auditNodes, let standbys):
            "elected for epoch \(epoch), from block \(first) on: producers \(Self.list(producers)); audit nodes \(Self.list(auditNodes)); standbys "
                + Self.list(standbys)
        case .epochBegins(let epoch, let first): "epoch \(epoch) begins with block \(first)"
        case .convicted(let member, let code, let height): "\(member) is convicted of \(code.rawValue) (\(code.title)) at height \(height)"
        case .keyBurned(let consenter): "consensus key \(consenter) is burned"
        case .barred(let member, let policy): "\(member) is barred from office \(policy == .forGood ? "for good" : "for the rest of the epoch")"
        case .readmitted(let member): "\(member) is readmitted"
        case .strike(let member, let count): "strike \(count) against \(member)"
        case .evicted(let member, let place): "\(member) is out of office (\(place.title))"
        case .promoted(let member, let from, let to): "\(member) moves up\(from.map { " from \($0.title)" } ?? "") to \(to.title)"
        case .demoted(let member, let place): "\(member) (\(place.title)) missed too much and goes to the end of the standbys"
        case .keyRotated(let member, let consenter): "\(member) signs with consensus key \(consenter) from the next epoch boundary on"
        case .keyOverdue(let member, let epochs): "the consensus key of \(member) has been in use for \(epochs) epochs: it has to be replaced"
        case .resigned(let member): "\(member) resigns"
        case .byElectionNeeded(let seats): "\(seats) seat\(seats == 1 ? " is" : "s are") empty and nobody stands by: a by-election may be opened"
        case .alarm(let alarm): "alarm: \(alarm)"
        case .forkAlarm(let height, let accused): "fork alarm: \(accused) members have lied at height \(height); ordering is halted"
        case .committeeDue(let due):
            "block \(due.configurationHeight) has to bring the consenters \(due.consenters.map { "\($0)" }.joined(separator: ", ")) into office"
        }
    }

    private static func short(_ id: [UInt8]) -> String { Base16.encode(Array(id.prefix(4))) + "…" }

    private static func list(_ members: [MSPID]) -> String { members.isEmpty ? "none" : members.map(\.text).joined(separator: ", ") }
}

extension OffenceCode {
    /// As people call it.
    package var title: String {
        switch self {
        case .doubleVote: "two votes in one round"
        case .doubleProposal: "two proposals in one round"
        case .lockViolation: "a vote against its own precommit"
        case .invalidProposal: "an invalid proposal"
        case .wrongProposer: "a proposal in another's turn"
        case .censorship: "a receipt that was not honoured"
        case .wrongAnswer: "a wrong answer"
        case .conflictingAttestation: "two attestations of one height"
        case .missedSignatures: "missed signatures"
        case .missedProposals: "missed proposals"
        }
    }
}
