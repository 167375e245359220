import Chaincode
import ContractVM
import LedgerModel

/// The contracts that come with a node.
package enum SystemContracts {
    /// The code that a node can run: the contracts of the node itself, and the given user contracts.
    ///
    /// - Parameters:
    ///   - contracts: User contracts that are compiled in; each still needs a committed definition on a channel.
    ///   - packages: Where the node keeps chaincode packages; nil on one that keeps none, such as an auditor.
    ///   - channels: What the node has joined; nil on one that serves a single channel.
    ///   - runtime: What runs an installed package, by its id; nil on a node that runs compiled-in contracts only.
    package static func catalogue(
        contracts: [any Contract] = MedicalContracts.all, packages: (any ChaincodePackageKeeping)? = nil,
        channels: (any ChannelKeeping)? = nil, runtime: (@Sendable (_ packageID: String) -> (any ProcessRuntime)?)? = nil
    ) -> ContractCatalogue {
        var catalogue = ContractCatalogue(contracts)
        if let runtime { catalogue.packages = ApprovedPackages(runtime) }
        for contract in Self.all(packages: packages, channels: channels) {
            // Those that look at more than the state of the channel would give every endorser another answer.
            catalogue.addSystem(contract, isCallableFromContracts: contract is LifecycleContract)
        }
        return catalogue
    }

    /// The contracts of the node itself.
    package static func all(packages: (any ChaincodePackageKeeping)? = nil, channels: (any ChannelKeeping)? = nil) -> [any Contract] {
        [LifecycleContract(packages: packages), LedgerQueryContract(), ChannelConfigurationContract(channels: channels)]
    }
}
