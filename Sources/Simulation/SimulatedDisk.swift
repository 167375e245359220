import Ordering

/// What one member has on disk: two slots of its safety record, the signer's guard, and the stored blocks.
struct SimulatedDisk {
    /// How a write ended that a crash cut into; without a crash it is `whole`.
    enum Ending: CaseIterable {
        case whole, lost, torn
    }

    struct StoredBlock {
        let id: BlockID
        let commit: VoteCertificate
    }

    private enum Slot {
        case empty, unreadable
        case record(SafetyRecord, counter: UInt64)
        /// The bytes of the real format.
        case bytes([UInt8])
    }

    let owner: RecordOwner
    /// Writes the production bytes; most worlds keep values instead, which is faster and the same for the replica.
    let keepsBytes: Bool
    var signerGuard = SignerGuard()
    private(set) var blocks: [StoredBlock] = []
    /// What the last whole write holds.
    private(set) var record = SafetyRecord.unused
    private var counter: UInt64 = 0
    private var slots: [Slot]
    /// What the newest slot held before it was overwritten.
    private var replaced = Slot.empty

    init(owner: RecordOwner, keepsBytes: Bool) {
        self.owner = owner
        self.keepsBytes = keepsBytes
        self.slots = [.record(.unused, counter: 0), .empty]
        if keepsBytes, let bytes = SafetyRecordFormat.encode(owner: owner, counter: 0, record: .unused) { self.slots[0] = .bytes(bytes) }
    }

    /// Writes and syncs a record (W2).
    ///
    /// - Returns: False when the record does not fit into a slot.
    mutating func write(_ record: SafetyRecord, ending: Ending, cut: Int) -> Bool {
        let next = self.counter + 1
        let place = Int(next & 1)
        var bytes: [UInt8] = []
        if self.keepsBytes {
            guard let encoded = SafetyRecordFormat.encode(owner: self.owner, counter: next, record: record) else { return false }
            bytes = encoded
        }
        switch ending {
        case .lost: break
        case .torn:
            if case .bytes(let old) = self.slots[place] {
                let kept = cut % bytes.count
                self.slots[place] = .bytes(Array(bytes[..<kept] + old.dropFirst(kept)))
            } else {
                self.slots[place] = .unreadable
            }
        case .whole:
            self.replaced = self.slots[place]
            self.slots[place] = self.keepsBytes ? .bytes(bytes) : .record(record, counter: next)
            self.counter = next
            self.record = record
        }
        return true
    }

    /// Reads the slots after a restart, as `SafetyRecordSlots` does, and says whether one of them was passed over as damaged.
    mutating func load() -> (slots: SafetyRecordSlots?, isOneDamaged: Bool) {
        if self.keepsBytes {
            let bytes = self.slots.map { slot -> [UInt8] in if case .bytes(let bytes) = slot { bytes } else { [] } }
            let loaded = SafetyRecordSlots(slots: bytes) { slot, bytes in self.slots[slot] = .bytes(bytes) }
            guard let slots = loaded else { return (nil, true) }
            (self.record, self.counter) = (slots.record, slots.counter)
            return (slots, bytes.contains { !$0.isEmpty && (try? SafetyRecordFormat.decode($0)) == nil })
        }
        var newest: (record: SafetyRecord, counter: UInt64)?
        var isOneDamaged = false
        for slot in self.slots {
            if case .unreadable = slot { isOneDamaged = true }
            if case .record(let record, let counter) = slot, counter >= newest?.counter ?? 0 { newest = (record, counter) }
        }
        guard let newest else { return (nil, true) }
        (self.record, self.counter) = newest
        var slots = SafetyRecordSlots(owner: self.owner)
        guard newest.counter == 0 || slots.write(newest.record) != nil else { return (nil, isOneDamaged) }
        return (slots, isOneDamaged)
    }

    /// The newest slot, or both, rot: a bit is flipped in each.
    mutating func rot(both: Bool, bit: Int) {
        for place in both ? [0, 1] : [Int(self.counter & 1)] {
            if case .bytes(var bytes) = self.slots[place] {
                // Somewhere in the part that is never empty.
                bytes[bit / 8 % 100] ^= 1 << (bit % 8)
                self.slots[place] = .bytes(bytes)
            } else if case .record = self.slots[place] {
                self.slots[place] = .unreadable
            }
        }
    }

    /// The slot that would be written next rots; nothing that counts is in it.
    ///
    /// - Returns: False when there is nothing to rot.
    mutating func rotOlder(bit: Int) -> Bool {
        let place = Int((self.counter + 1) & 1)
        switch self.slots[place] {
        case .empty, .unreadable: return false
        case .record: self.slots[place] = .unreadable
        case .bytes(var bytes):
            bytes[bit / 8 % 100] ^= 1 << (bit % 8)
            self.slots[place] = .bytes(bytes)
        }
        return true
    }

    /// The newest slot reads as it was before its last write, as of a disk that has lost a write which it had confirmed.
    mutating func goStale() { self.slots[Int(self.counter & 1)] = self.replaced }

    /// Forgets the last blocks, as a disk does that has said "synced" and was not.
    mutating func loseBlocks(_ count: Int) { self.blocks.removeLast(min(count, self.blocks.count)) }

    mutating func store(_ block: StoredBlock) { self.blocks.append(block) }

    func block(at height: UInt64) -> StoredBlock? {
        guard height > 0, height <= UInt64(self.blocks.count) else { return nil }
        return self.blocks[Int(height) - 1]
    }
}
