import Chaincode

/// That an invocation used more than it may.
package struct LimitExceeded: Error, Equatable, Sendable, CustomStringConvertible {
    /// What there was too much of.
    package let limit: InvocationLimit
    /// The amount that the contract asked for.
    package let amount: Int
    /// The largest amount allowed.
    package let maximum: Int

    package var description: String {
        "the transaction exceeded the limit on \(limit.name): \(amount), at most \(maximum) allowed; split the work over several transactions"
    }
}

/// Counts what one invocation uses. After the first excess every further use fails, so that a contract cannot swallow the error and go on.
final class InvocationMeter {
    private let limits: InvocationLimits
    private let now: @Sendable () -> UInt64
    private let start: UInt64
    private var used: [Int]
    /// The first excess.
    private(set) var exceeded: LimitExceeded?

    init(limits: InvocationLimits, now: @escaping @Sendable () -> UInt64) {
        self.limits = limits
        self.now = now
        start = now()
        used = Array(repeating: 0, count: InvocationLimit.allCases.count)
    }

    /// Adds to an amount that accumulates.
    func charge(_ limit: InvocationLimit, _ amount: Int = 1) throws(ContractError) {
        let (sum, overflow) = used[limit.rawValue].addingReportingOverflow(amount)
        used[limit.rawValue] = overflow ? Int.max : sum
        try check(limit, used[limit.rawValue])
    }

    /// How much of an accumulating amount is left.
    func remaining(_ limit: InvocationLimit) -> Int { max(0, limits[limit] - used[limit.rawValue]) }

    /// Compares an amount that stands alone.
    func check(_ limit: InvocationLimit, _ amount: Int) throws(ContractError) {
        if exceeded == nil, amount > limits[limit] {
            exceeded = LimitExceeded(limit: limit, amount: amount, maximum: limits[limit])
        }
        if let exceeded { throw .failure("limit-exceeded", exceeded.description) }
    }

    /// What is left of the time, in nanoseconds.
    var remainingNanoseconds: UInt64 {
        let time = now()
        let elapsed = time >= start ? time - start : 0
        let limit = UInt64(clamping: limits[.time])
        return elapsed < limit ? limit - elapsed : 0
    }

    /// Looks at the clock.
    func checkTime() throws(ContractError) {
        let time = now()
        let elapsed = time >= start ? time - start : 0
        try check(.time, Int(clamping: elapsed))
    }
}
