import FabricMessages
import LedgerModel

extension ChaincodeDefinition {
    /// The call by which an organisation approves this definition: endorsed by a peer of that organisation, then ordered.
    ///
    /// - Parameter packageID: The installed package that the organisation runs; empty when its peers run none, or have the contract compiled in.
    package func approval(packageID: String = "") throws(MessageError) -> ChaincodeCall {
        var arguments = Lifecycle_ApproveChaincodeDefinitionForMyOrgArgs()
        arguments.sequence = self.sequence
        arguments.name = self.name.text
        arguments.version = self.version
        arguments.endorsementPlugin = self.endorsementPlugin
        arguments.validationPlugin = self.validationPlugin
        arguments.validationParameter = self.validationParameter.data
        arguments.initRequired = self.initRequired
        if !self.collections.isEmpty { arguments.collections = try Protos_CollectionConfigPackage.decode(self.collections, as: "collections") }
        if packageID.utf8.isEmpty {
            arguments.source.unavailable = Lifecycle_ChaincodeSource.Unavailable()
        } else {
            arguments.source.localPackage.packageID = packageID
        }
        return Self.call("ApproveChaincodeDefinitionForMyOrg", arguments.encoded())
    }

    /// The call that commits this definition, once enough organisations have approved it: endorsed by as many as the channel asks for.
    package func commit() throws(MessageError) -> ChaincodeCall { Self.call("CommitChaincodeDefinition", try self.commitArguments().encoded()) }

    /// The call that asks which organisations have approved this definition.
    package func readiness() throws(MessageError) -> ChaincodeCall {
        // Both messages have the same fields under the same numbers.
        Self.call("CheckCommitReadiness", try self.commitArguments().encoded())
    }

    private func commitArguments() throws(MessageError) -> Lifecycle_CommitChaincodeDefinitionArgs {
        var arguments = Lifecycle_CommitChaincodeDefinitionArgs()
        arguments.sequence = self.sequence
        arguments.name = self.name.text
        arguments.version = self.version
        arguments.endorsementPlugin = self.endorsementPlugin
        arguments.validationPlugin = self.validationPlugin
        arguments.validationParameter = self.validationParameter.data
        arguments.initRequired = self.initRequired
        if !self.collections.isEmpty { arguments.collections = try Protos_CollectionConfigPackage.decode(self.collections, as: "collections") }
        return arguments
    }

    private static func call(_ function: String, _ arguments: [UInt8]) -> ChaincodeCall {
        ChaincodeCall(chaincode: self.lifecycleNamespace, arguments: [Array(function.utf8), arguments])
    }
}
