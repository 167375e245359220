import Chaincode
import ContractVM
import CryptoPrimitives
import FabricMessages
import LedgerModel

/// A structure in the form in which `_lifecycle` stores it: one key for each field, and one that names type and fields (interop 11.2).
///
/// What is written is the difference to what is stored, so that two definitions that agree in a field do not conflict in it; this is part of the bytes that
/// endorsers of different make must agree on.
struct StoredStructure {
    /// A named value: a serialised `lifecycle.StateData`.
    struct Field {
        let name: String
        let value: [UInt8]

        static func integer(_ name: String, _ value: Int64) -> Field {
            var message = Lifecycle_StateData()
            message.int64 = value
            return Field(name: name, value: message.encoded())
        }

        static func bytes(_ name: String, _ value: [UInt8]) -> Field {
            var message = Lifecycle_StateData()
            message.bytes = value.data
            return Field(name: name, value: message.encoded())
        }

        static func text(_ name: String, _ value: String) -> Field {
            var message = Lifecycle_StateData()
            message.string = value
            return Field(name: name, value: message.encoded())
        }
    }

    /// Under what a structure is stored.
    struct Place {
        /// "namespaces" or "chaincode-sources".
        let space: String
        /// A chaincode's name, with its sequence for what belongs to one organisation.
        let name: String

        var metadataKey: StateKey { StateKey("\(space)/metadata/\(name)") }
        func fieldKey(_ field: String) -> StateKey { StateKey("\(space)/fields/\(name)/\(field)") }
    }

    let type: String
    let fields: [Field]

    /// The value of the metadata key: a serialised `lifecycle.StateMetadata`.
    var metadata: [UInt8] {
        var message = Lifecycle_StateMetadata()
        message.datatype = type
        message.fields = fields.map(\.name)
        return message.encoded()
    }

    /// Writes what differs from the stored structure.
    func write(at place: Place, to state: some StructureState) throws(ContractError) {
        let stored = try Self.metadata(at: place, in: state)
        var known: [(name: String, value: [UInt8]?)] = []
        for name in stored?.fields ?? [] { known.append((name, try state.get(place.fieldKey(name)))) }
        for field in fields {
            let before = known.first { sameBytes($0.name, field.name) }
            if before == nil || before?.value != field.value { try state.put(field.value, at: place.fieldKey(field.name)) }
        }
        let superfluous = known.filter { item in !fields.contains { sameBytes($0.name, item.name) } }
        if !superfluous.isEmpty || stored?.fields.count != fields.count || !sameBytes(stored?.datatype ?? "", type) {
            try state.put(metadata, at: place.metadataKey)
        }
        for item in superfluous { try state.put([], at: place.fieldKey(item.name)) }
    }

    /// The names of the fields in which the structure stored in a collection differs, by the hashes that everyone sees; nil when nothing is stored there.
    func differences(at place: Place, in state: OrganizationState) throws(ContractError) -> [String]? {
        // All keys are read before anything is compared, so that the read set does not depend on the outcome.
        let metadataHash = try state.hash(place.metadataKey)
        var hashes: [[UInt8]?] = []
        for field in fields { hashes.append(try state.hash(place.fieldKey(field.name))) }
        guard let metadataHash else { return nil }
        guard metadataHash == SHA256.hash(metadata) else { return fields.map(\.name) }
        return zip(fields, hashes).filter { field, hash in hash != SHA256.hash(field.value) }.map(\.0.name)
    }

    /// Type and names of the fields of what is stored; nil when nothing is.
    static func metadata(at place: Place, in state: some StructureState) throws(ContractError) -> Lifecycle_StateMetadata? {
        guard let value = try state.get(place.metadataKey) else { return nil }
        return try readable(place) { () throws(MessageError) in try Lifecycle_StateMetadata.decode(value, as: "metadata") }
    }

    /// The value of a stored field; nil when there is none.
    static func field(_ name: String, at place: Place, in state: some StructureState) throws(ContractError) -> Lifecycle_StateData? {
        guard let value = try state.get(place.fieldKey(name)) else { return nil }
        return try readable(place) { () throws(MessageError) in try Lifecycle_StateData.decode(value, as: "field \(name)") }
    }

    /// Throws `state-corrupt` (500) for what this contract did not write.
    static func readable<Result>(_ place: Place, _ read: () throws(MessageError) -> Result) throws(ContractError) -> Result {
        do throws(MessageError) {
            return try read()
        } catch {
            throw .failure(
                "state-corrupt", "what is stored of \(place.name) cannot be read: \(error); rebuild the state of this node from the blocks")
        }
    }
}

/// Where structures are stored.
protocol StructureState {
    func get(_ key: StateKey) throws(ContractError) -> [UInt8]?
    /// Empty bytes delete.
    func put(_ value: [UInt8], at key: StateKey) throws(ContractError)
}

/// The public state of `_lifecycle`.
struct PublicState: StructureState {
    let context: Context

    func get(_ key: StateKey) throws(ContractError) -> [UInt8]? { try context.getState(key.text) }
    func put(_ value: [UInt8], at key: StateKey) throws(ContractError) { try context.putState(key.text, value) }
}

/// What one organisation has approved: its implicit collection in `_lifecycle`.
struct OrganizationState: StructureState {
    let host: any SystemContractHost
    let collection: CollectionName

    init(_ host: any SystemContractHost, of organization: MSPID) {
        self.host = host
        collection = .implicit(of: organization)
    }

    func get(_ key: StateKey) throws(ContractError) -> [UInt8]? { try host.getPrivate(key, collection: collection) }
    func put(_ value: [UInt8], at key: StateKey) throws(ContractError) { try host.putPrivate(value, at: key, collection: collection) }
    /// SHA-256 of a value that perhaps only its organisation can read.
    func hash(_ key: StateKey) throws(ContractError) -> [UInt8]? { try host.privateHash(of: key, collection: collection) }
}
