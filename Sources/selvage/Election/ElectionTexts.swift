import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

/// The public record of an election as JSON: for people to read, and with the exact bytes of everything that counts.
///
/// Only `bytes` are read back. The rest is written again from them and compared, so that nobody can be shown another text than what counts.
struct TranscriptText: Codable {
    static let format = "selvage-election-1"

    struct Authority: Codable {
        let name: String
        let blindKey: String
        let statementKey: String
    }

    struct Member: Codable {
        let name: String
        let identityKey: String
        let offencePoints: UInt32
        let mayStand: Bool
        let stake: UInt64
    }

    struct Opening: Codable {
        let chain: String
        let epoch: UInt64
        /// members or stake.
        let weights: String
        let pool: Int
        let producers: Int
        let auditNodes: Int
        let maxChoices: Int
        /// First heights.
        let phases: [String: UInt64]
        let threshold: Int
        let authorities: [Authority]
        let tabulator: String
        let members: [Member]
        let bytes: String
    }

    struct Entry: Codable {
        let height: UInt64
        let action: String
        var member: String?
        var endpoint: String?
        var authorities: [String]?
        /// SHA-256 of the one-time ballot key.
        var ballot: String?
        var approves: [String]?
        var issued: UInt32?
        var committed: UInt32?
        var revealed: UInt32?
        let bytes: String
    }

    let format: String
    let election: String
    let opening: Opening
    let entries: [Entry]

    init(_ record: ElectionRecord) {
        let parameters = record.parameters
        self.format = Self.format
        self.election = Base16.encode(parameters.id)
        self.opening = Opening(
            chain: Base16.encode(parameters.chain), epoch: parameters.epoch,
            weights: parameters.weightMode == .stake ? "stake" : "members", pool: parameters.sizes.pool, producers: parameters.sizes.producers,
            auditNodes: parameters.sizes.auditNodes, maxChoices: parameters.sizes.maxChoices,
            phases: [
                "registration": parameters.schedule.registration.rawValue, "issue": parameters.schedule.issue.rawValue,
                "vote": parameters.schedule.commit.rawValue, "reveal": parameters.schedule.reveal.rawValue,
                "tally": parameters.schedule.tally.rawValue,
            ], threshold: parameters.threshold,
            authorities: parameters.authorities.map {
                Authority(name: $0.name, blindKey: $0.blindKey.pem, statementKey: Base16.encode($0.statementKey))
            }, tabulator: Base16.encode(parameters.tabulator),
            members: parameters.members.map {
                Member(
                    name: $0.id.text, identityKey: Base16.encode($0.identityKey), offencePoints: $0.offencePoints, mayStand: $0.mayStand,
                    stake: $0.stake)
            }, bytes: Base16.encode(ElectionParametersFormat.encode(parameters)))
        self.entries = record.entries.map { Self.entry($0, parameters) }
    }

    private static func entry(_ entry: ElectionRecord.Entry, _ parameters: ElectionParameters) -> Entry {
        func text(_ action: String) -> Entry {
            Entry(height: entry.height.rawValue, action: action, bytes: Base16.encode(ElectionActionFormat.encode(entry.action)))
        }
        switch entry.action.step {
        case .register(let step):
            var result = text("register")
            result.member = step.member.text
            result.endpoint = step.endpoint
            return result
        case .issue(let step):
            var result = text("issue")
            result.member = step.member.text
            result.authorities = step.parts.compactMap { part in
                Int(part.authority) < parameters.authorities.count ? parameters.authorities[Int(part.authority)].name : nil
            }
            return result
        case .commit(let step):
            var result = text("vote")
            result.ballot = Base16.encode(SHA256.hash(step.ballotKey))
            return result
        case .reveal(let step):
            var result = text("reveal")
            result.ballot = Base16.encode(SHA256.hash(step.ballotKey))
            result.approves = step.choices.map(\.text)
            return result
        case .state(let step):
            var result = text("statement")
            (result.issued, result.committed, result.revealed) = (step.issued, step.committed, step.revealed)
            return result
        case .openVote(let step):
            var result = text("open vote")
            result.member = step.member.text
            result.approves = step.choices.map(\.text)
            return result
        }
    }

    /// The record that the bytes hold; throws what is wrong with them, or the first text that says something else.
    static func record(of json: Data) throws -> ElectionRecord {
        let text = try ElectionFile.decode(TranscriptText.self, json, name: "transcript.json")
        guard text.format == Self.format else {
            throw ElectionCommandError.differs("transcript.json is of format '\(text.format)', only '\(Self.format)' is known")
        }
        guard text.entries.count <= ElectionLimits.entries else {
            throw ElectionCommandError.differs("transcript.json has more than \(ElectionLimits.entries) entries")
        }
        let parameters: ElectionParameters
        do {
            parameters = try ElectionParametersFormat.decode(try Self.bytes(text.opening.bytes, "opening"))
        } catch let error as ElectionParameterError {
            throw ElectionCommandError.differs("the opening: \(error)")
        }
        var entries: [ElectionRecord.Entry] = []
        for (index, entry) in text.entries.enumerated() {
            do {
                let action = try ElectionActionFormat.decode(try Self.bytes(entry.bytes, "entry \(index)"))
                // Without a chain a height says nothing but the phase; another number would be a change that nothing else shows.
                guard BlockNumber(entry.height) == parameters.schedule.start(of: action.phase) else {
                    throw ElectionCommandError.differs("entry \(index): height \(entry.height) is not that of its phase")
                }
                entries.append(ElectionRecord.Entry(height: BlockNumber(entry.height), action: action))
            } catch let error as MessageError {
                throw ElectionCommandError.differs("entry \(index): \(error)")
            }
        }
        let record = ElectionRecord(parameters: parameters, entries: entries)
        try ElectionFile.compare(json, with: TranscriptText(record), name: "transcript.json")
        return record
    }

    private static func bytes(_ text: String, _ place: String) throws -> [UInt8] {
        guard let bytes = Base16.decode(text) else { throw ElectionCommandError.differs("\(place): 'bytes' is not hexadecimal") }
        return bytes
    }
}

/// A published result as JSON; `bytes` is what counts.
struct ResultText: Codable {
    struct Rank: Codable {
        let rank: Int
        let member: String
        let approvals: UInt64
        let offencePoints: UInt32
        /// producer, auditNode or standby.
        let office: String
    }

    let format: String
    let election: String
    let epoch: UInt64
    let issued: UInt32
    let committed: UInt32
    let revealed: UInt32
    let seed: String
    let ranking: [Rank]
    let bytes: String

    static let format = "selvage-election-result-1"

    init(_ tally: ElectionTally, _ parameters: ElectionParameters) {
        self.format = Self.format
        self.election = Base16.encode(tally.election)
        self.epoch = parameters.epoch
        (self.issued, self.committed, self.revealed) = (tally.issued, tally.committed, tally.revealed)
        self.seed = Base16.encode(tally.seed)
        let sizes = parameters.sizes
        self.ranking = tally.ranking.enumerated().map { index, standing in
            let office: OfficePlace =
                index < sizes.producers ? .producer : index < sizes.producers + sizes.auditNodes ? .auditNode : .standby
            return Rank(
                rank: index + 1, member: standing.member.text, approvals: standing.approvals, offencePoints: standing.offencePoints,
                office: office.rawValue)
        }
        self.bytes = Base16.encode(ElectionTallyFormat.encode(tally))
    }

    /// The tally that the bytes hold; its text must say the same.
    static func tally(of json: Data, _ parameters: ElectionParameters) throws -> ElectionTally {
        let text = try ElectionFile.decode(ResultText.self, json, name: "result.json")
        guard text.format == Self.format, let bytes = Base16.decode(text.bytes) else {
            throw ElectionCommandError.differs("result.json is of format '\(text.format)', or its 'bytes' is not hexadecimal")
        }
        let tally: ElectionTally
        do {
            tally = try ElectionTallyFormat.decode(bytes)
        } catch {
            throw ElectionCommandError.differs("result.json: \(error)")
        }
        try ElectionFile.compare(json, with: ResultText(tally, parameters), name: "result.json")
        return tally
    }

    var lines: [String] {
        var lines = ["entitled \(self.issued), ballots \(self.committed), opened \(self.revealed)"]
        for rank in self.ranking { lines.append("\(rank.rank)\t\(rank.office)\t\(rank.member)\t\(rank.approvals)") }
        return lines
    }
}
