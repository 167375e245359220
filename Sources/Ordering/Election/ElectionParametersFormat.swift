import CryptoPrimitives
import LedgerModel

/// The bytes of an election's parameters; all integers big-endian.
///
///     parameters = "SELVAGE-ELN-1" | chain[32] | epoch u64 | seats u16 (0: a whole epoch) | mode u8 | sizes | schedule | agencies | pool | used
///     mode       = 0 one member, one vote, secret ballots; 1 by stake, open ballots
///     sizes      = pool u16 | producers u16 | audit nodes u16 | choices u16
///     schedule   = registration u64 | issue u64 | commit u64 | reveal u64 | tally u64
///     agencies   = threshold u8 | count u8 | count times authority | tabulator[65]
///     authority  = name | length u16 | blind key (SubjectPublicKeyInfo, DER) | statement key[65]
///     pool       = count u16 | count times member                                   ascending by name, bytewise
///     member     = name | identity key[65] | offence points u32 | may stand u8 (0 or 1) | stake u64
///     used       = count u16 | count times SHA-256 of a consensus key[32]           ascending
///     name       = length u16 | UTF-8
///
/// The election's id is SHA-256 of these bytes. Keys are P-256 points in uncompressed form.
package enum ElectionParametersFormat {
    private static let tag = Array("SELVAGE-ELN-1".utf8)

    package static func encode(_ parameters: ElectionParameters) -> [UInt8] {
        var fields = ElectionFieldWriter(self.tag)
        fields.raw(parameters.chain)
        fields.number(parameters.epoch)
        fields.number(UInt16(clamping: parameters.seats ?? 0))
        fields.number(parameters.weightMode.rawValue)
        let sizes = parameters.sizes
        for size in [sizes.pool, sizes.producers, sizes.auditNodes, sizes.maxChoices] { fields.number(UInt16(clamping: size)) }
        let schedule = parameters.schedule
        for height in [schedule.registration, schedule.issue, schedule.commit, schedule.reveal, schedule.tally] { fields.number(height.rawValue) }
        fields.number(UInt8(clamping: parameters.threshold))
        fields.number(UInt8(clamping: parameters.authorities.count))
        for authority in parameters.authorities {
            fields.variable(Array(authority.name.utf8))
            fields.variable(authority.blindKey.spkiDER)
            fields.raw(authority.statementKey)
        }
        fields.raw(parameters.tabulator)
        fields.number(UInt16(clamping: parameters.members.count))
        for member in parameters.members {
            fields.variable(member.id.utf8)
            fields.raw(member.identityKey)
            fields.number(member.offencePoints)
            fields.number(member.mayStand ? 1 : 0 as UInt8)
            fields.number(member.stake)
        }
        fields.number(UInt16(clamping: parameters.usedKeys.count))
        for key in parameters.usedKeys { fields.raw(key) }
        return fields.bytes
    }

    /// Reads parameters and checks them as if the election were opened now.
    package static func decode(_ bytes: [UInt8]) throws(ElectionParameterError) -> ElectionParameters {
        let parameters: ElectionParameters
        do throws(MessageError) {
            guard bytes.count <= ElectionLimits.parameterBytes else { throw MessageError(part: "election parameters", reason: "are too long") }
            var fields = ElectionFieldReader(bytes, part: "election parameters")
            let parts = try Parts(&fields)
            try fields.finish()
            parameters = try parts.parameters.get()
        } catch {
            throw .malformed(error)
        }
        // Sorting in `init` would hide another order; there is one form only.
        guard self.encode(parameters) == bytes else {
            throw .malformed(MessageError(part: "election parameters", reason: "are not in their one form: members or keys are out of order"))
        }
        return parameters
    }

    private struct Parts {
        let parameters: Result<ElectionParameters, MessageError>

        init(_ fields: inout ElectionFieldReader) throws(MessageError) {
            try fields.text(ElectionParametersFormat.tag)
            let chain = try fields.raw(32)
            let epoch = try fields.number(UInt64.self)
            let seats = try fields.count(UInt16.self, limit: ElectionLimits.members)
            guard let mode = WeightMode(rawValue: try fields.number(UInt8.self)) else { throw fields.refusal("have a mode that is not known") }
            var sizes: [Int] = []
            for _ in 0..<4 { sizes.append(try fields.count(UInt16.self, limit: ElectionLimits.members)) }
            var heights: [BlockNumber] = []
            for _ in 0..<5 { heights.append(BlockNumber(try fields.number(UInt64.self))) }
            let threshold = try fields.count(UInt8.self, limit: ElectionLimits.authorities)
            var authorities: [AuthorityKeys] = []
            for _ in 0..<(try fields.count(UInt8.self, limit: ElectionLimits.authorities)) {
                let name = String(decoding: try fields.name(), as: UTF8.self)
                let der = try fields.variable(limit: ElectionLimits.blindKeyBytes)
                guard let key = try? BlindVerificationKey(spkiDER: der) else {
                    throw fields.refusal("hold a blind signer's key that is not fit for it")
                }
                authorities.append(AuthorityKeys(name: name, blindKey: key, statementKey: try fields.raw(65)))
            }
            let tabulator = try fields.raw(65)
            var members: [PoolMember] = []
            for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) {
                let id = MSPID(utf8: try fields.name())
                members.append(
                    PoolMember(
                        id: id, identityKey: try fields.raw(65), offencePoints: try fields.number(UInt32.self), mayStand: try fields.flag(),
                        stake: try fields.number(UInt64.self)))
            }
            var usedKeys: [[UInt8]] = []
            for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.usedKeys)) { usedKeys.append(try fields.raw(32)) }
            do throws(ElectionParameterError) {
                self.parameters = .success(
                    try ElectionParameters(
                        chain: chain, epoch: epoch, seats: seats == 0 ? nil : seats, weightMode: mode,
                        sizes: ElectionSizes(pool: sizes[0], producers: sizes[1], auditNodes: sizes[2], maxChoices: sizes[3]),
                        schedule: ElectionSchedule(
                            registration: heights[0], issue: heights[1], commit: heights[2], reveal: heights[3], tally: heights[4]),
                        authorities: authorities, threshold: threshold, tabulator: tabulator, members: members, usedKeys: usedKeys))
            } catch {
                throw fields.refusal("cannot be used: \(error)")
            }
        }
    }
}
