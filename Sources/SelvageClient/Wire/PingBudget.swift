/// How many pings of the other side are answered before it counts as a flood.
///
/// Who measures a connection pings after data that it has read, once a round trip: what is written earns pings. Who only wants to know whether
/// somebody is there pings now and then: so does time. A flood earns nothing and is over when the stock is.
package struct PingBudget: Sendable {
    /// The stock at the beginning, and the largest there is.
    package static let stock = 2_000
    /// A write earns one ping, and one more for each so many bytes.
    package static let bytesPerPing = 1_024
    /// One ping is earned in so many milliseconds.
    package static let millisecondsPerPing: UInt64 = 100

    package private(set) var left = Self.stock
    /// Up to when time has been paid for, in milliseconds.
    private var paid: UInt64

    /// - Parameter now: A clock that does not go back, in milliseconds.
    package init(now: UInt64) { self.paid = now }

    /// Notes that this side has written something for the other one to read.
    package mutating func wrote(bytes: Int) {
        self.left = min(self.left + 1 + min(max(bytes, 0) / Self.bytesPerPing, Self.stock), Self.stock)
    }

    /// Spends one ping; false when none is left.
    package mutating func spend(now: UInt64) -> Bool {
        let earned = (max(now, self.paid) - self.paid) / Self.millisecondsPerPing
        self.paid += earned * Self.millisecondsPerPing
        self.left = Int(min(UInt64(self.left) + min(earned, UInt64(Self.stock)), UInt64(Self.stock)))
        guard self.left > 0 else { return false }
        self.left -= 1
        return true
    }
}
