import Chaincode
import LedgerModel

/// The code that a node can run, by name; fixed once the node has started.
package struct ContractCatalogue: Sendable {
    /// A contract that belongs to the node itself: it needs no definition on the channel.
    package struct SystemContract: Sendable {
        let runtime: any ContractRuntime
        let isCallableFromContracts: Bool

        /// - Parameter isCallableFromContracts: False for those that look at more than the state of the channel, such as `qscc` and `cscc`.
        package init(_ runtime: any ContractRuntime, isCallableFromContracts: Bool = true) {
            self.runtime = runtime
            self.isCallableFromContracts = isCallableFromContracts
        }
    }

    private var userContracts: [Namespace: any ContractRuntime]
    private var systemContracts: [Namespace: SystemContract]
    /// Where contracts are found that are not compiled in; nil on a node that runs none.
    package var packages: (any PackageRuntimes)?

    package init(userContracts: [Namespace: any ContractRuntime] = [:], systemContracts: [Namespace: SystemContract] = [:]) {
        self.userContracts = userContracts
        self.systemContracts = systemContracts
    }

    /// A catalogue of native contracts, each under its own name.
    package init(_ contracts: [any Contract]) {
        self.init()
        for contract in contracts {
            add(contract)
        }
    }

    /// Adds a native contract under its own or another name; a system contract of that name would hide it.
    package mutating func add(_ contract: any Contract, as name: Namespace? = nil) {
        userContracts[name ?? Namespace(contract.name)] = NativeRuntime(contract: contract)
    }

    /// Adds a runtime, which replaces another of the same name.
    package mutating func add(_ runtime: any ContractRuntime, as name: Namespace) {
        userContracts[name] = runtime
    }

    /// Adds a contract of the node itself.
    package mutating func addSystem(_ contract: any Contract, isCallableFromContracts: Bool = true) {
        systemContracts[Namespace(contract.name)] = SystemContract(
            NativeRuntime(contract: contract), isCallableFromContracts: isCallableFromContracts)
    }

    /// Whether the name belongs to the node itself.
    package func isSystem(_ name: Namespace) -> Bool {
        systemContracts[name] != nil
    }

    /// The names of the user contracts, sorted.
    package var userContractNames: [Namespace] {
        userContracts.keys.sorted()
    }

    func userRuntime(_ name: Namespace) -> (any ContractRuntime)? {
        userContracts[name]
    }

    func systemContract(_ name: Namespace) -> SystemContract? {
        systemContracts[name]
    }
}
