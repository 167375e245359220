import FabricMessages
import Identity
import LedgerModel

/// Who must endorse: a rule of its own, or a policy of the channel by its path (`protos.ApplicationPolicy`).
package enum EndorsementPolicy: Hashable, Sendable {
    case signature(SignaturePolicy)
    case reference(String)

    /// What a chaincode definition without a policy means.
    package static let channelDefault = EndorsementPolicy.reference("/Channel/Application/Endorsement")

    /// Reads a serialised `protos.ApplicationPolicy`.
    package init(serialized bytes: [UInt8]) throws(ConfigurationError) {
        let message: Protos_ApplicationPolicy
        do {
            message = try Protos_ApplicationPolicy.decode(bytes, as: "application policy")
        } catch {
            throw .malformed(error)
        }
        switch message.type {
        case .signaturePolicy(let envelope):
            do {
                self = .signature(try SignaturePolicy(message: envelope))
            } catch {
                throw .invalidPolicy(path: "(endorsement policy)", reason: error.description)
            }
        case .channelConfigPolicyReference(let path):
            self = .reference(path)
        case nil:
            throw .invalidPolicy(path: "(endorsement policy)", reason: "it is neither a signature policy nor a reference")
        }
    }

    /// The bytes of `protos.ApplicationPolicy`.
    package func serialized() -> [UInt8] {
        var message = Protos_ApplicationPolicy()
        switch self {
        case .signature(let policy): message.type = .signaturePolicy(policy.message())
        case .reference(let path): message.type = .channelConfigPolicyReference(path)
        }
        return message.encoded()
    }
}

extension EndorsementPolicy: CustomStringConvertible {
    package var description: String {
        switch self {
        case .signature(let policy): policy.description
        case .reference(let path): path
        }
    }
}
