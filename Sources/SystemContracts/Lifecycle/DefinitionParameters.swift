import Chaincode
import FabricMessages
import LedgerModel

/// What an organisation approves and a commit compares: a definition without its name and sequence.
struct DefinitionParameters: Equatable {
    static let type = "ChaincodeParameters"

    /// A serialised `lifecycle.ChaincodeEndorsementInfo`.
    let endorsementInfo: [UInt8]
    /// A serialised `lifecycle.ChaincodeValidationInfo`.
    let validationInfo: [UInt8]
    /// A serialised `protos.CollectionConfigPackage`, or empty.
    let collections: [UInt8]

    init(endorsementInfo: [UInt8], validationInfo: [UInt8], collections: [UInt8]) {
        self.endorsementInfo = endorsementInfo
        self.validationInfo = validationInfo
        self.collections = collections
    }

    init(_ definition: ChaincodeDefinition) {
        var endorsement = Lifecycle_ChaincodeEndorsementInfo()
        endorsement.version = definition.version
        endorsement.initRequired = definition.initRequired
        endorsement.endorsementPlugin = definition.endorsementPlugin
        var validation = Lifecycle_ChaincodeValidationInfo()
        validation.validationPlugin = definition.validationPlugin
        validation.validationParameter = definition.validationParameter.data
        self.init(endorsementInfo: endorsement.encoded(), validationInfo: validation.encoded(), collections: definition.collections)
    }

    var fields: [StoredStructure.Field] {
        [.bytes("EndorsementInfo", endorsementInfo), .bytes("ValidationInfo", validationInfo), .bytes("Collections", collections)]
    }

    /// As an organisation stores them.
    var structure: StoredStructure { StoredStructure(type: Self.type, fields: fields) }

    /// The definition that they make under a name and a sequence.
    func definition(_ name: Namespace, sequence: Int64) throws(ContractError) -> ChaincodeDefinition {
        let place = StoredStructure.Place(space: "namespaces", name: name.text)
        return try StoredStructure.readable(place) { () throws(MessageError) in
            let endorsement = try Lifecycle_ChaincodeEndorsementInfo.decode(endorsementInfo, as: "endorsement info")
            let validation = try Lifecycle_ChaincodeValidationInfo.decode(validationInfo, as: "validation info")
            return ChaincodeDefinition(
                name: name, version: endorsement.version, sequence: sequence, validationParameter: validation.validationParameter.byteArray,
                collections: collections, initRequired: endorsement.initRequired, endorsementPlugin: endorsement.endorsementPlugin,
                validationPlugin: validation.validationPlugin)
        }
    }

    /// Reads the three fields of what is stored at a place.
    static func read(at place: StoredStructure.Place, in state: some StructureState) throws(ContractError) -> DefinitionParameters {
        func bytes(_ name: String) throws(ContractError) -> [UInt8] {
            guard case .bytes(let bytes)? = try StoredStructure.field(name, at: place, in: state)?.type else { return [] }
            return bytes.byteArray
        }
        return DefinitionParameters(
            endorsementInfo: try bytes("EndorsementInfo"), validationInfo: try bytes("ValidationInfo"), collections: try bytes("Collections"))
    }
}

/// Committed definitions, read through the context, so that they enter the read set.
enum CommittedDefinitions {
    static let type = "ChaincodeDefinition"
    private static let metadataPrefix = "namespaces/metadata/"

    static func place(_ name: Namespace) -> StoredStructure.Place { StoredStructure.Place(space: "namespaces", name: name.text) }

    /// As a commit stores it.
    static func structure(_ definition: ChaincodeDefinition) -> StoredStructure {
        StoredStructure(type: type, fields: [.integer("Sequence", definition.sequence)] + DefinitionParameters(definition).fields)
    }

    /// The committed sequence, or 0.
    static func sequence(_ name: Namespace, _ context: Context) throws(ContractError) -> Int64 {
        guard case .int64(let sequence)? = try StoredStructure.field("Sequence", at: place(name), in: PublicState(context: context))?.type else {
            return 0
        }
        return sequence
    }

    static func read(_ name: Namespace, _ context: Context) throws(ContractError) -> ChaincodeDefinition? {
        let state = PublicState(context: context)
        guard let metadata = try StoredStructure.metadata(at: place(name), in: state), sameBytes(metadata.datatype, type) else { return nil }
        return try DefinitionParameters.read(at: place(name), in: state).definition(name, sequence: try sequence(name, context))
    }

    /// All definitions in the byte order of their names.
    static func all(_ context: Context) throws(ContractError) -> [ChaincodeDefinition] {
        let keys = try context.stateRange(from: metadataPrefix, to: Paging.end(of: metadataPrefix))
        var definitions: [ChaincodeDefinition] = []
        while let entry = try keys.next() {
            guard let name = String(entry.key.utf8.dropFirst(metadataPrefix.utf8.count)) else { continue }
            if let definition = try read(Namespace(name), context) { definitions.append(definition) }
        }
        return definitions
    }
}
