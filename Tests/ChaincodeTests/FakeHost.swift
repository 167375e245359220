import Chaincode

/// The simplest host: a dictionary, no rules, no limits.
final class FakeHost: ContractHost {
    var transactionID = "t1"
    var channelID = "c1"
    var chaincodeName = "notebook"
    var timestamp = TransactionTime(seconds: 1)
    var arguments: [[UInt8]]
    var caller = Caller(mspID: "Org1MSP", commonName: "alice", attributes: [.init(name: "role", value: "doctor")])
    var state: [String: [UInt8]] = [:]
    var writes: [String] = []
    var ranges: [(String, String)] = []

    init(_ arguments: String...) {
        self.arguments = arguments.map { Array($0.utf8) }
    }

    func transient(_ name: String) throws(ContractError) -> [UInt8]? { nil }
    func getState(_ key: String) throws(ContractError) -> [UInt8]? { state[key] }

    func putState(_ key: String, _ value: [UInt8]) throws(ContractError) {
        writes.append(key)
        state[key] = value.isEmpty ? nil : value
    }

    func deleteState(_ key: String) throws(ContractError) {
        writes.append(key)
        state[key] = nil
    }

    func openRange(from start: String, to end: String) throws(ContractError) -> RangeBatch {
        ranges.append((start, end))
        let keys = state.keys.filter { $0 >= start && (end.isEmpty || $0 < end) }.sorted()
        let entries = keys.map { StateEntry(key: $0, value: state[$0] ?? []) }
        return RangeBatch(entries: Array(entries.prefix(2)), iterator: entries.count > 2 ? 7 : nil)
    }

    func nextBatch(of iterator: UInt32) throws(ContractError) -> RangeBatch {
        RangeBatch(entries: [StateEntry(key: "from the next batch", value: [1])], iterator: nil)
    }

    func closeRange(_ iterator: UInt32) throws(ContractError) { writes.append("closed \(iterator)") }

    func statePage(from start: String, to end: String, pageSize: Int32, bookmark: String) throws(ContractError) -> StatePage {
        StatePage(entries: [], bookmark: "")
    }

    func history(of key: String) throws(ContractError) -> [HistoryEntry] { [] }
    func historyPage(of key: String, pageSize: Int32, bookmark: String) throws(ContractError) -> KeyHistoryPage {
        KeyHistoryPage(entries: [], bookmark: "")
    }
    func setEvent(_ name: String, _ payload: [UInt8]) throws(ContractError) {}
    func invoke(chaincode: String, arguments: [[UInt8]], channel: String) throws(ContractError) -> Response { Response() }
    func validationParameter(of key: String) throws(ContractError) -> [UInt8]? { nil }
    func setValidationParameter(of key: String, _ policy: [UInt8]) throws(ContractError) {}
    func sha256(_ bytes: [UInt8]) throws(ContractError) -> [UInt8] { [] }
    func isValidSignature(_ signature: [UInt8], message: [UInt8], publicKey: [UInt8]) throws(ContractError) -> Bool { false }
}
