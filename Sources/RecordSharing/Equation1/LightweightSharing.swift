/// The paper's threshold scheme, Eq. (1) of Fu, Wang and Cai 2020: **dispersal, not confidentiality**; see ``RecordSharing`` before using it.
///
/// The record's bits are dealt out in turn to t sub-messages x_1...x_t (the interleaver), which are numbers modulo a prime p; shares are
/// s_i = s_1 + ... + s_(i-1) + i x_i + x_(i+1) + ... + x_t for i <= t, and s_i = sum over m <= t of s_m / (i - t + m) above. The printed first branch has the
/// coefficient 1 on x_i, but Eq. (3), Eq. (6) and the determinant t! need i, which is what is built here. Any t shares determine the record if and only if
/// p > n. Share indexes count from 1. All n shares of a record are equal when the record is: the map has no key and no randomness.
public enum LightweightSharing {
    /// Which prime is used and how the record is cut.
    public enum Mode: UInt8, Sendable, CaseIterable {
        /// The paper's: one prime for the whole record, the largest up to 2^w with w = ceil(l / t). Refuses records that it would silently change.
        case paper = 1
        /// One prime for the whole record, the smallest above 2^w with w at least the bit length of n: every record can be recovered.
        case lossless = 2
        /// Blocks of t x 56 bits modulo 2^61 - 1: for anything longer than some thousand bits.
        case block = 3
    }

    /// Splits a record of whole bytes into n shares.
    public static func split(record: [UInt8], threshold: Int, shares: Int, mode: Mode) throws(LightweightSharingError) -> [LightweightShare] {
        guard record.count <= Limits.recordBytes else { throw .recordTooLong(bits: record.count) }
        return try split(record: record, bitCount: record.count * 8, threshold: threshold, shares: shares, mode: mode)
    }

    /// Splits the first `bitCount` bits of a record; the unused low bits of its last byte must be zero.
    public static func split(
        record: [UInt8], bitCount: Int, threshold: Int, shares: Int, mode: Mode
    ) throws(LightweightSharingError) -> [LightweightShare] {
        let plan = try Equation1Plan(mode: mode, threshold: threshold, count: shares, bitCount: bitCount)
        return try plan.split(record).enumerated().map { index, payload in
            LightweightShare(
                mode: mode, threshold: threshold, count: shares, index: index + 1, bitCount: UInt64(bitCount), payload: payload)
        }
    }

    /// Recovers a record from at least t shares; with more, wrong ones are detected and up to half of the surplus is corrected and named.
    ///
    /// With exactly t shares a wrong share is **not** noticed, unless it happens to give impossible padding.
    public static func recover(_ shares: [LightweightShare]) throws(LightweightSharingError) -> LightweightRecovery {
        guard let first = shares.first else { throw .notEnoughShares(given: 0, needed: 2) }
        for (position, share) in shares.enumerated() where !share.belongs(with: first) { throw .headersDiffer(position: position) }
        guard let bitCount = Int(exactly: first.bitCount) else { throw .recordTooLong(bits: Int.max) }
        let plan = try Equation1Plan(mode: first.mode, threshold: first.threshold, count: first.count, bitCount: bitCount)
        return try plan.recover(shares.map { (index: $0.index, payload: $0.payload) })
    }
}

/// A recovered record and the shares that were wrong.
public struct LightweightRecovery: Equatable, Sendable {
    /// The record; its last byte has zeros after the last bit.
    public let record: [UInt8]
    /// Indexes, from 1, of shares that contradict the record; empty if none or if there was no surplus to tell.
    public let wrongShares: [Int]
}
