import CryptoPrimitives
import LedgerModel

/// The bytes of one slot of a safety record; all integers big-endian.
///
///     slot    = "SELVAGE-SAFE-1" | counter u64 | length u32 | content | SHA-256 of all before[32] | zeros up to a multiple of 4096 bytes
///     content = chain[32] | consenter u32 | instance[16] | machine[32] | epoch u64 | height u64 | round u32 | step u8
///             | locked | valid | polka | reason | count u8, count times message
///     locked, valid = hasBlock u8, then id[32] | round u32
///     polka   = length u16, then the polka of the valid block, see `CertificateFormat`; a length of 0 stands for none
///     reason  = length u16, then the certificate for which the round was entered
///     message = kind u8 | round u32 | hasId u8, id[32] | validRound u32 | hasForm u8, form
///     form    = lastConfig u64 | length u16, block header | length u16, extended header
///
/// What follows a flag of 0 is absent. Kind 0 is a proposal, 1 a prevote, 2 a precommit; height and signer are the record's. Behind the zeros a
/// slot may hold the rest of an older, longer record, which is not read.
///
/// The longest record is that of a committee of 64 whose round was entered by 43 precommits for 43 blocks, each with its headers: 28 kB. So many
/// blocks take 43 liars. With all members honest the record of 30 members fits into one piece of 4096 bytes.
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
        let written = self.paddedBytes(bytes.count)
        guard written <= ConsensusLimits.slotBytes else { return nil }
        return bytes + [UInt8](repeating: 0, count: written - bytes.count)
    }

    /// Reads a slot; only the one form of each record is accepted.
    ///
    /// - Parameter slot: The slot, or as much of it as the record fills.
    /// - Throws: `MessageError` when it is torn, damaged or not a slot.
    package static func decode(_ slot: [UInt8]) throws(MessageError) -> (owner: RecordOwner, counter: UInt64, record: SafetyRecord) {
        var reader = FixedBytes(slot, part: "safety record")
        guard slot.count <= ConsensusLimits.slotBytes, try reader.take(self.tag.count) == self.tag else { throw reader.refusal("is not a slot") }
        let counter = try reader.number(UInt64.self)
        let length = Int(try reader.number(UInt32.self))
        var content = FixedBytes(try reader.take(length), part: "safety record")
        let digest = try reader.take(32)
        guard SHA256.hash(slot[..<(self.contentOffset + length)]) == digest else { throw reader.refusal("is damaged: its checksum is wrong") }
        let (owner, record) = try self.read(&content)
        try content.finish()
        let written = self.paddedBytes(self.contentOffset + length + 32)
        guard slot.count >= written, self.encode(owner: owner, counter: counter, record: record) == Array(slot[..<written]) else {
            throw reader.refusal("is not in its one form, or its fields do not fit together")
        }
        return (owner, counter, record)
    }

    private static func paddedBytes(_ count: Int) -> Int {
        (count + ConsensusLimits.slotPageBytes - 1) / ConsensusLimits.slotPageBytes * ConsensusLimits.slotPageBytes
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
        guard self.append(record.polka, by: CertificateFormat.encode(_:committee:), to: &bytes) else { return nil }
        guard self.append(record.roundCertificate, by: CertificateFormat.encode(_:committee:), to: &bytes) else { return nil }
        guard let count = UInt8(exactly: record.messages.count) else { return nil }
        bytes.append(count)
        for message in record.messages {
            guard let body = self.body(message) else { return nil }
            bytes += body
        }
        return bytes
    }

    private static func append<Certificate>(
        _ certificate: Certificate?, by encode: (Certificate, Committee?) -> [UInt8]?, to bytes: inout [UInt8]
    ) -> Bool {
        let encoded = certificate.map { encode($0, nil) } ?? []
        guard let encoded, let length = UInt16(exactly: encoded.count) else { return false }
        bytes.append(bigEndian: length)
        bytes += encoded
        return true
    }

    private static func body(_ message: SignRequest) -> [UInt8]? {
        let (id, validRound, form): (BlockID?, Round, BlockForm?)
        switch message {
        case .proposal(let proposal, _): (id, validRound, form) = (proposal.id, proposal.validRound, nil)
        case .vote(let vote, let given): (id, validRound, form) = (vote.choice.id, vote.choice.validRound, given)
        }
        var bytes = [message.kind]
        bytes.append(bigEndian: UInt32(bitPattern: message.round))
        bytes.append(id == nil ? 0 : 1)
        bytes += id?.bytes ?? []
        bytes.append(bigEndian: UInt32(bitPattern: validRound))
        bytes.append(form == nil ? 0 : 1)
        guard let form else { return bytes }
        return CertificateFormat.encode(form).map { bytes + $0 }
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
        let (polka, reason) = (try self.certificate(&reader), try self.certificate(&reader))
        switch polka {
        case .certificate(let certificate)?: record.polka = certificate
        case nil: break
        default: throw reader.refusal("has another certificate in the place of a polka")
        }
        switch reason {
        case .round(let certificate)?: record.roundCertificate = certificate
        case nil: break
        default: throw reader.refusal("has another certificate in the place of a round's")
        }
        for _ in 0..<(try reader.number(UInt8.self)) {
            record.messages.append(try self.message(&reader, of: record, signer: consenter))
        }
        return (owner, record)
    }

    private static func certificate(_ reader: inout FixedBytes) throws(MessageError) -> ConsensusMessage? {
        let bytes = try reader.take(Int(try reader.number(UInt16.self)))
        return bytes.isEmpty ? nil : try CertificateFormat.decode(bytes, committee: nil)
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
        let form = try reader.flag() ? try CertificateFormat.form(&reader) : nil
        if kind == 0, let id {
            let proposal = BlockProposal(height: record.height, round: round, id: id, validRound: validRound, signer: signer)
            // The polka of a re-proposal is the record's own, as long as that is of the same round.
            return .proposal(proposal, polka: validRound >= 0 && record.polka?.round == validRound ? record.polka : nil)
        }
        guard let kind = VoteKind(rawValue: kind) else { throw reader.refusal("has a message of an unknown kind") }
        let choice = VoteChoice(id: id, validRound: validRound, lastConfig: form?.lastConfig ?? 0)
        return .vote(Vote(height: record.height, round: round, kind: kind, choice: choice, signer: signer), form: form)
    }
}
