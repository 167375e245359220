/// The order n of a curve's base point, and the numbers needed to keep ECDSA signatures in their low-S form; all big-endian, of the curve's width.
struct CurveOrder {
    let order: [UInt8]
    /// floor(n / 2): the largest s that Fabric accepts.
    let half: [UInt8]

    var width: Int { order.count }

    init(_ order: [UInt8]) {
        self.order = order
        var half = order
        var carry: UInt8 = 0
        for index in half.indices {
            let byte = half[index]
            half[index] = byte >> 1 | carry << 7
            carry = byte & 1
        }
        self.half = half
    }

    /// SEC 2, secp256r1.
    static let p256 = CurveOrder([
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ])

    /// SEC 2, secp384r1.
    static let p384 = CurveOrder([
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
        0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
    ])

    /// Whether 1 <= value < n.
    func contains(_ value: ArraySlice<UInt8>) -> Bool {
        value.contains { $0 != 0 } && value.lexicographicallyPrecedes(order)
    }

    /// Whether value <= n / 2.
    func isLow(_ value: ArraySlice<UInt8>) -> Bool {
        !half.lexicographicallyPrecedes(value)
    }

    /// n - value, for 0 < value < n; the other s of the same signature.
    func negated(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var result = order
        var borrow = 0
        for (index, byte) in zip(result.indices, value).reversed() {
            let difference = Int(result[index]) - Int(byte) - borrow
            result[index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        return result
    }
}
