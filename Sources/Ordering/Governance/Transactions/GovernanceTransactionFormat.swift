import CryptoPrimitives
import LedgerModel

/// The bytes of governance transactions, and what is signed in them; all integers big-endian.
///
///     transaction = version u8 (1) | kind u8 | body
///     register    = kind 1: certificate | action                     an `ElectionActionFormat` registration, whose key the certificate is of
///     rotate      = kind 2: name | certificate | endpoint            | signature of the member | signature of the new key
///     resign      = kind 3: name | epoch u64 | consenter u32         | signature of the member
///     open        = kind 4: epoch u64 | seats u16 (0: a whole epoch) | registration u64 | issue u64 | commit u64 | reveal u64 | tally u64
///                   | count u8 | count times blind key               | count u8 | count times signature of an authority
///     election    = kind 5: action                                   any other action of `ElectionActionFormat`
///     evidence    = kind 6: evidence                                 `MisbehaviourFormat`
///     heartbeat   = kind 7: height u64
///     certificate = length u16 | PEM
///     blind key   = length u16 | SubjectPublicKeyInfo (DER)
///     name        = length u16 | UTF-8
///     endpoint    = length u16 | "host:port"
///     signature   = length u16 | ECDSA over P-256 with SHA-256, DER, low S, of: tag | chain[32] | what stands before the signatures
///     tag         = "SELVAGE-ROT-1" member, "SELVAGE-RPP-1" new key, "SELVAGE-RSG-1" member, "SELVAGE-OPN-1" authority
///
/// In the envelope the bytes are the second argument of the contract `committee`; the first is "govern".
package enum GovernanceTransactionFormat {
    package static let version: UInt8 = 1

    /// Who signs, and so which tag stands before the content.
    enum Signer: String {
        case rotation = "SELVAGE-ROT-1"
        case possession = "SELVAGE-RPP-1"
        case resignation = "SELVAGE-RSG-1"
        case opening = "SELVAGE-OPN-1"
    }

    /// What a signer signs.
    static func signed(_ transaction: GovernanceTransaction, by signer: Signer, chain: [UInt8]) -> [UInt8] {
        Array(signer.rawValue.utf8) + chain + self.content(transaction)
    }

    /// The transaction without the signatures at its end.
    private static func content(_ transaction: GovernanceTransaction) -> [UInt8] {
        var fields = ElectionFieldWriter([self.version])
        switch transaction {
        case .registerCandidate(let certificate, let action):
            fields.number(1 as UInt8)
            fields.variable(certificate)
            fields.raw(ElectionActionFormat.encode(action))
        case .rotateKey(let rotation):
            fields.number(2 as UInt8)
            fields.variable(rotation.member.utf8)
            fields.variable(rotation.certificate)
            fields.variable(Array(rotation.endpoint.description.utf8))
        case .resign(let resignation):
            fields.number(3 as UInt8)
            fields.variable(resignation.member.utf8)
            fields.number(resignation.epoch)
            fields.number(resignation.consenter)
        case .openElection(let opening):
            fields.number(4 as UInt8)
            fields.number(opening.epoch)
            fields.number(UInt16(clamping: opening.seats ?? 0))
            let schedule = opening.schedule
            for height in [schedule.registration, schedule.issue, schedule.commit, schedule.reveal, schedule.tally] { fields.number(height.rawValue) }
            fields.number(UInt8(clamping: opening.blindKeys.count))
            for key in opening.blindKeys { fields.variable(key) }
        case .election(let action):
            fields.number(5 as UInt8)
            fields.raw(ElectionActionFormat.encode(action))
        case .evidence(let item):
            fields.number(6 as UInt8)
            fields.raw(MisbehaviourFormat.encode(item))
        case .heartbeat(let height):
            fields.number(7 as UInt8)
            fields.number(height)
        }
        return fields.bytes
    }

    package static func encode(_ transaction: GovernanceTransaction) -> [UInt8] {
        var fields = ElectionFieldWriter(self.content(transaction))
        switch transaction {
        case .rotateKey(let rotation):
            fields.variable(rotation.memberSignature)
            fields.variable(rotation.possession)
        case .resign(let resignation): fields.variable(resignation.signature)
        case .openElection(let opening):
            fields.number(UInt8(clamping: opening.signatures.count))
            for signature in opening.signatures { fields.variable(signature) }
        case .registerCandidate, .election, .evidence, .heartbeat: break
        }
        return fields.bytes
    }

    /// Reads a transaction; it is well formed then, and nothing more.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> GovernanceTransaction {
        var fields = ElectionFieldReader(bytes, part: "governance transaction")
        guard bytes.count <= GovernanceLimits.transactionBytes else {
            throw fields.refusal("is longer than \(GovernanceLimits.transactionBytes) bytes")
        }
        let version = try fields.number(UInt8.self)
        guard version == self.version else { throw fields.refusal("has version \(version), only \(self.version) is known") }
        switch try fields.number(UInt8.self) {
        case 1:
            let certificate = try fields.certificate()
            let action = try ElectionActionFormat.decode(Array(bytes[fields.offset...]))
            guard case .register = action.step else { throw fields.refusal("registers nobody") }
            return .registerCandidate(certificate: certificate, action)
        case 5:
            let action = try ElectionActionFormat.decode(Array(bytes[fields.offset...]))
            if case .register = action.step { throw fields.refusal("registers a candidate without a certificate") }
            return .election(action)
        case 6: return .evidence(try MisbehaviourFormat.decode(Array(bytes[fields.offset...])))
        case 7:
            let height = try fields.number(UInt64.self)
            try fields.finish()
            return .heartbeat(height: height)
        case let kind:
            let transaction = try self.signedTransaction(kind, &fields)
            try fields.finish()
            return transaction
        }
    }

    private static func signedTransaction(_ kind: UInt8, _ fields: inout ElectionFieldReader) throws(MessageError) -> GovernanceTransaction {
        switch kind {
        case 2:
            return .rotateKey(
                KeyRotation(
                    member: try fields.member(), certificate: try fields.certificate(), endpoint: try fields.endpoint(),
                    memberSignature: try fields.signature(), possession: try fields.signature()))
        case 3:
            return .resign(
                Resignation(
                    member: try fields.member(), epoch: try fields.number(UInt64.self), consenter: try fields.number(UInt32.self),
                    signature: try fields.signature()))
        case 4: return .openElection(try self.opening(&fields))
        default: throw fields.refusal("is of kind \(kind), which is not known")
        }
    }

    private static func opening(_ fields: inout ElectionFieldReader) throws(MessageError) -> ElectionOpening {
        let epoch = try fields.number(UInt64.self)
        let seats = try fields.count(UInt16.self, limit: ElectionLimits.members)
        var heights: [BlockNumber] = []
        for _ in 0..<5 { heights.append(BlockNumber(try fields.number(UInt64.self))) }
        var keys: [[UInt8]] = []
        for _ in 0..<(try fields.count(UInt8.self, limit: ElectionLimits.authorities)) {
            keys.append(try fields.variable(limit: ElectionLimits.blindKeyBytes))
        }
        var signatures: [[UInt8]] = []
        for _ in 0..<(try fields.count(UInt8.self, limit: ElectionLimits.authorities)) { signatures.append(try fields.signature()) }
        return ElectionOpening(
            epoch: epoch, seats: seats == 0 ? nil : seats,
            schedule: ElectionSchedule(registration: heights[0], issue: heights[1], commit: heights[2], reveal: heights[3], tally: heights[4]),
            blindKeys: keys, signatures: signatures)
    }
}
