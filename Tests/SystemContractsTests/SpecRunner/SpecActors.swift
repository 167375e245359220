import Chaincode
import CryptoPrimitives
import LedgerModel

/// Who appears in the cases: certificates and keys made from names, so that every run has the same.
struct SpecActors {
    struct Actor {
        let name: String
        let mspID: String
        let role: Caller.Role?
        let subject: String

        var fingerprint: [UInt8] { SHA256.hash(Array("certificate of \(name)".utf8)) }

        var caller: Caller {
            Caller(
                mspID: mspID, commonName: name, organizationalUnits: role.map { [$0.rawValue] } ?? [], role: role,
                certificateFingerprint: fingerprint,
                serializedIdentity: SerializedIdentity(mspID: MSPID(mspID), certificatePEM: Array(name.utf8)).serialized())
        }

        func signingKey(_ number: Int = 1) throws -> SigningKey {
            try SigningKey(rawScalar: SHA256.hash(Array("signing key \(number) of \(name)".utf8)))
        }

        func unsealingKey(_ number: Int = 1) throws -> UnsealingKey {
            try UnsealingKey(rawScalar: SHA256.hash(Array("sealing key \(number) of \(name)".utf8)))
        }
    }

    private let actors: [String: Actor]

    init(json: JSONValue?) throws {
        var actors: [String: Actor] = [:]
        for (name, member) in json?.object ?? [] {
            actors[name] = Actor(
                name: name, mspID: try member.string("mspId"), role: member["role"]?.string.flatMap(Caller.Role.init(rawValue:)),
                subject: member["subject"]?.string ?? name)
        }
        self.actors = actors
    }

    func actor(_ name: String) throws -> Actor {
        guard let actor = actors[name] else { throw SpecFormatError("there is no actor \(name) in prelude.json") }
        return actor
    }
}
