/// What a node may do after a start, from its record, its guard and its last stored block (W5, W6, W8).
package enum Recovery: Hashable, Sendable {
    /// Begin this height; nothing was signed in it.
    case begin(height: UInt64)
    /// Go on in the record's height.
    case resume(SafetyRecord)
    /// Blocks are missing: follow the chain without signing until this height is stored, then go on with the record.
    case abstain(untilStored: UInt64, then: SafetyRecord)
    /// Never sign with this key again: run as an observer and register a new key.
    case burned(BurnedKey)
    /// The record belongs elsewhere: do not start until an operator says that this is no second copy.
    case refused(RecordMismatch)

    package enum BurnedKey: String, Hashable, Sendable {
        case unreadableRecord = "the safety record cannot be read: what this key has signed is not known"
        case staleRecord = "the signer's guard knows of a signature that the safety record does not: the record is an old copy"
    }

    package enum RecordMismatch: String, Hashable, Sendable {
        case otherKey = "the safety record belongs to another chain or key"
        case otherMachine = "the safety record was made on another machine or for another copy of this node"
    }

    /// - Parameters:
    ///   - slots: As read from the file, which has made them durable again; nil when no slot could be read, and when there is no file although the key is not new.
    ///   - head: The number of the last stored block.
    ///   - isMoveApproved: An operator has said that the node was moved and its old copy is gone.
    package static func decide(
        slots: SafetyRecordSlots?, guard signerGuard: SignerGuard?, owner: RecordOwner, head: UInt64, isMoveApproved: Bool = false
    ) -> Recovery {
        guard let slots else { return .burned(.unreadableRecord) }
        guard slots.owner.chain == owner.chain, slots.owner.consenter == owner.consenter else { return .refused(.otherKey) }
        guard slots.owner == owner || isMoveApproved else { return .refused(.otherMachine) }
        let record = slots.record
        if let signerGuard, !signerGuard.isCovered(by: record) { return .burned(.staleRecord) }
        if record.height <= head { return .begin(height: head + 1) }
        if record.height == head + 1 { return .resume(record) }
        return .abstain(untilStored: record.height - 1, then: record)
    }
}
