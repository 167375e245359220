import LedgerModel
import TestSupport

@testable import Ordering

/// What is left of a machine that has just lost its power.
struct PowerLoss: Error {}

/// The disk of one simulated machine; it keeps what was synced, and of what was not a part at most.
///
/// The world is single-threaded: everything here is touched by one event after the other.
final class MemberDisk: @unchecked Sendable {
    /// Mistakes of a host that must be found.
    struct Flaws: OptionSet {
        let rawValue: Int
        /// The pool log returns before it is durable.
        static let logNotSynced = Flaws(rawValue: 1)
        /// So does the safety record, and the guard.
        static let recordNotSynced = Flaws(rawValue: 2)
    }

    let flaws: Flaws
    private(set) var blocks: [[UInt8]] = []
    private(set) var slots: [[UInt8]]
    private(set) var guardSlots: [[UInt8]]
    private(set) var log: [UInt8] = []
    /// What a flawed host holds in memory only.
    private var volatileLog: [UInt8]?
    private var volatileRecord: (slots: [[UInt8]], guardSlots: [[UInt8]])?
    private var random: SeededGenerator
    /// After so many more operations the power goes; nil while it stays.
    var operationsLeft: Int?
    private(set) var isOff = false
    private(set) var operations = 0

    init(owner: RecordOwner, seed: UInt64, flaws: Flaws) {
        var fresh = SafetyRecordSlots(owner: owner)
        let empty = [UInt8](repeating: 0, count: ConsensusLimits.slotBytes)
        self.slots = [empty, empty]
        if let first = fresh.write(.unused) { self.slots[first.slot] = first.bytes }
        let emptyGuard = [UInt8](repeating: 0, count: ConsensusLimits.guardSlotBytes)
        self.guardSlots = [emptyGuard, emptyGuard]
        var freshGuard = SignerGuardSlots()
        if let first = freshGuard.write(SignerGuard()) { self.guardSlots[first.slot] = first.bytes }
        self.random = SeededGenerator(exactSeed: seed)
        self.flaws = flaws
    }

    /// The power goes now: what was never synced is gone.
    func turnOff() {
        self.isOff = true
        self.volatileLog = nil
        self.volatileRecord = nil
    }

    func turnOn() {
        self.isOff = false
        self.operationsLeft = nil
    }

    /// One write with its sync, at which the power may go: then all, a part or nothing of it is there.
    private func write(_ count: Int, _ body: (_ bytes: Int) -> Void) throws {
        if self.isOff { throw PowerLoss() }
        self.operations += 1
        if let left = self.operationsLeft {
            self.operationsLeft = left - 1
            if left <= 0 {
                switch self.random.next() % 3 {
                case 0: break
                case 1: body(Int(self.random.next() % UInt64(max(1, count))))
                default: body(count)
                }
                self.turnOff()
                throw PowerLoss()
            }
        }
        body(count)
    }

    func append(block: [UInt8]) throws {
        // A torn block is cut off when the files are opened.
        try self.write(block.count) { if $0 == block.count { self.blocks.append(block) } }
    }

    func write(slot: Int, _ bytes: [UInt8]) throws {
        try self.write(bytes.count) { count in
            var slots = self.volatileRecord?.slots ?? self.slots
            slots[slot] = Array(bytes.prefix(count)) + slots[slot].dropFirst(count)
            if self.flaws.contains(.recordNotSynced) {
                self.volatileRecord = (slots, self.volatileRecord?.guardSlots ?? self.guardSlots)
            } else {
                self.slots = slots
            }
        }
    }

    func write(guardSlot slot: Int, _ bytes: [UInt8]) throws {
        try self.write(bytes.count) { count in
            var slots = self.volatileRecord?.guardSlots ?? self.guardSlots
            slots[slot] = Array(bytes.prefix(count)) + slots[slot].dropFirst(count)
            if self.flaws.contains(.recordNotSynced) {
                self.volatileRecord = (self.volatileRecord?.slots ?? self.slots, slots)
            } else {
                self.guardSlots = slots
            }
        }
    }

    func append(log bytes: [UInt8]) throws {
        try self.write(bytes.count) { count in
            if self.flaws.contains(.logNotSynced) {
                self.volatileLog = (self.volatileLog ?? self.log) + bytes.prefix(count)
            } else {
                self.log += bytes.prefix(count)
            }
        }
    }

    func replace(log bytes: [UInt8]) throws {
        try self.write(bytes.count) { if $0 == bytes.count { self.log = bytes } }
    }

    /// A torn end is cut off when the log is opened.
    func openLog() -> [[UInt8]] {
        let (envelopes, end) = PoolLogFormat.read(self.log)
        self.log.removeLast(self.log.count - end)
        return envelopes
    }
}

/// The disk as a member's chain, safety record and pool log.
struct DiskChain: MemberChain {
    let disk: MemberDisk

    func append(_ block: OrderedBlock) throws { try self.disk.append(block: block.serialized()) }

    func block(_ number: UInt64) throws -> [UInt8]? {
        number > 0 && number <= UInt64(self.disk.blocks.count) ? self.disk.blocks[Int(number) - 1] : nil
    }
}

struct DiskRecord: SafetyStore {
    let disk: MemberDisk
    var slots: SafetyRecordSlots
    var guardSlots: SignerGuardSlots

    mutating func persist(_ record: SafetyRecord) throws {
        guard let written = self.slots.write(record) else { throw MemberFailure(reason: "the record cannot be written") }
        try self.disk.write(slot: written.slot, written.bytes)
    }

    mutating func claim(_ request: SignRequest, signedBytes: [UInt8]) throws {
        var signerGuard = self.guardSlots.signerGuard
        try signerGuard.claim(height: request.height, round: request.round, kind: request.kind, signedBytes: signedBytes)
        guard signerGuard != self.guardSlots.signerGuard else { return }
        guard let written = self.guardSlots.write(signerGuard) else { throw MemberFailure(reason: "the guard cannot be written") }
        try self.disk.write(guardSlot: written.slot, written.bytes)
    }
}

struct DiskLog: PoolLog {
    let disk: MemberDisk

    var sizeBytes: Int { self.disk.log.count }
    func append(_ envelopes: [[UInt8]]) throws { try self.disk.append(log: envelopes.compactMap { PoolLogFormat.entry($0) }.flatMap { $0 }) }
    func rewrite(_ envelopes: [[UInt8]]) throws { try self.disk.replace(log: envelopes.compactMap { PoolLogFormat.entry($0) }.flatMap { $0 }) }
}
