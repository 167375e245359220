import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

/// Holds an election by hand, with the paper's two agencies, on a folder of plain files.
struct ElectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "election",
        abstract: "Elect the ordering committee: two agencies, secret ballots, a count that anybody repeats.",
        discussion: """
            The legitimation authority (CLA) gives every member one validation number and cannot know which; the tabulating facility (CTF) counts \
            ballots and cannot know whose. All public acts are in transcript.json, all secrets in the folder 'secret'. The commands play every \
            role, so that one person can hold a whole election; with separate people, each keeps only its own files.
            Elections here run beside the chain; their acts as transactions come with a later version.
            Example:
              selvage election open --preset dev --directory e
              selvage election issue --directory e --all
              selvage election vote --directory e --member member-001 --approve member-002,member-003
              selvage election reveal --directory e --all --end-phase
              selvage election tally --directory e
              selvage election recount --directory e
            Exit codes: 0 good, 1 an act is refused, 2 wrong usage, 3 a file cannot be read, 4 the record or the result does not hold.
            """,
        subcommands: [Open.self, Issue.self, Vote.self, Reveal.self, Tally.self, Recount.self])
}

/// What every command on an election's folder has.
struct ElectionOptions: ParsableArguments {
    @Option(help: "The folder of the election.")
    var directory: String

    @OptionGroup var output: OutputOptions

    /// Runs a command's work and prints what it gives; errors end with their exit code.
    func run<Report: Encodable>(_ work: () throws -> (report: Report, lines: [String])) throws {
        do {
            let (report, lines) = try work()
            switch self.output.format {
            case .text: for line in lines { Console.line(line) }
            case .json: Console.line(try ElectionFile.text(report))
            }
        } catch let error as ElectionCommandError {
            Console.error("election: \(error)")
            throw ExitCode(error.exit.rawValue)
        } catch let error as ExitCode {
            throw error
        } catch {
            Console.error("election: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
    }
}

extension ElectionSizes.Preset: ExpressibleByArgument {}

/// How far an election is, after a command.
struct ElectionProgress: Encodable {
    let election: String
    let phase: String
    let candidates: Int
    let issued: Int
    let committed: Int
    let revealed: Int
    let void: String?

    init(_ session: ElectionSession) {
        self.election = Base16.encode(session.parameters.id)
        self.phase = "\(session.phase)"
        self.candidates = session.election.candidates.count
        self.issued = session.election.numbered.count
        self.committed = session.election.ballotCount
        self.revealed = session.election.revealedCount
        self.void = session.election.void.map { "\($0)" }
    }

    var line: String {
        let counts = "\(self.candidates) candidates, \(self.issued) numbers, \(self.committed) ballots, \(self.revealed) opened"
        return "\(self.phase): \(counts)" + (self.void.map { "; void: \($0)" } ?? "")
    }
}

extension ElectionCommand {
    /// Fixes everything and registers the candidates.
    struct Open: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fix pool, sizes, agencies and keys, and register the candidates.",
            discussion: """
                Example: selvage election open --preset dev --directory e --authorities 3 --threshold 2
                Sizes (pool, producers, audit nodes): paper 101/30/20, medium 21/7/4, dev 6/4/2, solo 1/1/0.
                The folder must not be there. With --authorities 1, as in the paper, that one could make numbers for abstainers; 2 of 3 is safer.
                """)

        @OptionGroup var options: ElectionOptions

        @Option(help: "paper, medium, dev or solo.")
        var preset: ElectionSizes.Preset

        @Option(help: "A file with the names of the pool's members, one a line; member-001 and so on by default.")
        var members: String?

        @Option(help: "A file with the names of those who stand, one a line; all members by default.")
        var candidates: String?

        @Option(help: "Legitimation authorities.")
        var authorities = 1

        @Option(help: "So many of them must sign a number.")
        var threshold = 1

        @Option(help: "Bits of the authorities' keys, 2048 to 4096.")
        var keyBits = 3072

        @Option(help: "The epoch that is elected for.")
        var epoch: UInt64 = 1

        @Option(help: "The header hash of the channel's genesis block, 64 hexadecimal digits; random by default.")
        var chain: String?

        func validate() throws {
            if let chain, Base16.decode(chain)?.count != 32 { throw ValidationError("--chain must be 64 hexadecimal digits") }
            guard (1...ElectionLimits.authorities).contains(self.authorities), (1...self.authorities).contains(self.threshold) else {
                throw ValidationError("--threshold must be 1 up to --authorities, and these at most \(ElectionLimits.authorities)")
            }
            guard (2048...4096).contains(self.keyBits) else { throw ValidationError("--key-bits must be 2048 to 4096") }
        }

        func run() throws {
            try self.options.run {
                let pool = self.preset.sizes.pool
                let names = try self.members.map { try Self.names(in: $0) } ?? (1...pool).map { String(format: "member-%03d", $0) }
                let standing = try self.candidates.map { try Self.names(in: $0) } ?? names
                let unknown = Set(standing).subtracting(names).sorted()
                guard unknown.isEmpty else { throw ElectionCommandError.usage("\(unknown[0]) stands and is not a member") }
                let folder = try ElectionFolder.make(self.options.directory)
                let parameters = try self.parameters(names, in: folder)
                var session = ElectionSession(record: ElectionRecord(parameters: parameters), election: Election(parameters))
                for name in standing.sorted() {
                    let key = SigningKey.generate()
                    let member = MSPID(name)
                    let action = try Candidacy.register(
                        member: member, identity: try folder.identity(of: member), consensusKey: key, endpoint: "\(name):7050",
                        election: parameters.id)
                    try folder.writeSecret(key.pem, to: "\(name).consensus.pem")
                    try session.apply(action, at: parameters.schedule.registration, who: name)
                }
                try folder.write(session)
                let progress = ElectionProgress(session)
                return (progress, ["election \(progress.election) is open in \(folder.path)", progress.line])
            }
        }

        private func parameters(_ names: [String], in folder: ElectionFolder) throws -> ElectionParameters {
            let members = try names.map { name in
                let key = SigningKey.generate()
                try folder.writeSecret(key.pem, to: "\(name).identity.pem")
                return PoolMember(id: MSPID(name), identityKey: key.publicKey.x963)
            }
            let authorities = try (1...self.authorities).map { number in
                let blind = try BlindSigningKey.generate(bits: self.keyBits)
                let statement = SigningKey.generate()
                try folder.writeSecret(try blind.pem, to: "authority-\(number).blind.pem")
                try folder.writeSecret(statement.pem, to: "authority-\(number).statement.pem")
                return AuthorityKeys(name: "authority-\(number)", blindKey: blind.verificationKey, statementKey: statement.publicKey.x963)
            }
            let tabulator = SigningKey.generate()
            try folder.writeSecret(tabulator.pem, to: "tabulator.pem")
            var random = SystemRandomSource()
            do {
                return try ElectionParameters(
                    chain: self.chain.flatMap { Base16.decode($0) } ?? random.bytes(count: 32), epoch: self.epoch, sizes: self.preset.sizes,
                    schedule: ElectionSchedule(registration: 1, issue: 2, commit: 3, reveal: 4, tally: 5), authorities: authorities,
                    threshold: self.threshold, tabulator: tabulator.publicKey.x963, members: members)
            } catch {
                throw ElectionCommandError.usage("\(error)")
            }
        }

        /// Names become names of files, so they are plain: letters, digits, '.', '_' and '-', not beginning with '.'.
        private static func names(in path: String) throws -> [String] {
            guard let data = FileManager.default.contents(atPath: path) else { throw ElectionCommandError.unreadable("\(path) cannot be read") }
            let names = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { !$0.isEmpty }
            for name in names {
                let isPlain = name.utf8.count <= 64 && !name.hasPrefix(".") && name.utf8.allSatisfy { Self.plain.contains($0) }
                guard isPlain, !name.hasPrefix("authority-"), name != "tabulator" else {
                    throw ElectionCommandError.usage("'\(name)' in \(path) cannot be a member's name: use letters, digits, '.', '_' and '-'")
                }
            }
            guard Set(names).count == names.count else { throw ElectionCommandError.usage("\(path) has a name twice") }
            return names
        }

        private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".utf8)
    }
}
