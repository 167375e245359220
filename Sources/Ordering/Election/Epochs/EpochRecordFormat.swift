import CryptoPrimitives
import LedgerModel

/// The bytes of an epoch record, as the control plane keeps and hashes it; all integers big-endian.
///
///     record = "SELVAGE-EPO-1" | number u64 | first height u64 | pool u16 | producers u16 | audit nodes u16 | choices u16 | seed[32]
///              | had four u8 (0 or 1) | vacant seats u16 | list of producers | audit nodes | standbys | leaving
///     list   = count u16 | count times (length u16 | name (UTF-8))
package enum EpochRecordFormat {
    private static let tag = Array("SELVAGE-EPO-1".utf8)

    package static func encode(_ record: EpochRecord) -> [UInt8] {
        var fields = ElectionFieldWriter(self.tag)
        fields.number(record.number)
        fields.number(record.firstHeight.rawValue)
        let sizes = record.sizes
        for size in [sizes.pool, sizes.producers, sizes.auditNodes, sizes.maxChoices] { fields.number(UInt16(clamping: size)) }
        fields.raw(record.seed)
        fields.number(record.hadFour ? 1 : 0 as UInt8)
        fields.number(UInt16(clamping: record.vacantSeats))
        for list in [record.producers, record.auditNodes, record.standbys, record.leaving] {
            fields.number(UInt16(clamping: list.count))
            for member in list { fields.variable(member.utf8) }
        }
        return fields.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> EpochRecord {
        var fields = ElectionFieldReader(bytes, part: "epoch record")
        try fields.text(self.tag)
        let number = try fields.number(UInt64.self)
        let height = BlockNumber(try fields.number(UInt64.self))
        var counts: [Int] = []
        for _ in 0..<4 { counts.append(try fields.count(UInt16.self, limit: ElectionLimits.members)) }
        let seed = try fields.raw(32)
        let hadFour = try fields.flag()
        let vacant = try fields.count(UInt16.self, limit: ElectionLimits.members)
        var lists: [[MSPID]] = []
        for _ in 0..<4 {
            var list: [MSPID] = []
            for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) { list.append(MSPID(utf8: try fields.name())) }
            lists.append(list)
        }
        try fields.finish()
        let offices = lists[0] + lists[1] + lists[2]
        guard Set(offices).count == offices.count, Set(lists[0]).isSuperset(of: lists[3]), Set(lists[3]).count == lists[3].count else {
            throw fields.refusal("has a member in two places")
        }
        guard hadFour || lists[0].count < 4 else { throw fields.refusal("denies that there were four producers") }
        let sizes: ElectionSizes
        do throws(ElectionParameterError) {
            sizes = try ElectionSizes(pool: counts[0], producers: counts[1], auditNodes: counts[2], maxChoices: counts[3])
        } catch {
            throw fields.refusal("cannot be used: \(error)")
        }
        return EpochRecord(
            number: number, firstHeight: height, sizes: sizes, producers: lists[0], auditNodes: lists[1], standbys: lists[2], seed: seed,
            hadFour: hadFour, leaving: lists[3], vacantSeats: vacant)
    }

    /// SHA-256 of the bytes.
    package static func hash(_ record: EpochRecord) -> [UInt8] { SHA256.hash(self.encode(record)) }
}
