import LedgerModel

/// The bytes of the governance settings, as the channel configuration carries them; all integers big-endian.
///
///     settings  = "SELVAGE-GOS-1" | pool u16 | producers u16 | audit nodes u16 | choices u16 | epoch blocks u64 | election start u64
///               | registration u64 | issue u64 | commit u64 | reveal u64 | weight mode u8 (0 members, 1 stake) | evidence age u64
///               | missed limit u16 | missed window u16 | strikes u8 | censorship turns u16 | transaction age ms u64
///               | replay blocks u32 | service threshold u64 | heartbeat ms u32 | barring u8 (1 for the epoch, 2 for good) | key lifetime u64 | turn u64
///               | bylaws[32] | seed[32] | seats | agencies | reserves
///     seats     = count u16 | count times (name | identity key[65] | excluded u8 (0 or 1) | pardons u32 | stake u64)   ascending by name
///     agencies  = count u8 | if not 0: threshold u8 | count times (name | statement key[65]) | tabulator[65]
///     reserves  = count u16 | count times (name | length u16 | certificate (PEM) | endpoint)                      in rank order
///     name      = length u16 | UTF-8
///     endpoint  = length u16 | "host:port"
///
/// Of a configuration's settings only these bytes count: a change of them is a configuration update.
package enum GovernanceSettingsFormat {
    private static let tag = Array("SELVAGE-GOS-1".utf8)

    package static func encode(_ settings: GovernanceSettings) -> [UInt8] {
        var fields = ElectionFieldWriter(self.tag)
        let sizes = settings.sizes
        for size in [sizes.pool, sizes.producers, sizes.auditNodes, sizes.maxChoices] { fields.number(UInt16(clamping: size)) }
        let phases = settings.phases
        for height in [settings.epochBlocks, settings.electionStart, phases.registration, phases.issue, phases.commit, phases.reveal] {
            fields.number(height)
        }
        fields.number(settings.weightMode.rawValue)
        fields.number(settings.evidenceMaxAge)
        fields.number(UInt16(clamping: settings.missedLimit))
        fields.number(UInt16(clamping: settings.missedWindow))
        fields.number(UInt8(clamping: settings.strikeLimit))
        fields.number(UInt16(clamping: settings.censorshipTurns))
        fields.number(settings.transactionMaxAgeMs)
        fields.number(settings.replayBlocks)
        fields.number(settings.serviceThreshold)
        fields.number(settings.heartbeatMs)
        fields.number(settings.barring == .forTheEpoch ? 1 : 2 as UInt8)
        fields.number(settings.keyLifetime)
        fields.number(settings.turn)
        fields.raw(settings.bylaws)
        fields.raw(settings.seed)
        self.write(settings, to: &fields)
        return fields.bytes
    }

    private static func write(_ settings: GovernanceSettings, to fields: inout ElectionFieldWriter) {
        fields.number(UInt16(clamping: settings.seats.count))
        for seat in settings.seats {
            fields.variable(seat.member.utf8)
            fields.raw(seat.identityKey)
            fields.flag(seat.isExcluded)
            fields.number(seat.pardons)
            fields.number(seat.stake)
        }
        fields.number(UInt8(clamping: settings.agencies?.authorities.count ?? 0))
        if let agencies = settings.agencies {
            fields.number(UInt8(clamping: agencies.threshold))
            for authority in agencies.authorities {
                fields.variable(Array(authority.name.utf8))
                fields.raw(authority.statementKey)
            }
            fields.raw(agencies.tabulator)
        }
        fields.number(UInt16(clamping: settings.reserves.count))
        for reserve in settings.reserves {
            fields.variable(reserve.member.utf8)
            fields.variable(reserve.certificate)
            fields.variable(Array(reserve.endpoint.description.utf8))
        }
    }

    /// Reads settings and checks that they can be used.
    package static func decode(_ bytes: [UInt8]) throws(GovernanceSettingsError) -> GovernanceSettings {
        let settings: GovernanceSettings
        do throws(MessageError) {
            var fields = ElectionFieldReader(bytes, part: "governance settings")
            guard bytes.count <= GovernanceLimits.settingsBytes else {
                throw fields.refusal("are longer than \(GovernanceLimits.settingsBytes) bytes")
            }
            try fields.text(self.tag)
            settings = try self.settings(&fields)
            try fields.finish()
        } catch {
            throw .malformed(error)
        }
        try settings.check()
        return settings
    }

    private static func settings(_ fields: inout ElectionFieldReader) throws(MessageError) -> GovernanceSettings {
        var counts: [Int] = []
        for _ in 0..<4 { counts.append(try fields.count(UInt16.self, limit: ElectionLimits.members)) }
        let sizes: ElectionSizes
        do throws(ElectionParameterError) {
            sizes = try ElectionSizes(pool: counts[0], producers: counts[1], auditNodes: counts[2], maxChoices: counts[3])
        } catch {
            throw fields.refusal("cannot be used: \(error)")
        }
        var heights: [UInt64] = []
        for _ in 0..<6 { heights.append(try fields.number(UInt64.self)) }
        guard let mode = WeightMode(rawValue: try fields.number(UInt8.self)) else { throw fields.refusal("have a weight mode that is not known") }
        return GovernanceSettings(
            sizes: sizes, epochBlocks: heights[0], electionStart: heights[1],
            phases: GovernanceSettings.Phases(registration: heights[2], issue: heights[3], commit: heights[4], reveal: heights[5]),
            weightMode: mode, evidenceMaxAge: try fields.number(UInt64.self), missedLimit: Int(try fields.number(UInt16.self)),
            missedWindow: Int(try fields.number(UInt16.self)), strikeLimit: Int(try fields.number(UInt8.self)),
            censorshipTurns: UInt64(try fields.number(UInt16.self)), transactionMaxAgeMs: try fields.number(UInt64.self),
            replayBlocks: try fields.number(UInt32.self),
            serviceThreshold: try fields.number(UInt64.self), heartbeatMs: try fields.number(UInt32.self), barring: try self.barring(&fields),
            keyLifetime: try fields.number(UInt64.self), turn: try fields.number(UInt64.self), bylaws: try fields.raw(32), seed: try fields.raw(32),
            seats: try self.seats(&fields), agencies: try self.agencies(&fields), reserves: try self.reserves(&fields))
    }

    private static func barring(_ fields: inout ElectionFieldReader) throws(MessageError) -> BarringPolicy {
        switch try fields.number(UInt8.self) {
        case 1: return .forTheEpoch
        case 2: return .forGood
        default: throw fields.refusal("have a rule of barring that is not known")
        }
    }

    private static func seats(_ fields: inout ElectionFieldReader) throws(MessageError) -> [PoolSeat] {
        var seats: [PoolSeat] = []
        for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) {
            seats.append(
                PoolSeat(
                    member: try fields.member(), identityKey: try fields.raw(65), isExcluded: try fields.flag(),
                    pardons: try fields.number(UInt32.self),
                    stake: try fields.number(UInt64.self)))
        }
        return seats
    }

    private static func agencies(_ fields: inout ElectionFieldReader) throws(MessageError) -> Agencies? {
        let count = try fields.count(UInt8.self, limit: ElectionLimits.authorities)
        guard count > 0 else { return nil }
        let threshold = Int(try fields.number(UInt8.self))
        var authorities: [Agencies.Authority] = []
        for _ in 0..<count {
            authorities.append(Agencies.Authority(name: String(decoding: try fields.name(), as: UTF8.self), statementKey: try fields.raw(65)))
        }
        return Agencies(authorities: authorities, threshold: threshold, tabulator: try fields.raw(65))
    }

    private static func reserves(_ fields: inout ElectionFieldReader) throws(MessageError) -> [ReserveSeat] {
        var reserves: [ReserveSeat] = []
        for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) {
            reserves.append(ReserveSeat(member: try fields.member(), certificate: try fields.certificate(), endpoint: try fields.endpoint()))
        }
        return reserves
    }
}
