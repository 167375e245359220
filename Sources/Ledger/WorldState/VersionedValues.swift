import LedgerModel

/// Values of the state, in the clear or private, as the database keeps them: a key of ours, and behind it `StateValueFormat`.
extension KeyValueSnapshot {
    /// The value of a key; nil when there is none.
    ///
    /// - Parameter what: Names the value in the error that says that it is damaged.
    func versionedValue(for key: [UInt8], what: () -> String) throws(StateReadError) -> VersionedValue? {
        guard let bytes = try reading({ () throws(KeyValueError) in try self.value(for: key) }) else { return nil }
        guard let value = StateValueFormat.decode(bytes) else { throw StateReadError(reason: "\(what()) is damaged") }
        return value
    }

    /// Walks through a range of keys.
    ///
    /// - Parameters:
    ///   - stateKey: What a key of the database is in the state; nil for one that cannot be.
    ///   - what: Names an entry in the error that says that it is damaged.
    func versionedValues(
        in range: (start: [UInt8], end: [UInt8]), stateKey: @escaping ([UInt8]) -> StateKey?, what: @escaping () -> String
    ) throws(StateReadError) -> any StateScan {
        let scan = try reading { () throws(KeyValueError) in try self.scan(from: range.start, to: range.end) }
        return VersionedValueScan(scan, stateKey, what)
    }
}

private final class VersionedValueScan: StateScan {
    private let scan: any KeyValueScan
    private let stateKey: ([UInt8]) -> StateKey?
    private let what: () -> String

    init(_ scan: any KeyValueScan, _ stateKey: @escaping ([UInt8]) -> StateKey?, _ what: @escaping () -> String) {
        self.scan = scan
        self.stateKey = stateKey
        self.what = what
    }

    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        guard let entry = try reading({ () throws(KeyValueError) in try self.scan.next() }) else { return nil }
        guard let key = self.stateKey(entry.key), let value = StateValueFormat.decode(entry.value) else {
            throw StateReadError(reason: "\(self.what()) is damaged")
        }
        return (key, value)
    }
}

/// Runs database calls and reports their failure as one of reading the state.
func reading<Result>(_ calls: () throws(KeyValueError) -> Result) throws(StateReadError) -> Result {
    do { return try calls() } catch { throw StateReadError(reason: error.description) }
}
