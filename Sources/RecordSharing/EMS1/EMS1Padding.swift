/// The inner plaintext: u64 record length || record || zeros, rounded up so that the exact length stays hidden.
enum EMS1Padding {
    static let smallest = 256

    /// Padme: rounds up to a multiple of 2^(E - S) with E = floor(log2 L) and S = floor(log2 E) + 1; at most 12 % more, never below 256.
    static func padme(_ length: Int) -> Int {
        let length = max(smallest, length)
        let exponent = Int.bitWidth - 1 - length.leadingZeroBitCount
        let kept = Int.bitWidth - exponent.leadingZeroBitCount
        let step = 1 << (exponent - kept)
        return (length + step - 1) / step * step
    }

    static func pad(_ record: [UInt8]) -> [UInt8] {
        var inner = ByteOrder.bytes(UInt64(record.count))
        let total = padme(8 + record.count)
        inner.reserveCapacity(total)
        inner += record
        inner += repeatElement(0, count: total - inner.count)
        return inner
    }

    /// The record, or nil if its length does not fit, the rest is not zero or the total is not what `padme` gives.
    static func unpad(_ inner: [UInt8]) -> [UInt8]? {
        guard inner.count >= 8, let length = Int(exactly: ByteOrder.integer(inner[..<8])), length <= inner.count - 8 else { return nil }
        guard padme(8 + length) == inner.count, inner[(8 + length)...].allSatisfy({ $0 == 0 }) else { return nil }
        return Array(inner[8..<8 + length])
    }
}
