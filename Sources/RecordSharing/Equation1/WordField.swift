/// A prime field whose numbers and sub-messages fit 63 bits, with a short reduction for 2^61 - 1.
struct WordField: PrimeField {
    static let mersenne61: UInt64 = (1 << 61) - 1
    static let widest = 63

    let modulus: UInt64

    func element(_ small: Int) -> UInt64 { UInt64(small) % modulus }

    func add(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let sum = left &+ right
        return sum >= modulus ? sum &- modulus : sum
    }

    func subtract(_ left: UInt64, _ right: UInt64) -> UInt64 {
        left >= right ? left &- right : left &+ modulus &- right
    }

    func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        guard modulus == Self.mersenne61 else { return modulus.dividingFullWidth(product).remainder }
        let sum = (product.low & Self.mersenne61) &+ (product.high << 3 | product.low >> 61)
        return sum >= Self.mersenne61 ? sum &- Self.mersenne61 : sum
    }

    /// The power modulus - 2, by Fermat.
    func inverse(_ value: UInt64) -> UInt64? {
        guard value != 0 else { return nil }
        var result: UInt64 = 1
        var power = value
        var exponent = modulus - 2
        while exponent > 0 {
            if exponent & 1 == 1 { result = multiply(result, power) }
            power = multiply(power, power)
            exponent >>= 1
        }
        return result
    }

    func reduce(_ value: UInt64) -> UInt64 { value % modulus }

    func isReduced(_ value: UInt64) -> Bool { value < modulus }

    func gather(_ record: UnsafeBufferPointer<UInt8>, limit: Int, first: Int, stride: Int, width: Int) -> UInt64 {
        var value: UInt64 = 0
        var place = first
        for _ in 0..<width {
            value <<= 1
            if place < limit { value |= UInt64(record[place >> 3] >> (7 - UInt8(place & 7)) & 1) }
            place += stride
        }
        return value
    }

    func scatter(_ value: UInt64, into record: UnsafeMutableBufferPointer<UInt8>, limit: Int, first: Int, stride: Int, width: Int) -> Scattering {
        guard value >> UInt64(width) == 0 else { return .tooWide }
        var place = first
        for step in 0..<width {
            if value >> UInt64(width - 1 - step) & 1 == 1 {
                guard place < limit else { return .paddingNotZero }
                record[place >> 3] |= 0x80 >> UInt8(place & 7)
            }
            place += stride
        }
        return .done
    }

    func element(bigEndian bytes: ArraySlice<UInt8>) -> UInt64? {
        guard bytes.count <= 8 else { return nil }
        let value = ByteOrder.integer(bytes)
        return value < modulus ? value : nil
    }

    func append(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index)))) }
    }
}
