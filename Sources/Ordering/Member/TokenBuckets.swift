/// How fast each identity may bring envelopes to one member: a bucket of tokens that refills with time.
struct TokenBuckets: Sendable {
    private struct Bucket {
        /// In thousandths of a token.
        var thousandths: UInt64
        var atMs: UInt64
    }

    private var buckets: [[UInt8]: Bucket] = [:]

    /// Takes a token.
    ///
    /// - Returns: Whether there was one. A clock that goes back fills nothing.
    mutating func take(_ identity: [UInt8], nowMs: UInt64, settings: OrderingSettings) -> Bool {
        let rate = UInt64(clamping: settings.envelopesPerSecond)
        guard rate > 0 else { return true }
        let capacity = UInt64(clamping: max(1, settings.envelopesAtOnce)).multipliedReportingOverflow(by: 1_000)
        let full = capacity.overflow ? UInt64.max : capacity.partialValue
        if self.buckets.count >= OrderingLimits.rememberedIdentities, self.buckets[identity] == nil { self.forgetFull(nowMs, rate, full) }
        var bucket = self.buckets[identity] ?? Bucket(thousandths: full, atMs: nowMs)
        if nowMs > bucket.atMs {
            bucket.thousandths = Self.refilled(bucket, nowMs, rate, full)
            bucket.atMs = nowMs
        }
        guard bucket.thousandths >= 1_000 else {
            self.buckets[identity] = bucket
            return false
        }
        bucket.thousandths -= 1_000
        self.buckets[identity] = bucket
        return true
    }

    private static func refilled(_ bucket: Bucket, _ nowMs: UInt64, _ rate: UInt64, _ full: UInt64) -> UInt64 {
        let gain = (nowMs - min(nowMs, bucket.atMs)).multipliedReportingOverflow(by: rate)
        let sum = bucket.thousandths.addingReportingOverflow(gain.partialValue)
        return gain.overflow || sum.overflow ? full : min(full, sum.partialValue)
    }

    /// A full bucket is as good as none; when that is not enough room, all begin anew.
    private mutating func forgetFull(_ nowMs: UInt64, _ rate: UInt64, _ full: UInt64) {
        self.buckets = self.buckets.filter { Self.refilled($0.value, nowMs, rate, full) < full }
        if self.buckets.count >= OrderingLimits.rememberedIdentities { self.buckets = [:] }
    }
}
