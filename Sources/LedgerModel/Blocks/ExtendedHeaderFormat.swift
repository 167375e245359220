import CryptoPrimitives

/// The bytes of the extended header and of what carries and names it; all integers big-endian, all lengths fixed.
///
///     metadata = header | round u32                                           OrdererBlockMetadata.consenter_metadata
///     header   = version u8 (1) | chain[32] | epoch u64 | height u64 | parentID[32] | parentCommitHash[32] | txRoot[32] | txCount u32
///              | txSeqBase u64 | timeMs u64 | proposer u32 | committeeHash[32] | nextCommitteeHash[32] | govRoot[32]
///              | evidenceRoot[32] | checkpointHeight u64 | checkpointRoot[32] | configSeq u64          345 bytes
///     block id = SHA-256("SELVAGE-HDR-1" | DER of Fabric's header | SHA-256(header))
package enum ExtendedHeaderFormat {
    /// The first byte of every header of this layout.
    package static let version: UInt8 = 1
    /// The length of a header in bytes.
    package static let headerBytes = 1 + 9 * 32 + 6 * 8 + 2 * 4
    /// The length of the consenter metadata in bytes.
    package static let metadataBytes = headerBytes + 4

    private static let blockTag = Array("SELVAGE-HDR-1".utf8)

    /// The header's bytes. A hash of another length than 32 is a mistake of the caller and gives bytes that no reader accepts.
    package static func encode(_ header: ExtendedHeader) -> [UInt8] {
        var bytes: [UInt8] = [self.version]
        bytes.reserveCapacity(self.metadataBytes)
        bytes += header.chain
        self.append(header.epoch, to: &bytes)
        self.append(header.height, to: &bytes)
        bytes += header.parentID
        bytes += header.parentCommitHash
        bytes += header.txRoot
        self.append(header.txCount, to: &bytes)
        self.append(header.txSeqBase, to: &bytes)
        self.append(header.timeMs, to: &bytes)
        self.append(header.proposer, to: &bytes)
        bytes += header.committeeHash
        bytes += header.nextCommitteeHash
        bytes += header.govRoot
        bytes += header.evidenceRoot
        self.append(header.checkpointHeight, to: &bytes)
        bytes += header.checkpointRoot
        self.append(header.configSeq, to: &bytes)
        return bytes
    }

    /// The consenter metadata's bytes.
    package static func encode(_ metadata: ConsenterMetadata) -> [UInt8] {
        var bytes = self.encode(metadata.header)
        self.append(metadata.round, to: &bytes)
        return bytes
    }

    /// Reads consenter metadata.
    ///
    /// - Throws: `MessageError` for another length or version; every other byte string of the length is exactly one header.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> ConsenterMetadata {
        guard bytes.count == self.metadataBytes else {
            throw MessageError(part: "extended header", reason: "is \(bytes.count) bytes long with its round, must be \(self.metadataBytes)")
        }
        guard bytes[0] == self.version else {
            throw MessageError(part: "extended header", reason: "has version \(bytes[0]), only \(self.version) is known")
        }
        var reader = FixedReader(bytes, from: 1)
        let header = ExtendedHeader(
            chain: reader.hash(), epoch: reader.word(), height: reader.word(), parentID: reader.hash(), parentCommitHash: reader.hash(),
            txRoot: reader.hash(), txCount: reader.half(), txSeqBase: reader.word(), timeMs: reader.word(), proposer: reader.half(),
            committeeHash: reader.hash(), nextCommitteeHash: reader.hash(), govRoot: reader.hash(), evidenceRoot: reader.hash(),
            checkpointHeight: reader.word(), checkpointRoot: reader.hash(), configSeq: reader.word())
        return ConsenterMetadata(header: header, round: reader.half())
    }

    /// The id of a block: what the committee agrees on. The round is not in it, so a block proposed again keeps its id.
    ///
    /// - Parameter blockHeader: The DER of Fabric's header.
    package static func blockID(blockHeader: [UInt8], header: ExtendedHeader) -> [UInt8] {
        SHA256.hash(concatenating: self.blockTag, blockHeader, SHA256.hash(self.encode(header)))
    }

    private static func append(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}

/// Reads fixed fields from bytes whose total length was checked before.
private struct FixedReader {
    private let bytes: [UInt8]
    private var offset: Int

    init(_ bytes: [UInt8], from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func hash() -> [UInt8] {
        defer { self.offset += 32 }
        return Array(self.bytes[self.offset..<self.offset + 32])
    }

    mutating func word() -> UInt64 {
        defer { self.offset += 8 }
        return self.bytes[self.offset..<self.offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func half() -> UInt32 {
        defer { self.offset += 4 }
        return self.bytes[self.offset..<self.offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
