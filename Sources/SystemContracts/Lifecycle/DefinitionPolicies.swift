import Chaincode
import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel

/// The policies of a definition, which must be readable before it is committed.
///
/// Validators call every transaction of a chaincode invalid whose policies they cannot read, and such a definition could be repaired only by the next one.
enum DefinitionPolicies {
    /// Throws `invalid-policy` (500), naming the part of the definition that cannot be read and why.
    static func require(_ definition: ChaincodeDefinition) throws(ContractError) {
        try requireReadable(definition.validationParameter, "the endorsement policy of chaincode \(definition.name)")
        for (index, entry) in try DefinitionArguments.collections(definition).config.enumerated() {
            guard case .staticCollectionConfig(let collection) = entry.payload else {
                throw invalid("collection \(index + 1) of chaincode \(definition.name)", "it says nothing about itself")
            }
            let place = "of collection \(collection.name) of chaincode \(definition.name)"
            if collection.hasEndorsementPolicy {
                try requireReadable(collection.endorsementPolicy.encoded(), "the endorsement policy " + place)
            }
            if collection.hasMemberOrgsPolicy {
                try requireReadable(collection.memberOrgsPolicy, "the member policy " + place)
            }
        }
        try DefinitionCollections.require(try DefinitionCollections.staticCollections(definition), of: definition.name)
    }

    private static func requireReadable(_ policy: [UInt8], _ item: String) throws(ContractError) {
        do throws(ConfigurationError) {
            _ = try EndorsementPolicy(serialized: policy)
        } catch {
            throw invalid(item, error.description)
        }
    }

    private static func requireReadable(_ policy: Protos_CollectionPolicyConfig, _ item: String) throws(ContractError) {
        guard case .signaturePolicy(let envelope) = policy.payload else { throw invalid(item, "it is no signature policy") }
        do {
            _ = try SignaturePolicy(message: envelope)
        } catch {
            throw invalid(item, error.description)
        }
    }

    private static func invalid(_ item: String, _ reason: String) -> ContractError {
        .failure("invalid-policy", "\(item) cannot be read: \(reason); correct the definition, approve it and commit it again")
    }
}
