import Chaincode
import FabricMessages
import LedgerModel

/// Approving a definition for the organisation of the node, and asking what it has approved.
enum DefinitionApproval {
    /// `ApproveChaincodeDefinitionForMyOrg`: writes the implicit collection of the endorsing node's organisation.
    static func approve(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let message = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_ApproveChaincodeDefinitionForMyOrgArgs.decode(argument, as: "arguments of _lifecycle")
        }
        let definition = try DefinitionArguments.definition(message)
        try DefinitionArguments.check(definition, context)
        let approvals = try Approvals(context)
        let packageID = try packageID(message.source)
        let committed = try CommittedDefinitions.sequence(definition.name, context)
        try requireSequence(definition, committed: committed)
        if definition.sequence == committed {
            try requireCommittedParameters(definition, context)
        } else {
            try requireNews(definition, packageID: packageID, approvals)
        }
        try approvals.write(definition, packageID: packageID)
        return Lifecycle_ApproveChaincodeDefinitionForMyOrgResult().encoded()
    }

    /// `QueryApprovedChaincodeDefinition`; 404 when the organisation has approved nothing under this name.
    static func query(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let message = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_QueryApprovedChaincodeDefinitionArgs.decode(argument, as: "arguments of _lifecycle")
        }
        let name = try DefinitionArguments.name(message.name)
        let approvals = try Approvals(context)
        guard let approved = try newest(name, message.sequence, approvals, context) else {
            throw .notFound(
                "not-approved", "organisation \(approvals.node.organization) has approved no definition of \(name) under this sequence")
        }
        let definition = approved.definition
        var result = Lifecycle_QueryApprovedChaincodeDefinitionResult()
        result.sequence = definition.sequence
        result.version = definition.version
        result.endorsementPlugin = definition.endorsementPlugin
        result.validationPlugin = definition.validationPlugin
        result.validationParameter = definition.validationParameter.data
        result.collections = try DefinitionArguments.collections(definition)
        result.initRequired = definition.initRequired
        result.source = source(approved.packageID)
        return result.encoded()
    }

    /// `QueryApprovedChaincodeDefinitions`.
    static func queryAll(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        _ = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_QueryApprovedChaincodeDefinitionsArgs.decode(argument, as: "arguments of _lifecycle")
        }
        let approvals = try Approvals(context)
        var result = Lifecycle_QueryApprovedChaincodeDefinitionsResult()
        for (name, sequence) in try approvals.names() {
            guard let approved = try approvals.read(name, sequence: sequence) else { continue }
            var entry = Lifecycle_QueryApprovedChaincodeDefinitionsResult.ApprovedChaincodeDefinition()
            entry.name = name.text
            entry.sequence = sequence
            entry.version = approved.definition.version
            entry.endorsementPlugin = approved.definition.endorsementPlugin
            entry.validationPlugin = approved.definition.validationPlugin
            entry.validationParameter = approved.definition.validationParameter.data
            entry.collections = try DefinitionArguments.collections(approved.definition)
            entry.initRequired = approved.definition.initRequired
            entry.source = source(approved.packageID)
            result.approvedChaincodeDefinitions.append(entry)
        }
        return result.encoded()
    }

    /// For sequence 0 the approval that waits for its commit, else the one of the committed definition.
    private static func newest(
        _ name: Namespace, _ sequence: Int64, _ approvals: Approvals, _ context: Context
    ) throws(ContractError) -> Approvals.Own? {
        guard sequence == 0 else { return try approvals.read(name, sequence: sequence) }
        let committed = try CommittedDefinitions.sequence(name, context)
        if committed < Int64.max, let next = try approvals.read(name, sequence: committed + 1) { return next }
        return committed > 0 ? try approvals.read(name, sequence: committed) : nil
    }

    // MARK: Rules

    private static func requireSequence(_ definition: ChaincodeDefinition, committed: Int64) throws(ContractError) {
        let requested = definition.sequence
        guard requested > 0 else {
            throw .failure("wrong-sequence", "requested sequence is \(requested), but first definable sequence number is 1")
        }
        guard requested >= committed else {
            throw .failure("wrong-sequence", "currently defined sequence \(committed) is larger than requested sequence \(requested)")
        }
        guard requested - 1 <= committed else {
            throw .failure(
                "wrong-sequence", "requested sequence \(requested) is larger than the next available sequence number \(committed + 1)")
        }
    }

    /// The committed sequence may be approved again only as it was committed, for example with another package.
    private static func requireCommittedParameters(_ definition: ChaincodeDefinition, _ context: Context) throws(ContractError) {
        let item = "chaincode \(definition.name) sequence \(definition.sequence)"
        guard let committed = try CommittedDefinitions.read(definition.name, context) else {
            throw .failure(
                "state-corrupt", "the definition of \(item) is committed but cannot be read; rebuild the state of this node from the blocks")
        }
        let fields = zip(DefinitionParameters(committed).fields, DefinitionParameters(definition).fields).filter { $0.value != $1.value }.map(
            \.0.name)
        guard fields.isEmpty else {
            throw .failure(
                "other-parameters",
                "attempted to redefine the committed \(item) with different parameters (\(fields.joined(separator: ", "))); approve the next sequence"
            )
        }
    }

    private static func requireNews(_ definition: ChaincodeDefinition, packageID: String, _ approvals: Approvals) throws(ContractError) {
        guard let before = try approvals.read(definition.name, sequence: definition.sequence) else { return }
        guard DefinitionParameters(before.definition) != DefinitionParameters(definition) || !sameBytes(before.packageID, packageID) else {
            throw .failure(
                "unchanged",
                "attempted to redefine uncommitted sequence (\(definition.sequence)) for namespace \(definition.name) with unchanged content")
        }
    }

    private static func packageID(_ source: Lifecycle_ChaincodeSource) throws(ContractError) -> String {
        guard case .localPackage(let package)? = source.type else { return "" }
        guard package.packageID.utf8.count <= Limits.packageIDBytes else {
            throw .failure("invalid-arguments", "the package id has more than \(Limits.packageIDBytes) bytes")
        }
        return package.packageID
    }

    private static func source(_ packageID: String) -> Lifecycle_ChaincodeSource {
        var source = Lifecycle_ChaincodeSource()
        if packageID.utf8.isEmpty {
            source.unavailable = Lifecycle_ChaincodeSource.Unavailable()
        } else {
            source.localPackage.packageID = packageID
        }
        return source
    }
}
