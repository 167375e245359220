/// Linear combinations of equally long byte rows, the whole cost of dispersal.
///
/// The rows are ciphertext and the coefficients are public, so table look-ups are harmless here (unlike on key shares).
extension GF256 {
    /// From this row length on the wide kernel is worth its set-up.
    static let wideRowBytes = 1024

    /// For each coefficient row, the sum over j of coefficients[j] x input row j; output rows follow each other.
    ///
    /// `input` holds rows of `length` bytes one after the other and every coefficient row has one entry for each of them.
    static func combine(_ input: [UInt8], length: Int, coefficients: [[UInt8]]) -> [UInt8] {
        length >= wideRowBytes
            ? combineWide(input, length: length, coefficients: coefficients)
            : combineScalar(input, length: length, coefficients: coefficients)
    }

    /// One product table per coefficient.
    static func combineScalar(_ input: [UInt8], length: Int, coefficients: [[UInt8]]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: coefficients.count * length)
        output.withUnsafeMutableBufferPointer { out in
            input.withUnsafeBufferPointer { source in
                accumulate(source, length: length, from: 0, coefficients: coefficients, into: out)
            }
        }
        return output
    }

    /// Horner's rule over the bits of the coefficients, 64 bytes at a time, with a table of the 16 sums of each four input rows.
    ///
    /// For one output: acc = 2 acc + (sum of the inputs whose coefficient has this bit), from the top bit down. Wider byte vectors than
    /// eight 64-bit lanes are avoided: their operators do not specialise.
    static func combineWide(_ input: [UInt8], length: Int, coefficients: [[UInt8]]) -> [UInt8] {
        let rows = coefficients.first?.count ?? 0
        let groups = (rows + 3) / 4
        let whole = length / 64 * 64
        let subsets = coefficients.map { subsetsByBit($0, groups: groups) }
        var output = [UInt8](repeating: 0, count: coefficients.count * length)
        output.withUnsafeMutableBufferPointer { out in
            input.withUnsafeBufferPointer { source in
                withUnsafeTemporaryAllocation(of: SIMD8<UInt64>.self, capacity: max(1, groups * 16)) { sums in
                    var offset = 0
                    while offset < whole {
                        fillSums(sums, source, rows: rows, length: length, offset: offset)
                        for index in 0..<subsets.count {
                            let value = horner(sums, subsets[index], groups: groups)
                            UnsafeMutableRawPointer(out.baseAddress.unsafelyUnwrapped + index * length + offset)
                                .storeBytes(of: value, as: SIMD8<UInt64>.self)
                        }
                        offset += 64
                    }
                }
                accumulate(source, length: length, from: whole, coefficients: coefficients, into: out)
            }
        }
        return output
    }

    /// For each bit from the top and each group of four inputs, which inputs carry that bit (a number 0...15).
    private static func subsetsByBit(_ row: [UInt8], groups: Int) -> [Int] {
        var subsets = [Int](repeating: 0, count: 8 * groups)
        for bit in 0..<8 {
            for (input, coefficient) in row.enumerated() where coefficient >> (7 - bit) & 1 == 1 {
                subsets[bit * groups + input / 4] |= 1 << (input % 4)
            }
        }
        return subsets
    }

    @inline(__always)
    private static func fillSums(
        _ sums: UnsafeMutableBufferPointer<SIMD8<UInt64>>, _ source: UnsafeBufferPointer<UInt8>, rows: Int, length: Int, offset: Int
    ) {
        let base = UnsafeRawPointer(source.baseAddress.unsafelyUnwrapped)
        for group in 0..<(rows + 3) / 4 {
            let table = sums.baseAddress.unsafelyUnwrapped + group * 16
            table[0] = SIMD8<UInt64>(repeating: 0)
            for input in 0..<4 {
                let row = group * 4 + input
                let value = row < rows ? base.loadUnaligned(fromByteOffset: row * length + offset, as: SIMD8<UInt64>.self) : SIMD8(repeating: 0)
                let half = 1 << input
                for subset in 0..<half { table[half + subset] = table[subset] ^ value }
            }
        }
    }

    @inline(__always)
    private static func horner(_ sums: UnsafeMutableBufferPointer<SIMD8<UInt64>>, _ subsets: [Int], groups: Int) -> SIMD8<UInt64> {
        let table = sums.baseAddress.unsafelyUnwrapped
        let low = SIMD8<UInt64>(repeating: 0x0101_0101_0101_0101)
        let seven = SIMD8<UInt64>(repeating: 0x7F7F_7F7F_7F7F_7F7F)
        let polynomial = SIMD8<UInt64>(repeating: 0x1D1D_1D1D_1D1D_1D1D)
        var sum = SIMD8<UInt64>(repeating: 0)
        for bit in 0..<8 {
            let carries = (sum &>> 7) & low
            let mask = (carries &<< 8) &- carries
            sum = ((sum & seven) &<< 1) ^ (mask & polynomial)
            for group in 0..<groups { sum ^= table[group * 16 + subsets[bit * groups + group]] }
        }
        return sum
    }

    /// Adds the products from byte `start` of each row to the end.
    private static func accumulate(
        _ source: UnsafeBufferPointer<UInt8>, length: Int, from start: Int, coefficients: [[UInt8]], into output: UnsafeMutableBufferPointer<UInt8>
    ) {
        guard start < length else { return }
        for (row, factors) in coefficients.enumerated() {
            for (column, factor) in factors.enumerated() where factor != 0 {
                products(of: factor).withUnsafeBufferPointer { table in
                    var offset = start
                    while offset < length {
                        output[row * length + offset] ^= table[Int(source[column * length + offset])]
                        offset += 1
                    }
                }
            }
        }
    }
}
