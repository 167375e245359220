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
    package static func catalogue(
        contracts: [any Contract] = MedicalContracts.all, packages: (any ChaincodePackageKeeping)? = nil
    ) -> ContractCatalogue {
        var catalogue = ContractCatalogue(contracts)
        for contract in Self.all(packages: packages) {
            // Those that look at more than the state of the channel would give every endorser another answer.
            catalogue.addSystem(contract, isCallableFromContracts: contract is LifecycleContract)
        }
        return catalogue
    }

    /// The contracts of the node itself.
    package static func all(packages: (any ChaincodePackageKeeping)? = nil) -> [any Contract] {
        [LifecycleContract(packages: packages), LedgerQueryContract(), ChannelConfigurationContract()]
    }
}
