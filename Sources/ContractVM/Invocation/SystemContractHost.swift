import Chaincode
import LedgerModel

/// What the host of a system contract offers beyond `ContractHost`; obtain it with `SystemHost.of(context)`, which refuses user contracts.
package protocol SystemContractHost: ContractHost {
    /// What this node is.
    func nodeView() throws(ContractError) -> NodeView
    /// The committed value of a key in any namespace, recorded in that namespace's read set.
    func getState(_ key: StateKey, in namespace: Namespace) throws(ContractError) -> [UInt8]?
    /// SHA-256 of the committed private value of a key of this contract, or nil.
    func privateHash(of key: StateKey, collection: CollectionName) throws(ContractError) -> [UInt8]?
    /// The committed private value of a key of this contract, or nil; throws `private-data-missing` (500) where this node has only its hash.
    func getPrivate(_ key: StateKey, collection: CollectionName) throws(ContractError) -> [UInt8]?
    /// The private keys of this contract from `start` (inclusive) to `end` (exclusive) that this node has in the clear; nothing is recorded.
    func privateKeys(from start: StateKey, to end: StateKey, collection: CollectionName) throws(ContractError) -> [StateKey]
    /// Puts a private key of this contract; only hashes reach the ledger. Empty bytes delete.
    func putPrivate(_ value: [UInt8], at key: StateKey, collection: CollectionName) throws(ContractError)
}

/// The door of the node's own contracts to their node.
package enum SystemHost {
    /// The host of a system contract; throws `host-unsuitable` (500) for any other.
    package static func of(_ context: Context) throws(ContractError) -> any SystemContractHost {
        guard let host = context.host as? InvocationHost, host.isSystem else {
            throw .failure("host-unsuitable", "this contract runs only as a contract of the node itself; install it as one")
        }
        return host
    }
}

extension InvocationHost: SystemContractHost {
    func nodeView() throws(ContractError) -> NodeView {
        guard let node = session.node else {
            throw .failure("node-unknown", "the call was made without a node behind it; send it to a peer")
        }
        return node
    }

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

    func getPrivate(_ key: StateKey, collection: CollectionName) throws(ContractError) -> [UInt8]? {
        try beginRead(key.text)
        do throws(SimulationError) {
            return try session.simulator.privateValue(of: key, collection: collection, in: namespace)
        } catch {
            throw contractError(error)
        }
    }

    func privateKeys(from start: StateKey, to end: StateKey, collection: CollectionName) throws(ContractError) -> [StateKey] {
        session.note(.privateData)
        var keys: [StateKey] = []
        do throws(SimulationError) {
            guard let scan = try session.simulator.privateKeys(from: start, to: end, collection: collection, in: namespace) else { return [] }
            while let entry = try next(scan) {
                try? session.meter.charge(.rangeResults)
                if session.meter.exceeded != nil { break }
                keys.append(entry)
            }
        } catch {
            throw contractError(error)
        }
        try session.meter.checkTime()
        return keys
    }

    func putPrivate(_ value: [UInt8], at key: StateKey, collection: CollectionName) throws(ContractError) {
        try beginWrite(key.text, value)
        do throws(SimulationError) {
            try session.simulator.putPrivate(value, at: key, collection: collection, in: namespace)
        } catch {
            throw contractError(error)
        }
    }

    private func next(_ scan: any StateScan) throws(SimulationError) -> StateKey? {
        do throws(StateReadError) {
            return try scan.next()?.key
        } catch {
            throw .state(error)
        }
    }
}
