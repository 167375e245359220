import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

/// The steps of giving out a number, each with what its owner has: the member, the authority, the member again.
extension ElectionFolder {
    /// The member makes a one-time key, blinds it, and asks. A request that was made before stays as it is.
    func request(_ member: MSPID, asking authorities: [UInt8]?, _ parameters: ElectionParameters) throws {
        guard try self.read(PendingText.self, "pending.json", of: .member(member)) == nil else { return }
        var random = SystemRandomSource()
        let (request, pending) = try Voter.request(
            member: member, identity: try self.identity(of: member), parameters: parameters, authorities: authorities, random: &random)
        try self.write(PendingText(pending), to: "pending.json", of: .member(member))
        try self.write(RequestText(request), to: "requests/\(member).json")
    }

    func request(of member: MSPID) throws -> NumberRequest {
        guard let text = try self.read(RequestText.self, "requests/\(member).json") else {
            throw ElectionCommandError.refused("\(member) has not asked for a number; let it do --step request first")
        }
        let request = try text.request()
        guard request.member == member else { throw ElectionCommandError.unreadable("requests/\(member).json is of another member") }
        return request
    }

    /// An authority with its keys and its memory: nothing else of the folder but the public record and the requests.
    func authority(_ index: UInt8, _ parameters: ElectionParameters) throws -> LegitimationAuthority {
        let owner = ElectionOwner.authority(index)
        return try LegitimationAuthority(
            index: index, blindKey: try BlindSigningKey(pem: try self.secret("blind.pem", of: owner)),
            statementKey: try SigningKey(pem: try self.secret("statement.pem", of: owner)), parameters: parameters,
            answered: try self.read(AnsweredText.self, "answered.json", of: owner)?.answered() ?? [:])
    }

    /// The authority signs what it cannot see. Its memory is written before the answer leaves.
    func certify(
        _ member: MSPID, by authority: inout LegitimationAuthority, _ session: ElectionSession, at height: BlockNumber
    ) throws {
        let answer: LegitimationAuthority.Answer
        do {
            answer = try authority.certify(try self.request(of: member), election: session.election, at: height)
        } catch let error as ElectionAgencyError {
            throw ElectionCommandError.refused("\(member): \(error)")
        }
        let owner = ElectionOwner.authority(authority.index)
        try self.write(AnsweredText(authority.answered), to: "answered.json", of: owner)
        try self.write(AnswerText(answer), to: "answers/\(member).\(owner.folder).json")
    }

    /// The member takes the blinding off and the public word goes into the record.
    func finish(_ member: MSPID, _ session: inout ElectionSession, at height: BlockNumber) throws {
        guard let pending = try self.read(PendingText.self, "pending.json", of: .member(member)) else {
            throw ElectionCommandError.refused("\(member) has not asked for a number; let it do --step request first")
        }
        let request = try self.request(of: member)
        let answers = try request.parts.map { part in
            let name = "answers/\(member).\(ElectionOwner.authority(part.authority).folder).json"
            guard let answer = try self.read(AnswerText.self, name) else {
                throw ElectionCommandError.refused("\(name) is not there: that authority has not answered yet")
            }
            return answer
        }
        let number: ValidationNumber
        do {
            number = try Voter.number(
                try pending.pending(), answers: try answers.map { try ElectionFile.bytes($0.blindSignature, "an answer") },
                parameters: session.parameters)
        } catch let error as CryptoError {
            throw ElectionCommandError.refused("\(member): an authority has answered with something else than was asked for: \(error)")
        }
        let signatures = try answers.map { try ElectionFile.bytes($0.signature, "an answer") }
        let issue = ElectionAction(election: session.parameters.id, step: .issue(request.issue(signatures: signatures)))
        try session.apply(issue, at: height, who: member.text)
        // The number first: a record that tells of a number that nobody has would cost the member its vote.
        try self.write(NumberText(number), of: member)
    }
}

extension ElectionCommand {
    /// Gives out validation numbers.
    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give members their validation numbers, blind-signed by the authorities.",
            discussion: """
                Examples: selvage election issue --directory e --all
                          selvage election issue --directory e --member member-001 --step request --ask 1,3
                          selvage election issue --directory e --member member-001 --step certify --as 3
                The member makes a one-time key, blinds it and signs the request (requests/NAME.json); each authority signs without seeing it \
                (answers/NAME.cla-N.json); the member takes the blinding off, and the record says who has received a number. The number is in \
                members/NAME/number.json. All three steps by default; with separate people each does its own with --step.
                \(ElectionCommand.exitCodes)
                """)

        enum Step: String, ExpressibleByArgument, CaseIterable {
            case request, certify, finish
        }

        @OptionGroup var options: ElectionOptions

        @Option(help: "A member; may be given more than once.")
        var member: [String] = []

        @Flag(help: "All members that have no number yet.")
        var all = false

        @Option(help: "Only this step: request (the member), certify (an authority) or finish (the member).")
        var step: Step?

        @Option(help: "Authorities to ask, separated by commas; the first ones by default, as many as must sign.")
        var ask: String?

        @Option(help: "With certify: the authority that acts; all that were asked by default.")
        var `as`: UInt8?

        func validate() throws {
            if self.all != self.member.isEmpty { throw ValidationError("give --member or --all") }
            if self.ask != nil, self.step == .certify || self.step == .finish { throw ValidationError("--ask belongs to the step request") }
            if self.as != nil, self.step != .certify { throw ValidationError("--as belongs to --step certify") }
            if let ask, Self.places(ask) == nil { throw ValidationError("--ask wants numbers of authorities, ascending: 1,3") }
            if self.as == 0 { throw ValidationError("authorities are counted from 1") }
        }

        func run() throws {
            try self.options.run {
                let folder = try ElectionFolder(self.options.directory)
                var session = try folder.session()
                let members = try session.members(self.all ? nil : self.member).filter { !(self.all && session.election.hasNumber($0)) }
                try Self.issue(members, folder, &session, only: self.step, ask: self.ask.flatMap(Self.places), as: self.as.map { $0 - 1 })
                if self.step == nil || self.step == .finish { try folder.write(session) }
                for member in members where self.step != .request && self.step != .certify { folder.remove("pending.json", of: .member(member)) }
                let progress = ElectionProgress(session)
                return (progress, members.map { "\($0) \(self.done)" } + [progress.line])
            }
        }

        private var done: String {
            switch self.step {
            case .request: "has asked"
            case .certify: "has its answer"
            case .finish, nil: "has its number"
            }
        }

        /// All steps, or one, for every member. The caller writes the session.
        static func issue(
            _ members: [MSPID], _ folder: ElectionFolder, _ session: inout ElectionSession, only step: Step? = nil, ask: [UInt8]? = nil,
            as acting: UInt8? = nil
        ) throws {
            if session.parameters.weightMode == .stake { throw ElectionCommandError.refused("\(ElectionRefusal.wrongMode(.stake))") }
            let height = try session.height(for: .issue, endingPhase: false)
            var authorities: [UInt8: LegitimationAuthority] = [:]
            var bar = ProgressBar(title: "issue")
            defer { bar.clear() }
            for (index, member) in members.enumerated() {
                bar.show(UInt64(index), of: UInt64(members.count), unit: "numbers")
                if step == nil || step == .request {
                    if session.election.hasNumber(member) { throw ElectionCommandError.refused("\(ElectionRefusal.alreadyIssued(member))") }
                    try folder.request(member, asking: ask, session.parameters)
                }
                if step == nil || step == .certify {
                    for index in try folder.request(of: member).parts.map(\.authority) where acting == nil || acting == index {
                        var authority = try authorities[index] ?? folder.authority(index, session.parameters)
                        try folder.certify(member, by: &authority, session, at: height)
                        authorities[index] = authority
                    }
                }
                if step == nil || step == .finish { try folder.finish(member, &session, at: height) }
            }
        }

        /// Places from 0 of a text like `1,3`; nil unless they are ascending.
        private static func places(_ text: String) -> [UInt8]? {
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0.trimmingCharacters(in: .whitespaces)) ?? 0 }
            guard !numbers.contains(0), !zip(numbers, numbers.dropFirst()).contains(where: { $0 >= $1 }) else { return nil }
            return numbers.map { $0 - 1 }
        }
    }
}
