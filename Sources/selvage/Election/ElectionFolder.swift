import CryptoPrimitives
import Foundation
import Glibc
import LedgerModel
import Node
import Ordering

/// Whose a folder is; nobody but its owner needs it.
enum ElectionOwner: Hashable {
    /// By its place in the parameters.
    case authority(UInt8)
    case tabulator
    case member(MSPID)

    /// The folder's name in that of the election; authorities are counted from 1 where people see them.
    var folder: String {
        switch self {
        case .authority(let index): "cla-\(Int(index) + 1)"
        case .tabulator: "ctf"
        case .member(let id): "members/\(id)"
        }
    }
}

/// The folder of an election held by hand: some files for everybody, and a folder for every owner.
///
///     transcript.json               public: what the election was opened with, and every action that counted
///     result.json                   public: the published result
///     requests/NAME.json            what a member asks the authorities for: blinded messages, signed
///     answers/NAME.cla-N.json       what authority N has answered; of use to that member only
///     cla-N/blind.pem               the key of blind signatures of authority N
///     cla-N/statement.pem           its key for the public list
///     cla-N/answered.json           whom it has answered, so that nobody gets two numbers
///     ctf/tabulator.pem             the key of the tabulating facility
///     members/NAME/identity.pem     a member's identity key
///     members/NAME/consensus.pem    the key with which it would sign blocks
///     members/NAME/pending.json     its ballot key and blinding until the answers are there
///     members/NAME/number.json      its validation number and ballot
///
/// Owners' folders have the mode 0700, their files 0600. One command at a time works on an election.
struct ElectionFolder {
    private static let largestFile = 256 << 20

    let path: String
    private let lock: FolderLock

    /// Opens a folder that is there.
    init(_ path: String) throws {
        self.path = path
        self.lock = try FolderLock(path)
    }

    /// Makes a new folder; one that is there must be empty.
    static func make(_ path: String) throws -> ElectionFolder {
        let names = try? FileManager.default.contentsOfDirectory(atPath: path)
        guard names?.isEmpty ?? true else {
            throw ElectionCommandError.unreadable("\(path) is not empty; name a folder that is not there")
        }
        try HostFiles.makeFolders(path)
        for name in ["requests", "answers", "members"] { try HostFiles.makeFolders("\(path)/\(name)") }
        return try ElectionFolder(path)
    }

    // MARK: what everybody may read

    func read(_ name: String) throws -> Data? {
        try HostFiles.read(self.path + "/" + name, limit: Self.largestFile).map { Data($0) }
    }

    func write(_ value: some Encodable, to name: String, mode: mode_t = 0o644) throws {
        try HostFiles.write(Array(try ElectionFile.encode(value)), to: self.path + "/" + name, mode: mode)
    }

    func read<Value: Decodable>(_: Value.Type, _ name: String) throws -> Value? {
        try self.read(name).map { try ElectionFile.decodeOwn(Value.self, $0, name: name) }
    }

    /// The record, played again; throws when it does not hold.
    func session() throws -> ElectionSession {
        guard let json = try self.read("transcript.json") else {
            throw ElectionCommandError.unreadable("\(self.path)/transcript.json is not there; open an election first")
        }
        let record = try TranscriptText.record(of: json)
        var bar = ProgressBar(title: "record")
        defer { bar.clear() }
        do {
            let election = try record.replay { done in bar.show(UInt64(done), of: UInt64(record.entries.count), unit: "acts checked") }
            return ElectionSession(record: record, election: election)
        } catch {
            throw ElectionCommandError.differs("\(error)")
        }
    }

    func write(_ session: ElectionSession) throws { try self.write(TranscriptText(session.record), to: "transcript.json") }

    // MARK: what belongs to one owner

    func write(secret text: String, to name: String, of owner: ElectionOwner) throws {
        let folder = "\(self.path)/\(owner.folder)"
        try HostFiles.makeFolders(folder, mode: 0o700)
        try HostFiles.write(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o600)
    }

    func write(_ value: some Encodable, to name: String, of owner: ElectionOwner) throws {
        try self.write(secret: String(decoding: try ElectionFile.encode(value), as: UTF8.self), to: name, of: owner)
    }

    func secret(_ name: String, of owner: ElectionOwner) throws -> String {
        let path = "\(self.path)/\(owner.folder)/\(name)"
        guard let bytes = try HostFiles.read(path, limit: 1 << 20) else {
            throw ElectionCommandError.unreadable("\(path) is not there; only its owner can do this")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func read<Value: Decodable>(_: Value.Type, _ name: String, of owner: ElectionOwner) throws -> Value? {
        try self.read(Value.self, "\(owner.folder)/\(name)")
    }

    func remove(_ name: String, of owner: ElectionOwner) { unlink("\(self.path)/\(owner.folder)/\(name)") }

    func identity(of member: MSPID) throws -> SigningKey { try SigningKey(pem: try self.secret("identity.pem", of: .member(member))) }

    func number(of member: MSPID) throws -> NumberText? { try self.read(NumberText.self, "number.json", of: .member(member)) }

    func write(_ number: NumberText, of member: MSPID) throws { try self.write(number, to: "number.json", of: .member(member)) }
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
