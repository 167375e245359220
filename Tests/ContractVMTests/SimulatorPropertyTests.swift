import Chaincode
import ContractVM
import LedgerModel
import Synchronization
import TestSupport
import Testing

/// Random programs: the simulator's bytes must be those of the naive model.
@Suite struct SimulatorPropertyTests {
    /// How many of the programs give other bytes than the model.
    private func mismatches(seed: UInt64, programs: Int, showsOwnWrites: Bool = false) throws -> (count: Int, seed: String) {
        var random = SeededGenerator(seed: seed)
        var count = 0
        for _ in 0..<programs {
            let entries = Self.committed(&random)
            let program = (0..<Int.random(in: 0...12, using: &random)).map { _ in Self.step(&random) }
            let model = NaiveModel(committed: entries)
            var expected: [UInt8] = []
            if let set = model.readWriteSet(of: program) {
                expected = NaiveModel.field(2, NaiveModel.field(1, Array("probe".utf8)) + NaiveModel.field(2, set))
            }
            if try Self.run(program, on: entries, showsOwnWrites: showsOwnWrites) != expected { count += 1 }
        }
        return (count, "\(random)")
    }

    @Test func `random programs give the bytes of the naive model`() throws {
        let result = try mismatches(seed: 20_31, programs: 400)
        #expect(result.count == 0, "\(result.seed)")
    }

    @Test func `the check finds a simulator that shows a transaction its own writes`() throws {
        let result = try mismatches(seed: 20_32, programs: 200, showsOwnWrites: true)
        #expect(result.count > 0, "\(result.seed)")
    }

    // MARK: Programs

    private static func key(_ random: inout SeededGenerator) -> String {
        let number = Int.random(in: 0..<320, using: &random)
        return ["k", "\u{E9}", "\u{10000}"][number % 3] + String(number)
    }

    private static func committed(_ random: inout SeededGenerator) -> [NaiveModel.Entry] {
        var entries: [NaiveModel.Entry] = []
        var keys: Set<String> = []
        for _ in 0..<[0, 5, 60, 120, 700].randomElement(using: &random, or: 5) {
            let key = key(&random)
            guard keys.insert(key).inserted else { continue }
            entries.append(
                .init(key: key, block: UInt64.random(in: 0...300, using: &random), transaction: UInt64.random(in: 0...3, using: &random)))
        }
        return entries
    }

    private static func step(_ random: inout SeededGenerator) -> Step {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...2: return .get(key(&random))
        case 3...5: return .put(key(&random), random.bytes(count: Int.random(in: 0...3, using: &random)))
        case 6: return .delete(key(&random))
        case 7: return .getPolicy(key(&random))
        case 8: return .setPolicy(key(&random), random.bytes(count: Int.random(in: 0...3, using: &random)))
        default:
            let bounds = [("", ""), ("k", "l"), ("", "k2"), ("k2", ""), ("z", "a"), (key(&random), key(&random))]
            let (start, end) = bounds.randomElement(using: &random, or: ("", ""))
            return .range(start, end, [0, 1, 50, 100, 101, 200, 201, 1000].randomElement(using: &random, or: 0))
        }
    }

    private static func run(_ program: [Step], on entries: [NaiveModel.Entry], showsOwnWrites: Bool) throws -> [UInt8] {
        var committed = InMemoryState()
        committed.apply(
            entries.map { entry in
                StateUpdate(
                    address: .key("probe", StateKey(entry.key)), change: .put(value: [1], metadata: []),
                    version: StateVersion(block: entry.block, transaction: entry.transaction))
            })
        let state = LeakyState(committed)
        let probe = Probe { (context) throws(ContractError) in
            for step in program {
                switch step {
                case .get(let key): _ = try context.getState(key)
                case .put(let key, let value):
                    try context.putState(key, value)
                    if showsOwnWrites { state.leak(key, value) }
                case .delete(let key):
                    try context.deleteState(key)
                    if showsOwnWrites { state.leak(key, []) }
                case .range(let start, let end, let take):
                    let iterator = try context.stateRange(from: start, to: end)
                    for _ in 0..<take where try iterator.next() == nil { break }
                case .getPolicy(let key): _ = try context.validationParameter(of: key)
                case .setPolicy(let key, let value): try context.setValidationParameter(of: key, value)
                }
            }
            return []
        }
        let machine = ContractMachine(catalogue: ContractCatalogue(systemContracts: ["probe": .init(NativeRuntime(contract: probe))]), now: { 0 })
        let invocation = Invocation(
            channel: "c", transaction: "t", chaincode: "probe", arguments: [Array("run".utf8)], caller: alice, timestamp: Timestamp(seconds: 1))
        let result = try machine.invoke(invocation, state: state)
        #expect(result.response.status == 200)
        return result.readWriteSet.serialized()
    }
}

/// The planted fault: a state that can be told of writes before they are committed.
private final class LeakyState: StateReading {
    private let state: Mutex<InMemoryState>

    init(_ state: InMemoryState) {
        self.state = Mutex(state)
    }

    func leak(_ key: String, _ value: [UInt8]) {
        let address = StateAddress.key("probe", StateKey(key))
        let change = value.isEmpty ? StateUpdate.Change.delete : .put(value: value, metadata: [])
        state.withLock { $0.apply([StateUpdate(address: address, change: change, version: StateVersion(block: 999, transaction: 0))]) }
    }

    func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        try state.withLock { $0 }.value(at: address)
    }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        try state.withLock { $0 }.scan(namespace, from: start, to: end)
    }
}

extension Array {
    fileprivate func randomElement(using random: inout SeededGenerator, or fallback: Element) -> Element {
        randomElement(using: &random) ?? fallback
    }
}
