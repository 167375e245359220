import CryptoPrimitives
import FabricMessages
import LedgerModel

/// What a client heard on one call.
struct RecordedAnswer: Equatable, Sendable {
    struct End: Equatable, Sendable {
        var code: Int
        var message: String
        /// A serialised `google.rpc.Status`; empty where the answer had none.
        var details: [UInt8]
    }

    /// What of a message must come again. Signatures cannot: each one has a random part. They must be there, be right, and be of the same signer.
    enum Form: Sendable {
        /// All of it.
        case bytes
        /// All but the endorsements' signatures.
        case endorsed
        /// All but the signatures of what peers say about themselves.
        case discovered
    }

    var messages: [[UInt8]]
    /// Nil where the client did not wait for it.
    var end: End?

    /// The first thing in which an answer differs from this one; nil when it says the same.
    func difference(from answer: Self, _ form: Form) -> String? {
        guard answer.end == self.end else { return "it ended with \(Self.text(answer.end)), and \(Self.text(self.end)) was recorded" }
        guard answer.messages.count == self.messages.count else {
            return "\(answer.messages.count) messages came, and \(self.messages.count) were recorded"
        }
        for (index, (recorded, given)) in zip(self.messages, answer.messages).enumerated() {
            if let difference = Self.difference(recorded, given, form) { return "message \(index): \(difference)" }
        }
        return nil
    }

    private static func text(_ end: End?) -> String {
        end.map { "\($0.code) \($0.message), details \(String(decoding: $0.details, as: UTF8.self))" } ?? "nothing"
    }

    private static func difference(_ recorded: [UInt8], _ given: [UInt8], _ form: Form) -> String? {
        do {
            let (expected, found) = (try form.parts(of: recorded), try form.parts(of: given))
            let names = found.parts.map(\.name)
            guard names == expected.parts.map(\.name) else { return "it has \(names), and \(expected.parts.map(\.name)) were recorded" }
            for (part, other) in zip(expected.parts, found.parts) where part != other { return "the \(part.name) is another one" }
            return try found.signatures.first { !(try $0.isRight()) }.map { "the signature of \($0.name) is not right" }
        } catch {
            return "it cannot be read: \(error)"
        }
    }
}

/// A message taken apart into what is determined and what is signed.
struct MessageParts {
    struct Part: Equatable {
        let name: String
        let bytes: [UInt8]
    }

    struct Signature {
        let name: String
        /// A serialised identity.
        let signer: [UInt8]
        let message: [UInt8]
        let bytes: [UInt8]

        func isRight() throws -> Bool {
            let identity = try SerializedIdentity(serialized: self.signer)
            return try Certificate(pem: identity.certificatePEM).publicKey.isValid(signature: self.bytes, for: self.message)
        }
    }

    /// All bytes of the message but those of signatures.
    var parts: [Part] = []
    var signatures: [Signature] = []
}

extension RecordedAnswer.Form {
    /// - Throws: `MessageError` when the bytes are not such a message, or not those that its parts make.
    fileprivate func parts(of bytes: [UInt8]) throws -> MessageParts {
        switch self {
        case .bytes: MessageParts(parts: [MessageParts.Part(name: "message", bytes: bytes)])
        case .endorsed: try MessageParts(endorsed: bytes)
        case .discovered: try MessageParts(discovered: bytes)
        }
    }
}

extension MessageParts {
    /// Takes an answer of Endorse apart: a transaction that its client has yet to sign.
    fileprivate init(endorsed bytes: [UInt8]) throws {
        let answer = try Gateway_EndorseResponse.decode(bytes, as: "answer")
        let payload = try Payload(serialized: answer.preparedTransaction.payload.byteArray)
        let transaction = try EndorserTransaction(serialized: payload.data)
        self.parts = [
            Part(name: "channel header", bytes: payload.channelHeaderBytes), Part(name: "signature header", bytes: payload.signatureHeaderBytes),
            Part(name: "signature header of the action", bytes: transaction.signatureHeaderBytes),
            Part(name: "proposal's payload", bytes: transaction.proposalPayloadBytes),
            Part(name: "proposal response payload", bytes: transaction.responsePayloadBytes),
            Part(name: "transaction's signature", bytes: answer.preparedTransaction.signature.byteArray),
        ]
        for endorsement in transaction.endorsements {
            let name = "endorser \(self.signatures.count)"
            self.parts.append(Part(name: name, bytes: endorsement.endorser))
            self.signatures.append(
                Signature(
                    name: name, signer: endorsement.endorser, message: transaction.responsePayloadBytes + endorsement.endorser,
                    bytes: endorsement.signature))
        }
        var again = Gateway_EndorseResponse()
        again.preparedTransaction.signature = answer.preparedTransaction.signature
        again.preparedTransaction.payload =
            Payload(
                channelHeaderBytes: payload.channelHeaderBytes, signatureHeaderBytes: payload.signatureHeaderBytes, data: transaction.serialized()
            ).serialized().data
        // So there is nothing in the answer but its parts.
        guard again.encoded() == bytes else { throw MessageError(part: "answer", reason: "has more in it than its parts") }
    }

    /// Takes an answer of Discover apart: peers say of themselves where they are and how much they have, and sign it.
    fileprivate init(discovered bytes: [UInt8]) throws {
        let answer = try Discovery_Response.decode(bytes, as: "answer")
        guard answer.encoded() == bytes else { throw MessageError(part: "answer", reason: "has more in it than its parts") }
        var determined = answer
        for index in determined.results.indices {
            switch determined.results[index].result {
            case .members(var members)?:
                members.peersByOrg = self.withoutSignatures(members.peersByOrg)
                determined.results[index].result = .members(members)
            case .ccQueryRes(var query)?:
                for place in query.content.indices {
                    query.content[place].endorsersByGroups = self.withoutSignatures(query.content[place].endorsersByGroups)
                }
                determined.results[index].result = .ccQueryRes(query)
            default: break
            }
        }
        self.parts = [Part(name: "answer without its signatures", bytes: determined.encoded())]
    }

    /// Takes the signatures out of peers. Where one was, one byte stands; where none was, none.
    private mutating func withoutSignatures(_ groups: [String: Discovery_Peers]) -> [String: Discovery_Peers] {
        var groups = groups
        for name in groups.keys.sorted() {
            for index in (groups[name]?.peers ?? []).indices {
                guard var peer = groups[name]?.peers[index] else { continue }
                self.take(&peer.membershipInfo, of: peer, isThere: peer.hasMembershipInfo, "membership of peer \(index) in \(name)")
                self.take(&peer.stateInfo, of: peer, isThere: peer.hasStateInfo, "state of peer \(index) in \(name)")
                groups[name]?.peers[index] = peer
            }
        }
        return groups
    }

    private mutating func take(_ envelope: inout Gossip_Envelope, of peer: Discovery_Peer, isThere: Bool, _ name: String) {
        guard isThere, !envelope.signature.isEmpty else { return }
        self.signatures.append(
            Signature(name: name, signer: peer.identity.byteArray, message: envelope.payload.byteArray, bytes: envelope.signature.byteArray))
        envelope.signature = [1].data
    }
}
