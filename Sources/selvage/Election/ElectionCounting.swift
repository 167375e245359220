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
                """)

        @OptionGroup var options: ElectionOptions

        @Flag(help: "Count although ballots were not opened yet.")
        var endPhase = false

        func run() throws {
            try self.options.run {
                let folder = try ElectionFolder(self.options.directory)
                var session = try folder.session()
                let height = try session.height(for: .tally, endingPhase: self.endPhase)
                let tally: ElectionTally
                do {
                    tally = try session.election.close(at: height, closing: session.record.closing)
                } catch {
                    throw ElectionCommandError.refused("\(error)")
                }
                let facility = try TabulatingFacility(key: try SigningKey(pem: try folder.secret("tabulator.pem")), parameters: session.parameters)
                try session.apply(try facility.statement(on: tally), at: height, who: "the tabulating facility")
                let result = ResultText(tally, session.parameters)
                try folder.write(result, to: "result.json")
                try folder.write(session)
                return (result, result.lines)
            }
        }
    }

    /// Counts again from the public files.
    struct Recount: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count again from the public record and compare with the published result.",
            discussion: """
                Examples: selvage election recount --directory e
                          selvage election recount --directory e --member member-001
                Reads transcript.json and result.json, and no secret. With --member it also looks for the ballot in secret/NAME.number.json, which \
                its owner has. Ends with 4 and the first difference when something does not hold.
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
                    let result = try self.recounted()
                    return (Verdict(agrees: true, result: result), ["the count agrees"] + result.lines)
                } catch let error as ElectionCommandError {
                    guard case .differs(let text) = error, self.options.output.format == .json else { throw error }
                    Console.line(try ElectionFile.text(Verdict(agrees: false, difference: text)))
                    throw error
                }
            }
        }

        private func recounted() throws -> ResultText {
            let folder = try ElectionReader(self.options.directory)
            let record = try TranscriptText.record(of: try folder.read("transcript.json"))
            let published = try ResultText.tally(of: try folder.read("result.json"), record.parameters)
            do {
                let tally = try Ordering.Recount.check(record, published: published)
                if let member { try self.find(member, in: record, folder) }
                return ResultText(tally, record.parameters)
            } catch let error as RecountDifference {
                throw ElectionCommandError.differs("\(error)")
            }
        }

        private func find(_ member: String, in record: ElectionRecord, _ folder: ElectionReader) throws {
            guard record.parameters.member(MSPID(member)) != nil else { throw ElectionCommandError.refused("\(member) is not a member") }
            let text = try ElectionFile.decode(
                NumberText.self, try folder.read("secret/\(member).number.json"), name: "\(member).number.json")
            guard let secret = try text.secret() else { throw ElectionCommandError.refused("\(member) has cast no ballot") }
            let number = try text.number()
            let isThere = try record.replay().holds(secret, of: number)
            guard isThere else { throw ElectionCommandError.differs("the ballot of \(member) is not in the record") }
        }
    }
}

/// The public files of an election, wherever they were copied to.
private struct ElectionReader {
    let path: String

    init(_ path: String) throws { self.path = path }

    func read(_ name: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: self.path + "/" + name) else {
            throw ElectionCommandError.unreadable("\(self.path)/\(name) cannot be read")
        }
        return data
    }
}
