import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

extension ElectionCommand {
    /// Casts ballots: closed ones, or open ones by stake.
    struct Vote: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cast a closed ballot under a validation number, or an open one by stake.",
            discussion: """
                Examples: selvage election vote --directory e --member member-001 --approve member-002,member-003
                          selvage election vote --directory e --ballots ballots.txt
                A file of ballots has a line 'NAME: CANDIDATE CANDIDATE' for each voter; no candidate is a blank ballot.
                The record gets a hash of the choices; they stay in members/NAME/number.json until they are opened. The first ballot ends the \
                issue of numbers. In an election by stake ballots are open: they name the voter and can be read at once.
                Not prevented: coercion and the sale of votes. With the salt a voter can prove its vote to anybody.
                \(ElectionCommand.exitCodes)
                """)

        @OptionGroup var options: ElectionOptions

        @Option(help: "The voter.")
        var member: String?

        @Option(help: "Candidates, separated by commas; an empty text for a blank ballot.")
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
                let votes = try self.votes()
                try Self.cast(votes, folder, &session, endingPhase: self.endPhase)
                try folder.write(session)
                let progress = ElectionProgress(session)
                return (progress, ["\(votes.count) \(votes.count == 1 ? "ballot" : "ballots") cast", progress.line])
            }
        }

        /// Casts all ballots, or none when one is refused. The caller writes the session.
        static func cast(
            _ votes: [(member: String, choices: [MSPID])], _ folder: ElectionFolder, _ session: inout ElectionSession, endingPhase: Bool
        ) throws {
            let height = try session.height(for: .commit, endingPhase: endingPhase)
            var random = SystemRandomSource()
            var kept: [(MSPID, NumberText)] = []
            var closed: [(member: MSPID, action: ElectionAction)] = []
            var bar = ProgressBar(title: "vote")
            defer { bar.clear() }
            for (index, vote) in votes.enumerated() {
                bar.show(UInt64(index), of: UInt64(votes.count), unit: "ballots")
                let member = try session.members([vote.member])[0]
                // What nobody could open later is not cast: the record would take it, as it sees a hash only.
                do {
                    try session.election.checkChoices(vote.choices.sorted())
                } catch {
                    throw ElectionCommandError.refused("\(member): \(error)")
                }
                if session.parameters.weightMode == .stake {
                    let ballot = try Voter.openBallot(
                        member: member, identity: try folder.identity(of: member), choices: vote.choices, election: session.parameters.id)
                    try session.apply(ballot, at: height, who: member.text)
                    continue
                }
                guard var text = try folder.number(of: member) else {
                    throw ElectionCommandError.refused("\(member) has no validation number")
                }
                let (action, secret) = try Voter.commit(
                    try text.number(), choices: vote.choices, election: session.parameters.id, random: &random)
                closed.append((member, action))
                text.keep(secret)
                kept.append((member, text))
            }
            for (member, action) in Self.unordered(closed) { try session.apply(action, at: height, who: member.text) }
            // The salt first: without it the ballot could not be opened.
            for (member, text) in kept { try folder.write(text, of: member) }
        }

        /// In the order of the ballots' hashes: that of the members would tell everybody whose ballot is whose.
        static func unordered(_ ballots: [(member: MSPID, action: ElectionAction)]) -> [(member: MSPID, action: ElectionAction)] {
            func hash(_ action: ElectionAction) -> [UInt8] {
                switch action.step {
                case .commit(let step): SHA256.hash(step.ballotKey)
                case .reveal(let step): SHA256.hash(step.ballotKey)
                default: []
                }
            }
            return ballots.sorted { hash($0.action).lexicographicallyPrecedes(hash($1.action)) }
        }

        private func votes() throws -> [(member: String, choices: [MSPID])] {
            if let member, let approve {
                return [(member, approve.split(separator: ",").map { MSPID($0.trimmingCharacters(in: .whitespaces)) })]
            }
            return try ElectionNames.ballots(of: self.ballots ?? "")
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
                tell who cast it. In an election by stake there is nothing to open.
                \(ElectionCommand.exitCodes)
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
                let count = try Self.open(self.all ? nil : self.member, folder, &session, endingPhase: self.endPhase)
                try folder.write(session)
                let progress = ElectionProgress(session)
                return (progress, ["\(count) \(count == 1 ? "ballot" : "ballots") opened", progress.line])
            }
        }

        /// Opens the ballots of those named, or all that are here. The caller writes the session.
        static func open(_ names: [String]?, _ folder: ElectionFolder, _ session: inout ElectionSession, endingPhase: Bool) throws -> Int {
            if session.parameters.weightMode == .stake { throw ElectionCommandError.refused("\(ElectionRefusal.wrongMode(.stake))") }
            let height = try session.height(for: .reveal, endingPhase: endingPhase)
            // Signatures differ each time they are made, so what is open already is told by content.
            let opened = Set(session.record.entries.filter { $0.action.phase == .reveal }.map { ElectionActionFormat.content($0.action) })
            var ballots: [(member: MSPID, action: ElectionAction)] = []
            var bar = ProgressBar(title: "reveal")
            defer { bar.clear() }
            let members = try session.members(names)
            for (index, member) in members.enumerated() {
                bar.show(UInt64(index), of: UInt64(members.count), unit: "ballots")
                guard let text = try folder.number(of: member), let secret = try text.secret() else {
                    if names == nil { continue }
                    throw ElectionCommandError.refused("\(member) has cast no ballot")
                }
                let action = try Voter.reveal(try text.number(), secret, election: session.parameters.id)
                if names == nil, opened.contains(ElectionActionFormat.content(action)) { continue }
                ballots.append((member, action))
            }
            for (member, action) in Vote.unordered(ballots) { try session.apply(action, at: height, who: member.text) }
            return ballots.count
        }
    }
}
