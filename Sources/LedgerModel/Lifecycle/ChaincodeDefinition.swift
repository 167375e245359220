import FabricMessages

/// What the organisations of a channel agreed on about a chaincode; it lives in the state of `_lifecycle` (interop 11.2).
package struct ChaincodeDefinition: Hashable, Sendable {
    /// The namespace of the lifecycle system chaincode.
    package static let lifecycleNamespace: Namespace = "_lifecycle"
    /// The reserved contract of governance: ordering nodes evaluate its envelopes, and no chaincode of this name is ever defined.
    package static let governanceNamespace: Namespace = "committee"

    /// Names that belong to the node itself, and the one that belongs to the ordering nodes: none of them is ever defined.
    package static let reservedNames: [Namespace] = [
        ChaincodeDefinition.lifecycleNamespace, "lscc", "escc", "vscc", "cscc", "qscc", ChaincodeDefinition.governanceNamespace,
    ]

    package var name: Namespace
    package var version: String
    /// 1 for the first definition.
    package var sequence: Int64
    package var endorsementPlugin: String
    package var validationPlugin: String
    /// A serialised `protos.ApplicationPolicy`: the endorsement policy.
    package var validationParameter: [UInt8]
    /// A serialised `protos.CollectionConfigPackage`, or empty.
    package var collections: [UInt8]
    package var initRequired: Bool

    package init(
        name: Namespace, version: String, sequence: Int64, validationParameter: [UInt8], collections: [UInt8] = [], initRequired: Bool = false,
        endorsementPlugin: String = "escc", validationPlugin: String = "vscc"
    ) {
        self.name = name
        self.version = version
        self.sequence = sequence
        self.endorsementPlugin = endorsementPlugin
        self.validationPlugin = validationPlugin
        self.validationParameter = validationParameter
        self.collections = collections
        self.initRequired = initRequired
    }

    /// The reference to the channel's endorsement policy, which a definition without a policy of its own gets.
    package static var defaultValidationParameter: [UInt8] {
        var message = Protos_ApplicationPolicy()
        message.channelConfigPolicyReference = "/Channel/Application/Endorsement"
        return message.encoded()
    }
}

/// The keys and values under which a definition is stored.
package enum ChaincodeDefinitionFormat {
    /// The structure's name in its metadata entry.
    private static let dataType = "ChaincodeDefinition"
    private static let fields = ["Sequence", "EndorsementInfo", "ValidationInfo", "Collections"]

    /// The key of the metadata entry.
    package static func metadataKey(_ name: Namespace) -> StateKey { StateKey(utf8: self.metadataPrefix + name.utf8) }

    /// What the keys of all metadata entries begin with.
    fileprivate static let metadataPrefix = Array("namespaces/metadata/".utf8)

    /// The key of one field.
    package static func fieldKey(_ name: Namespace, _ field: String) -> StateKey { StateKey("namespaces/fields/\(name)/\(field)") }

    /// The key that every simulation of the chaincode reads.
    package static func sequenceKey(_ name: Namespace) -> StateKey { self.fieldKey(name, "Sequence") }

    /// All keys under which a definition stands.
    package static func keys(_ name: Namespace) -> [StateKey] {
        [self.metadataKey(name)] + self.fields.map { self.fieldKey(name, $0) }
    }

    /// All entries of a definition, in the order of their keys.
    package static func encode(_ definition: ChaincodeDefinition) -> [(key: StateKey, value: [UInt8])] {
        var metadata = Lifecycle_StateMetadata()
        metadata.datatype = self.dataType
        metadata.fields = self.fields

        var endorsement = Lifecycle_ChaincodeEndorsementInfo()
        endorsement.version = definition.version
        endorsement.initRequired = definition.initRequired
        endorsement.endorsementPlugin = definition.endorsementPlugin

        var validation = Lifecycle_ChaincodeValidationInfo()
        validation.validationPlugin = definition.validationPlugin
        validation.validationParameter = definition.validationParameter.data

        let entries: [(StateKey, [UInt8])] = [
            (self.metadataKey(definition.name), metadata.encoded()),
            (self.sequenceKey(definition.name), self.integer(definition.sequence)),
            (self.fieldKey(definition.name, "EndorsementInfo"), self.bytes(endorsement.encoded())),
            (self.fieldKey(definition.name, "ValidationInfo"), self.bytes(validation.encoded())),
            (self.fieldKey(definition.name, "Collections"), self.bytes(definition.collections)),
        ]
        return entries.sorted { $0.0 < $1.0 }.map { (key: $0.0, value: $0.1) }
    }

    /// The sequence in a stored `Sequence` field.
    package static func sequence(_ value: [UInt8]) throws(MessageError) -> Int64 {
        let message = try Lifecycle_StateData.decode(value, as: "sequence of a chaincode definition")
        guard case .int64(let sequence) = message.type else {
            throw MessageError(part: "sequence of a chaincode definition", reason: "is not a number")
        }
        return sequence
    }

    /// The bytes in another stored field.
    package static func fieldBytes(_ value: [UInt8]) throws(MessageError) -> [UInt8] {
        let message = try Lifecycle_StateData.decode(value, as: "field of a chaincode definition")
        guard case .bytes(let bytes) = message.type else {
            throw MessageError(part: "field of a chaincode definition", reason: "is not bytes")
        }
        return bytes.byteArray
    }

    /// The names of the collections in a stored `Collections` field; an empty one has none.
    package static func collectionNames(_ value: [UInt8]) throws(MessageError) -> [CollectionName] {
        guard !value.isEmpty else { return [] }
        let package = try Protos_CollectionConfigPackage.decode(try self.fieldBytes(value), as: "collections of a chaincode definition")
        return package.config.compactMap { entry in
            guard case .staticCollectionConfig(let collection) = entry.payload else { return nil }
            return CollectionName(collection.name)
        }
    }

    private static func integer(_ value: Int64) -> [UInt8] {
        var message = Lifecycle_StateData()
        message.int64 = value
        return message.encoded()
    }

    private static func bytes(_ value: [UInt8]) -> [UInt8] {
        var message = Lifecycle_StateData()
        message.bytes = value.data
        return message.encoded()
    }
}

/// Why a definition cannot be read.
package enum ChaincodeDefinitionError: Error, Equatable, Sendable {
    case state(StateReadError)
    case malformed(MessageError)
}

extension ChaincodeDefinition {
    /// The names of the chaincodes that are defined on a channel, in byte order.
    ///
    /// - Parameter limit: So many are given at most.
    package static func names(in state: any StateReading, limit: Int) throws(StateReadError) -> [Namespace] {
        let prefix = ChaincodeDefinitionFormat.metadataPrefix
        let scan = try state.scan(
            self.lifecycleNamespace, from: StateKey(utf8: prefix), to: StateKey(utf8: prefix.dropLast() + [prefix[prefix.count - 1] + 1]))
        var names: [Namespace] = []
        while names.count < limit, let entry = try scan.next() { names.append(Namespace(utf8: Array(entry.key.utf8.dropFirst(prefix.count)))) }
        return names
    }

    /// Reads the committed definition of a chaincode; nil when there is none.
    ///
    /// - Parameter read: Gives the value of a public key of `_lifecycle`, nil when it does not exist.
    package static func read(
        _ name: Namespace, from state: any StateReading
    ) throws(ChaincodeDefinitionError) -> ChaincodeDefinition? {
        func field(_ key: StateKey) throws(ChaincodeDefinitionError) -> [UInt8]? {
            do {
                return try state.value(at: .key(self.lifecycleNamespace, key))?.value
            } catch {
                throw .state(error)
            }
        }
        guard let sequenceField = try field(ChaincodeDefinitionFormat.sequenceKey(name)) else { return nil }
        do {
            let sequence = try ChaincodeDefinitionFormat.sequence(sequenceField)
            let endorsementField = try field(ChaincodeDefinitionFormat.fieldKey(name, "EndorsementInfo")) ?? []
            let validationField = try field(ChaincodeDefinitionFormat.fieldKey(name, "ValidationInfo")) ?? []
            let collectionsField = try field(ChaincodeDefinitionFormat.fieldKey(name, "Collections")) ?? []
            let endorsement = try Lifecycle_ChaincodeEndorsementInfo.decode(
                try ChaincodeDefinitionFormat.fieldBytes(endorsementField), as: "endorsement info of \(name)")
            let validation = try Lifecycle_ChaincodeValidationInfo.decode(
                try ChaincodeDefinitionFormat.fieldBytes(validationField), as: "validation info of \(name)")
            return ChaincodeDefinition(
                name: name, version: endorsement.version, sequence: sequence,
                validationParameter: validation.validationParameter.byteArray,
                collections: collectionsField.isEmpty ? [] : try ChaincodeDefinitionFormat.fieldBytes(collectionsField),
                initRequired: endorsement.initRequired, endorsementPlugin: endorsement.endorsementPlugin,
                validationPlugin: validation.validationPlugin)
        } catch let error as MessageError {
            throw .malformed(error)
        } catch let error as ChaincodeDefinitionError {
            throw error
        } catch {
            throw .malformed(MessageError(part: "definition of \(name)", reason: "\(error)"))
        }
    }
}
