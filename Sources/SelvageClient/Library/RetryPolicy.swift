/// How often a transaction that met a conflict is run again, and how long a client waits before.
public struct RetryPolicy: Hashable, Sendable {
    /// Attempts in all, at least 1.
    public var attempts: Int
    /// The longest pause before the second attempt, in milliseconds; it doubles with every further one.
    public var firstPauseMilliseconds: UInt64
    /// No pause is longer.
    public var longestPauseMilliseconds: UInt64
    /// How often an envelope is handed in again when it is not clear whether it arrived. It is the same envelope: peers take it once.
    public var resends: Int

    /// A policy; each pause is drawn between half of its length and all of it, so that clients that met each other do not meet again.
    public init(attempts: Int = 5, firstPauseMilliseconds: UInt64 = 100, longestPauseMilliseconds: UInt64 = 2_000, resends: Int = 3) {
        self.attempts = max(1, attempts)
        self.firstPauseMilliseconds = firstPauseMilliseconds
        self.longestPauseMilliseconds = longestPauseMilliseconds
        self.resends = max(0, resends)
    }

    /// One attempt; a conflict is told as it is.
    public static let none = RetryPolicy(attempts: 1)

    /// The pause before an attempt (2 and up), in milliseconds.
    ///
    /// - Parameter random: Any number; it decides where between half and all of the pause.
    func pause(before attempt: Int, random: UInt64) -> UInt64 {
        let doublings = UInt64(min(max(2, attempt), 22) - 2)
        let (grown, overflow) = self.firstPauseMilliseconds.multipliedReportingOverflow(by: 1 << doublings)
        let whole = overflow ? self.longestPauseMilliseconds : min(grown, self.longestPauseMilliseconds)
        let half = whole / 2
        return whole - (half == 0 ? 0 : random % (half + 1))
    }
}
