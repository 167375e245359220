import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// Random chains of conflicting transactions: the validator must agree with `SerialModel` on every code and on the state.
@Suite struct SerialEquivalenceTests {
    private static let keys = ["a/1", "a/2", "a/3", "a/4", "b/1", "b/2", "b/3"]

    private typealias Validation = (OrderedBlock, MemoryState) async throws -> ValidatedBlock

    private let channel: TestChannel
    private let initial: MemoryState

    init() throws {
        self.channel = try TestChannel()
        self.initial = try TestChannel.state([
            ("a", "AND('Org1MSP.peer','Org2MSP.peer')"), ("b", "OR('Org1MSP.peer','Org2MSP.peer')"),
        ])
    }

    private func address(_ key: String) -> (Namespace, StateKey) {
        (Namespace(String(key.prefix(1))), StateKey(String(key.dropFirst(2))))
    }

    private func version(_ text: String) throws -> StateVersion {
        let parts = text.split(separator: ":").compactMap { UInt64($0) }
        return StateVersion(block: try #require(parts.first), transaction: try #require(parts.last))
    }

    /// A random transaction that was endorsed on one of the last states.
    private func transaction(_ number: Int, seen: SerialModel, _ random: inout SeededGenerator) -> SerialModel.Transaction {
        func some(_ most: Int) -> [String] { Array(Self.keys.shuffled(using: &random).prefix(Int.random(in: 0...most, using: &random))) }
        let endorsers: [Set<Int>] = [[0, 1], [0, 1], [0, 1], [0], [1], []]
        var transaction = SerialModel.Transaction(id: "t\(number)", endorsers: endorsers.randomElement(using: &random) ?? [])
        transaction.reads = some(2).map { ($0, seen.state[$0]?.version) }
        let written = some(3)
        transaction.puts = written.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
        transaction.deletes = written.filter { !transaction.puts.contains($0) }
        if Int.random(in: 0..<4, using: &random) == 0 {
            transaction.owners = some(1).map { ($0, [0, 1, nil].randomElement(using: &random) ?? nil) }
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            let namespace = Bool.random(using: &random) ? "a" : "b"
            let (start, end) = ("\(namespace)/\(Int.random(in: 1...4, using: &random))", "\(namespace)/9")
            transaction.queries = [SerialModel.Transaction.Query(start: start, end: end, results: seen.results(from: start, to: end))]
        }
        return transaction
    }

    private func envelope(_ transaction: SerialModel.Transaction) throws -> [UInt8] {
        var draft = TestChannel.Draft(transaction.id)
        draft.endorsers = transaction.endorsers.sorted()
        let policies = try [0, 1].map { try SignaturePolicy(text: $0 == 0 ? "OR('Org1MSP.peer')" : "OR('Org2MSP.peer')").envelope() }
        for name in ["a", "b"] {
            func mine(_ key: String) -> Bool { key.hasPrefix(name) }
            var part = NamespaceReadWriteSet(namespace: Namespace(name))
            part.reads = try transaction.reads.filter { mine($0.0) }.map { KeyRead(key: self.address($0.0).1, version: try $0.1.map(self.version)) }
            part.writes = transaction.puts.filter(mine).map { KeyWrite(key: self.address($0).1, isDelete: false, value: Array($0.utf8)) }
            part.writes += transaction.deletes.filter(mine).map { KeyWrite(key: self.address($0).1, isDelete: true, value: []) }
            part.metadataWrites = transaction.owners.filter { mine($0.0) }.map { key, owner in
                let entries = owner.map { [MetadataEntry(name: MetadataEntry.validationParameter, value: policies[$0])] } ?? []
                return MetadataWrite(key: self.address(key).1, entries: entries)
            }
            part.rangeQueries = try transaction.queries.filter { mine($0.start) }.map { query in
                let reads = try query.results.map { KeyRead(key: self.address($0.0).1, version: try self.version($0.1)) }
                // The digest takes two results to begin, so that both forms are seen.
                var builder = RangeResultsBuilder(degree: 2)
                for read in reads { builder.append(read) }
                return RangeQuery(
                    start: self.address(query.start).1, end: self.address(query.end).1, isExhausted: true, results: builder.finish())
            }
            draft.readWriteSet.namespaces.append(part)
        }
        return self.channel.envelope(draft)
    }

    /// The first difference between a validation and the model over random chains; nil when there is none.
    private func difference(seed: UInt64, chains: Int, _ validate: Validation) async throws -> String? {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<chains {
            var (model, state) = (SerialModel(), self.initial)
            var past = [model]
            var sent: [SerialModel.Transaction] = []
            for number in 2..<6 {
                var transactions: [SerialModel.Transaction] = []
                for index in 0..<Int.random(in: 1...8, using: &random) {
                    let seen = past.suffix(2).randomElement(using: &random) ?? model
                    if Int.random(in: 0..<10, using: &random) == 0, let replay = (sent + transactions).randomElement(using: &random) {
                        transactions.append(replay)
                    } else {
                        transactions.append(self.transaction(number * 100 + index, seen: seen, &random))
                    }
                }
                let envelopes = try transactions.map { try self.envelope($0) }
                let block = OrderedBlock(number: BlockNumber(UInt64(number)), previousHash: [], envelopes: envelopes)
                let validated = try await validate(block, state)
                state.commit(validated)
                let expected = model.commit(block: number, transactions)
                let found = validated.codes.map { Int($0.rawValue) }
                if found != expected { return "block \(number): \(found), the model says \(expected), \(random)" }
                for key in Self.keys {
                    let (namespace, name) = self.address(key)
                    let value = state.value(at: .key(namespace, name))
                    if value.map({ "\($0.version)" }) != model.state[key]?.version { return "block \(number): version of \(key), \(random)" }
                    if value?.metadata.isEmpty == (model.state[key]?.owner != nil) { return "block \(number): policy of \(key), \(random)" }
                }
                past.append(model)
                sent += transactions
            }
        }
        return nil
    }

    private func validate(_ block: OrderedBlock, _ state: MemoryState, tasks: Int = 2) async throws -> ValidatedBlock {
        try await BlockValidator(bundle: self.channel.bundle, transactionsPerTask: tasks).validate(
            block, state: state, transactions: state, previousCommitHash: state.commitHash
        ).block
    }

    @Test func `the validator agrees with an independent serial model`() async throws {
        let difference = try await self.difference(seed: 91, chains: 60) { try await self.validate($0, $1) }
        #expect(difference == nil)
    }

    @Test func `the number of tasks changes nothing`() async throws {
        let difference = try await self.difference(seed: 92, chains: 20) { block, state in
            let serial = try await self.validate(block, state, tasks: .max)
            let parallel = try await self.validate(block, state, tasks: 1)
            #expect(serial.block == parallel.block)
            #expect(serial.updates == parallel.updates)
            #expect(serial.history == parallel.history)
            return parallel
        }
        #expect(difference == nil)
    }

    @Test func `the property finds a validator that looks at the transactions of a block in reverse`() async throws {
        let difference = try await self.difference(seed: 91, chains: 60) { block, state in
            let reversed = OrderedBlock(number: block.number, previousHash: [], envelopes: block.envelopes.reversed())
            let codes = Array(try await self.validate(reversed, state).codes.reversed())
            return try BlockEffects.derive(from: block, codes: codes, state: state, previousCommitHash: [])
        }
        #expect(difference != nil)
    }

    @Test func `the property finds a validator that checks conflicts with earlier blocks only`() async throws {
        let difference = try await self.difference(seed: 91, chains: 60) { block, state in
            var codes: [ValidationCode] = []
            for envelope in block.envelopes {
                let alone = OrderedBlock(number: block.number, previousHash: [], envelopes: [envelope])
                codes += try await self.validate(alone, state).codes
            }
            return try BlockEffects.derive(from: block, codes: codes, state: state, previousCommitHash: [])
        }
        #expect(difference != nil)
    }

    @Test func `the property finds a validator whose range scans stop one key early`() async throws {
        struct Short: StateReading {
            let state: MemoryState
            func value(at address: StateAddress) -> VersionedValue? { self.state.value(at: address) }
            func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) -> any StateScan {
                let scan = ShortScan(self.state.scan(namespace, from: start, to: end))
                return scan
            }
        }
        let difference = try await self.difference(seed: 91, chains: 60) { block, state in
            try await BlockValidator(bundle: self.channel.bundle).validate(
                block, state: Short(state: state), transactions: state, previousCommitHash: state.commitHash
            ).block
        }
        #expect(difference != nil)
    }
}

/// Hides the last result of another scan.
private final class ShortScan: StateScan {
    private let scan: any StateScan
    private var held: (key: StateKey, value: VersionedValue)?

    init(_ scan: any StateScan) {
        self.scan = scan
        self.held = try? scan.next()
    }

    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        guard let following = try self.scan.next() else { return nil }
        defer { self.held = following }
        return self.held
    }
}
