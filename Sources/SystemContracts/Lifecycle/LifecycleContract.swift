import Chaincode
import FabricMessages
import LedgerModel

/// The system chaincode `_lifecycle`: packages of a node, approvals of organisations, definitions of a channel (interop 11.2).
///
/// Every function takes exactly one argument after its name, a serialised message, and answers with one. Errors have status 500, or 404 for a chaincode
/// or package that is not there, as clients of Fabric expect. Keys, values, read sets and hashed sets are those of Fabric's peers.
package struct LifecycleContract: Contract {
    package let name = ChaincodeDefinition.lifecycleNamespace.text
    package let summary = "Packages of this node, approvals of organisations, and the definitions of chaincodes on this channel."
    private let packages: InstalledPackages

    /// - Parameter packages: What this node has installed; nil on one that keeps no packages, such as an auditor.
    package init(packages: (any ChaincodePackageKeeping)? = nil) {
        self.packages = InstalledPackages(store: packages)
    }

    package var transactions: [Transaction] {
        [
            function("InstallChaincode", .evaluate, packages.install).described("Stores a chaincode package on this node; returns its id."),
            function("QueryInstalledChaincode", .evaluate, packages.query).described("One installed package and who uses it."),
            function("QueryInstalledChaincodes", .evaluate, packages.queryAll).described("All installed packages, by id."),
            function("GetInstalledChaincodePackage", .evaluate, packages.get).described("An installed package as it was uploaded."),
            function("ApproveChaincodeDefinitionForMyOrg", .submit, DefinitionApproval.approve)
                .described("Approves a definition for the organisation of this node."),
            function("QueryApprovedChaincodeDefinition", .evaluate, DefinitionApproval.query)
                .described("What the organisation of this node has approved under a name, for sequence 0 the newest."),
            function("QueryApprovedChaincodeDefinitions", .evaluate, DefinitionApproval.queryAll)
                .described("Everything that the organisation of this node has approved."),
            function("CheckCommitReadiness", .evaluate, DefinitionCommit.checkReadiness)
                .described("Which organisations have approved exactly this definition, and in what the others differ."),
            function("CommitChaincodeDefinition", .submit, DefinitionCommit.commit)
                .described("Commits a definition with the next sequence that this node's organisation has approved."),
            function("QueryChaincodeDefinition", .evaluate, DefinitionCommit.query)
                .described("The committed definition of a chaincode, with the organisations that approved it."),
            function("QueryChaincodeDefinitions", .evaluate, DefinitionCommit.queryAll).described("All committed definitions, by name."),
        ]
    }

    package func unknownTransaction(_ context: Context, _ function: String) throws(ContractError) -> [UInt8] {
        throw .failure("unknown-function", "_lifecycle has no such function; it installs, approves, checks, commits and queries")
    }

    private func function(
        _ name: String, _ kind: Transaction.Kind, _ body: @escaping @Sendable (Context, [UInt8]) throws(ContractError) -> [UInt8]
    ) -> Transaction {
        Transaction(raw: name, kind: kind) { (context, arguments) throws(ContractError) -> [UInt8] in
            guard arguments.count == 1 else {
                throw .failure(
                    "invalid-arguments", "_lifecycle takes exactly two arguments, the function and one message; \(arguments.count + 1) were given")
            }
            let limit = sameBytes(name, "InstallChaincode") ? Limits.packageBytes + 64 : Limits.lifecycleArgumentBytes
            guard arguments[0].count <= limit else {
                throw .failure("invalid-arguments", "the arguments message has more than \(limit) bytes")
            }
            return try body(context, arguments[0])
        }
    }
}
