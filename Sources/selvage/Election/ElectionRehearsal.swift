import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

extension ElectionCommand {
    /// A whole election with invented ballots.
    struct Rehearse: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold a whole election at once, with ballots drawn by lot, and count it again.",
            discussion: """
                Example: selvage election rehearse --preset paper --directory e
                Does what open, issue, vote, reveal, tally and recount do, with real keys and files. Every voter approves as many candidates as a \
                ballot may, drawn by lot; --abstain leaves the last voters out of the vote.
                \(ElectionCommand.exitCodes)
                """)

        @OptionGroup var options: ElectionOptions
        @OptionGroup var opening: OpeningOptions

        @Option(help: "So many members take a number and do not vote.")
        var abstain = 0

        struct Account: Encodable {
            struct Stage: Encodable {
                let stage: String
                let milliseconds: Int64
            }

            let result: ResultText
            let recountAgrees: Bool
            let stages: [Stage]
        }

        func validate() throws {
            if self.abstain < 0 { throw ValidationError("--abstain must be 0 or more") }
        }

        func run() throws {
            try self.options.run {
                var stages: [Account.Stage] = []
                let clock = ContinuousClock()
                func timed<Value>(_ stage: String, _ work: () throws -> Value) throws -> Value {
                    let start = clock.now
                    let value = try work()
                    let time = (clock.now - start).components
                    stages.append(Account.Stage(stage: stage, milliseconds: time.seconds * 1_000 + time.attoseconds / 1_000_000_000_000_000))
                    return value
                }
                let opened = try timed("open") { try self.opening.open(self.options.directory) }
                let folder = opened.folder
                var session = opened.session
                let isSecret = session.parameters.weightMode == .members
                let members = try session.members(nil)
                if isSecret {
                    try timed("issue") {
                        try Issue.issue(members, folder, &session)
                        try folder.write(session)
                        for member in members { folder.remove("pending.json", of: .member(member)) }
                    }
                }
                try timed("vote") {
                    try Vote.cast(self.ballots(members.dropLast(self.abstain), session), folder, &session, endingPhase: true)
                    try folder.write(session)
                }
                if isSecret {
                    try timed("reveal") {
                        _ = try Reveal.open(nil, folder, &session, endingPhase: true)
                        try folder.write(session)
                    }
                }
                let result = try timed("tally") { try Tally.count(folder, &session, endingPhase: true) }
                let again = try timed("recount") { try ElectionCommand.Recount.recount(self.options.directory) }
                let account = Account(result: result, recountAgrees: again.bytes == result.bytes, stages: stages)
                return (account, result.lines + stages.map { "\($0.stage)\t\($0.milliseconds) ms" } + ["the recount agrees"])
            }
        }

        /// Every voter draws lots for all candidates and approves the first ones.
        private func ballots(_ voters: ArraySlice<MSPID>, _ session: ElectionSession) -> [(member: String, choices: [MSPID])] {
            var random = SystemRandomSource()
            return voters.map { voter in
                let lots = session.election.candidates.map { (member: $0, lot: random.bytes(count: 8)) }
                let drawn = lots.sorted { $0.lot.lexicographicallyPrecedes($1.lot) }.prefix(session.parameters.sizes.maxChoices)
                return (voter.text, drawn.map(\.member))
            }
        }
    }
}
