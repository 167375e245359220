import CryptoPrimitives
import Foundation
import LedgerModel
import Ordering

/// A voter's own file: the number, and the ballot once it was cast.
struct NumberText: Codable {
    struct Mark: Codable {
        let authority: UInt8
        let signature: String
    }

    struct Ballot: Codable {
        let choices: [String]
        let salt: String
    }

    let ballotKey: String
    let prefix: String
    let marks: [Mark]
    var ballot: Ballot?

    init(_ number: ValidationNumber) {
        self.ballotKey = number.ballotKey.pem
        self.prefix = Base16.encode(number.prefix)
        self.marks = number.marks.map { Mark(authority: $0.authority, signature: Base16.encode($0.signature)) }
    }

    mutating func keep(_ secret: BallotSecret) {
        self.ballot = Ballot(choices: secret.choices.map(\.text), salt: Base16.encode(secret.salt))
    }

    func number() throws -> ValidationNumber {
        ValidationNumber(
            ballotKey: try SigningKey(pem: self.ballotKey), prefix: try ElectionFile.bytes(self.prefix, "the prefix of a number file"),
            marks: try self.marks.map {
                BallotCommit.Mark(authority: $0.authority, signature: try ElectionFile.bytes($0.signature, "a signature of a number file"))
            })
    }

    func secret() throws -> BallotSecret? {
        guard let ballot else { return nil }
        return BallotSecret(choices: ballot.choices.map { MSPID($0) }, salt: try ElectionFile.bytes(ballot.salt, "the salt of a number file"))
    }
}

/// What a voter keeps between its request and the answers.
struct PendingText: Codable {
    struct Part: Codable {
        let authority: UInt8
        let inverse: String
    }

    let ballotKey: String
    let prefix: String
    let parts: [Part]

    init(_ pending: PendingNumber) {
        self.ballotKey = pending.ballotKey.pem
        self.prefix = Base16.encode(pending.prefix)
        self.parts = pending.secrets.map { Part(authority: $0.authority, inverse: Base16.encode($0.secret.bytes)) }
    }

    func pending() throws -> PendingNumber {
        PendingNumber(
            ballotKey: try SigningKey(pem: self.ballotKey), prefix: try ElectionFile.bytes(self.prefix, "the prefix of a pending number"),
            secrets: try self.parts.map {
                ($0.authority, BlindingSecret(bytes: try ElectionFile.bytes($0.inverse, "the blinding of a pending number")))
            })
    }
}

/// What a member asks the authorities for.
struct RequestText: Codable {
    struct Part: Codable {
        let authority: UInt8
        let blinded: String
    }

    let member: String
    let parts: [Part]
    let signature: String

    init(_ request: NumberRequest) {
        self.member = request.member.text
        self.parts = request.parts.map { Part(authority: $0.authority, blinded: Base16.encode($0.blinded)) }
        self.signature = Base16.encode(request.signature)
    }

    func request() throws -> NumberRequest {
        NumberRequest(
            member: MSPID(self.member),
            parts: try self.parts.map {
                NumberRequest.Part(authority: $0.authority, blinded: try ElectionFile.bytes($0.blinded, "a blinded message of a request"))
            }, signature: try ElectionFile.bytes(self.signature, "the signature of a request"))
    }
}

/// What one authority has answered.
struct AnswerText: Codable {
    let blindSignature: String
    let signature: String

    init(_ answer: LegitimationAuthority.Answer) {
        self.blindSignature = Base16.encode(answer.blindSignature)
        self.signature = Base16.encode(answer.signature)
    }
}

/// Whom an authority has answered: its own memory, without which it could sign two requests of one member.
struct AnsweredText: Codable {
    struct Part: Codable {
        let authority: UInt8
        let blindedHash: String
    }

    let members: [String: [Part]]

    init(_ answered: [MSPID: [NumberIssue.Part]]) {
        self.members = Dictionary(
            uniqueKeysWithValues: answered.map { member, parts in
                (member.text, parts.map { Part(authority: $0.authority, blindedHash: Base16.encode($0.blindedHash)) })
            })
    }

    func answered() throws -> [MSPID: [NumberIssue.Part]] {
        var result: [MSPID: [NumberIssue.Part]] = [:]
        for (member, parts) in self.members {
            result[MSPID(member)] = try parts.map {
                NumberIssue.Part(
                    authority: $0.authority, blindedHash: try ElectionFile.bytes($0.blindedHash, "a hash in the memory of an authority"))
            }
        }
        return result
    }
}
