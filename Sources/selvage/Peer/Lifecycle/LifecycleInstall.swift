import ArgumentParser
import FabricMessages
import LedgerModel
import Node
import SystemContracts

/// Installs a package on a peer.
struct LifecycleInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Install a chaincode package on the peer.",
        discussion: """
            Example:
              selvage peer lifecycle chaincode install notes.tgz
            \(PeerCommand.exitCodes)
            """)

    /// As much as a peer takes.
    static let packageBytes = 100 << 20

    struct Document: Encodable {
        var package_id: String
        var label: String
    }

    @Argument(help: "The package.")
    var file: String

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode install") {
            let bytes = try Self.read(self.file).bytes
            var arguments = Lifecycle_InstallChaincodeArgs()
            arguments.chaincodeInstallPackage = bytes.data
            let message = arguments.encoded()
            try await PeerSession.open(self.targets) { [output] session in
                let payload = try await session.query(ChaincodeDefinition.lifecycleNamespace, "InstallChaincode", message, isOfNode: true)
                let result = try Lifecycle_InstallChaincodeResult.decode(payload, as: "install result")
                try output.show(Document(package_id: result.packageID, label: result.label)) {
                    ["Chaincode code package identifier: \(result.packageID)"]
                }
            }
        }
    }

    /// A package, checked as a peer checks it.
    static func read(_ path: String) throws -> ChaincodePackage {
        let bytes = try PeerTargetOptions.bytes(path, limit: self.packageBytes)
        do {
            return try ChaincodePackage(bytes)
        } catch {
            throw PeerProblem.unreadable("\(path): it is no chaincode package: \(error)")
        }
    }
}

/// Computes the id of a package.
struct LifecycleCalculatePackageID: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calculatepackageid", abstract: "Print the id that a package will have on every peer.",
        discussion: """
            Example:
              selvage peer lifecycle chaincode calculatepackageid notes.tgz
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var package_id: String
    }

    @Argument(help: "The package.")
    var file: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode calculatepackageid") {
            let package = try LifecycleInstall.read(self.file)
            try self.output.show(Document(package_id: package.id)) { [package.id] }
        }
    }
}
