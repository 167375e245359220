import LedgerModel

extension Timestamp {
    /// Milliseconds since 1970, rounded down; what lies before is 0 and what lies beyond 64 bits is the highest number.
    package var millisecondsSince1970: UInt64 {
        guard self.seconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(self.seconds).multipliedReportingOverflow(by: 1_000)
        // Nanoseconds of a received message may be anything.
        let part = UInt64(min(max(self.nanoseconds, 0), 999_999_999)) / 1_000_000
        let (sum, carry) = whole.addingReportingOverflow(part)
        return overflow || carry ? .max : sum
    }
}
