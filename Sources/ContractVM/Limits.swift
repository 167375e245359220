/// What one invocation may use; exceeding any of these fails that transaction and nothing else.
package enum InvocationLimit: Int, CaseIterable, Sendable {
    /// Nanoseconds from the start, looked at in every call of the contract to its host.
    case time
    /// Keys read, one by one or as metadata.
    case reads
    /// Puts, deletes and metadata writes.
    case writes
    /// Bytes of one key.
    case keyBytes
    /// Bytes of one value or policy.
    case valueBytes
    /// Bytes of all values and policies written.
    case writtenBytes
    /// Results of all range queries and pages together.
    case rangeResults
    /// Range queries opened.
    case rangeQueries
    /// Entries of all histories read.
    case historyEntries
    /// Contracts running inside one another, the first included.
    case callDepth
    /// Calls to other contracts.
    case calls
    /// Bytes of the event's name and payload.
    case eventBytes
    /// Bytes of the response's payload.
    case responseBytes

    /// The name in error texts.
    package var name: String {
        switch self {
        case .time: "time in nanoseconds"
        case .reads: "reads"
        case .writes: "writes"
        case .keyBytes: "bytes of a key"
        case .valueBytes: "bytes of a value"
        case .writtenBytes: "bytes written in all"
        case .rangeResults: "results of range queries"
        case .rangeQueries: "range queries"
        case .historyEntries: "history entries"
        case .callDepth: "depth of calls between contracts"
        case .calls: "calls to other contracts"
        case .eventBytes: "bytes of the event"
        case .responseBytes: "bytes of the response"
        }
    }
}

/// The amount allowed of each `InvocationLimit`.
///
/// All endorsers of a channel should use the same amounts, otherwise one refuses what another endorses.
package struct InvocationLimits: Equatable, Sendable {
    /// Results in one batch of a range query. Fabric's peers read one more than they hand out, and that one is in the read set: never change this.
    package static let rangeBatch = 100

    private var amounts: [Int]

    /// 30 seconds and generous amounts for all others.
    package static let standard: InvocationLimits = {
        var limits = InvocationLimits(amounts: Array(repeating: 0, count: InvocationLimit.allCases.count))
        limits[.time] = 30_000_000_000
        limits[.reads] = 100_000
        limits[.writes] = 100_000
        limits[.keyBytes] = 4096
        limits[.valueBytes] = 8 << 20
        limits[.writtenBytes] = 32 << 20
        limits[.rangeResults] = 100_000
        limits[.rangeQueries] = 1000
        limits[.historyEntries] = 100_000
        limits[.callDepth] = 16
        limits[.calls] = 1000
        limits[.eventBytes] = 1 << 20
        limits[.responseBytes] = 64 << 20
        return limits
    }()

    /// The largest amount that is still allowed.
    package subscript(limit: InvocationLimit) -> Int {
        get { amounts[limit.rawValue] }
        set { amounts[limit.rawValue] = newValue }
    }

    /// A copy with one amount changed.
    package func with(_ limit: InvocationLimit, _ amount: Int) -> InvocationLimits {
        var copy = self
        copy[limit] = amount
        return copy
    }
}
