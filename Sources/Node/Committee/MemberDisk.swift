import CryptoPrimitives
import Glibc
import Identity
import Ledger
import LedgerModel
import Ordering

/// What a member writes before it signs: the safety record in two slots and the signer's guard, in a folder that is its own (1.10).
package struct MemberDisk: SafetyStore {
    static let recordFile = "safety-record"
    static let guardFile = "signer-guard"

    private let folder: String
    private let lock: any FolderLock
    private var slots: SafetyRecordSlots?
    private var record: (any BlockFile)?
    private var guardSlots: SignerGuardSlots
    private let guardFile: any BlockFile

    /// Takes the folder, makes record and guard of a new key, and reads those of a used one.
    ///
    /// A key is new when the folder holds neither record, guard nor block. The record of a used key is never made anew (W6).
    ///
    /// - Throws: When another process has the folder, or a file cannot be read or written.
    package init(folder: String, chain: [UInt8], consenter: UInt32, environment: SystemEnvironment, files: any BlockFileIO) throws {
        try HostFiles.makeFolders(folder)
        guard let lock = try files.lock(folder) else { throw MemberFailure(reason: "another process uses \(folder): a key signs in one place only") }
        self.folder = folder
        self.lock = lock
        let (recordPath, guardPath) = (folder + "/" + Self.recordFile, folder + "/" + Self.guardFile)
        var guardBytes = try HostFiles.read(guardPath, limit: 2 * ConsensusLimits.guardSlotBytes)
        var recordBytes = try HostFiles.read(recordPath, limit: 2 * ConsensusLimits.slotBytes)
        let hasBlocks = ((try? files.list(folder + "/blocks")) ?? []).contains { $0 != "LOCK" }
        if recordBytes == nil, guardBytes == nil, !hasBlocks {
            let machine = try Self.machine(folder)
            guard let owner = RecordOwner(chain: chain, consenter: consenter, instance: environment.randomBytes(count: 16), machine: machine) else {
                throw MemberFailure(reason: "the chain's name is not a hash")
            }
            var slots = SafetyRecordSlots(owner: owner)
            guard let first = slots.write(.unused) else { throw MemberFailure(reason: "the safety record cannot be written") }
            let bytes = Self.pair(first, of: ConsensusLimits.slotBytes)
            // Were the guard written first, a crash in between would leave a guard without a record: a burned key.
            try HostFiles.write(bytes, to: recordPath, mode: 0o600)
            recordBytes = bytes
        }
        var read: SafetyRecordSlots?
        if let recordBytes {
            let file = try files.open(recordPath, for: .writing)
            self.record = file
            let slots = Self.halves(recordBytes, of: ConsensusLimits.slotBytes)
            // What was read may not be on the disk yet.
            read = try SafetyRecordSlots(slots: slots) { slot, bytes throws(FileError) in
                try file.write(bytes, at: UInt64(slot * ConsensusLimits.slotBytes))
                try file.sync()
            }
        }
        if guardBytes == nil, read?.record == .unused {
            var slots = SignerGuardSlots()
            guard let first = slots.write(SignerGuard()) else { throw MemberFailure(reason: "the signer's guard cannot be written") }
            let bytes = Self.pair(first, of: ConsensusLimits.guardSlotBytes)
            try HostFiles.write(bytes, to: guardPath, mode: 0o600)
            guardBytes = bytes
        }
        guard let guardBytes else { throw MemberFailure(reason: "\(guardPath) is missing: restore it, or register a new key") }
        guard var guardSlots = SignerGuardSlots(slots: Self.halves(guardBytes, of: ConsensusLimits.guardSlotBytes)),
            let again = guardSlots.write(guardSlots.signerGuard)
        else { throw MemberFailure(reason: "\(guardPath) is damaged: restore it, or register a new key") }
        self.guardFile = try files.open(guardPath, for: .writing)
        // What was read may not be on the disk yet, like the record.
        try self.guardFile.write(again.bytes, at: UInt64(again.slot * ConsensusLimits.guardSlotBytes))
        try self.guardFile.sync()
        self.guardSlots = guardSlots
        self.slots = read
        // Nor may the names be, of the files and of the folder: a member that finds none of them takes its key for a new one.
        try files.syncFolder(folder)
        try HostFiles.syncFolder(of: folder)
    }

    /// The blocks below this number were durable once: nothing of a height is recorded or signed before the block below it is (W4).
    ///
    /// Nil when the record cannot be read: then nothing is known.
    package var acknowledgedHeight: UInt64? { self.slots.map { max($0.record.height, self.guardSlots.signerGuard.height) } }

    /// What the member may do, given its last stored block.
    package func recovery(chain: [UInt8], consenter: UInt32, head: UInt64, isMoveApproved: Bool) throws -> Recovery {
        let instance = self.slots?.owner.instance ?? [UInt8](repeating: 0, count: 16)
        guard let owner = RecordOwner(chain: chain, consenter: consenter, instance: instance, machine: try Self.machine(self.folder)) else {
            throw MemberFailure(reason: "the chain's name is not a hash")
        }
        return .decide(slots: self.slots, guard: self.guardSlots.signerGuard, owner: owner, head: head, isMoveApproved: isMoveApproved)
    }

    /// Makes the record durable. After an error the member must stop (W3).
    package mutating func persist(_ record: SafetyRecord) throws {
        guard let written = self.slots?.write(record), let file = self.record else {
            throw MemberFailure(reason: "the safety record cannot be written")
        }
        try file.write(written.bytes, at: UInt64(written.slot * ConsensusLimits.slotBytes))
        try file.sync()
    }

    /// Notes durably that a message is about to be signed (W7).
    package mutating func claim(_ request: SignRequest, signedBytes: [UInt8]) throws {
        var signerGuard = self.guardSlots.signerGuard
        try signerGuard.claim(height: request.height, round: request.round, kind: request.kind, signedBytes: signedBytes)
        guard signerGuard != self.guardSlots.signerGuard else { return }
        guard let written = self.guardSlots.write(signerGuard) else { throw MemberFailure(reason: "the signer's guard cannot be written") }
        try self.guardFile.write(written.bytes, at: UInt64(written.slot * ConsensusLimits.guardSlotBytes))
        try self.guardFile.sync()
    }

    /// The content of a file with one slot written.
    private static func pair(_ written: (slot: Int, bytes: [UInt8]), of slotBytes: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 2 * slotBytes)
        let start = written.slot * slotBytes
        bytes.replaceSubrange(start..<start + written.bytes.count, with: written.bytes)
        return bytes
    }

    private static func halves(_ bytes: [UInt8], of slotBytes: Int) -> [[UInt8]] {
        [Array(bytes.prefix(slotBytes)), Array(bytes.dropFirst(slotBytes))]
    }

    /// Names the one place of a folder: a copy of it has another device or file number, on this machine or another one.
    private static func machine(_ folder: String) throws -> [UInt8] {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw HostFileError(path: folder, code: errno) }
        let id = try HostFiles.read("/etc/machine-id", limit: 4_096) ?? []
        return SHA256.hash(concatenating: SHA256.hash(id), Array("\(status.st_dev)/\(status.st_ino)".utf8))
    }
}
