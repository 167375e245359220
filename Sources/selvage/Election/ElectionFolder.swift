import CryptoPrimitives
import Foundation
import Glibc
import LedgerModel
import Node
import Ordering

/// The folder of an election held by hand: `transcript.json` and `result.json` for everybody, `secret/` for their owners.
///
///     transcript.json                  what the election was opened with, and every action that counted
///     result.json                      the published result
///     secret/authority-N.blind.pem     the key of blind signatures of authority N
///     secret/authority-N.statement.pem its key for the public list
///     secret/tabulator.pem             the key of the tabulating facility
///     secret/NAME.identity.pem         a member's identity key
///     secret/NAME.consensus.pem        the key with which it would sign blocks
///     secret/NAME.number.json          its validation number and ballot
///
/// Files in `secret` have the mode 0600. One command at a time works on a folder.
struct ElectionFolder {
    private static let largestFile = 256 << 20

    let path: String
    private let lock: FolderLock

    /// Opens a folder that is there.
    init(_ path: String) throws {
        self.path = path
        self.lock = try FolderLock(path + "/secret")
    }

    /// Makes a new folder; one that is there must be empty.
    static func make(_ path: String) throws -> ElectionFolder {
        let names = try? FileManager.default.contentsOfDirectory(atPath: path)
        guard names?.isEmpty ?? true else {
            throw ElectionCommandError.unreadable("\(path) is not empty; name a folder that is not there")
        }
        try HostFiles.makeFolders(path)
        guard mkdir(path + "/secret", 0o700) == 0 else {
            throw ElectionCommandError.unreadable("\(path)/secret: \(String(cString: strerror(errno)))")
        }
        return try ElectionFolder(path)
    }

    func read(_ name: String) throws -> Data? {
        try HostFiles.read(self.path + "/" + name, limit: Self.largestFile).map { Data($0) }
    }

    func write(_ value: some Encodable, to name: String, mode: mode_t = 0o644) throws {
        try HostFiles.write(Array(try ElectionFile.encode(value)), to: self.path + "/" + name, mode: mode)
    }

    // MARK: secrets

    func writeSecret(_ text: String, to name: String) throws {
        try HostFiles.write(Array(text.utf8), to: "\(self.path)/secret/\(name)", mode: 0o600)
    }

    func secret(_ name: String) throws -> String {
        guard let bytes = try HostFiles.read("\(self.path)/secret/\(name)", limit: 1 << 20) else {
            throw ElectionCommandError.unreadable("\(self.path)/secret/\(name) is not there; only its owner can do this")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func identity(of member: MSPID) throws -> SigningKey { try SigningKey(pem: try self.secret("\(member).identity.pem")) }

    func number(of member: MSPID) throws -> NumberText? {
        guard let bytes = try HostFiles.read("\(self.path)/secret/\(member).number.json", limit: 1 << 20) else { return nil }
        return try ElectionFile.decode(NumberText.self, Data(bytes), name: "\(member).number.json")
    }

    func write(_ number: NumberText, of member: MSPID) throws {
        try self.write(number, to: "secret/\(member).number.json", mode: 0o600)
    }

    // MARK: the public record

    /// The record, played again; throws when it does not hold.
    func session() throws -> ElectionSession {
        guard let json = try self.read("transcript.json") else {
            throw ElectionCommandError.unreadable("\(self.path)/transcript.json is not there; open an election first")
        }
        let record = try TranscriptText.record(of: json)
        do {
            return ElectionSession(record: record, election: try record.replay())
        } catch let error as RecountDifference {
            throw ElectionCommandError.differs("\(error)")
        }
    }

    func write(_ session: ElectionSession) throws { try self.write(TranscriptText(session.record), to: "transcript.json") }
}

/// A lock on a folder for as long as the value lives.
private final class FolderLock {
    private let descriptor: Int32

    init(_ folder: String) throws {
        self.descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard self.descriptor >= 0 else {
            throw ElectionCommandError.unreadable("\(folder): \(String(cString: strerror(errno))); is this the folder of an election?")
        }
        guard flock(self.descriptor, LOCK_EX) == 0 else {
            throw ElectionCommandError.unreadable("\(folder) cannot be locked: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(self.descriptor) }
}

/// An election that goes on: its record and its state.
struct ElectionSession {
    var record: ElectionRecord
    var election: Election

    var parameters: ElectionParameters { self.record.parameters }

    /// The phase of the last action.
    var phase: ElectionPhase { self.parameters.schedule.phase(at: self.record.entries.last?.height ?? self.parameters.schedule.registration) }

    /// The height for a step of a phase: the first one when the phase has not begun.
    ///
    /// To begin a phase ends the one before it for everybody; when somebody could still act there, that has to be asked for.
    func height(for phase: ElectionPhase, endingPhase: Bool) throws -> BlockNumber {
        let start = self.parameters.schedule.start(of: phase)
        guard self.phase < phase, !endingPhase, let open = self.unfinished(before: phase) else { return max(self.election.height, start) }
        throw ElectionCommandError.refused("\(open); go on without them with --end-phase")
    }

    /// Counts only: the record tells who has a number, and never who has used it.
    private func unfinished(before phase: ElectionPhase) -> String? {
        let numbers = self.election.numbered.count
        if phase > .issue, self.phase <= .issue, numbers < self.parameters.members.count {
            return "\(self.parameters.members.count - numbers) members have no validation number yet"
        }
        if phase > .commit, self.phase <= .commit, self.election.ballotCount < numbers {
            return "\(numbers - self.election.ballotCount) validation numbers were not used yet"
        }
        if phase > .reveal, self.phase <= .reveal, self.election.revealedCount < self.election.ballotCount {
            return "\(self.election.ballotCount - self.election.revealedCount) ballots were not opened yet"
        }
        return nil
    }

    mutating func apply(_ action: ElectionAction, at height: BlockNumber, who: String) throws {
        do {
            try self.election.apply(action, at: height)
        } catch {
            throw ElectionCommandError.refused("\(who): \(error)")
        }
        self.record.append(action, at: height)
    }
}
