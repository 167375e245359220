import CryptoPrimitives
import LedgerModel

/// The state of governance as sorted entries: what `govRoot` commits to, and what a snapshot is; all integers big-endian.
///
///     root     = `TransactionTree` root over the entries, each written as below, in ascending order of their keys
///     snapshot = "SELVAGE-GOV-1" | count u32 | count times entry
///     entry    = length u16 | key | length u32 | value
///
///     key                              value
///     01                               chain[32] | height u64 | halted u8 | next key u32 | configuration sequence u64
///     02                               settings (`GovernanceSettingsFormat`)
///     03                               epoch (`EpochRecordFormat`)
///     04                               pending keys | epoch (`EpochRecordFormat`)                      absent when nobody waits
///     05 | first height u64            epoch u64 | start u64 | turn u64 | ids (order) | ids (auditors)
///     06 | consenter u32               name | certificate | public key[65] | endpoint | last use u64 | burned u8
///     07                               count u32 | count times SHA-256 of a forgotten key[32]          absent when there is none
///     08 | name                        produced u64 | last produced u64 | missed signatures u64 | missed proposals u64 | strikes u8 | points u32 | key u32
///                                      | next key u32 | key age u64 | resigned u8 | pardons u32 | count u16 | count times missed u8
///     09 | name                        0 u8 for good | 1 u8, last epoch u64
///     0a | SHA-256 of a burned key[32] nothing
///     0b | height u64 | offender u32 | code u8 | round u32 | type u8                                   height u64 at which it was proven
///     0c                               length u32 | parameters (`ElectionParametersFormat`) | pending keys | closed u8 | if 1: closing id[32]
///     0d | index u32                   height u64 | action (`ElectionActionFormat`)
///     0e                               configuration height u64 | ids                                  absent when nothing is due
///     ids          = count u16 | count times u32
///     pending keys = count u16 | count times (name | consenter u32)                                    ascending by name
///     name, certificate, endpoint = length u16 | bytes; in keys a name has no length
///
/// The channel's configuration is not in it: the newest configuration block has it, and entry 01 names its sequence.
package enum ControlPlaneFormat {
    static let tag = Array("SELVAGE-GOV-1".utf8)

    struct Entry {
        let key: [UInt8]
        let value: [UInt8]

        var bytes: [UInt8] {
            var fields = ElectionFieldWriter()
            fields.variable(self.key)
            fields.long(self.value)
            return fields.bytes
        }
    }

    /// The whole state.
    package static func encode(_ plane: ControlPlane) -> [UInt8] {
        let entries = self.entries(plane)
        var fields = ElectionFieldWriter(self.tag)
        fields.number(UInt32(clamping: entries.count))
        for entry in entries { fields.raw(entry.bytes) }
        return fields.bytes
    }

    static func entries(_ plane: ControlPlane) -> [Entry] {
        var entries = [self.head(plane)]
        func add(_ kind: UInt8, key: (inout ElectionFieldWriter) -> Void = { _ in }, _ value: (inout ElectionFieldWriter) -> Void) {
            var keyFields = ElectionFieldWriter([kind])
            key(&keyFields)
            var fields = ElectionFieldWriter()
            value(&fields)
            entries.append(Entry(key: keyFields.bytes, value: fields.bytes))
        }
        add(2) { $0.raw(GovernanceSettingsFormat.encode(plane.settings)) }
        add(3) { $0.raw(EpochRecordFormat.encode(plane.epoch)) }
        if let pending = plane.pending {
            add(4) {
                self.write(pending.keys, to: &$0)
                $0.raw(EpochRecordFormat.encode(pending.record))
            }
        }
        for term in plane.terms { add(5, key: { $0.number(term.firstHeight) }) { self.write(term, to: &$0) } }
        for key in plane.keys.values { add(6, key: { $0.number(key.id) }) { self.write(key, to: &$0) } }
        if !plane.spentKeys.isEmpty {
            add(7) {
                $0.number(UInt32(clamping: plane.spentKeys.count))
                for key in plane.spentKeys { $0.raw(key) }
            }
        }
        for (member, standing) in plane.members {
            var standing = standing
            if plane.has(.strikesNotKept) { standing.strikes = 0 }
            add(8, key: { $0.raw(member.utf8) }) { self.write(standing, to: &$0) }
        }
        for (member, term) in plane.barring.barred { add(9, key: { $0.raw(member.utf8) }) { self.write(term, to: &$0) } }
        for key in plane.barring.burnedKeys { add(10, key: { $0.raw(key) }) { _ in } }
        for (fact, height) in plane.facts { add(11, key: { self.write(fact, to: &$0) }) { $0.number(height) } }
        if let running = plane.election {
            add(12) { self.write(running, to: &$0) }
            for (index, entry) in running.record.entries.enumerated() {
                add(13, key: { $0.number(UInt32(clamping: index)) }) {
                    $0.number(entry.height.rawValue)
                    $0.raw(ElectionActionFormat.encode(entry.action))
                }
            }
        }
        if let due = plane.due {
            add(14) {
                $0.number(due.configurationHeight)
                self.write(due.consenters, to: &$0)
            }
        }
        return entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    private static func head(_ plane: ControlPlane) -> Entry {
        var fields = ElectionFieldWriter(plane.chain)
        fields.number(plane.height)
        fields.flag(plane.isHalted)
        fields.number(plane.nextKeyID)
        fields.number(plane.bundle.sequence)
        return Entry(key: [1], value: fields.bytes)
    }

    private static func write(_ ids: [UInt32], to fields: inout ElectionFieldWriter) {
        fields.number(UInt16(clamping: ids.count))
        for id in ids { fields.number(id) }
    }

    private static func write(_ keys: [MSPID: UInt32], to fields: inout ElectionFieldWriter) {
        fields.number(UInt16(clamping: keys.count))
        for (member, id) in keys.sorted(by: { $0.key < $1.key }) {
            fields.variable(member.utf8)
            fields.number(id)
        }
    }

    private static func write(_ term: CommitteeTerm, to fields: inout ElectionFieldWriter) {
        fields.number(term.epoch)
        fields.number(term.scheduleStart)
        fields.number(term.turn)
        self.write(term.order, to: &fields)
        self.write(term.auditors, to: &fields)
    }

    private static func write(_ key: ConsensusKey, to fields: inout ElectionFieldWriter) {
        fields.variable(key.member.utf8)
        fields.variable(key.certificate)
        fields.raw(key.publicKey)
        fields.variable(Array(key.endpoint.description.utf8))
        fields.number(key.lastUse)
        fields.flag(key.isBurned)
    }

    private static func write(_ standing: MemberStanding, to fields: inout ElectionFieldWriter) {
        for count in [standing.produced, standing.lastProduced, standing.missedSignatures, standing.missedProposals] { fields.number(count) }
        fields.number(UInt8(clamping: standing.strikes))
        for value in [standing.offencePoints, standing.key, standing.nextKey] { fields.number(value) }
        fields.number(standing.keyAge)
        fields.flag(standing.hasResigned)
        fields.number(standing.pardons)
        fields.number(UInt16(clamping: standing.window.slots.count))
        for isMissed in standing.window.slots { fields.flag(isMissed) }
    }

    private static func write(_ term: BarringRegister.Term, to fields: inout ElectionFieldWriter) {
        switch term {
        case .forGood: fields.number(0 as UInt8)
        case .through(let epoch):
            fields.number(1 as UInt8)
            fields.number(epoch)
        }
    }

    private static func write(_ fact: Evidence.Identity, to fields: inout ElectionFieldWriter) {
        fields.number(fact.height)
        fields.number(fact.offender)
        fields.number(fact.code)
        fields.round(fact.round)
        fields.number(fact.kind)
    }

    private static func write(_ running: RunningElection, to fields: inout ElectionFieldWriter) {
        fields.long(ElectionParametersFormat.encode(running.record.parameters))
        self.write(running.keys, to: &fields)
        fields.flag(running.closing != nil)
        fields.raw(running.closing ?? [])
    }
}

extension ControlPlane {
    /// What later headers name as `govRoot`, 32 bytes.
    package var root: [UInt8] { TransactionTree.root(of: ControlPlaneFormat.entries(self).map(\.bytes)) }
}
