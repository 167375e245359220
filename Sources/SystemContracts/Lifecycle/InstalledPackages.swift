import Chaincode
import FabricMessages
import LedgerModel

/// The functions of `_lifecycle` about the packages of one node; nothing of them reaches the ledger.
struct InstalledPackages: Sendable {
    let store: (any ChaincodePackageKeeping)?

    /// `InstallChaincode`.
    @Sendable func install(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let arguments = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_InstallChaincodeArgs.decode(argument, as: "arguments of _lifecycle")
        }
        let package = try kept { (store) throws(ChaincodePackageError) -> ChaincodePackage in
            let package = try ChaincodePackage(arguments.chaincodeInstallPackage.byteArray)
            guard try store.packageIDs().count < Limits.installedPackages else {
                throw .store(reason: "it keeps \(Limits.installedPackages) packages, which is the limit")
            }
            try store.keep(package)
            return package
        }
        var result = Lifecycle_InstallChaincodeResult()
        result.packageID = package.id
        result.label = package.label
        return result.encoded()
    }

    /// `QueryInstalledChaincode`; 404 for an unknown package.
    @Sendable func query(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let arguments = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_QueryInstalledChaincodeArgs.decode(argument, as: "arguments of _lifecycle")
        }
        _ = try package(arguments.packageID)
        var result = Lifecycle_QueryInstalledChaincodeResult()
        result.packageID = arguments.packageID
        result.label = Self.label(arguments.packageID)
        for (channel, users) in try users(of: arguments.packageID, context) {
            var references = Lifecycle_QueryInstalledChaincodeResult.References()
            references.chaincodes = users.map { user in
                var chaincode = Lifecycle_QueryInstalledChaincodeResult.Chaincode()
                chaincode.name = user.name.text
                chaincode.version = user.version
                return chaincode
            }
            result.references[channel.text] = references
        }
        return result.encoded()
    }

    /// `QueryInstalledChaincodes`.
    @Sendable func queryAll(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        _ = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_QueryInstalledChaincodesArgs.decode(argument, as: "arguments of _lifecycle")
        }
        var result = Lifecycle_QueryInstalledChaincodesResult()
        for id in try kept({ (store) throws(ChaincodePackageError) in try store.packageIDs() }) {
            var installed = Lifecycle_QueryInstalledChaincodesResult.InstalledChaincode()
            installed.packageID = id
            installed.label = Self.label(id)
            for (channel, users) in try users(of: id, context) {
                var references = Lifecycle_QueryInstalledChaincodesResult.References()
                references.chaincodes = users.map { user in
                    var chaincode = Lifecycle_QueryInstalledChaincodesResult.Chaincode()
                    chaincode.name = user.name.text
                    chaincode.version = user.version
                    return chaincode
                }
                installed.references[channel.text] = references
            }
            result.installedChaincodes.append(installed)
        }
        return result.encoded()
    }

    /// `GetInstalledChaincodePackage`; 404 for an unknown package.
    @Sendable func get(_ context: Context, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let arguments = try DefinitionArguments.read { () throws(MessageError) in
            try Lifecycle_GetInstalledChaincodePackageArgs.decode(argument, as: "arguments of _lifecycle")
        }
        var result = Lifecycle_GetInstalledChaincodePackageResult()
        result.chaincodeInstallPackage = try package(arguments.packageID).data
        return result.encoded()
    }

    private func package(_ id: String) throws(ContractError) -> [UInt8] {
        guard let package = try kept({ (store) throws(ChaincodePackageError) in try store.package(id) }) else {
            throw .notFound("not-installed", "could not find chaincode with this package id; list the installed packages")
        }
        return package
    }

    /// The committed chaincodes that the node's organisation runs with a package, by name; none while the channel uses it nowhere.
    private func users(of id: String, _ context: Context) throws(ContractError) -> [(channel: ChannelID, users: [ChaincodeDefinition])] {
        let approvals = try Approvals(context)
        var users: [ChaincodeDefinition] = []
        for definition in try CommittedDefinitions.all(context) {
            do throws(ContractError) {
                guard let approved = try approvals.packageID(definition.name, sequence: definition.sequence) else { continue }
                if sameBytes(approved, id) { users.append(definition) }
            } catch {
                // An approval that another node of the organisation endorsed is not seen here.
                guard sameBytes(error.code, "private-data-missing") else { throw error }
            }
        }
        return users.isEmpty ? [] : [(approvals.node.channel, users)]
    }

    private static func label(_ id: String) -> String {
        String(decoding: id.utf8.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    }

    /// Throws `no-packages`, `invalid-package` or `package-store` (500).
    private func kept<Result>(_ use: (any ChaincodePackageKeeping) throws(ChaincodePackageError) -> Result) throws(ContractError) -> Result {
        guard let store else {
            throw .failure("no-packages", "this node keeps no chaincode packages; its contracts are compiled in")
        }
        do throws(ChaincodePackageError) {
            return try use(store)
        } catch {
            switch error {
            case .store: throw .failure("package-store", error.description)
            case .alreadyInstalled: throw .failure("already-installed", error.description)
            default: throw .failure("invalid-package", error.description)
            }
        }
    }
}
