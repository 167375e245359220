import CryptoPrimitives
import LedgerModel

/// What a voter asks the authorities for: one blinded message for each, with the member's signature over their hashes.
package struct NumberRequest: Sendable {
    package struct Part: Sendable {
        package let authority: UInt8
        package let blinded: [UInt8]

        package init(authority: UInt8, blinded: [UInt8]) {
            self.authority = authority
            self.blinded = blinded
        }
    }

    package let member: MSPID
    /// Ascending by authority.
    package let parts: [Part]
    package let signature: [UInt8]

    package init(member: MSPID, parts: [Part], signature: [UInt8]) {
        self.member = member
        self.parts = parts
        self.signature = signature
    }

    /// What will be public of it.
    package var publicParts: [NumberIssue.Part] {
        self.parts.map { NumberIssue.Part(authority: $0.authority, blindedHash: SHA256.hash($0.blinded)) }
    }

    /// The public word once the authorities have signed, in the order of the parts.
    package func issue(signatures: [[UInt8]]) -> NumberIssue {
        NumberIssue(member: self.member, parts: self.publicParts, memberSignature: self.signature, authoritySignatures: signatures)
    }
}

/// What the voter keeps until the answers are there. Whoever has it can link voter and ballot.
package struct PendingNumber: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let ballotKey: SigningKey
    package let prefix: [UInt8]
    /// What takes the blinding off each authority's answer, in the order of the request.
    package let secrets: [(authority: UInt8, secret: BlindingSecret)]

    package init(ballotKey: SigningKey, prefix: [UInt8], secrets: [(authority: UInt8, secret: BlindingSecret)]) {
        self.ballotKey = ballotKey
        self.prefix = prefix
        self.secrets = secrets
    }

    package var description: String { "<validation number that waits for its answers>" }
    package var debugDescription: String { self.description }
}

/// A validation number: signatures of authorities that never saw it over a key that names nobody.
package struct ValidationNumber: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let ballotKey: SigningKey
    package let prefix: [UInt8]
    package let marks: [BallotCommit.Mark]

    package init(ballotKey: SigningKey, prefix: [UInt8], marks: [BallotCommit.Mark]) {
        self.ballotKey = ballotKey
        self.prefix = prefix
        self.marks = marks
    }

    package var description: String { "<validation number>" }
    package var debugDescription: String { self.description }
}

/// Choices and salt until the ballot is opened. Showing the salt proves the vote to others; nothing here can prevent that.
package struct BallotSecret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Ascending.
    package let choices: [MSPID]
    package let salt: [UInt8]

    package init(choices: [MSPID], salt: [UInt8]) {
        self.choices = choices
        self.salt = salt
    }

    package var description: String { "<ballot of \(self.choices.count) choices>" }
    package var debugDescription: String { self.description }
}

/// The voter's side. Randomness is passed in; it decides keys and blinding, so it must be the system's outside of tests.
package enum Voter {
    /// Makes a one-time key and asks for a number under it.
    ///
    /// - Parameter authorities: places in the parameters; the first `threshold` when nil.
    package static func request(
        member: MSPID, identity: SigningKey, parameters: ElectionParameters, authorities: [UInt8]? = nil, random: inout some RandomSource
    ) throws(CryptoError) -> (request: NumberRequest, pending: PendingNumber) {
        let ballotKey = try self.key(random: &random)
        let prefix = random.bytes(count: BlindRSA.prefixLength)
        return try self.request(
            member: member, identity: identity, parameters: parameters, authorities: authorities, ballotKey: ballotKey, prefix: prefix,
            salts: nil, random: &random)
    }

    /// With everything given that the finished number depends on, `random` draws the blinding and nothing else.
    static func request(
        member: MSPID, identity: SigningKey, parameters: ElectionParameters, authorities: [UInt8]?, ballotKey: SigningKey, prefix: [UInt8],
        salts: [[UInt8]]?, random: inout some RandomSource
    ) throws(CryptoError) -> (request: NumberRequest, pending: PendingNumber) {
        let prepared =
            prefix
            + ElectionActionFormat.numberMessage(chain: parameters.chain, election: parameters.id, ballotKey: ballotKey.publicKey.x963)
        var parts: [NumberRequest.Part] = []
        var secrets: [(authority: UInt8, secret: BlindingSecret)] = []
        for (place, index) in (authorities ?? Array(0..<UInt8(clamping: parameters.threshold))).enumerated() {
            guard Int(index) < parameters.authorities.count else {
                throw .unsupported(item: "authority \(index)", reason: "the election has \(parameters.authorities.count)")
            }
            let salt = salts.map { place < $0.count ? $0[place] : [] } ?? random.bytes(count: BlindRSA.saltLength)
            let blinded = try parameters.authorities[Int(index)].blindKey.blind(prepared, salt: salt, random: &random)
            parts.append(NumberRequest.Part(authority: index, blinded: blinded.message))
            secrets.append((authority: index, secret: blinded.secret))
        }
        let unsigned = NumberRequest(member: member, parts: parts, signature: []).issue(signatures: [])
        let action = ElectionAction(election: parameters.id, step: .issue(unsigned))
        let signature = try identity.sign(ElectionActionFormat.signed(action, by: .requester))
        return (
            NumberRequest(member: member, parts: parts, signature: signature),
            PendingNumber(ballotKey: ballotKey, prefix: prefix, secrets: secrets)
        )
    }

    /// Takes the blinding off the answers, in the order of the request; throws when an authority has answered with something else.
    package static func number(
        _ pending: PendingNumber, answers: [[UInt8]], parameters: ElectionParameters
    ) throws(CryptoError) -> ValidationNumber {
        guard answers.count == pending.secrets.count else {
            throw .malformed(item: "answers", reason: "there are \(answers.count), \(pending.secrets.count) were asked for")
        }
        let prepared =
            pending.prefix
            + ElectionActionFormat.numberMessage(
                chain: parameters.chain, election: parameters.id, ballotKey: pending.ballotKey.publicKey.x963)
        var marks: [BallotCommit.Mark] = []
        for (entry, answer) in zip(pending.secrets, answers) {
            guard Int(entry.authority) < parameters.authorities.count else {
                throw .unsupported(item: "authority \(entry.authority)", reason: "the election has \(parameters.authorities.count)")
            }
            let key = parameters.authorities[Int(entry.authority)].blindKey
            let signature = try key.finalize(prepared: prepared, blindSignature: answer, secret: entry.secret)
            marks.append(BallotCommit.Mark(authority: entry.authority, signature: signature))
        }
        return ValidationNumber(ballotKey: pending.ballotKey, prefix: pending.prefix, marks: marks)
    }

    /// A closed ballot and what opens it. Choices are put in order; a name twice stays twice and is refused when it is opened.
    package static func commit(
        _ number: ValidationNumber, choices: [MSPID], election: [UInt8], random: inout some RandomSource
    ) throws(CryptoError) -> (action: ElectionAction, secret: BallotSecret) {
        let secret = BallotSecret(choices: choices.sorted(), salt: random.bytes(count: ElectionActionFormat.saltLength))
        let key = number.ballotKey.publicKey.x963
        let commitment = ElectionActionFormat.commitment(election: election, ballotKey: key, choices: secret.choices, salt: secret.salt)
        func step(_ signature: [UInt8]) -> ElectionAction {
            ElectionAction(
                election: election,
                step: .commit(
                    BallotCommit(ballotKey: key, prefix: number.prefix, marks: number.marks, commitment: commitment, signature: signature)))
        }
        return (step(try number.ballotKey.sign(ElectionActionFormat.signed(step([]), by: .committer))), secret)
    }

    /// Opens the ballot.
    package static func reveal(_ number: ValidationNumber, _ secret: BallotSecret, election: [UInt8]) throws(CryptoError) -> ElectionAction {
        func step(_ signature: [UInt8]) -> ElectionAction {
            ElectionAction(
                election: election,
                step: .reveal(
                    BallotReveal(ballotKey: number.ballotKey.publicKey.x963, choices: secret.choices, salt: secret.salt, signature: signature)))
        }
        return step(try number.ballotKey.sign(ElectionActionFormat.signed(step([]), by: .revealer)))
    }

    /// An open ballot for an election by stake, signed by the member's identity.
    package static func openBallot(
        member: MSPID, identity: SigningKey, choices: [MSPID], election: [UInt8]
    ) throws(CryptoError) -> ElectionAction {
        func action(_ signature: [UInt8]) -> ElectionAction {
            ElectionAction(election: election, step: .openVote(OpenBallot(member: member, choices: choices.sorted(), signature: signature)))
        }
        return action(try identity.sign(ElectionActionFormat.signed(action([]), by: .openVoter)))
    }

    /// A fresh key from the given randomness; a number outside of 1..<n comes about once in 2^32 draws.
    static func key(random: inout some RandomSource) throws(CryptoError) -> SigningKey {
        for _ in 0..<64 {
            if let key = try? SigningKey(rawScalar: random.bytes(count: 32)) { return key }
        }
        throw .operationFailed("drawing a ballot key")
    }
}

/// The candidate's side.
package enum Candidacy {
    /// Stands for election: signed by the member, and by the consensus key as proof that the member holds it.
    package static func register(
        member: MSPID, identity: SigningKey, consensusKey: SigningKey, endpoint: String, election: [UInt8]
    ) throws(CryptoError) -> ElectionAction {
        func step(_ member: MSPID, _ signatures: (member: [UInt8], possession: [UInt8])) -> ElectionAction {
            ElectionAction(
                election: election,
                step: .register(
                    Registration(
                        member: member, consensusKey: consensusKey.publicKey.x963, endpoint: endpoint, memberSignature: signatures.member,
                        possession: signatures.possession)))
        }
        let unsigned = step(member, ([], []))
        return step(
            member,
            (
                try identity.sign(ElectionActionFormat.signed(unsigned, by: .registrant)),
                try consensusKey.sign(ElectionActionFormat.signed(unsigned, by: .consensusKey))
            ))
    }
}
