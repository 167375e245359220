/// Disperses a ciphertext into n fragments of which any t give it back: data rows first, then Cauchy parity rows over GF(2^8).
///
/// Row i < t is the unit row; row i >= t has the entries 1 / (i XOR j) for j < t (section 3.1 step 6). Any t rows are independent because
/// every square part of a Cauchy matrix is invertible and the points 0...t-1 and t...n-1 are all different.
struct CauchyDispersal {
    let threshold: Int
    let count: Int

    /// Nil unless 2 <= threshold <= count <= 255.
    init?(threshold: Int, count: Int) {
        guard (2...Limits.sharesPerRecord).contains(threshold), (threshold...Limits.sharesPerRecord).contains(count) else { return nil }
        self.threshold = threshold
        self.count = count
    }

    /// The coefficients of fragment `index` over the t data rows.
    func row(_ index: Int) -> [UInt8] {
        (0..<threshold).map { column in
            index < threshold ? (index == column ? 1 : 0) : GF256.inverse(UInt8(index ^ column))
        }
    }

    /// The length of each fragment of `byteCount` bytes.
    func fragmentLength(for byteCount: Int) -> Int {
        (byteCount + threshold - 1) / threshold
    }

    /// All fragments, in index order; the bytes are first padded with zeros to a multiple of t.
    func disperse(_ bytes: [UInt8]) -> [[UInt8]] {
        let length = fragmentLength(for: bytes.count)
        let padded = bytes + [UInt8](repeating: 0, count: threshold * length - bytes.count)
        let parity = GF256.combine(padded, length: length, coefficients: (threshold..<max(threshold, count)).map(row))
        let all = padded + parity
        return (0..<count).map { Array(all[$0 * length..<($0 + 1) * length]) }
    }

    /// The padded bytes from exactly t fragments of equal length with different indexes; nil if these conditions do not hold.
    func recombine(_ fragments: [(index: Int, bytes: [UInt8])]) -> [UInt8]? {
        guard fragments.count == threshold, let length = fragments.first?.bytes.count else { return nil }
        guard fragments.allSatisfy({ $0.bytes.count == length && (0..<count).contains($0.index) }) else { return nil }
        guard Set(fragments.map(\.index)).count == threshold else { return nil }
        var present = [Int: [UInt8]]()
        for fragment in fragments { present[fragment.index] = fragment.bytes }
        let missing = (0..<threshold).filter { present[$0] == nil }
        var recovered: [UInt8] = []
        if !missing.isEmpty {
            guard let inverse = Self.inverse(fragments.map { row($0.index) }) else { return nil }
            recovered = GF256.combine(fragments.flatMap(\.bytes), length: length, coefficients: missing.map { inverse[$0] })
        }
        var result: [UInt8] = []
        result.reserveCapacity(threshold * length)
        var next = 0
        for index in 0..<threshold {
            if let bytes = present[index] {
                result += bytes
            } else {
                result += recovered[next * length..<(next + 1) * length]
                next += 1
            }
        }
        return result
    }

    /// The fragment of any index, from the padded bytes.
    func fragment(_ index: Int, of padded: [UInt8]) -> [UInt8] {
        let length = padded.count / threshold
        if index < threshold { return Array(padded[index * length..<(index + 1) * length]) }
        return GF256.combine(padded, length: length, coefficients: [row(index)])
    }

    /// The inverse of a square matrix by Gauss-Jordan elimination, or nil if it has none.
    static func inverse(_ matrix: [[UInt8]]) -> [[UInt8]]? {
        let size = matrix.count
        var left = matrix
        var right = (0..<size).map { row in (0..<size).map { UInt8($0 == row ? 1 : 0) } }
        for column in 0..<size {
            guard let pivot = (column..<size).first(where: { left[$0][column] != 0 }) else { return nil }
            left.swapAt(pivot, column)
            right.swapAt(pivot, column)
            let scale = GF256.inverse(left[column][column])
            for index in 0..<size {
                left[column][index] = GF256.multiply(left[column][index], scale)
                right[column][index] = GF256.multiply(right[column][index], scale)
            }
            for row in 0..<size where row != column && left[row][column] != 0 {
                let factor = left[row][column]
                for index in 0..<size {
                    left[row][index] ^= GF256.multiply(factor, left[column][index])
                    right[row][index] ^= GF256.multiply(factor, right[column][index])
                }
            }
        }
        return right
    }
}
