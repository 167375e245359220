import CryptoPrimitives

/// A prime field of any size, for whole records and for blocks of more than 62 bits.
struct BigField: PrimeField {
    let modulus: BigNumber

    func element(_ small: Int) -> BigNumber { BigNumber(UInt64(small)).mod(modulus) }
    func add(_ left: BigNumber, _ right: BigNumber) -> BigNumber { left.modAdd(right, modulus) }
    func subtract(_ left: BigNumber, _ right: BigNumber) -> BigNumber { left.modSub(right, modulus) }
    func multiply(_ left: BigNumber, _ right: BigNumber) -> BigNumber { left.modMul(right, modulus) }
    func inverse(_ value: BigNumber) -> BigNumber? { value.modInverse(modulus) }
    func reduce(_ value: BigNumber) -> BigNumber { value.mod(modulus) }
    func isReduced(_ value: BigNumber) -> Bool { value < modulus }

    func gather(_ record: UnsafeBufferPointer<UInt8>, limit: Int, first: Int, stride: Int, width: Int) -> BigNumber {
        var bytes = [UInt8](repeating: 0, count: (width + 7) / 8)
        let skip = bytes.count * 8 - width
        for step in 0..<width {
            let place = first + step * stride
            guard place < limit else { break }
            if record[place >> 3] >> (7 - UInt8(place & 7)) & 1 == 1 { bytes[(skip + step) >> 3] |= 0x80 >> UInt8((skip + step) & 7) }
        }
        return BigNumber(bytes: bytes)
    }

    func scatter(
        _ value: BigNumber, into record: UnsafeMutableBufferPointer<UInt8>, limit: Int, first: Int, stride: Int, width: Int
    ) -> Scattering {
        guard value.bitLength <= width, let bytes = value.bytes(count: (width + 7) / 8) else { return .tooWide }
        let skip = bytes.count * 8 - width
        for step in 0..<width where bytes[(skip + step) >> 3] >> (7 - UInt8((skip + step) & 7)) & 1 == 1 {
            let place = first + step * stride
            guard place < limit else { return .paddingNotZero }
            record[place >> 3] |= 0x80 >> UInt8(place & 7)
        }
        return .done
    }

    func element(bigEndian bytes: ArraySlice<UInt8>) -> BigNumber? {
        let value = BigNumber(bytes: Array(bytes))
        return value < modulus ? value : nil
    }

    func append(_ value: BigNumber, count: Int, to bytes: inout [UInt8]) {
        bytes += value.bytes(count: count) ?? []
    }
}
