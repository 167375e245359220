import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

extension ElectionCommand {
    /// Gives out validation numbers.
    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give members their validation numbers, blind-signed by the authorities.",
            discussion: """
                Examples: selvage election issue --directory e --all
                          selvage election issue --directory e --member member-001 --member member-002
                The member makes a one-time key, blinds it and signs the request; the authorities sign without seeing it; the record then says who \
                has received a number. The number itself is in secret/NAME.number.json.
                """)

        @OptionGroup var options: ElectionOptions

        @Option(help: "A member; may be given more than once.")
        var member: [String] = []

        @Flag(help: "All members that have no number yet.")
        var all = false

        func validate() throws {
            if self.all != self.member.isEmpty { throw ValidationError("give --member or --all") }
        }

        func run() throws {
            try self.options.run {
                let folder = try ElectionFolder(self.options.directory)
                var session = try folder.session()
                let parameters = session.parameters
                var authorities = try (0..<parameters.authorities.count).map { index in
                    try LegitimationAuthority(
                        index: UInt8(index), blindKey: try BlindSigningKey(pem: try folder.secret("authority-\(index + 1).blind.pem")),
                        statementKey: try SigningKey(pem: try folder.secret("authority-\(index + 1).statement.pem")), parameters: parameters)
                }
                let members = self.all ? parameters.members.map(\.id).filter { !session.election.hasNumber($0) } : self.member.map { MSPID($0) }
                let height = try session.height(for: .issue, endingPhase: false)
                var random = SystemRandomSource()
                var numbers: [(MSPID, NumberText)] = []
                for member in members {
                    guard parameters.member(member) != nil else { throw ElectionCommandError.refused("\(ElectionRefusal.notAMember(member))") }
                    let (request, pending) = try Voter.request(
                        member: member, identity: try folder.identity(of: member), parameters: parameters, random: &random)
                    var answers: [LegitimationAuthority.Answer] = []
                    for part in request.parts {
                        do {
                            answers.append(try authorities[Int(part.authority)].certify(request, election: session.election, at: height))
                        } catch {
                            throw ElectionCommandError.refused("\(member): \(error)")
                        }
                    }
                    let issue = ElectionAction(election: parameters.id, step: .issue(request.issue(signatures: answers.map(\.signature))))
                    try session.apply(issue, at: height, who: member.text)
                    numbers.append(
                        (member, NumberText(try Voter.number(pending, answers: answers.map(\.blindSignature), parameters: parameters))))
                }
                // The number first: a record that tells of a number that nobody has would cost the member its vote.
                for (member, number) in numbers { try folder.write(number, of: member) }
                try folder.write(session)
                let progress = ElectionProgress(session)
                return (progress, numbers.map { "\($0.0) has its number" } + [progress.line])
            }
        }
    }

    /// Casts closed ballots.
    struct Vote: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cast a closed ballot under a validation number.",
            discussion: """
                Examples: selvage election vote --directory e --member member-001 --approve member-002,member-003
                          selvage election vote --directory e --ballots ballots.txt
                A file of ballots has a line 'NAME: CANDIDATE CANDIDATE' for each voter; no candidate is a blank ballot.
                The record gets a hash of the choices; they stay in secret/NAME.number.json until they are opened. The first ballot ends the issue \
                of numbers.
                """)

        @OptionGroup var options: ElectionOptions

        @Option(help: "The voter.")
        var member: String?

        @Option(help: "Candidates, separated by commas.")
        var approve: String?

        @Option(help: "A file of ballots.")
        var ballots: String?

        @Flag(help: "Begin the vote although members have no number yet.")
        var endPhase = false

        func validate() throws {
            let isOne = self.member != nil && self.approve != nil && self.ballots == nil
            let isFile = self.member == nil && self.approve == nil && self.ballots != nil
            guard isOne || isFile else { throw ValidationError("give --member and --approve, or --ballots") }
        }

        func run() throws {
            try self.options.run {
                let folder = try ElectionFolder(self.options.directory)
                var session = try folder.session()
                let height = try session.height(for: .commit, endingPhase: self.endPhase)
                var random = SystemRandomSource()
                var kept: [(MSPID, NumberText)] = []
                for (member, choices) in try self.votes() {
                    try Self.check(choices, of: member, session)
                    guard var text = try folder.number(of: member) else {
                        throw ElectionCommandError.refused("\(member) has no validation number")
                    }
                    let (action, secret) = try Voter.commit(
                        try text.number(), choices: choices, election: session.parameters.id, random: &random)
                    try session.apply(action, at: height, who: member.text)
                    text.keep(secret)
                    kept.append((member, text))
                }
                // The salt first: without it the ballot could not be opened.
                for (member, text) in kept { try folder.write(text, of: member) }
                try folder.write(session)
                let progress = ElectionProgress(session)
                return (progress, ["\(kept.count) ballots cast", progress.line])
            }
        }

        private func votes() throws -> [(MSPID, [MSPID])] {
            if let member, let approve {
                return [(MSPID(member), approve.split(separator: ",").map { MSPID($0.trimmingCharacters(in: .whitespaces)) })]
            }
            let path = self.ballots ?? ""
            guard let data = FileManager.default.contents(atPath: path) else { throw ElectionCommandError.unreadable("\(path) cannot be read") }
            let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            return try lines.enumerated().filter { !$0.element.allSatisfy(\.isWhitespace) }.map { index, line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { throw ElectionCommandError.usage("\(path), line \(index + 1): write 'NAME: CANDIDATE CANDIDATE'") }
                let choices = parts[1].split(whereSeparator: \.isWhitespace).map { MSPID(String($0)) }
                return (MSPID(parts[0].trimmingCharacters(in: .whitespaces)), choices)
            }
        }

        /// What nobody could open later is not cast: the record would take it, as it sees a hash only.
        private static func check(_ choices: [MSPID], of member: MSPID, _ session: ElectionSession) throws {
            let refusal: ElectionRefusal
            if choices.count > session.parameters.sizes.maxChoices {
                refusal = .tooManyChoices(found: choices.count, most: session.parameters.sizes.maxChoices)
            } else if Set(choices).count != choices.count {
                refusal = .choicesOutOfOrder
            } else if let stranger = choices.first(where: { session.election.registration(of: $0) == nil }) {
                refusal = .notACandidate(stranger)
            } else if session.parameters.member(member) == nil {
                refusal = .notAMember(member)
            } else {
                return
            }
            throw ElectionCommandError.refused("\(member): \(refusal)")
        }
    }

    /// Opens ballots.
    struct Reveal: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open ballots that were cast.",
            discussion: """
                Examples: selvage election reveal --directory e --member member-001 --end-phase
                          selvage election reveal --directory e --all
                The first opened ballot ends the vote. A ballot that is not opened counts as an abstention. With few voters an unusual ballot can \
                tell who cast it.
                """)

        @OptionGroup var options: ElectionOptions

        @Option(help: "A voter; may be given more than once.")
        var member: [String] = []

        @Flag(help: "Everybody whose ballot is here and not opened yet.")
        var all = false

        @Flag(help: "Begin to open although numbers were not used yet.")
        var endPhase = false

        func validate() throws {
            if self.all != self.member.isEmpty { throw ValidationError("give --member or --all") }
        }

        func run() throws {
            try self.options.run {
                let folder = try ElectionFolder(self.options.directory)
                var session = try folder.session()
                let height = try session.height(for: .reveal, endingPhase: self.endPhase)
                var count = 0
                for member in self.all ? session.parameters.members.map(\.id) : self.member.map({ MSPID($0) }) {
                    guard session.parameters.member(member) != nil else {
                        throw ElectionCommandError.refused("\(ElectionRefusal.notAMember(member))")
                    }
                    guard let text = try folder.number(of: member), let secret = try text.secret() else {
                        if self.all { continue }
                        throw ElectionCommandError.refused("\(member) has cast no ballot")
                    }
                    let action = try Voter.reveal(try text.number(), secret, election: session.parameters.id)
                    if self.all, session.record.entries.contains(where: { Self.isSame($0.action, action) }) { continue }
                    try session.apply(action, at: height, who: member.text)
                    count += 1
                }
                try folder.write(session)
                let progress = ElectionProgress(session)
                return (progress, ["\(count) ballots opened", progress.line])
            }
        }

        /// Signatures differ each time they are made.
        private static func isSame(_ left: ElectionAction, _ right: ElectionAction) -> Bool {
            ElectionActionFormat.content(left) == ElectionActionFormat.content(right)
        }
    }
}
