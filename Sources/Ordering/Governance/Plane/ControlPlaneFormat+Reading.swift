import ChannelConfiguration
import LedgerModel

extension ControlPlaneFormat {
    /// Reads a snapshot; nothing in it is believed until its root is the one that a verified header names.
    ///
    /// - Parameter bundle: The newest channel configuration of the snapshot's height.
    /// - Throws: `ControlPlaneError` when it is not the one form of a state, or does not fit the configuration.
    package static func decode(_ bytes: [UInt8], bundle: ChannelBundle) throws(ControlPlaneError) -> ControlPlane {
        let plane: ControlPlane
        do throws(MessageError) {
            plane = try self.plane(from: try self.parts(of: bytes), bundle: bundle)
            guard self.encode(plane) == bytes else { throw MessageError(part: "governance snapshot", reason: "is not in its one form") }
        } catch {
            throw .malformed(error)
        }
        return plane
    }

    private static func parts(of bytes: [UInt8]) throws(MessageError) -> [Entry] {
        var fields = ElectionFieldReader(bytes, part: "governance snapshot")
        try fields.text(self.tag)
        var entries: [Entry] = []
        for _ in 0..<(try fields.count(UInt32.self, limit: GovernanceLimits.entries)) {
            let key = try fields.variable(limit: ElectionLimits.nameBytes + 1)
            guard !key.isEmpty, entries.last?.key.lexicographicallyPrecedes(key) ?? true else { throw fields.refusal("has entries out of order") }
            entries.append(Entry(key: key, value: try fields.long(limit: GovernanceLimits.entryBytes)))
        }
        try fields.finish()
        return entries
    }

    private static func plane(from entries: [Entry], bundle: ChannelBundle) throws(MessageError) -> ControlPlane {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "governance snapshot", reason: reason) }
        func value(_ kind: UInt8) -> [UInt8]? { entries.first { $0.key == [kind] }?.value }
        guard let head = value(1), let settingsBytes = value(2), let epochBytes = value(3) else { throw refuse("lacks its head, settings or epoch") }
        let settings: GovernanceSettings
        do throws(GovernanceSettingsError) {
            settings = try GovernanceSettingsFormat.decode(settingsBytes)
        } catch {
            throw refuse("has settings that cannot be used: \(error)")
        }
        var fields = ElectionFieldReader(head, part: "governance snapshot")
        var plane = ControlPlane(
            chain: try fields.raw(32), bundle: bundle, settings: settings, epoch: try EpochRecordFormat.decode(epochBytes), terms: [])
        plane.height = try fields.number(UInt64.self)
        plane.isHalted = try fields.flag()
        plane.nextKeyID = try fields.number(UInt32.self)
        guard try fields.number(UInt64.self) == bundle.sequence else { throw refuse("is of another channel configuration") }
        try fields.finish()
        var burned: [[UInt8]] = []
        var barred: [(MSPID, BarringRegister.Term)] = []
        var actions: [ElectionRecord.Entry] = []
        for entry in entries where entry.key[0] > 3 {
            try self.take(entry, into: &plane, burned: &burned, barred: &barred, actions: &actions)
        }
        plane.barring = BarringRegister(barred: barred, burnedKeys: burned)
        if let election = value(12) { plane.election = try self.election(election, actions) }
        guard !plane.terms.isEmpty, plane.terms.allSatisfy({ $0.committee != nil && $0.schedule != nil }) else { throw refuse("names no committee") }
        // No number is given twice in the history of a chain.
        let numbers = Array(plane.keys.keys) + plane.terms.flatMap { $0.order + $0.auditors }
        guard numbers.allSatisfy({ $0 > 0 && $0 < plane.nextKeyID }) else { throw refuse("names a consenter that has no number yet") }
        return plane
    }

    private static func take(
        _ entry: Entry, into plane: inout ControlPlane, burned: inout [[UInt8]], barred: inout [(MSPID, BarringRegister.Term)],
        actions: inout [ElectionRecord.Entry]
    ) throws(MessageError) {
        var key = ElectionFieldReader(Array(entry.key.dropFirst()), part: "governance snapshot")
        var fields = ElectionFieldReader(entry.value, part: "governance snapshot")
        let rest = Array(entry.key.dropFirst())
        switch entry.key[0] {
        case 4:
            let keys = try self.keys(&fields)
            plane.pending = PendingEpoch(record: try EpochRecordFormat.decode(try fields.raw(entry.value.count - fields.offset)), keys: keys)
        case 5: plane.terms.append(try self.term(from: try key.number(UInt64.self), &fields))
        case 6:
            let id = try key.number(UInt32.self)
            plane.keys[id] = try self.consensusKey(id, &fields)
        case 7:
            for _ in 0..<(try fields.count(UInt32.self, limit: GovernanceLimits.entryBytes / 32)) { plane.spentKeys.append(try fields.raw(32)) }
        case 8: plane.members[MSPID(utf8: rest)] = try self.standing(&fields)
        case 9: barred.append((MSPID(utf8: rest), try fields.flag() ? .through(epoch: try fields.number(UInt64.self)) : .forGood))
        case 10: burned.append(rest)
        case 11:
            let height = try key.number(UInt64.self)
            let fact = Evidence.Identity(
                offender: try key.number(UInt32.self), code: try key.number(UInt8.self), height: height, round: try key.round(),
                kind: try key.number(UInt8.self))
            plane.facts[fact] = try fields.number(UInt64.self)
        case 12: _ = try fields.raw(entry.value.count)
        case 13:
            let height = BlockNumber(try fields.number(UInt64.self))
            let action = try ElectionActionFormat.decode(try fields.raw(entry.value.count - fields.offset))
            actions.append(ElectionRecord.Entry(height: height, action: action))
        case 14:
            plane.due = CommitteeDue(configurationHeight: try fields.number(UInt64.self), consenters: try self.ids(&fields))
        default: throw fields.refusal("has an entry of kind \(entry.key[0]), which is not known")
        }
        try fields.finish()
    }

    private static func ids(_ fields: inout ElectionFieldReader) throws(MessageError) -> [UInt32] {
        var ids: [UInt32] = []
        for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) { ids.append(try fields.number(UInt32.self)) }
        return ids
    }

    private static func keys(_ fields: inout ElectionFieldReader) throws(MessageError) -> [MSPID: UInt32] {
        var keys: [MSPID: UInt32] = [:]
        for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) {
            let member = try fields.member()
            keys[member] = try fields.number(UInt32.self)
        }
        return keys
    }

    private static func term(from height: UInt64, _ fields: inout ElectionFieldReader) throws(MessageError) -> CommitteeTerm {
        let (epoch, start, turn) = (try fields.number(UInt64.self), try fields.number(UInt64.self), try fields.number(UInt64.self))
        return CommitteeTerm(
            firstHeight: height, epoch: epoch, order: try self.ids(&fields), scheduleStart: start, turn: turn, auditors: try self.ids(&fields))
    }

    private static func consensusKey(_ id: UInt32, _ fields: inout ElectionFieldReader) throws(MessageError) -> ConsensusKey {
        ConsensusKey(
            id: id, member: try fields.member(), certificate: try fields.certificate(), publicKey: try fields.raw(65),
            endpoint: try fields.endpoint(), lastUse: try fields.number(UInt64.self), isBurned: try fields.flag())
    }

    private static func standing(_ fields: inout ElectionFieldReader) throws(MessageError) -> MemberStanding {
        var standing = MemberStanding()
        standing.produced = try fields.number(UInt64.self)
        standing.lastProduced = try fields.number(UInt64.self)
        standing.missedSignatures = try fields.number(UInt64.self)
        standing.missedProposals = try fields.number(UInt64.self)
        standing.strikes = Int(try fields.number(UInt8.self))
        standing.offencePoints = try fields.number(UInt32.self)
        standing.key = try fields.number(UInt32.self)
        standing.nextKey = try fields.number(UInt32.self)
        standing.keyAge = try fields.number(UInt64.self)
        standing.hasResigned = try fields.flag()
        standing.pardons = try fields.number(UInt32.self)
        var slots: [Bool] = []
        for _ in 0..<(try fields.count(UInt16.self, limit: GovernanceLimits.missedWindow)) { slots.append(try fields.flag()) }
        standing.window = SlotWindow(slots: slots)
        return standing
    }

    /// Plays an election again, action by action: what does not count was never on the chain.
    private static func election(_ bytes: [UInt8], _ actions: [ElectionRecord.Entry]) throws(MessageError) -> RunningElection {
        var fields = ElectionFieldReader(bytes, part: "governance snapshot")
        let parameters: ElectionParameters
        let encoded = try fields.long(limit: ElectionLimits.parameterBytes)
        do throws(ElectionParameterError) {
            parameters = try ElectionParametersFormat.decode(encoded)
        } catch {
            throw fields.refusal("has an election that cannot be opened: \(error)")
        }
        var running = RunningElection(parameters)
        running.keys = try self.keys(&fields)
        if try fields.flag() { running.closing = try fields.raw(32) }
        try fields.finish()
        do throws(ElectionRefusal) {
            for entry in actions {
                if entry.action.phase == .tally, running.election.tally == nil, let closing = running.closing {
                    try running.election.close(at: parameters.schedule.tally, closing: closing)
                }
                try running.election.apply(entry.action, at: entry.height)
                running.record.append(entry.action, at: entry.height)
            }
            if running.election.tally == nil, let closing = running.closing {
                try running.election.close(at: parameters.schedule.tally, closing: closing)
            }
        } catch {
            throw fields.refusal("has an action that does not count: \(error)")
        }
        return running
    }
}
