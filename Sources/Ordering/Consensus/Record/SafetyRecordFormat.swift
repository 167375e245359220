import CryptoPrimitives
import LedgerModel

/// The bytes of one slot of a safety record; all integers big-endian.
///
///     slot    = "SELVAGE-SAFE-1" | counter u64 | length u32 | content | SHA-256 of all before[32] | zeros                     8192 bytes
///     content = chain[32] | consenter u32 | instance[16] | machine[32] | epoch u64 | height u64 | round u32 | step u8
///             | locked | valid | hasPolka u8, polka | count u8, count times message
///     locked, valid = hasBlock u8, then id[32] | round u32
///     polka   = round u32 | id[32] | validRound u32 | count u8, count times (consenter u32 | length u8 | signature)
///     message = kind u8 | round u32 | hasId u8, id[32] | validRound u32 | lastConfig u64 | hasForm u8, form
///     form    = length u16 | block header | length u16 | extended header
///
/// What follows a flag of 0 is absent. Kind 0 is a proposal, 1 a prevote, 2 a precommit; height and signer are the record's.
package enum SafetyRecordFormat {
    private static let tag = Array("SELVAGE-SAFE-1".utf8)
    private static let contentOffset = 14 + 8 + 4

    /// The bytes of a slot; nil when the record is too large for one or does not fit together.
    package static func encode(owner: RecordOwner, counter: UInt64, record: SafetyRecord) -> [UInt8]? {
        guard record.isWellFormed, let content = self.content(owner, record) else { return nil }
        var bytes = self.tag
        bytes.append(bigEndian: counter)
        bytes.append(bigEndian: UInt32(clamping: content.count))
        bytes += content
        bytes += SHA256.hash(bytes)
        guard bytes.count <= ConsensusLimits.slotBytes else { return nil }
        return bytes + [UInt8](repeating: 0, count: ConsensusLimits.slotBytes - bytes.count)
    }

    /// Reads a slot; only the one form of each record is accepted.
    ///
    /// - Throws: `MessageError` when it is torn, damaged or not a slot.
    package static func decode(_ slot: [UInt8]) throws(MessageError) -> (owner: RecordOwner, counter: UInt64, record: SafetyRecord) {
        var reader = FixedBytes(slot, part: "safety record")
        guard slot.count == ConsensusLimits.slotBytes, try reader.take(self.tag.count) == self.tag else { throw reader.refusal("is not a slot") }
        let counter = try reader.number(UInt64.self)
        let length = Int(try reader.number(UInt32.self))
        var content = FixedBytes(try reader.take(length), part: "safety record")
        let digest = try reader.take(32)
        guard SHA256.hash(slot[..<(self.contentOffset + length)]) == digest else { throw reader.refusal("is damaged: its checksum is wrong") }
        let (owner, record) = try self.read(&content)
        try content.finish()
        guard self.encode(owner: owner, counter: counter, record: record) == slot else {
            throw reader.refusal("is not in its one form, or its fields do not fit together")
        }
        return (owner, counter, record)
    }

    private static func content(_ owner: RecordOwner, _ record: SafetyRecord) -> [UInt8]? {
        var bytes = owner.chain
        bytes.append(bigEndian: owner.consenter)
        bytes += owner.instance + owner.machine
        bytes.append(bigEndian: record.epoch)
        bytes.append(bigEndian: record.height)
        bytes.append(bigEndian: UInt32(bitPattern: record.round))
        bytes.append(record.step.rawValue)
        for block in [record.locked, record.valid] {
            bytes.append(block == nil ? 0 : 1)
            guard let block else { continue }
            bytes += block.id.bytes
            bytes.append(bigEndian: UInt32(bitPattern: block.round))
        }
        bytes.append(record.polka == nil ? 0 : 1)
        if let polka = record.polka {
            guard let id = polka.choice.id, let count = UInt8(exactly: polka.entries.count) else { return nil }
            bytes.append(bigEndian: UInt32(bitPattern: polka.round))
            bytes += id.bytes
            bytes.append(bigEndian: UInt32(bitPattern: polka.choice.validRound))
            bytes.append(count)
            for entry in polka.entries {
                guard let length = UInt8(exactly: entry.signature.count) else { return nil }
                bytes.append(bigEndian: entry.consenter)
                bytes.append(length)
                bytes += entry.signature
            }
        }
        guard let count = UInt8(exactly: record.messages.count) else { return nil }
        bytes.append(count)
        for message in record.messages {
            guard let body = self.body(message) else { return nil }
            bytes += body
        }
        return bytes
    }

    private static func body(_ message: SignRequest) -> [UInt8]? {
        let (id, validRound, lastConfig, form): (BlockID?, Round, UInt64, BlockForm?)
        switch message {
        case .proposal(let proposal, _): (id, validRound, lastConfig, form) = (proposal.id, proposal.validRound, 0, nil)
        case .vote(let vote, let given): (id, validRound, lastConfig, form) = (vote.choice.id, vote.choice.validRound, vote.choice.lastConfig, given)
        }
        var bytes = [message.kind]
        bytes.append(bigEndian: UInt32(bitPattern: message.round))
        bytes.append(id == nil ? 0 : 1)
        bytes += id?.bytes ?? []
        bytes.append(bigEndian: UInt32(bitPattern: validRound))
        bytes.append(bigEndian: lastConfig)
        bytes.append(form == nil ? 0 : 1)
        guard let form else { return bytes }
        for part in [form.blockHeader, form.extendedHeader] {
            guard part.count <= ConsensusLimits.headerBytes else { return nil }
            bytes.append(bigEndian: UInt16(part.count))
            bytes += part
        }
        return bytes
    }

    private static func read(_ reader: inout FixedBytes) throws(MessageError) -> (RecordOwner, SafetyRecord) {
        let chain = try reader.take(32)
        let consenter = try reader.number(UInt32.self)
        guard let owner = RecordOwner(chain: chain, consenter: consenter, instance: try reader.take(16), machine: try reader.take(32)) else {
            throw reader.refusal("has no owner")
        }
        var record = SafetyRecord.unused
        record.epoch = try reader.number(UInt64.self)
        record.height = try reader.number(UInt64.self)
        record.round = try reader.round()
        guard let step = Replica.Step(rawValue: try reader.number(UInt8.self)) else { throw reader.refusal("has an unknown step") }
        record.step = step
        record.locked = try self.block(&reader)
        record.valid = try self.block(&reader)
        if try reader.flag() {
            let round = try reader.round()
            let choice = VoteChoice.prevote(try reader.blockID(), validRound: try reader.round())
            var entries: [CommitCertificate.Entry] = []
            for _ in 0..<(try reader.number(UInt8.self)) {
                let signer = try reader.number(UInt32.self)
                let length = Int(try reader.number(UInt8.self))
                entries.append(CommitCertificate.Entry(consenter: signer, signature: try reader.take(length)))
            }
            record.polka = VoteCertificate(
                height: record.height, round: round, kind: .prevote, choice: choice, form: nil, entries: entries)
        }
        for _ in 0..<(try reader.number(UInt8.self)) {
            record.messages.append(try self.message(&reader, of: record, signer: consenter))
        }
        return (owner, record)
    }

    private static func block(_ reader: inout FixedBytes) throws(MessageError) -> Replica.BlockInRound? {
        guard try reader.flag() else { return nil }
        return Replica.BlockInRound(id: try reader.blockID(), round: try reader.round())
    }

    private static func message(_ reader: inout FixedBytes, of record: SafetyRecord, signer: UInt32) throws(MessageError) -> SignRequest {
        let kind = try reader.number(UInt8.self)
        let round = try reader.round()
        let id = try reader.flag() ? try reader.blockID() : nil
        let validRound = try reader.round()
        let lastConfig = try reader.number(UInt64.self)
        var form: BlockForm?
        if try reader.flag() {
            let blockHeader = try reader.take(Int(try reader.number(UInt16.self)))
            let extendedHeader = try reader.take(Int(try reader.number(UInt16.self)))
            form = BlockForm(lastConfig: lastConfig, blockHeader: blockHeader, extendedHeader: extendedHeader)
        }
        if kind == 0, let id {
            let proposal = BlockProposal(height: record.height, round: round, id: id, validRound: validRound, signer: signer)
            // The polka of a re-proposal is the record's own, as long as that is of the same round.
            return .proposal(proposal, polka: validRound >= 0 && record.polka?.round == validRound ? record.polka : nil)
        }
        guard let kind = VoteKind(rawValue: kind) else { throw reader.refusal("has a message of an unknown kind") }
        let choice = VoteChoice(id: id, validRound: validRound, lastConfig: lastConfig)
        return .vote(Vote(height: record.height, round: round, kind: kind, choice: choice, signer: signer), form: form)
    }
}
