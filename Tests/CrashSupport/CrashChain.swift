import Ledger
import LedgerModel

/// A chain of blocks that follows from a seed, so that one process can write it and another one knows what has to be there.
///
/// Its blocks put, change and delete keys, set metadata, write hashes of private data, and hold transactions with every kind of verdict
/// that the ledger treats in a way of its own: valid, invalid, invalid with the id of another one.
package struct CrashChain {
    /// How large the values are.
    package enum Size: Sendable {
        /// Some hundred bytes a block: for tests that go over every byte.
        case small
        /// Some kilobytes a block: more than a sector, and enough to fill segments and LevelDB's buffer.
        case large
    }

    package let seed: UInt64
    private let size: Size
    private var choices: SeededChoices
    private let state = WorldState(store: InMemoryStore())
    private var last: ValidatedBlock?
    private var ids: [TransactionID] = []

    package init(seed: UInt64, size: Size = .large) {
        self.seed = seed
        self.size = size
        self.choices = SeededChoices(seed: seed)
    }

    /// The first blocks of the chain of a seed.
    package static func blocks(_ count: Int, seed: UInt64, size: Size = .large) throws -> [ValidatedBlock] {
        var chain = CrashChain(seed: seed, size: size)
        return try (0..<count).map { _ in try chain.next() }
    }

    /// Makes the next block.
    package mutating func next() throws -> ValidatedBlock {
        let number = (self.last?.block.number.rawValue).map { $0 + 1 } ?? 0
        var envelopes: [[UInt8]] = []
        var codes: [ValidationCode] = []
        if number == 0 {
            envelopes.append(self.envelope(id: "genesis", kind: .config, ReadWriteSet()))
            codes.append(.valid)
        } else {
            for index in 0..<Int.random(in: 1...5, using: &self.choices) {
                var id = TransactionID("tx-\(number)-\(index)")
                var code = ValidationCode.valid
                switch Int.random(in: 0..<10, using: &self.choices) {
                case 0: code = .mvccReadConflict
                case 1:
                    code = .duplicateTransactionID
                    id = self.ids.randomElement(using: &self.choices) ?? id
                case 2: code = .endorsementPolicyFailure
                default: self.ids.append(id)
                }
                envelopes.append(self.envelope(id: id, kind: .endorserTransaction, self.readWriteSet()))
                codes.append(code)
            }
        }
        let block = OrderedBlock(number: BlockNumber(number), previousHash: self.last?.block.headerHash ?? [], envelopes: envelopes)
        let validated = try BlockEffects.derive(
            from: block, codes: codes, state: self.state.snapshot(), previousCommitHash: self.last?.commitHash ?? [])
        try self.state.apply(validated.updates)
        self.last = validated
        return validated
    }

    private mutating func readWriteSet() -> ReadWriteSet {
        ReadWriteSet(namespaces: ["records", "registry"].map { self.writes(in: $0) })
    }

    private mutating func writes(in namespace: Namespace) -> NamespaceReadWriteSet {
        var keys: Set<Int> = []
        for _ in 0..<Int.random(in: 0...4, using: &self.choices) { keys.insert(Int.random(in: 0..<40, using: &self.choices)) }
        let writes = keys.sorted().map { number in
            let isDelete = Int.random(in: 0..<6, using: &self.choices) == 0
            return KeyWrite(key: Self.key(number), isDelete: isDelete, value: isDelete ? [] : self.value())
        }
        var metadata: [MetadataWrite] = []
        if Int.random(in: 0..<3, using: &self.choices) == 0 {
            let entries = [MetadataEntry(name: MetadataEntry.validationParameter, value: self.choices.bytes(count: 20))]
            metadata.append(MetadataWrite(key: Self.key(Int.random(in: 0..<40, using: &self.choices)), entries: entries))
        }
        var collections: [CollectionReadWriteSet] = []
        if Int.random(in: 0..<3, using: &self.choices) == 0 {
            let write = CollectionReadWriteSet.HashedWrite(
                keyHash: [UInt8.random(in: 0..<8, using: &self.choices)], isDelete: Bool.random(using: &self.choices),
                valueHash: self.choices.bytes(count: 32), isPurge: false)
            collections.append(CollectionReadWriteSet(collection: "private", writes: [write]))
        }
        return NamespaceReadWriteSet(namespace: namespace, writes: writes, metadataWrites: metadata, collections: collections)
    }

    /// The keys that the chain writes.
    package static func key(_ number: Int) -> StateKey { StateKey("key-\(number)") }

    private mutating func value() -> [UInt8] {
        let count =
            switch self.size {
            case .small: Int.random(in: 0...12, using: &self.choices)
            case .large: Int.random(in: 0...900, using: &self.choices)
            }
        return self.choices.bytes(count: count)
    }

    private func envelope(id: TransactionID, kind: ChannelHeader.Kind, _ readWriteSet: ReadWriteSet) -> [UInt8] {
        let action = ChaincodeAction(
            results: readWriteSet.serialized(), events: [], response: ChaincodeResponse(status: 200), chaincode: "records", chaincodeVersion: "1")
        let body = EndorserTransaction(
            signatureHeaderBytes: [], proposalPayloadBytes: [],
            responsePayloadBytes: ProposalResponsePayload(proposalHash: [], actionBytes: action.serialized()).serialized(), endorsements: [])
        let header = ChannelHeader(kind: kind, timestamp: Timestamp(seconds: Int64(self.ids.count)), channelID: "crash", transactionID: id)
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: [1], nonce: [2]).serialized(),
            data: kind == .config ? Array("configuration".utf8) : body.serialized())
        return Envelope(payload: payload.serialized(), signature: [0]).serialized()
    }
}
