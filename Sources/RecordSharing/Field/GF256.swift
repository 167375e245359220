/// The field of 256 elements with reduction polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11D), in which addition is XOR.
enum GF256 {
    /// The low byte of the reduction polynomial.
    static let reduction: UInt8 = 0x1D

    /// The product, in a time that depends on neither operand: no table, no branch on a bit. Used for key shares.
    @inline(__always)
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product: UInt8 = 0
        var shifted = left
        var bits = right
        for _ in 0..<8 {
            product ^= shifted & (0 &- (bits & 1))
            shifted = (shifted << 1) ^ (reduction & (0 &- (shifted >> 7)))
            bits >>= 1
        }
        return product
    }

    /// The inverse as the 254th power; 0 has none and gives 0, so callers exclude it.
    static func inverse(_ value: UInt8) -> UInt8 {
        var result: UInt8 = 1
        var power = value
        for _ in 0..<7 {
            power = multiply(power, power)
            result = multiply(result, power)
        }
        return result
    }

    /// The products of a public constant with all 256 elements.
    static func products(of constant: UInt8) -> [UInt8] {
        (0...255).map { multiply(constant, UInt8($0)) }
    }
}
