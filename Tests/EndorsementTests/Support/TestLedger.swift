import ContractVM
import LedgerModel

/// A ledger in memory, with a list of known transactions and failures on demand.
struct TestLedger: StateReading, HistoryReading, TransactionIndexReading, BlockReading, PrivateDataReading {
    static let diaryVersion = "1.4"

    var state = InMemoryState()
    var privateData = InMemoryPrivateData()
    var known: Set<TransactionID> = []
    var indexFailure: StateReadError?
    var stateFailure: StateReadError?

    /// Defines the contracts of the tests; "ghost" is defined and installed nowhere.
    init() {
        var number: UInt64 = 0
        for name in ["diary", "status", "ghost"] as [Namespace] {
            let definition = ChaincodeDefinition(
                name: name, version: Self.diaryVersion, sequence: 1, validationParameter: ChaincodeDefinition.defaultValidationParameter)
            self.state.apply(
                ChaincodeDefinitionFormat.encode(definition).map { entry in
                    StateUpdate(
                        address: .key(ChaincodeDefinition.lifecycleNamespace, entry.key), change: .put(value: entry.value, metadata: []),
                        version: StateVersion(block: 1, transaction: number))
                })
            number += 1
        }
    }

    mutating func put(_ value: String, at key: StateKey, version: StateVersion = StateVersion(block: 2, transaction: 0)) {
        self.state.apply([
            StateUpdate(address: .key("diary", key), change: .put(value: Array(value.utf8), metadata: []), version: version)
        ])
    }

    func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        if let stateFailure { throw stateFailure }
        return try self.state.value(at: address)
    }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        if let stateFailure { throw stateFailure }
        return try self.state.scan(namespace, from: start, to: end)
    }

    func history(
        of key: StateKey, in namespace: Namespace, from start: StateVersion?, limit: Int
    ) throws(StateReadError) -> HistoryPage { HistoryPage(modifications: [], next: nil) }

    var blockCount: UInt64 { 0 }
    var lastBlockHash: [UInt8] { [] }
    func storedBlock(_ number: BlockNumber) throws(StateReadError) -> OrderedBlock? { nil }
    func blockNumber(withHash hash: [UInt8]) throws(StateReadError) -> BlockNumber? { nil }
    func storedTransaction(_ id: TransactionID) throws(StateReadError) -> StoredTransaction? { nil }

    func privateValue(
        of key: StateKey, collection: CollectionName, in namespace: Namespace
    ) throws(StateReadError) -> VersionedValue? {
        try self.privateData.privateValue(of: key, collection: collection, in: namespace)
    }

    func scanPrivate(
        _ collection: CollectionName, in namespace: Namespace, from start: StateKey, to end: StateKey?
    ) throws(StateReadError) -> any StateScan {
        try self.privateData.scanPrivate(collection, in: namespace, from: start, to: end)
    }

    func contains(_ id: TransactionID) throws(StateReadError) -> Bool {
        if let indexFailure { throw indexFailure }
        return self.known.contains(id)
    }
}
