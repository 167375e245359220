import Chaincode
import LedgerModel

/// Runs a contract that lives in a process of its own and asks for its state over a connection.
package protocol ProcessRuntime: Sendable {
    /// Runs one call; it may wait for the process, so the calling thread must be one that can be spared.
    ///
    /// - Throws: `ProcessFailure` when the process gave no result. The transaction then has none either, whatever was written before.
    func run(_ host: any ProcessHost) throws(ProcessFailure) -> Response
}

/// That a contract's process gave no result, in the words of Fabric's peers.
package struct ProcessFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}

/// Finds what runs contracts that are not compiled in: the packages that were installed on a node.
package protocol PackageRuntimes: Sendable {
    /// The runtime of a committed definition under a name that no compiled-in contract has.
    ///
    /// - Parameter state: The snapshot on which the transaction runs. What is read here is not part of its read set, as in Fabric's peers.
    /// - Throws: `.notApproved` when the node's organisation has not approved this definition, `.notInstalled` when it has and the package is
    ///   missing here.
    func runtime(
        of definition: ChaincodeDefinition, node: NodeView, state: any StateReading
    ) throws(InvocationError) -> any ProcessRuntime
}

/// What a running contract in another process can ask for, beyond what those that are compiled in can.
package protocol ProcessHost: ContractHost {
    /// Whether this call initialises the contract.
    var isInit: Bool { get }
    /// The proposal as its client signed it; nil where there is none, as in tests of contracts.
    var proposal: SignedProposal? { get }
    /// The organisation of the node; nil without a node.
    var organization: MSPID? { get }
    /// What is left of the time limit, in nanoseconds.
    var remainingNanoseconds: UInt64 { get }

    /// All metadata of a key.
    func metadata(of key: String) throws(ContractError) -> [MetadataEntry]
    /// Replaces all metadata of a key.
    func setMetadata(_ entries: [MetadataEntry], of key: String) throws(ContractError)
    /// Whether the contract's definition has a collection. Fabric's peers look before each access to one, and so the definition enters the read set.
    func hasCollection(_ collection: CollectionName) throws(ContractError) -> Bool
    /// SHA-256 of the committed private value of a key, or nil.
    func privateHash(of key: StateKey, collection: CollectionName) throws(ContractError) -> [UInt8]?
    /// The committed private value of a key, or nil; throws `private-data-missing` (500) where this node has only its hash.
    func getPrivate(_ key: StateKey, collection: CollectionName) throws(ContractError) -> [UInt8]?
    /// Puts a private key; only hashes reach the ledger. Empty bytes delete.
    func putPrivate(_ value: [UInt8], at key: StateKey, collection: CollectionName) throws(ContractError)
    /// The private entries from `start` (inclusive) to `end` (exclusive; empty: to the end) that this node has in the clear; nothing is recorded.
    func privateEntries(from start: String, to end: String, collection: CollectionName) throws(ContractError) -> [StateEntry]
}

extension InvocationHost: ProcessHost {
    var proposal: SignedProposal? { session.invocation.proposal }
    var organization: MSPID? { session.node?.organization }
    var remainingNanoseconds: UInt64 { session.meter.remainingNanoseconds }

    func metadata(of key: String) throws(ContractError) -> [MetadataEntry] {
        try beginRead(key)
        do throws(SimulationError) {
            return try session.simulator.metadata(of: StateKey(key), in: namespace)
        } catch {
            throw contractError(error)
        }
    }

    func setMetadata(_ entries: [MetadataEntry], of key: String) throws(ContractError) {
        try beginWrite(key, entries.flatMap(\.value))
        do throws(SimulationError) {
            try session.simulator.setMetadata(entries, of: StateKey(key), in: namespace)
        } catch {
            throw contractError(error)
        }
    }

    func hasCollection(_ collection: CollectionName) throws(ContractError) -> Bool {
        try session.meter.checkTime()
        var stored: [UInt8] = []
        do throws(SimulationError) {
            let place = ChaincodeDefinitionFormat.fieldKey(namespace, "Collections")
            for key in ChaincodeDefinitionFormat.keys(namespace) {
                let value = try session.simulator.value(of: key, in: ChaincodeDefinition.lifecycleNamespace)?.value
                if key == place { stored = value ?? [] }
            }
        } catch {
            throw contractError(error)
        }
        if let owner = collection.implicitOwner {
            // Without a node nobody says which organisations there are.
            return session.node?.applicationOrganizations.contains(owner) ?? true
        }
        return (try? ChaincodeDefinitionFormat.collectionNames(stored))?.contains(collection) ?? false
    }

    func privateEntries(from start: String, to end: String, collection: CollectionName) throws(ContractError) -> [StateEntry] {
        session.note(.privateData)
        try beginRange(start, end)
        var entries: [StateEntry] = []
        do throws(SimulationError) {
            let end = StateKey(end)
            guard
                let scan = try session.simulator.privateKeys(
                    from: StateKey(start), to: end.isEmpty ? nil : end, collection: collection, in: namespace)
            else { return [] }
            while session.meter.exceeded == nil, let entry = try nextEntry(scan) {
                try? session.meter.charge(.rangeResults)
                entries.append(entry)
            }
        } catch {
            throw contractError(error)
        }
        try session.meter.checkTime()
        return entries
    }

    private func nextEntry(_ scan: any StateScan) throws(SimulationError) -> StateEntry? {
        do throws(StateReadError) {
            return try scan.next().map { StateEntry(key: $0.key.text, value: $0.value.value) }
        } catch {
            throw .state(error)
        }
    }
}
