/// Shamir's sharing of a 32-byte key, byte by byte over GF(2^8); share i is the value at x = i + 1.
///
/// Every multiplication takes the same time whatever the key bytes are. Fewer than t shares are independent of the key.
enum KeyPolynomial {
    static let keyBytes = 32

    /// The value at x = index + 1 of constant + c_1 x + c_2 x^2 + ..., for coefficients of 32 bytes each.
    static func share(constant: [UInt8], coefficients: [[UInt8]], index: Int) -> [UInt8] {
        let x = UInt8(truncatingIfNeeded: index + 1)
        var value = [UInt8](repeating: 0, count: keyBytes)
        for coefficient in coefficients.reversed() {
            for byte in 0..<keyBytes { value[byte] = GF256.multiply(value[byte] ^ coefficient[byte], x) }
        }
        return exclusiveOr(value, constant)
    }

    /// The value at x = `point` of the polynomial through the shares; point 0 is the key. The indexes must be different and below 255.
    static func interpolate(_ shares: [(index: Int, key: [UInt8])], at point: UInt8) -> [UInt8] {
        let indexes = shares.map(\.index)
        var value = [UInt8](repeating: 0, count: keyBytes)
        for share in shares {
            let factor = lagrange(index: share.index, among: indexes, at: point)
            value = exclusiveOr(value, scaled(share.key, by: factor))
        }
        return value
    }

    /// The public factor of one share in the interpolation at `point`.
    static func lagrange(index: Int, among indexes: [Int], at point: UInt8) -> UInt8 {
        let x = UInt8(truncatingIfNeeded: index + 1)
        var numerator: UInt8 = 1
        var denominator: UInt8 = 1
        for other in indexes where other != index {
            let y = UInt8(truncatingIfNeeded: other + 1)
            numerator = GF256.multiply(numerator, point ^ y)
            denominator = GF256.multiply(denominator, x ^ y)
        }
        return GF256.multiply(numerator, GF256.inverse(denominator))
    }

    static func scaled(_ key: [UInt8], by factor: UInt8) -> [UInt8] {
        key.map { GF256.multiply($0, factor) }
    }

    static func exclusiveOr(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        zip(left, right).map { $0 ^ $1 }
    }
}
