import Chaincode
import ContractVM
import LedgerModel

/// The contracts that come with a node.
package enum SystemContracts {
    /// The code that a node can run: the lifecycle as a system contract, and the given user contracts.
    ///
    /// - Parameters:
    ///   - approvals: What the organisation of this node has approved; an auditor who runs transactions again passes `ApproveAll`.
    ///   - contracts: User contracts that are compiled in; each still needs a committed definition on a channel.
    package static func catalogue(
        approvals: any ApprovalReading, contracts: [any Contract] = MedicalContracts.all
    ) -> ContractCatalogue {
        var catalogue = ContractCatalogue(contracts)
        catalogue.addSystem(LifecycleContract(approvals: approvals))
        return catalogue
    }
}
