import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

/// What an election is opened with, beside its folder.
struct OpeningOptions: ParsableArguments {
    @Option(help: "paper, medium, dev or solo.")
    var preset: ElectionSizes.Preset

    @Option(help: "A file with the names of the pool's members, one a line; member-001 and so on by default.")
    var members: String?

    @Option(help: "A file with the names of those who stand, one a line; all members by default.")
    var candidates: String?

    @Option(help: "A file with a line 'NAME STAKE' for each member: ballots are open then and count by stake.")
    var stakes: String?

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
        if self.stakes != nil, self.members != nil { throw ValidationError("--stakes names the members already; leave --members away") }
        if self.stakes != nil, self.authorities != 1 { throw ValidationError("by stake there are no numbers and so no --authorities") }
    }

    /// Makes folder, keys and parameters, and registers the candidates.
    func open(_ directory: String) throws -> (folder: ElectionFolder, session: ElectionSession) {
        let pool = self.preset.sizes.pool
        let stakes = try self.stakes.map { try ElectionNames.stakes(in: $0) }
        let names = try stakes?.map(\.name) ?? self.members.map { try ElectionNames.list(in: $0) } ?? (1...pool).map(ElectionNames.numbered)
        let standing = try self.candidates.map { try ElectionNames.list(in: $0) } ?? names
        let unknown = Set(standing).subtracting(names).sorted()
        guard unknown.isEmpty else { throw ElectionCommandError.usage("\(unknown[0]) stands and is not a member") }
        let weights = Dictionary(uniqueKeysWithValues: stakes?.map { ($0.name, $0.stake) } ?? [])
        let folder = try ElectionFolder.make(directory)
        let parameters = try self.parameters(names, weights: weights, in: folder)
        var session = ElectionSession(record: ElectionRecord(parameters: parameters), election: Election(parameters))
        var bar = ProgressBar(title: "candidates")
        for (index, name) in standing.sorted().enumerated() {
            bar.show(UInt64(index), of: UInt64(standing.count), unit: "registered")
            let key = SigningKey.generate()
            let member = MSPID(name)
            let action = try Candidacy.register(
                member: member, identity: try folder.identity(of: member), consensusKey: key, endpoint: "\(name):7050", election: parameters.id)
            try folder.write(secret: key.pem, to: "consensus.pem", of: .member(member))
            try session.apply(action, at: parameters.schedule.registration, who: name)
        }
        bar.clear()
        try folder.write(session)
        return (folder, session)
    }

    private func parameters(_ names: [String], weights: [String: UInt64], in folder: ElectionFolder) throws -> ElectionParameters {
        let members = try names.map { name in
            let key = SigningKey.generate()
            try folder.write(secret: key.pem, to: "identity.pem", of: .member(MSPID(name)))
            return PoolMember(id: MSPID(name), identityKey: key.publicKey.x963, stake: weights[name] ?? 1)
        }
        var authorities: [AuthorityKeys] = []
        var bar = ProgressBar(title: "keys")
        for index in 0..<(self.stakes == nil ? self.authorities : 0) {
            bar.show(UInt64(index), of: UInt64(self.authorities), unit: "authorities")
            let owner = ElectionOwner.authority(UInt8(index))
            let blind = try BlindSigningKey.generate(bits: self.keyBits)
            let statement = SigningKey.generate()
            try folder.write(secret: try blind.pem, to: "blind.pem", of: owner)
            try folder.write(secret: statement.pem, to: "statement.pem", of: owner)
            authorities.append(
                AuthorityKeys(name: owner.folder, blindKey: blind.verificationKey, statementKey: statement.publicKey.x963))
        }
        bar.clear()
        let tabulator = SigningKey.generate()
        try folder.write(secret: tabulator.pem, to: "tabulator.pem", of: .tabulator)
        var random = SystemRandomSource()
        do {
            return try ElectionParameters(
                chain: self.chain.flatMap { Base16.decode($0) } ?? random.bytes(count: 32), epoch: self.epoch,
                weightMode: self.stakes == nil ? .members : .stake, sizes: self.preset.sizes,
                schedule: ElectionSchedule(registration: 1, issue: 2, commit: 3, reveal: 4, tally: 5), authorities: authorities,
                threshold: self.threshold, tabulator: tabulator.publicKey.x963, members: members)
        } catch {
            throw ElectionCommandError.usage("\(error)")
        }
    }
}

/// Names of members as files and commands give them.
///
/// Names become names of folders, so they are plain: letters, digits, '.', '_' and '-', not beginning with '.'.
enum ElectionNames {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".utf8)

    static func numbered(_ number: Int) -> String { String(format: "member-%03d", number) }

    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix(".") && name.utf8.allSatisfy { self.plain.contains($0) }
    }

    static func lines(of path: String) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { throw ElectionCommandError.unreadable("\(path) cannot be read") }
        return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// Ballots by voter: a line `NAME: CANDIDATE CANDIDATE` for each.
    static func ballots(of path: String) throws -> [(member: String, choices: [MSPID])] {
        try self.lines(of: path).enumerated().filter { !$0.element.isEmpty }.map { index, line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw ElectionCommandError.usage("\(path), line \(index + 1): write 'NAME: CANDIDATE CANDIDATE'") }
            let choices = parts[1].split(whereSeparator: \.isWhitespace).map { MSPID(String($0)) }
            return (parts[0].trimmingCharacters(in: .whitespaces), choices)
        }
    }

    static func list(in path: String) throws -> [String] { try self.checked(try self.lines(of: path).filter { !$0.isEmpty }, path) }

    static func stakes(in path: String) throws -> [(name: String, stake: UInt64)] {
        let entries = try self.lines(of: path).enumerated().filter { !$0.element.isEmpty }.map { index, line -> (name: String, stake: UInt64) in
            let parts = line.split(whereSeparator: \.isWhitespace)
            guard parts.count == 2, let stake = UInt64(parts[1]), stake > 0 else {
                throw ElectionCommandError.usage("\(path), line \(index + 1): write 'NAME STAKE' with a whole stake above 0")
            }
            return (String(parts[0]), stake)
        }
        _ = try self.checked(entries.map(\.name), path)
        return entries
    }

    private static func checked(_ names: [String], _ path: String) throws -> [String] {
        for name in names where !self.isPlain(name) {
            throw ElectionCommandError.usage("'\(name)' in \(path) cannot be a member's name: use letters, digits, '.', '_' and '-'")
        }
        guard Set(names).count == names.count else { throw ElectionCommandError.usage("\(path) has a name twice") }
        return names
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
                The folder must be empty or not there. With --authorities 1, as in the paper, that one could make numbers for abstainers; 2 of 3 \
                is safer. With --stakes ballots are open, name their voters and count by stake; there are no numbers then.
                \(ElectionCommand.exitCodes)
                """)

        @OptionGroup var options: ElectionOptions
        @OptionGroup var opening: OpeningOptions

        func run() throws {
            try self.options.run {
                let (folder, session) = try self.opening.open(self.options.directory)
                let progress = ElectionProgress(session)
                return (progress, ["election \(progress.election) is open in \(folder.path)", progress.line])
            }
        }
    }
}
