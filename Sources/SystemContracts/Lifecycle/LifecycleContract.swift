import Chaincode
import FabricMessages
import LedgerModel

/// The system chaincode `_lifecycle`: commits and shows chaincode definitions (interop 11.2).
///
/// Every function takes exactly one argument after its name, a serialised message, and answers with one. Errors have status 500, or 404 for a chaincode
/// that is not defined, as clients of Fabric expect.
package struct LifecycleContract: Contract {
    package let name = ChaincodeDefinition.lifecycleNamespace.text
    package let summary = "Commits and shows the definitions of chaincodes on this channel."
    private let approvals: any ApprovalReading

    /// - Parameter approvals: What the organisation of this node has approved.
    package init(approvals: any ApprovalReading) {
        self.approvals = approvals
    }

    package var transactions: [Transaction] {
        [
            function("CommitChaincodeDefinition", .submit, commit)
                .described("Commits a definition with the next sequence that this node's organisation has approved."),
            function("CheckCommitReadiness", .evaluate, checkCommitReadiness)
                .described("What the organisation of the answering node says to a definition."),
            function("QueryChaincodeDefinition", .evaluate, queryDefinition).described("The committed definition of a chaincode."),
            function("QueryChaincodeDefinitions", .evaluate, queryDefinitions).described("All committed definitions, by name."),
            function("ApproveChaincodeDefinitionForMyOrg", .submit, approve).described("Refused: approval is a local operation of a node."),
        ]
    }

    package func unknownTransaction(_ context: Context, _ function: String) throws(ContractError) -> [UInt8] {
        throw .failure("unknown-function", "_lifecycle of this version has no such function; it commits, checks and queries definitions")
    }

    private func function(
        _ name: String, _ kind: Transaction.Kind, _ body: @escaping @Sendable (Context, [UInt8]) throws(ContractError) -> [UInt8]
    ) -> Transaction {
        Transaction(raw: name, kind: kind) { (context, arguments) throws(ContractError) -> [UInt8] in
            guard arguments.count == 1 else {
                throw .failure(
                    "invalid-arguments", "_lifecycle takes exactly two arguments, the function and one message; \(arguments.count + 1) were given")
            }
            guard arguments[0].count <= Limits.lifecycleArgumentBytes else {
                throw .failure("invalid-arguments", "the arguments message has more than \(Limits.lifecycleArgumentBytes) bytes")
            }
            return try body(context, arguments[0])
        }
    }

    // MARK: Functions

    private func commit(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let definition = try requested(argument)
        try requireNext(definition, context)
        try requireApproval(definition, context)
        for entry in ChaincodeDefinitionFormat.encode(definition) {
            try context.putState(entry.key.text, entry.value)
        }
        return Lifecycle_CommitChaincodeDefinitionResult().encoded()
    }

    private func checkCommitReadiness(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let definition = try requested(argument)
        try requireNext(definition, context)
        var result = Lifecycle_CheckCommitReadinessResult()
        let organization = approvals.organization.text
        switch approvals.verdict(on: definition, channel: ChannelID(context.channelID)) {
        case .approved: result.approvals[organization] = true
        case .missing: result.approvals[organization] = false
        case .differs(let fields):
            result.approvals[organization] = false
            var mismatches = Lifecycle_CheckCommitReadinessResult.Mismatches()
            mismatches.items = fields
            result.mismatches[organization] = mismatches
        }
        return result.encoded()
    }

    private func queryDefinition(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
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
        if !definition.collections.isEmpty {
            result.collections = try DefinitionArguments.collections(definition)
        }
        result.approvals[approvals.organization.text] =
            approvals.verdict(on: definition, channel: ChannelID(context.channelID)) == .approved
        return result.encoded()
    }

    private func queryDefinitions(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
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
            if !definition.collections.isEmpty {
                entry.collections = try DefinitionArguments.collections(definition)
            }
            result.chaincodeDefinitions.append(entry)
        }
        return result.encoded()
    }

    private func approve(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        throw .failure(
            "approval-is-local",
            "approval is a local operation of a node in this version and not a transaction; approve the definition on a node of your organisation, "
                + "then commit it")
    }

    // MARK: Rules

    /// The definition that a commit or a readiness check asks for; both messages have the same fields under the same numbers.
    private func requested(_ argument: [UInt8]) throws(ContractError) -> ChaincodeDefinition {
        let arguments = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_CommitChaincodeDefinitionArgs.decode(argument, as: "arguments of _lifecycle")
        }
        let name = try DefinitionArguments.name(arguments.name)
        guard DefinitionArguments.isVersion(arguments.version) else {
            throw .failure("invalid-version", "the version of chaincode \(name) must be letters, digits, _ . + and -")
        }
        let policy = arguments.validationParameter.byteArray
        return ChaincodeDefinition(
            name: name, version: arguments.version, sequence: arguments.sequence,
            validationParameter: policy.isEmpty ? ChaincodeDefinition.defaultValidationParameter : policy,
            collections: arguments.hasCollections ? arguments.collections.encoded() : [], initRequired: arguments.initRequired,
            endorsementPlugin: arguments.endorsementPlugin.isEmpty ? "escc" : arguments.endorsementPlugin,
            validationPlugin: arguments.validationPlugin.isEmpty ? "vscc" : arguments.validationPlugin)
    }

    /// A node endorses a commit only if its own organisation has approved exactly this definition.
    private func requireApproval(_ definition: ChaincodeDefinition, _ context: Context) throws(ContractError) {
        let item = "chaincode definition \(definition.name) sequence \(definition.sequence)"
        switch approvals.verdict(on: definition, channel: ChannelID(context.channelID)) {
        case .approved: return
        case .missing:
            throw .failure(
                "not-approved",
                "\(item) is not agreed to by this organization (\(approvals.organization)); approve it on a node of this organisation first")
        case .differs(let fields):
            throw .failure(
                "not-approved",
                "\(item) is not agreed to by this organization (\(approvals.organization)), which approved other values of "
                    + fields.joined(separator: ", "))
        }
    }

    private func requireNext(_ definition: ChaincodeDefinition, _ context: Context) throws(ContractError) {
        let committed = try CommittedDefinitions.sequence(definition.name, context)
        guard committed < Int64.max, definition.sequence == committed + 1 else {
            throw .failure(
                "wrong-sequence",
                "requested sequence is \(definition.sequence), but new definition must be sequence \(committed == .max ? committed : committed + 1)")
        }
    }
}
