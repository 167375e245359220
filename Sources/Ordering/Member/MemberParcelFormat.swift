import ChannelConfiguration
import LedgerModel

/// The bytes of what members send each other, version 1; all integers big-endian.
///
///     parcel = version u8 (1) | kind u8 | body, to the end
///
///     kind  body
///      1    message of the consensus (`ConsensusMessageFormat`)
///      2    outline of a candidate (`CandidateOutlineFormat`)
///      3    candidate wanted: id[32]
///      4    envelopes wanted: count u32, count times hash[32]
///      5    envelopes found: list
///      6    decided blocks: list
///      7    decided blocks wanted: from u64
///      8    envelopes of clients: list
///      9    consent to a change: height u64 | long signature header | long signature
///     10    complaint: long receipt | long envelope
///
///     list   = count u32, count times long
///     long x = length u32 | x
///
/// Blocks and envelopes are Fabric's serialised messages. A parcel is signed by nobody: the link on which it comes says whose it is, and what has
/// to be proven to others is signed inside.
package enum MemberParcelFormat {
    package static let version: UInt8 = 1

    /// The bytes of a parcel; nil when a part cannot be written: nobody can have sent it.
    package static func encode(_ parcel: MemberParcel) -> [UInt8]? {
        switch parcel {
        case .consensus(let message): return ConsensusMessageFormat.encode(message).map { [self.version, 1] + $0 }
        case .candidate(let outline): return [self.version, 2] + outline
        case .candidateWanted(let id): return [self.version, 3] + id.bytes
        case .envelopesWanted(let hashes):
            guard hashes.allSatisfy({ $0.count == 32 }) else { return nil }
            var bytes: [UInt8] = [self.version, 4]
            bytes.append(bigEndian: UInt32(clamping: hashes.count))
            for hash in hashes { bytes += hash }
            return bytes
        case .envelopesFound(let envelopes): return self.list(envelopes, kind: 5)
        case .decisions(let blocks): return self.list(blocks, kind: 6)
        case .decisionsWanted(let height):
            var bytes: [UInt8] = [self.version, 7]
            bytes.append(bigEndian: height)
            return bytes
        case .envelopes(let envelopes): return self.list(envelopes, kind: 8)
        case .changeSignature(let height, let signature):
            var bytes: [UInt8] = [self.version, 9]
            bytes.append(bigEndian: height)
            ConsensusMessageFormat.append(long: signature.signatureHeader, to: &bytes)
            ConsensusMessageFormat.append(long: signature.signature, to: &bytes)
            return bytes
        case .complaint(let receipt, let envelope):
            var bytes: [UInt8] = [self.version, 10]
            ConsensusMessageFormat.append(long: receipt, to: &bytes)
            ConsensusMessageFormat.append(long: envelope, to: &bytes)
            return bytes
        }
    }

    /// Reads a parcel; what is in it is looked at by the one who takes it.
    ///
    /// - Throws: `MessageError` for bytes that are not the one form of a parcel.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> MemberParcel {
        var reader = FixedBytes(bytes, part: "parcel of a member")
        let version = try reader.number(UInt8.self)
        guard version == self.version else { throw reader.refusal("has version \(version), only \(self.version) is known") }
        let parcel: MemberParcel
        let kind = try reader.number(UInt8.self)
        switch kind {
        case 1: return .consensus(try ConsensusMessageFormat.decode(Array(bytes.dropFirst(2))))
        case 2: return .candidate(Array(bytes.dropFirst(2)))
        case 3: parcel = .candidateWanted(try reader.blockID())
        case 4:
            var hashes: [[UInt8]] = []
            for _ in 0..<(try reader.number(UInt32.self)) { hashes.append(try reader.take(32)) }
            parcel = .envelopesWanted(hashes)
        case 5: parcel = .envelopesFound(try self.list(&reader))
        case 6: parcel = .decisions(try self.list(&reader))
        case 7: parcel = .decisionsWanted(from: try reader.number(UInt64.self))
        case 8: parcel = .envelopes(try self.list(&reader))
        case 9:
            let height = try reader.number(UInt64.self)
            let header = try ConsensusMessageFormat.long(&reader)
            let signature = try ConsensusMessageFormat.long(&reader)
            parcel = .changeSignature(height: height, ConfigurationSignature(signatureHeader: header, signature: signature))
        case 10: parcel = .complaint(receipt: try ConsensusMessageFormat.long(&reader), envelope: try ConsensusMessageFormat.long(&reader))
        default: throw reader.refusal("is of the unknown kind \(kind)")
        }
        try reader.finish()
        return parcel
    }

    private static func list(_ items: [[UInt8]], kind: UInt8) -> [UInt8] {
        var bytes: [UInt8] = [self.version, kind]
        bytes.reserveCapacity(items.reduce(6) { $0 + $1.count + 4 })
        bytes.append(bigEndian: UInt32(clamping: items.count))
        for item in items { ConsensusMessageFormat.append(long: item, to: &bytes) }
        return bytes
    }

    private static func list(_ reader: inout FixedBytes) throws(MessageError) -> [[UInt8]] {
        var items: [[UInt8]] = []
        // Empty ones would let a short parcel count to four billion.
        for _ in 0..<(try reader.number(UInt32.self)) {
            let item = try ConsensusMessageFormat.long(&reader)
            guard !item.isEmpty else { throw reader.refusal("has an empty entry") }
            items.append(item)
        }
        return items
    }
}
