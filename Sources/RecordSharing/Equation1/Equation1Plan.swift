import CryptoPrimitives

/// The numbers that fix one use of Eq. (1): t, n, record length, sub-message width, prime and number of blocks.
struct Equation1Plan {
    let threshold: Int
    let count: Int
    let bitCount: Int
    /// w, bits in a sub-message.
    let width: Int
    let modulus: BigNumber
    let blocks: Int

    /// ceil(bitlength(p - 1) / 8).
    var elementBytes: Int { ((modulus - .one).bitLength + 7) / 8 }
    var recordBytes: Int { (bitCount + 7) / 8 }

    /// The plan of a mode; throws `invalidThreshold`, `recordTooLong` or `fieldTooSmall`.
    init(mode: LightweightSharing.Mode, threshold: Int, count: Int, bitCount: Int) throws(LightweightSharingError) {
        switch mode {
        case .paper: try self.init(paper: threshold, count: count, bitCount: bitCount)
        case .lossless: try self.init(lossless: threshold, count: count, bitCount: bitCount)
        case .block:
            try self.init(
                block: threshold, count: count, bitCount: bitCount, width: 56, modulus: BigNumber(WordField.mersenne61))
        }
    }

    /// The paper's: p is the largest prime up to 2^w, w = ceil(l / t); no prime for an empty record.
    private init(paper threshold: Int, count: Int, bitCount: Int) throws(LightweightSharingError) {
        try Self.check(threshold: threshold, count: count, bitCount: bitCount)
        let width = (bitCount + threshold - 1) / threshold
        guard width > 0 else { throw .fieldTooSmall(shares: count) }
        guard width <= Limits.wholeRecordWidth else { throw .recordTooLong(bits: bitCount) }
        try self.init(
            threshold: threshold, count: count, bitCount: bitCount, width: width, modulus: .largestPrime(atMostPowerOfTwo: width), blocks: 1)
    }

    /// p is the smallest prime above 2^w, and w at least the bit length of n, so that p > n and every value is below p.
    private init(lossless threshold: Int, count: Int, bitCount: Int) throws(LightweightSharingError) {
        try Self.check(threshold: threshold, count: count, bitCount: bitCount)
        let width = max((bitCount + threshold - 1) / threshold, Int.bitWidth - count.leadingZeroBitCount)
        guard width <= Limits.wholeRecordWidth else { throw .recordTooLong(bits: bitCount) }
        try self.init(
            threshold: threshold, count: count, bitCount: bitCount, width: width, modulus: .smallestPrime(abovePowerOfTwo: width), blocks: 1)
    }

    /// Blocks of t x w bits modulo a given prime.
    init(block threshold: Int, count: Int, bitCount: Int, width: Int, modulus: BigNumber) throws(LightweightSharingError) {
        try Self.check(threshold: threshold, count: count, bitCount: bitCount)
        guard (1...Limits.wholeRecordWidth).contains(width) else { throw .recordTooLong(bits: bitCount) }
        let blockBits = threshold * width
        try self.init(
            threshold: threshold, count: count, bitCount: bitCount, width: width, modulus: modulus, blocks: (bitCount + blockBits - 1) / blockBits)
    }

    private init(
        threshold: Int, count: Int, bitCount: Int, width: Int, modulus: BigNumber, blocks: Int
    ) throws(LightweightSharingError) {
        guard modulus > BigNumber(UInt64(count)) else { throw .fieldTooSmall(shares: count) }
        self.threshold = threshold
        self.count = count
        self.bitCount = bitCount
        self.width = width
        self.modulus = modulus
        self.blocks = blocks
    }

    private static func check(threshold: Int, count: Int, bitCount: Int) throws(LightweightSharingError) {
        guard threshold >= 2, count >= threshold, count <= Limits.equation1Shares else {
            throw .invalidThreshold(threshold: threshold, shares: count)
        }
        guard bitCount >= 0, bitCount <= Limits.recordBytes * 8 else { throw .recordTooLong(bits: bitCount) }
    }

    /// The payloads of all n shares, in index order.
    func split(_ record: [UInt8]) throws(LightweightSharingError) -> [[UInt8]] {
        try checkLength(record)
        if let field = wordField { return try Equation1Code(self, field: field).split(record) }
        return try Equation1Code(self, field: BigField(modulus: modulus)).split(record)
    }

    /// The record from payloads with indexes from 1.
    func recover(_ shares: [(index: Int, payload: [UInt8])]) throws(LightweightSharingError) -> LightweightRecovery {
        if let field = wordField { return try Equation1Code(self, field: field).recover(shares) }
        return try Equation1Code(self, field: BigField(modulus: modulus)).recover(shares)
    }

    /// The field of 63-bit words if the prime and the width allow it.
    var wordField: WordField? {
        guard width <= WordField.widest, modulus.bitLength <= WordField.widest else { return nil }
        return modulus.uint64.map(WordField.init(modulus:))
    }

    private func checkLength(_ record: [UInt8]) throws(LightweightSharingError) {
        let unused = record.count * 8 - bitCount
        guard record.count == recordBytes, unused == 0 || (record.last ?? 0) & (UInt8(1) << UInt8(unused) &- 1) == 0 else {
            throw .recordLengthMismatch(bytes: record.count, bits: bitCount)
        }
    }
}
