import Ledger
import LedgerModel

/// Makes small chains of blocks whose transactions have given write sets and verdicts.
struct SampleChain {
    /// One transaction to be.
    struct Transaction {
        var id: TransactionID
        var readWriteSet: ReadWriteSet
        var code: ValidationCode = .valid
        var kind: ChannelHeader.Kind = .endorserTransaction
        /// Seconds.
        var time: Int64 = 0
    }

    private let state = WorldState(store: InMemoryStore())
    private(set) var blocks: [ValidatedBlock] = []

    /// Makes the next block.
    @discardableResult
    mutating func add(_ transactions: [Transaction]) throws -> ValidatedBlock {
        let block = OrderedBlock(
            number: BlockNumber(UInt64(self.blocks.count)), previousHash: self.blocks.last?.block.headerHash ?? [],
            envelopes: transactions.map(Self.envelope))
        let validated = try BlockEffects.derive(
            from: block, codes: transactions.map(\.code), state: self.state.snapshot(), previousCommitHash: self.blocks.last?.commitHash ?? [])
        try self.state.apply(validated.updates)
        self.blocks.append(validated)
        return validated
    }

    /// A chain in which keys are put, changed, given metadata and deleted, in blocks with valid and invalid transactions.
    static func eventful() throws -> SampleChain {
        var chain = SampleChain()
        try chain.add([Transaction(id: "t0", readWriteSet: Self.writes([]), kind: .config)])
        try chain.add([
            Transaction(id: "t1", readWriteSet: Self.writes([("a", "1"), ("b", "1")]), time: 10),
            Transaction(id: "t2", readWriteSet: Self.writes([("a", "stale")]), code: .mvccReadConflict),
            Transaction(id: "t3", readWriteSet: Self.writes([("b", "2")]), time: 11),
        ])
        try chain.add([Transaction(id: "t4", readWriteSet: Self.metadata("a", "policy"))])
        try chain.add([
            Transaction(id: "t5", readWriteSet: Self.writes([("a", nil), ("c", "3")]), time: 12),
            Transaction(id: "t1", readWriteSet: Self.writes([("a", "again")]), code: .duplicateTransactionID),
        ])
        try chain.add([Transaction(id: "t6", readWriteSet: Self.hashed("secret", [9, 9]))])
        return chain
    }

    /// Writes in namespace "cc"; nil deletes.
    static func writes(_ writes: [(key: String, value: String?)]) -> ReadWriteSet {
        let writes = writes.map { KeyWrite(key: StateKey($0.key), isDelete: $0.value == nil, value: Array(($0.value ?? "").utf8)) }
        return ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: "cc", writes: writes)])
    }

    static func metadata(_ key: String, _ value: String) -> ReadWriteSet {
        let entries = [MetadataEntry(name: MetadataEntry.validationParameter, value: Array(value.utf8))]
        return ReadWriteSet(
            namespaces: [NamespaceReadWriteSet(namespace: "cc", metadataWrites: [MetadataWrite(key: StateKey(key), entries: entries)])])
    }

    static func hashed(_ collection: String, _ keyHash: [UInt8]) -> ReadWriteSet {
        let write = CollectionReadWriteSet.HashedWrite(keyHash: keyHash, isDelete: false, valueHash: [1, 2], isPurge: false)
        let collection = CollectionReadWriteSet(collection: CollectionName(collection), writes: [write])
        return ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: "cc", collections: [collection])])
    }

    private static func envelope(_ transaction: Transaction) -> [UInt8] {
        let action = ChaincodeAction(
            results: transaction.readWriteSet.serialized(), events: [], response: ChaincodeResponse(status: 200), chaincode: "cc",
            chaincodeVersion: "1")
        let body = EndorserTransaction(
            signatureHeaderBytes: [], proposalPayloadBytes: [],
            responsePayloadBytes: ProposalResponsePayload(proposalHash: [], actionBytes: action.serialized()).serialized(), endorsements: [])
        let header = ChannelHeader(
            kind: transaction.kind, timestamp: Timestamp(seconds: transaction.time), channelID: "ch", transactionID: transaction.id)
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: [1], nonce: [2]).serialized(),
            data: transaction.kind == .config ? Array("configuration".utf8) : body.serialized())
        return Envelope(payload: payload.serialized(), signature: [0]).serialized()
    }
}
