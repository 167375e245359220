import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// What the organisations of a channel have approved, each in its own implicit collection, of which the ledger holds the hashes (interop 11.2).
struct Approvals {
    /// What the own organisation has approved under one name and sequence.
    struct Own {
        let definition: ChaincodeDefinition
        /// The installed package that it means; empty when none of its nodes has one.
        let packageID: String
    }

    let context: Context
    let host: any SystemContractHost
    let node: NodeView

    init(_ context: Context) throws(ContractError) {
        self.context = context
        host = try SystemHost.of(context)
        node = try host.nodeView()
    }

    /// The own organisation's collection.
    private var own: OrganizationState { OrganizationState(host, of: node.organization) }

    static func parametersPlace(_ name: Namespace, _ sequence: Int64) -> StoredStructure.Place {
        StoredStructure.Place(space: "namespaces", name: "\(name)#\(sequence)")
    }

    static func sourcePlace(_ name: Namespace, _ sequence: Int64) -> StoredStructure.Place {
        StoredStructure.Place(space: "chaincode-sources", name: "\(name)#\(sequence)")
    }

    /// Writes an approval of the node's organisation.
    func write(_ definition: ChaincodeDefinition, packageID: String) throws(ContractError) {
        let source = StoredStructure(type: "ChaincodeLocalPackage", fields: [.text("PackageID", packageID)])
        try DefinitionParameters(definition).structure.write(at: Self.parametersPlace(definition.name, definition.sequence), to: own)
        try source.write(at: Self.sourcePlace(definition.name, definition.sequence), to: own)
    }

    /// What the node's organisation has approved; nil when nothing. Throws `private-data-missing` where this node did not see the approval.
    func read(_ name: Namespace, sequence: Int64) throws(ContractError) -> Own? {
        let place = Self.parametersPlace(name, sequence)
        guard try StoredStructure.metadata(at: place, in: own) != nil else { return nil }
        let definition = try DefinitionParameters.read(at: place, in: own).definition(name, sequence: sequence)
        return Own(definition: definition, packageID: try packageID(name, sequence: sequence) ?? "")
    }

    /// The package that the node's organisation runs under a name and sequence; nil when it has approved nothing.
    func packageID(_ name: Namespace, sequence: Int64) throws(ContractError) -> String? {
        let place = Self.sourcePlace(name, sequence)
        guard try StoredStructure.metadata(at: place, in: own) != nil else { return nil }
        guard case .string(let id)? = try StoredStructure.field("PackageID", at: place, in: own)?.type else { return nil }
        return id
    }

    /// The names and sequences of all approvals that this node holds, by name and then sequence.
    func names() throws(ContractError) -> [(name: Namespace, sequence: Int64)] {
        let prefix = Array("namespaces/metadata/".utf8)
        let keys = try host.privateKeys(from: StateKey(utf8: prefix), to: "namespaces/metadata0", collection: own.collection)
        return keys.compactMap { key in
            let name = key.utf8.dropFirst(prefix.count)
            guard let mark = name.lastIndex(of: UInt8(ascii: "#")), let sequence = Int64(String(decoding: name[(mark + 1)...], as: UTF8.self)) else {
                return nil
            }
            return (Namespace(utf8: Array(name[..<mark])), sequence)
        }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    /// In which fields the approval of each organisation of the channel differs from a definition; nil for one that has approved nothing.
    func differences(from definition: ChaincodeDefinition) throws(ContractError) -> [(organization: MSPID, fields: [String]?)] {
        let parameters = DefinitionParameters(definition).structure
        let place = Self.parametersPlace(definition.name, definition.sequence)
        var result: [(MSPID, [String]?)] = []
        for organization in node.applicationOrganizations {
            result.append((organization, try parameters.differences(at: place, in: OrganizationState(host, of: organization))))
        }
        return result
    }
}
