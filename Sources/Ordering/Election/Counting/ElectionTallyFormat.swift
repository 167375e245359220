import CryptoPrimitives
import LedgerModel

/// The bytes of a tally, whose hash the tabulating facility signs; all integers big-endian.
///
///     tally    = "SELVAGE-RES-1" | election id[32] | issued u32 | committed u32 | revealed u32 | seed[32] | count u16 | count times standing
///     standing = length u16 | name (UTF-8) | approvals u64 | offence points u32                      in rank order
///
///     closing  = SHA-256("SELVAGE-BRD-1" | election id[32] | SHA-256 of each action's content before the tally, in their order)
///
/// `closing` stands for the id of the closing block where an election is held without a chain; signatures are not in it, since whoever signs
/// last could try many.
package enum ElectionTallyFormat {
    private static let tag = Array("SELVAGE-RES-1".utf8)

    package static func encode(_ tally: ElectionTally) -> [UInt8] {
        var fields = ElectionFieldWriter(self.tag)
        fields.raw(tally.election)
        fields.number(tally.issued)
        fields.number(tally.committed)
        fields.number(tally.revealed)
        fields.raw(tally.seed)
        fields.number(UInt16(clamping: tally.ranking.count))
        for standing in tally.ranking {
            fields.variable(standing.member.utf8)
            fields.number(standing.approvals)
            fields.number(standing.offencePoints)
        }
        return fields.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> ElectionTally {
        var fields = ElectionFieldReader(bytes, part: "election tally")
        try fields.text(self.tag)
        let election = try fields.raw(32)
        let issued = try fields.number(UInt32.self)
        let committed = try fields.number(UInt32.self)
        let revealed = try fields.number(UInt32.self)
        let seed = try fields.raw(32)
        var ranking: [ElectionTally.Standing] = []
        for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) {
            ranking.append(
                ElectionTally.Standing(
                    member: MSPID(utf8: try fields.name()), approvals: try fields.number(UInt64.self),
                    offencePoints: try fields.number(UInt32.self)))
        }
        try fields.finish()
        return ElectionTally(election: election, issued: issued, committed: committed, revealed: revealed, seed: seed, ranking: ranking)
    }

    /// What takes the place of the closing block's id without a chain.
    package static func closing(election: [UInt8], actions: [ElectionAction]) -> [UInt8] {
        var hasher = SHA256.Hasher()
        hasher.update(Array("SELVAGE-BRD-1".utf8))
        hasher.update(election)
        for action in actions where action.phase < .tally { hasher.update(SHA256.hash(ElectionActionFormat.content(action))) }
        return hasher.finalize()
    }
}
