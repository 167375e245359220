import Chaincode
import LedgerModel

/// What the host of a system contract offers beyond `ContractHost`; obtain it with `context.host as? any SystemContractHost`.
package protocol SystemContractHost: ContractHost {
    /// The committed value of a key in any namespace, recorded in that namespace's read set.
    func getState(_ key: StateKey, in namespace: Namespace) throws(ContractError) -> [UInt8]?
    /// SHA-256 of the committed private value of a key of this contract, or nil.
    func privateHash(of key: StateKey, collection: CollectionName) throws(ContractError) -> [UInt8]?
    /// Puts a private key of this contract; only hashes reach the ledger. Empty bytes delete.
    func putPrivate(_ value: [UInt8], at key: StateKey, collection: CollectionName) throws(ContractError)
}

extension InvocationHost: SystemContractHost {
    func getState(_ key: StateKey, in namespace: Namespace) throws(ContractError) -> [UInt8]? {
        try beginRead(key.text)
        do throws(SimulationError) {
            return try session.simulator.value(of: key, in: namespace)?.value
        } catch {
            throw contractError(error)
        }
    }

    func privateHash(of key: StateKey, collection: CollectionName) throws(ContractError) -> [UInt8]? {
        try beginRead(key.text)
        do throws(SimulationError) {
            return try session.simulator.privateHash(of: key, collection: collection, in: namespace)
        } catch {
            throw contractError(error)
        }
    }

    func putPrivate(_ value: [UInt8], at key: StateKey, collection: CollectionName) throws(ContractError) {
        try beginWrite(key.text, value)
        do throws(SimulationError) {
            try session.simulator.putPrivate(value, at: key, collection: collection, in: namespace)
        } catch {
            throw contractError(error)
        }
    }
}
