import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

extension ElectionCommand {
    /// Counts and publishes.
    struct Tally: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count the opened ballots and publish the result with the tabulating facility's signature.",
            discussion: """
                Example: selvage election tally --directory e -O json
                Ranks: more approvals, then fewer offences, then the lot that the seed draws; the seed comes from the salts of all opened ballots.
                Reads transcript.json and the folder ctf, and nothing of members or authorities.
                \(ElectionCommand.exitCodes)
                """)

        @OptionGroup var options: ElectionOptions

        @Flag(help: "Count although ballots were not opened yet.")
        var endPhase = false

        func run() throws {
            try self.options.run {
                let folder = try ElectionFolder(self.options.directory)
                var session = try folder.session()
                let result = try Self.count(folder, &session, endingPhase: self.endPhase)
                return (result, result.lines)
            }
        }

        /// Counts, and writes result and record.
        static func count(_ folder: ElectionFolder, _ session: inout ElectionSession, endingPhase: Bool) throws -> ResultText {
            let height = try session.height(for: .tally, endingPhase: endingPhase)
            let tally: ElectionTally
            do {
                tally = try session.election.close(at: height, closing: session.record.closing)
            } catch {
                throw ElectionCommandError.refused("\(error)")
            }
            let key = try SigningKey(pem: try folder.secret("tabulator.pem", of: .tabulator))
            let facility = try TabulatingFacility(key: key, parameters: session.parameters)
            try session.apply(try facility.statement(on: tally), at: height, who: "the tabulating facility")
            let result = ResultText(tally, session.parameters)
            try folder.write(result, to: "result.json")
            try folder.write(session)
            return result
        }
    }

    /// Counts again from the public files.
    struct Recount: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count again from the public record and compare with the published result.",
            discussion: """
                Examples: selvage election recount --directory e
                          selvage election recount --directory e --member member-001
                Reads transcript.json and result.json, and no secret. With --member it also looks for the ballot in members/NAME/number.json, \
                which its owner has. Ends with 4 and the first difference when one byte of the two files is not as it was written.
                \(ElectionCommand.exitCodes)
                """)

        @OptionGroup var options: ElectionOptions

        @Option(help: "Look for this voter's ballot too.")
        var member: String?

        struct Verdict: Encodable {
            let agrees: Bool
            var difference: String?
            var result: ResultText?
        }

        func run() throws {
            try self.options.run {
                do {
                    let result = try Self.recount(self.options.directory, member: self.member)
                    let found = self.member.map { ["the ballot of \($0) is in the record"] } ?? []
                    return (Verdict(agrees: true, result: result), ["the count agrees"] + found + result.lines)
                } catch let error as ElectionCommandError {
                    guard case .differs(let text) = error, self.options.output.format == .json else { throw error }
                    Console.line(try ElectionFile.text(Verdict(agrees: false, difference: text)))
                    throw error
                }
            }
        }

        static func recount(_ directory: String, member: String? = nil) throws -> ResultText {
            let folder = ElectionReader(path: directory)
            let record = try TranscriptText.record(of: try folder.read("transcript.json"))
            let published = try ResultText.tally(of: try folder.read("result.json"), record.parameters)
            var bar = ProgressBar(title: "recount")
            defer { bar.clear() }
            do {
                let tally = try Ordering.Recount.check(record, published: published) { done in
                    bar.show(UInt64(done), of: UInt64(record.entries.count), unit: "acts checked")
                }
                if let member { try self.find(member, in: record, folder) }
                return ResultText(tally, record.parameters)
            } catch let error as RecountDifference {
                throw ElectionCommandError.differs("\(error)")
            }
        }

        private static func find(_ name: String, in record: ElectionRecord, _ folder: ElectionReader) throws {
            let member = try ElectionSession(record: record, election: Election(record.parameters)).members([name])[0]
            let election = try record.replay()
            if record.parameters.weightMode == .stake {
                guard election.hasVotedOpenly(member) else { throw ElectionCommandError.refused("\(member) has cast no ballot") }
                return
            }
            let file = "\(ElectionOwner.member(member).folder)/number.json"
            let text = try ElectionFile.decodeOwn(NumberText.self, try folder.read(file), name: file)
            guard let secret = try text.secret() else { throw ElectionCommandError.refused("\(member) has cast no ballot") }
            guard election.holds(secret, of: try text.number()) else {
                throw ElectionCommandError.differs("the ballot of \(member) is not in the record")
            }
        }
    }
}

/// The public files of an election, wherever they were copied to.
private struct ElectionReader {
    let path: String

    func read(_ name: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: self.path + "/" + name) else {
            throw ElectionCommandError.unreadable("\(self.path)/\(name) cannot be read")
        }
        return data
    }
}
