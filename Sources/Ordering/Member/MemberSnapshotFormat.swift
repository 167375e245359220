import LedgerModel

/// The bytes of a snapshot with which a new member joins; all integers big-endian.
///
///     snapshot = "SELVAGE-JOIN-1" | long governance | long configuration block | count u32 | count times data hash[32]
///              | count u32 | count times long block
///     long x   = length u32 | x
///
/// Blocks are serialised as Fabric's `common.Block`. Nothing is signed: the joining operator compares `MemberSnapshot.trust` with others.
package enum MemberSnapshotFormat {
    static let tag = Array("SELVAGE-JOIN-1".utf8)

    package static func encode(_ snapshot: MemberSnapshot) -> [UInt8] {
        var fields = ElectionFieldWriter(self.tag)
        fields.long(snapshot.governance)
        fields.long(snapshot.configuration.serialized())
        fields.number(UInt32(clamping: snapshot.dataHashes.count))
        for hash in snapshot.dataHashes { fields.raw(hash) }
        fields.number(UInt32(clamping: snapshot.blocks.count))
        for block in snapshot.blocks { fields.long(block.serialized()) }
        return fields.bytes
    }

    /// - Throws: `MessageError` when a length is wrong or a block does not parse; nothing else is checked.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> MemberSnapshot {
        var fields = ElectionFieldReader(bytes, part: "snapshot of a member")
        try fields.text(self.tag)
        let governance = try fields.long(limit: MemberLimits.snapshotBytes)
        let configuration = try OrderedBlock(serialized: try fields.long(limit: MemberLimits.snapshotBytes))
        var hashes: [[UInt8]] = []
        for _ in 0..<(try fields.count(UInt32.self, limit: MemberLimits.snapshotBytes)) { hashes.append(try fields.raw(32)) }
        var blocks: [OrderedBlock] = []
        for _ in 0..<(try fields.count(UInt32.self, limit: MemberLimits.snapshotBytes)) {
            blocks.append(try OrderedBlock(serialized: try fields.long(limit: MemberLimits.snapshotBytes)))
        }
        try fields.finish()
        return MemberSnapshot(governance: governance, configuration: configuration, dataHashes: hashes, blocks: blocks)
    }
}
