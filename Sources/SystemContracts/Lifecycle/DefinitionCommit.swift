import Chaincode
import FabricMessages
import LedgerModel

/// Committing definitions that organisations have approved, and asking for what is committed.
enum DefinitionCommit {
    /// `CheckCommitReadiness`.
    static func checkReadiness(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        var result = Lifecycle_CheckCommitReadinessResult()
        for (organization, fields) in try differences(try requested(argument, context), context) {
            result.approvals[organization.text] = fields?.isEmpty ?? false
            guard let fields, !fields.isEmpty else { continue }
            var mismatches = Lifecycle_CheckCommitReadinessResult.Mismatches()
            mismatches.items = fields
            result.mismatches[organization.text] = mismatches
        }
        return result.encoded()
    }

    /// `CommitChaincodeDefinition`: the channel's policy decides how many organisations must endorse it, and each does so only if it approved the same.
    static func commit(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let definition = try requested(argument, context)
        let organization = try Approvals(context).node.organization
        let own = try differences(definition, context).first { $0.organization == organization }
        guard let own else {
            throw .failure(
                "not-a-member", "organisation \(organization) of this node is no application organisation of the channel; ask another node")
        }
        let item = "chaincode definition \(definition.name) sequence \(definition.sequence)"
        guard let fields = own.fields else {
            throw .failure(
                "not-approved",
                "\(item) is not agreed to by this organization (\(organization)); approve it on a node of this organisation first")
        }
        guard fields.isEmpty else {
            throw .failure(
                "not-approved",
                "\(item) is not agreed to by this organization (\(organization)), which approved other values of "
                    + fields.joined(separator: ", "))
        }
        try CommittedDefinitions.structure(definition).write(at: CommittedDefinitions.place(definition.name), to: PublicState(context: context))
        return Lifecycle_CommitChaincodeDefinitionResult().encoded()
    }

    /// `QueryChaincodeDefinition`; 404 for a chaincode that is not defined.
    static func query(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let arguments = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_QueryChaincodeDefinitionArgs.decode(argument, as: "arguments of _lifecycle")
        }
        let name = try DefinitionArguments.name(arguments.name)
        guard let definition = try CommittedDefinitions.read(name, context) else {
            throw .notFound("not-defined", "namespace \(name) is not defined")
        }
        var result = Lifecycle_QueryChaincodeDefinitionResult()
        result.sequence = definition.sequence
        result.version = definition.version
        result.endorsementPlugin = definition.endorsementPlugin
        result.validationPlugin = definition.validationPlugin
        result.validationParameter = definition.validationParameter.data
        result.initRequired = definition.initRequired
        result.collections = try DefinitionArguments.collections(definition)
        for (organization, fields) in try Approvals(context).differences(from: definition) {
            result.approvals[organization.text] = fields?.isEmpty ?? false
        }
        return result.encoded()
    }

    /// `QueryChaincodeDefinitions`.
    static func queryAll(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        _ = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_QueryChaincodeDefinitionsArgs.decode(argument, as: "arguments of _lifecycle")
        }
        var result = Lifecycle_QueryChaincodeDefinitionsResult()
        for definition in try CommittedDefinitions.all(context) {
            var entry = Lifecycle_QueryChaincodeDefinitionsResult.ChaincodeDefinition()
            entry.name = definition.name.text
            entry.sequence = definition.sequence
            entry.version = definition.version
            entry.endorsementPlugin = definition.endorsementPlugin
            entry.validationPlugin = definition.validationPlugin
            entry.validationParameter = definition.validationParameter.data
            entry.initRequired = definition.initRequired
            entry.collections = try DefinitionArguments.collections(definition)
            result.chaincodeDefinitions.append(entry)
        }
        return result.encoded()
    }

    /// The definition that a commit or a readiness check asks for, once it is found to be the next; both messages have the same fields.
    private static func requested(_ argument: [UInt8], _ context: Context) throws(ContractError) -> ChaincodeDefinition {
        let message = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_CommitChaincodeDefinitionArgs.decode(argument, as: "arguments of _lifecycle")
        }
        let definition = try DefinitionArguments.definition(message)
        try DefinitionArguments.check(definition, context)
        let committed = try CommittedDefinitions.sequence(definition.name, context)
        guard committed < Int64.max, definition.sequence == committed + 1 else {
            throw .failure(
                "wrong-sequence",
                "requested sequence is \(definition.sequence), but new definition must be sequence \(committed == .max ? committed : committed + 1)")
        }
        return definition
    }

    private static func differences(
        _ definition: ChaincodeDefinition, _ context: Context
    ) throws(ContractError) -> [(organization: MSPID, fields: [String]?)] {
        try Approvals(context).differences(from: definition)
    }
}
