import ArgumentParser
import FabricMessages
import LedgerModel
import Node

/// Lists the packages of a peer.
struct LifecycleQueryInstalled: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queryinstalled", abstract: "List the chaincode packages that are installed on the peer.",
        discussion: """
            Example:
              selvage peer lifecycle chaincode queryinstalled -O json
            \(PeerCommand.exitCodes)
            """)

    struct Chaincode: Encodable {
        var name: String
        var version: String
    }

    struct References: Encodable {
        var chaincodes: [Chaincode]
    }

    struct Package: Encodable {
        var package_id: String
        var label: String
        /// By channel.
        var references: [String: References]?
    }

    struct Document: Encodable {
        var installed_chaincodes: [Package]
    }

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode queryinstalled") {
            try await PeerSession.open(self.targets) { [output] session in
                let payload = try await session.query(
                    ChaincodeDefinition.lifecycleNamespace, "QueryInstalledChaincodes", Lifecycle_QueryInstalledChaincodesArgs().encoded(),
                    isOfNode: true)
                let result = try Lifecycle_QueryInstalledChaincodesResult.decode(payload, as: "installed chaincodes")
                let packages = result.installedChaincodes.map { package in
                    let references = package.references.mapValues {
                        References(chaincodes: $0.chaincodes.map { Chaincode(name: $0.name, version: $0.version) })
                    }
                    return Package(package_id: package.packageID, label: package.label, references: references.isEmpty ? nil : references)
                }
                try output.show(Document(installed_chaincodes: packages)) {
                    ["Installed chaincodes on peer:"] + packages.map { "Package ID: \($0.package_id), Label: \($0.label)" }
                }
            }
        }
    }
}

/// Gets an installed package back.
struct LifecycleGetInstalledPackage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "getinstalledpackage", abstract: "Write an installed package into a folder, as it was uploaded.",
        discussion: """
            Example:
              selvage peer lifecycle chaincode getinstalledpackage --package-id notes_2:b55b... --output-directory .
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var file: String
        var bytes: Int
    }

    @Option(name: .customLong("package-id"), help: ArgumentHelp("The package.", valueName: "id"))
    var packageID: String

    @Option(name: .customLong("output-directory"), help: "The folder.")
    var folder = "."

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode getinstalledpackage") {
            guard !self.packageID.contains("/") else { throw PeerProblem.usage("--package-id: '\(self.packageID)' is no id of a package") }
            var arguments = Lifecycle_GetInstalledChaincodePackageArgs()
            arguments.packageID = self.packageID
            let (message, file) = (arguments.encoded(), "\(self.folder)/\(self.packageID).tar.gz")
            try await PeerSession.open(self.targets) { [output] session in
                let payload = try await session.query(
                    ChaincodeDefinition.lifecycleNamespace, "GetInstalledChaincodePackage", message, isOfNode: true)
                let bytes = try Lifecycle_GetInstalledChaincodePackageResult.decode(payload, as: "package").chaincodeInstallPackage.byteArray
                try HostFiles.write(bytes, to: file)
                try output.show(Document(file: file, bytes: bytes.count)) { ["\(file), \(bytes.count) bytes"] }
            }
        }
    }
}
