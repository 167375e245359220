import CryptoPrimitives
import LedgerModel

/// The bytes of an election's actions and what is signed in them; all integers big-endian.
///
///     action    = content | signatures
///     content   = version u8 (1) | election id[32] | kind u8 | body
///     register  = kind 1: name | consensus key[65] | length u16 | endpoint (UTF-8)          signatures: member, consensus key
///     issue     = kind 2: name | count u8 | count times (authority u8 | SHA-256 of the blinded message[32])
///                                                                                           signatures: member, count times authority
///     commit    = kind 3: ballot key[65] | prefix[32] | count u8 | count times (authority u8 | length u16 | mark) | commitment[32]
///                                                                                           signatures: ballot key
///     reveal    = kind 4: ballot key[65] | choices | salt[32]                               signatures: ballot key
///     statement = kind 5: issued u32 | committed u32 | revealed u32 | tally hash[32]        signatures: tabulator
///     open vote = kind 6: name | choices                                                    signatures: member
///     choices   = count u16 | count times name                                              ascending
///     name      = length u16 | UTF-8
///     signature = length u16 | ECDSA over P-256 with SHA-256, DER, low S, of: tag | content
///     tag       = "SELVAGE-REG-1" member, "SELVAGE-POP-1" consensus key, "SELVAGE-ISS-1" member, "SELVAGE-CRT-1" authority,
///                 "SELVAGE-CBL-1" and "SELVAGE-RBL-1" ballot key, "SELVAGE-TAL-1" tabulator, "SELVAGE-OBL-1" member
///
///     number     = prefix[32] | "SELVAGE-TOK-1" | chain[32] | election id[32] | SHA-256(ballot key)[32]      signed by each authority, RFC 9474
///     commitment = SHA-256("SELVAGE-BAL-1" | election id[32] | ballot key[65] | choices | salt[32])
///
/// Authorities of one action are ascending. The signatures stand last, so the content is a prefix of the action.
package enum ElectionActionFormat {
    package static let version: UInt8 = 1
    /// Bytes of a ballot's salt.
    package static let saltLength = 32

    /// Who signs, and so which tag stands before the content.
    enum Signer: String, CaseIterable {
        case registrant = "SELVAGE-REG-1"
        case consensusKey = "SELVAGE-POP-1"
        case requester = "SELVAGE-ISS-1"
        case authority = "SELVAGE-CRT-1"
        case committer = "SELVAGE-CBL-1"
        case revealer = "SELVAGE-RBL-1"
        case tabulator = "SELVAGE-TAL-1"
        case openVoter = "SELVAGE-OBL-1"
    }

    /// What a signer signs.
    static func signed(_ action: ElectionAction, by signer: Signer) -> [UInt8] {
        Array(signer.rawValue.utf8) + self.content(action)
    }

    /// The message of a validation number, after the random prefix.
    static func numberMessage(chain: [UInt8], election: [UInt8], ballotKey: [UInt8]) -> [UInt8] {
        Array("SELVAGE-TOK-1".utf8) + chain + election + SHA256.hash(ballotKey)
    }

    /// What a closed ballot publishes of its choices.
    static func commitment(election: [UInt8], ballotKey: [UInt8], choices: [MSPID], salt: [UInt8]) -> [UInt8] {
        var fields = ElectionFieldWriter(Array("SELVAGE-BAL-1".utf8))
        fields.raw(election)
        fields.raw(ballotKey)
        self.write(choices, to: &fields)
        fields.raw(salt)
        return SHA256.hash(fields.bytes)
    }

    /// The action without its signatures.
    package static func content(_ action: ElectionAction) -> [UInt8] {
        var fields = ElectionFieldWriter([self.version])
        fields.raw(action.election)
        switch action.step {
        case .register(let step):
            fields.number(1 as UInt8)
            fields.variable(step.member.utf8)
            fields.raw(step.consensusKey)
            fields.variable(Array(step.endpoint.utf8))
        case .issue(let step):
            fields.number(2 as UInt8)
            fields.variable(step.member.utf8)
            fields.number(UInt8(clamping: step.parts.count))
            for part in step.parts {
                fields.number(part.authority)
                fields.raw(part.blindedHash)
            }
        case .commit(let step):
            fields.number(3 as UInt8)
            fields.raw(step.ballotKey)
            fields.raw(step.prefix)
            fields.number(UInt8(clamping: step.marks.count))
            for mark in step.marks {
                fields.number(mark.authority)
                fields.variable(mark.signature)
            }
            fields.raw(step.commitment)
        case .reveal(let step):
            fields.number(4 as UInt8)
            fields.raw(step.ballotKey)
            self.write(step.choices, to: &fields)
            fields.raw(step.salt)
        case .state(let step):
            fields.number(5 as UInt8)
            fields.number(step.issued)
            fields.number(step.committed)
            fields.number(step.revealed)
            fields.raw(step.tallyHash)
        case .openVote(let step):
            fields.number(6 as UInt8)
            fields.variable(step.member.utf8)
            self.write(step.choices, to: &fields)
        }
        return fields.bytes
    }

    package static func encode(_ action: ElectionAction) -> [UInt8] {
        var fields = ElectionFieldWriter(self.content(action))
        switch action.step {
        case .register(let step):
            fields.variable(step.memberSignature)
            fields.variable(step.possession)
        case .issue(let step):
            fields.variable(step.memberSignature)
            for signature in step.authoritySignatures { fields.variable(signature) }
        case .commit(let step): fields.variable(step.signature)
        case .reveal(let step): fields.variable(step.signature)
        case .state(let step): fields.variable(step.signature)
        case .openVote(let step): fields.variable(step.signature)
        }
        return fields.bytes
    }

    /// Reads an action; it is well formed then, and nothing more.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> ElectionAction {
        var fields = ElectionFieldReader(bytes, part: "election action")
        guard bytes.count <= ElectionLimits.actionBytes else { throw fields.refusal("is longer than \(ElectionLimits.actionBytes) bytes") }
        let version = try fields.number(UInt8.self)
        guard version == self.version else { throw fields.refusal("has version \(version), only \(self.version) is known") }
        let election = try fields.raw(32)
        let kind = try fields.number(UInt8.self)
        let step = try self.step(kind, &fields)
        try fields.finish()
        return ElectionAction(election: election, step: step)
    }

    private static func step(_ kind: UInt8, _ fields: inout ElectionFieldReader) throws(MessageError) -> ElectionAction.Step {
        switch kind {
        case 1:
            let member = MSPID(utf8: try fields.name())
            let key = try fields.raw(65)
            let endpoint = try fields.variable(limit: ElectionLimits.endpointBytes)
            guard ElectionName.isValid(endpoint, limit: ElectionLimits.endpointBytes) else { throw fields.refusal("has an endpoint that is no text") }
            return .register(
                Registration(
                    member: member, consensusKey: key, endpoint: String(decoding: endpoint, as: UTF8.self),
                    memberSignature: try self.signature(&fields), possession: try self.signature(&fields)))
        case 2: return .issue(try self.issue(&fields))
        case 3:
            let key = try fields.raw(65)
            let prefix = try fields.raw(BlindRSA.prefixLength)
            var marks: [BallotCommit.Mark] = []
            for _ in 0..<(try fields.count(UInt8.self, limit: ElectionLimits.authorities)) {
                marks.append(
                    BallotCommit.Mark(
                        authority: try fields.number(UInt8.self), signature: try fields.variable(limit: ElectionLimits.blindSignatureBytes)))
            }
            try self.checkOrder(marks.map(\.authority), fields)
            return .commit(
                BallotCommit(ballotKey: key, prefix: prefix, marks: marks, commitment: try fields.raw(32), signature: try self.signature(&fields)))
        case 4:
            let key = try fields.raw(65)
            let choices = try self.choices(&fields)
            return .reveal(
                BallotReveal(ballotKey: key, choices: choices, salt: try fields.raw(self.saltLength), signature: try self.signature(&fields)))
        case 5:
            return .state(
                TallyStatement(
                    issued: try fields.number(UInt32.self), committed: try fields.number(UInt32.self), revealed: try fields.number(UInt32.self),
                    tallyHash: try fields.raw(32), signature: try self.signature(&fields)))
        case 6:
            let member = MSPID(utf8: try fields.name())
            return .openVote(OpenBallot(member: member, choices: try self.choices(&fields), signature: try self.signature(&fields)))
        default: throw fields.refusal("is of kind \(kind), which is not known")
        }
    }

    private static func choices(_ fields: inout ElectionFieldReader) throws(MessageError) -> [MSPID] {
        var choices: [MSPID] = []
        for _ in 0..<(try fields.count(UInt16.self, limit: ElectionLimits.members)) { choices.append(MSPID(utf8: try fields.name())) }
        guard !zip(choices, choices.dropFirst()).contains(where: { $0 >= $1 }) else {
            throw fields.refusal("has choices that are not ascending, or one twice")
        }
        return choices
    }

    private static func issue(_ fields: inout ElectionFieldReader) throws(MessageError) -> NumberIssue {
        let member = MSPID(utf8: try fields.name())
        var parts: [NumberIssue.Part] = []
        for _ in 0..<(try fields.count(UInt8.self, limit: ElectionLimits.authorities)) {
            parts.append(NumberIssue.Part(authority: try fields.number(UInt8.self), blindedHash: try fields.raw(32)))
        }
        try self.checkOrder(parts.map(\.authority), fields)
        let memberSignature = try self.signature(&fields)
        var signatures: [[UInt8]] = []
        for _ in parts { signatures.append(try self.signature(&fields)) }
        return NumberIssue(member: member, parts: parts, memberSignature: memberSignature, authoritySignatures: signatures)
    }

    private static func signature(_ fields: inout ElectionFieldReader) throws(MessageError) -> [UInt8] {
        try fields.variable(limit: ElectionLimits.signatureBytes)
    }

    private static func checkOrder(_ authorities: [UInt8], _ fields: ElectionFieldReader) throws(MessageError) {
        guard !zip(authorities, authorities.dropFirst()).contains(where: { $0 >= $1 }) else {
            throw fields.refusal("has authorities that are not ascending, or one twice")
        }
    }

    private static func write(_ choices: [MSPID], to fields: inout ElectionFieldWriter) {
        fields.number(UInt16(clamping: choices.count))
        for choice in choices { fields.variable(choice.utf8) }
    }
}
