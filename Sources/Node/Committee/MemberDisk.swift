import CryptoPrimitives
import Glibc
import Identity
import Ledger
import LedgerModel
import Ordering

/// Why a member stops and does not start again by itself.
struct MemberFailure: Error, CustomStringConvertible {
    let reason: String
    var description: String { self.reason }
}

/// What a member writes before it signs: the safety record in two slots and the signer's guard, in a folder that is its own (1.10).
struct MemberDisk {
    static let recordFile = "safety-record"
    static let guardFile = "signer-guard"

    private let folder: String
    private let lock: any FolderLock
    private var slots: SafetyRecordSlots?
    private var record: (any BlockFile)?
    private var signerGuard: SignerGuard

    /// Takes the folder, makes record and guard of a new key, and reads those of a used one.
    ///
    /// A key is new when the folder holds neither record, guard nor block. The record of a used key is never made anew (W6).
    ///
    /// - Throws: When another process has the folder, or a file cannot be read or written.
    init(folder: String, chain: [UInt8], consenter: UInt32, environment: SystemEnvironment, files: any BlockFileIO) throws {
        try HostFiles.makeFolders(folder)
        guard let lock = try files.lock(folder) else { throw MemberFailure(reason: "another process uses \(folder): a key signs in one place only") }
        self.folder = folder
        self.lock = lock
        let (recordPath, guardPath) = (folder + "/" + Self.recordFile, folder + "/" + Self.guardFile)
        var guardBytes = try HostFiles.read(guardPath, limit: NodeLimits.guardBytes)
        var recordBytes = try HostFiles.read(recordPath, limit: 2 * ConsensusLimits.slotBytes)
        let hasBlocks = ((try? files.list(folder + "/blocks")) ?? []).contains { $0 != "LOCK" }
        if recordBytes == nil, guardBytes == nil, !hasBlocks {
            let machine = try Self.machine(folder)
            guard let owner = RecordOwner(chain: chain, consenter: consenter, instance: environment.randomBytes(count: 16), machine: machine) else {
                throw MemberFailure(reason: "the chain's name is not a hash")
            }
            var slots = SafetyRecordSlots(owner: owner)
            guard let first = slots.write(.unused) else { throw MemberFailure(reason: "the safety record cannot be written") }
            let empty = [UInt8](repeating: 0, count: ConsensusLimits.slotBytes)
            let bytes = first.slot == 0 ? first.bytes + empty : empty + first.bytes
            // Were the guard written first, a crash in between would leave a guard without a record: a burned key.
            try HostFiles.write(bytes, to: recordPath, mode: 0o600)
            recordBytes = bytes
        }
        let read = recordBytes.flatMap { bytes in
            SafetyRecordSlots(slots: [Array(bytes.prefix(ConsensusLimits.slotBytes)), Array(bytes.dropFirst(ConsensusLimits.slotBytes))])
        }
        if guardBytes == nil, read?.record == .unused {
            guardBytes = SignerGuardFormat.encode(SignerGuard())
            try HostFiles.write(guardBytes ?? [], to: guardPath, mode: 0o600)
        }
        guard let guardBytes else { throw MemberFailure(reason: "\(guardPath) is missing: restore it, or register a new key") }
        self.signerGuard = try SignerGuardFormat.decode(guardBytes)
        self.slots = read
        if read != nil { self.record = try files.open(recordPath, for: .writing) }
    }

    /// What the member may do, given its last stored block.
    func recovery(chain: [UInt8], consenter: UInt32, head: UInt64, isMoveApproved: Bool) throws -> Recovery {
        let instance = self.slots?.owner.instance ?? [UInt8](repeating: 0, count: 16)
        guard let owner = RecordOwner(chain: chain, consenter: consenter, instance: instance, machine: try Self.machine(self.folder)) else {
            throw MemberFailure(reason: "the chain's name is not a hash")
        }
        return .decide(slots: self.slots, guard: self.signerGuard, owner: owner, head: head, isMoveApproved: isMoveApproved)
    }

    /// Makes the record durable. After an error the member must stop (W3).
    mutating func persist(_ record: SafetyRecord) throws {
        guard let written = self.slots?.write(record), let file = self.record else {
            throw MemberFailure(reason: "the safety record cannot be written")
        }
        try file.write(written.bytes, at: UInt64(written.slot * ConsensusLimits.slotBytes))
        try file.sync()
    }

    /// Notes durably that a message is about to be signed (W7).
    mutating func claim(_ request: SignRequest, signedBytes: [UInt8]) throws {
        let before = self.signerGuard
        try self.signerGuard.claim(height: request.height, round: request.round, kind: request.kind, signedBytes: signedBytes)
        guard self.signerGuard != before else { return }
        try HostFiles.write(SignerGuardFormat.encode(self.signerGuard), to: self.folder + "/" + Self.guardFile, mode: 0o600)
    }

    /// Names the one place of a folder: a copy of it has another device or file number, on this machine or another one.
    private static func machine(_ folder: String) throws -> [UInt8] {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw HostFileError(path: folder, code: errno) }
        let id = try HostFiles.read("/etc/machine-id", limit: 4_096) ?? []
        return SHA256.hash(concatenating: SHA256.hash(id), Array("\(status.st_dev)/\(status.st_ino)".utf8))
    }
}
