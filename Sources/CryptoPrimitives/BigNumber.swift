internal import COpenSSL

/// A whole number of any size, positive or negative, as a value over OpenSSL's BIGNUM.
///
/// Sizes are the caller's to bound: check the length of outside bytes before making numbers of them. Operations are not constant-time; memory is
/// overwritten when a number is forgotten.
package struct BigNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Owns the BIGNUM. `@unchecked Sendable` is sound: it is written only before its `BigNumber` exists, and afterwards only read.
    private final class Storage: @unchecked Sendable {
        let pointer: OpaquePointer

        init() {
            guard let pointer = BN_new() else { BigNumber.outOfMemory() }
            self.pointer = pointer
        }

        deinit { BN_clear_free(pointer) }
    }

    private let storage: Storage

    private init(_ fill: (OpaquePointer) -> Bool) {
        storage = Storage()
        guard fill(storage.pointer) else { Self.outOfMemory() }
    }

    /// The only way these operations fail; Swift's own arrays stop the process in the same case.
    private static func outOfMemory() -> Never {
        fatalError("out of memory for a big number")
    }

    /// Runs `body` with OpenSSL's scratch space and makes a number of what it leaves in the given place; nil when it fails.
    private static func computing(_ body: (_ result: OpaquePointer, _ scratch: OpaquePointer) -> Bool) -> BigNumber? {
        guard let scratch = BN_CTX_new() else { outOfMemory() }
        defer { BN_CTX_free(scratch) }
        var succeeded = false
        let number = BigNumber { result in
            succeeded = body(result, scratch)
            return true
        }
        if !succeeded { ERR_clear_error() }
        return succeeded ? number : nil
    }

    private static func must(_ number: BigNumber?) -> BigNumber {
        guard let number else { outOfMemory() }
        return number
    }

    private var pointer: OpaquePointer { storage.pointer }

    package static let zero = BigNumber(0)
    package static let one = BigNumber(1)

    package init(_ value: UInt64) {
        self.init { BN_set_word($0, UInt(value)) == 1 }
    }

    /// The number whose big-endian bytes these are; leading zeros are allowed, no bytes mean zero.
    package init(bytes: [UInt8]) {
        precondition(bytes.count <= Int32.max, "a big number has fewer than 2^31 bytes")
        self.init { BN_bin2bn(bytes, Int32(bytes.count), $0) != nil }
    }

    /// The magnitude in the fewest big-endian bytes; none for zero. The sign is not in it.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: (bitLength + 7) / 8) { buffer, count in
            count = Int(BN_bn2bin(pointer, buffer.baseAddress))
        }
    }

    /// The magnitude in exactly `count` big-endian bytes, zeros in front; nil when it does not fit.
    package func bytes(count: Int) -> [UInt8]? {
        guard count >= (bitLength + 7) / 8 else { return nil }
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            BN_bn2binpad(pointer, buffer.baseAddress, Int32(count))
            filled = count
        }
    }

    /// The value as a machine word; nil when negative or too large.
    package var uint64: UInt64? {
        guard !isNegative, bitLength <= 64 else { return nil }
        return UInt64(BN_get_word(pointer))
    }

    /// Bits of the magnitude, without leading zeros; 0 for zero.
    package var bitLength: Int { Int(BN_num_bits(pointer)) }
    package var isZero: Bool { BN_is_zero(pointer) == 1 }
    package var isNegative: Bool { BN_is_negative(pointer) == 1 }
    package var isOdd: Bool { BN_is_odd(pointer) == 1 }

    /// Whether bit `index` of the magnitude, counted from the lowest, is set.
    package func testBit(_ index: Int) -> Bool {
        index >= 0 && index < bitLength && BN_is_bit_set(pointer, Int32(index)) == 1
    }

    package static func + (left: BigNumber, right: BigNumber) -> BigNumber {
        BigNumber { BN_add($0, left.pointer, right.pointer) == 1 }
    }

    package static func - (left: BigNumber, right: BigNumber) -> BigNumber {
        BigNumber { BN_sub($0, left.pointer, right.pointer) == 1 }
    }

    package static func * (left: BigNumber, right: BigNumber) -> BigNumber {
        must(computing { BN_mul($0, left.pointer, right.pointer, $1) == 1 })
    }

    /// The number in 0..<|modulus| that differs by a multiple of the modulus; modulo zero every number is its own remainder.
    package func mod(_ modulus: BigNumber) -> BigNumber {
        guard !modulus.isZero else { return self }
        return Self.must(Self.computing { BN_nnmod($0, pointer, modulus.pointer, $1) == 1 })
    }

    /// Quotient rounded towards zero and remainder of the dividend's sign; nil when the divisor is zero.
    package func divided(by divisor: BigNumber) -> (quotient: BigNumber, remainder: BigNumber)? {
        guard !divisor.isZero else { return nil }
        var remainder: BigNumber?
        let quotient = Self.computing { quotient, scratch in
            remainder = BigNumber { BN_div(quotient, $0, pointer, divisor.pointer, scratch) == 1 }
            return true
        }
        return (Self.must(quotient), Self.must(remainder))
    }

    /// The x in 0..<modulus with self * x = 1 (mod modulus); nil when there is none.
    package func modInverse(_ modulus: BigNumber) -> BigNumber? {
        guard !modulus.isZero, !modulus.isNegative else { return nil }
        return Self.computing { BN_mod_inverse($0, pointer, modulus.pointer, $1) != nil }
    }

    package func modAdd(_ other: BigNumber, _ modulus: BigNumber) -> BigNumber { (self + other).mod(modulus) }
    package func modSub(_ other: BigNumber, _ modulus: BigNumber) -> BigNumber { (self - other).mod(modulus) }

    package func modMul(_ other: BigNumber, _ modulus: BigNumber) -> BigNumber {
        guard !modulus.isZero else { return self * other }
        return Self.must(Self.computing { BN_mod_mul($0, pointer, other.pointer, modulus.pointer, $1) == 1 })
    }

    package static func << (number: BigNumber, count: Int) -> BigNumber {
        guard count >= 0 else { return number >> -count }
        return BigNumber { BN_lshift($0, number.pointer, Int32(clamping: count)) == 1 }
    }

    /// Shifts the magnitude and keeps the sign; bits shifted out are dropped.
    package static func >> (number: BigNumber, count: Int) -> BigNumber {
        guard count >= 0 else { return number << -count }
        return BigNumber { BN_rshift($0, number.pointer, Int32(clamping: count)) == 1 }
    }

    package static func == (left: BigNumber, right: BigNumber) -> Bool { BN_cmp(left.pointer, right.pointer) == 0 }
    package static func < (left: BigNumber, right: BigNumber) -> Bool { BN_cmp(left.pointer, right.pointer) < 0 }

    package func hash(into hasher: inout Swift.Hasher) {
        hasher.combine(isNegative)
        hasher.combine(bytes)
    }

    /// The size only: big numbers hold shares and secrets.
    package var description: String { "number of \(bitLength) bits" }
}

extension BigNumber {
    /// Miller-Rabin with at least 64 rounds: a composite passes with a chance below 2^-128.
    package var isProbablePrime: Bool {
        guard !isNegative, let scratch = BN_CTX_new() else { return false }
        defer { BN_CTX_free(scratch) }
        return BN_check_prime(pointer, scratch, nil) == 1
    }

    /// Exponents the prime searches take; they are constants of a program, not input.
    private static let primeExponents = 1...8192

    /// The largest prime that is at most 2^exponent, such as 251 for 8; the exponent must be in 1...8192.
    package static func largestPrime(atMostPowerOfTwo exponent: Int) -> BigNumber {
        precondition(primeExponents.contains(exponent), "the exponent of a prime search must be in 1...8192")
        guard exponent > 1 else { return BigNumber(2) }
        var candidate = (one << exponent) - one
        while !candidate.isProbablePrime { candidate = candidate - BigNumber(2) }
        return candidate
    }

    /// The smallest prime above 2^exponent, such as 257 for 8; the exponent must be in 1...8192.
    package static func smallestPrime(abovePowerOfTwo exponent: Int) -> BigNumber {
        precondition(primeExponents.contains(exponent), "the exponent of a prime search must be in 1...8192")
        var candidate = (one << exponent) + one
        while !candidate.isProbablePrime { candidate = candidate + BigNumber(2) }
        return candidate
    }
}
