import Chaincode
import FabricMessages
import LedgerModel

/// The rules of the collections of a definition that do not concern policies.
enum DefinitionCollections {
    /// Names occur once, and no more peers are required than are served. Throws `invalid-collection` (500).
    static func require(_ collections: [Protos_StaticCollectionConfig], of name: Namespace) throws(ContractError) {
        var names: Set<CollectionName> = []
        for collection in collections {
            let item = "collection \(collection.name) of chaincode \(name)"
            guard names.insert(CollectionName(collection.name)).inserted else { throw invalid(item, "appears twice") }
            guard isName(collection.name) else {
                throw invalid(item, "has a name that is not letters, digits, hyphens and underscores, the first a letter or digit")
            }
            guard collection.requiredPeerCount >= 0, collection.requiredPeerCount <= collection.maximumPeerCount else {
                throw invalid(
                    item,
                    "asks for \(collection.requiredPeerCount) to \(collection.maximumPeerCount) peers; the first must be 0 or more, and not the larger"
                )
            }
        }
    }

    /// A definition keeps the collections of the one before, and for how long their data live: nodes may hold data already.
    static func requireKept(from committed: ChaincodeDefinition, in definition: ChaincodeDefinition) throws(ContractError) {
        let present = try staticCollections(definition)
        for before in try staticCollections(committed) {
            let item = "collection \(before.name) of chaincode \(definition.name)"
            guard let after = present.first(where: { sameBytes($0.name, before.name) }) else {
                throw invalid(item, "is in the committed definition and missing in the new one")
            }
            guard after.blockToLive == before.blockToLive else {
                throw invalid(
                    item, "keeps data for \(before.blockToLive) blocks in the committed definition and for \(after.blockToLive) in the new one")
            }
        }
    }

    static func staticCollections(_ definition: ChaincodeDefinition) throws(ContractError) -> [Protos_StaticCollectionConfig] {
        try DefinitionArguments.collections(definition).config.compactMap { entry in
            if case .staticCollectionConfig(let collection) = entry.payload { return collection }
            return nil
        }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, DefinitionArguments.isAlphanumeric(first), text.utf8.count <= Limits.chaincodeNameBytes else {
            return false
        }
        return text.utf8.allSatisfy { DefinitionArguments.isAlphanumeric($0) || "_-".utf8.contains($0) }
    }

    private static func invalid(_ item: String, _ reason: String) -> ContractError {
        .failure("invalid-collection", "\(item) \(reason); correct the definition and approve it again")
    }
}
