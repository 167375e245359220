import CryptoPrimitives
import Testing

@Suite struct BigNumberTests {
    private func number(_ value: Int) -> BigNumber {
        value >= 0 ? BigNumber(UInt64(value)) : BigNumber.zero - BigNumber(UInt64(-value))
    }

    @Test func `bytes are big-endian and minimal, or of the width asked for`() {
        #expect(BigNumber(bytes: [0, 0, 1, 2]).bytes == [1, 2])
        #expect(BigNumber.zero.bytes == [])
        #expect(BigNumber(bytes: []) == .zero)
        #expect(BigNumber(0x0102).bytes(count: 4) == [0, 0, 1, 2])
        #expect(BigNumber(0x0102).bytes(count: 1) == nil)
        #expect(BigNumber(0x0102).bytes(count: -1) == nil)
        #expect(BigNumber.zero.bytes(count: 0) == [])
        #expect(BigNumber(UInt64.max).uint64 == .max)
        #expect((BigNumber(UInt64.max) + .one).uint64 == nil)
    }

    @Test func `arithmetic agrees with machine integers, negative ones too`() {
        var random = TestRandom(seed: 41)
        for _ in 0..<500 {
            let a = random.below(1 << 30) - 1 << 29
            let b = random.below(1 << 30) - 1 << 29
            let m = random.below(1 << 20) + 1
            #expect(number(a) + number(b) == number(a + b))
            #expect(number(a) - number(b) == number(a - b))
            #expect(number(a) * number(b) == number(a * b))
            #expect(number(a).mod(number(m)) == number((a % m + m) % m))
            #expect(number(a).modAdd(number(b), number(m)) == number(((a + b) % m + m) % m))
            #expect(number(a).modSub(number(b), number(m)) == number(((a - b) % m + m) % m))
            #expect(number(a).modMul(number(b), number(m)) == number((a * b % m + m) % m))
            #expect((number(a) < number(b)) == (a < b))
            #expect((number(a) == number(b)) == (a == b))
            if b != 0 {
                #expect(number(a).divided(by: number(b))?.quotient == number(a / b))
                #expect(number(a).divided(by: number(b))?.remainder == number(a % b))
            }
        }
    }

    @Test func `dividing by zero is nil, and modulo zero changes nothing`() {
        #expect(number(7).divided(by: .zero) == nil)
        #expect(number(-7).mod(.zero) == number(-7))
        #expect(number(7).modMul(number(3), .zero) == number(21))
        #expect(number(7).modInverse(.zero) == nil)
    }

    @Test func `an inverse exists exactly for numbers without a common factor`() {
        for modulus in 2...40 {
            for value in 0..<modulus {
                let inverse = number(value).modInverse(number(modulus))
                let expected = (0..<modulus).first { $0 * value % modulus == 1 }
                #expect(inverse == expected.map(number), "\(value) mod \(modulus)")
            }
        }
        #expect(number(-3).modInverse(number(7)) == number(2))
        #expect(number(3).modInverse(number(-7)) == nil)
    }

    @Test func `shifts and bits agree with machine integers`() {
        let value: UInt64 = 0b1011
        #expect(BigNumber(value) << 3 == BigNumber(value << 3))
        #expect(BigNumber(value) >> 2 == BigNumber(value >> 2))
        #expect(BigNumber(value) >> -2 == BigNumber(value << 2))
        #expect(BigNumber(value) << -2 == BigNumber(value >> 2))
        #expect(BigNumber(value) >> 100 == .zero)
        #expect((0..<5).map { BigNumber(value).testBit($0) } == [true, true, false, true, false])
        #expect(!BigNumber(value).testBit(-1))
        #expect((BigNumber.one << 256).bitLength == 257)
        #expect(BigNumber.zero.bitLength == 0)
    }

    @Test func `equal numbers hash equally and do not show their value`() {
        #expect(Set([BigNumber(5), BigNumber(bytes: [0, 5]), BigNumber(6)]).count == 2)
        #expect("\(BigNumber(1_234_567))" == "number of 21 bits")
    }

    @Test func `primes are found at the ends of powers of two`() {
        #expect(BigNumber.largestPrime(atMostPowerOfTwo: 1) == BigNumber(2))
        #expect(BigNumber.largestPrime(atMostPowerOfTwo: 2) == BigNumber(3))
        #expect(BigNumber.largestPrime(atMostPowerOfTwo: 8) == BigNumber(251))
        #expect(BigNumber.smallestPrime(abovePowerOfTwo: 1) == BigNumber(3))
        #expect(BigNumber.smallestPrime(abovePowerOfTwo: 8) == BigNumber(257))
        // 2^128 - 159 and 2^256 - 189, and 2^256 + 297, are the published neighbours.
        #expect(BigNumber.largestPrime(atMostPowerOfTwo: 128) == (BigNumber.one << 128) - BigNumber(159))
        #expect(BigNumber.largestPrime(atMostPowerOfTwo: 256) == (BigNumber.one << 256) - BigNumber(189))
        #expect(BigNumber.smallestPrime(abovePowerOfTwo: 256) == (BigNumber.one << 256) + BigNumber(297))
        #expect(!BigNumber.one.isProbablePrime)
        #expect(!BigNumber.zero.isProbablePrime)
        #expect(!BigNumber(561).isProbablePrime)
        #expect(!number(-7).isProbablePrime)
    }

    @Test func `identities hold for numbers of a thousand bits`() {
        var random = TestRandom(seed: 42)
        for _ in 0..<30 {
            let a = BigNumber(bytes: random.bytes(count: 128))
            let b = BigNumber(bytes: random.bytes(count: 100))
            let c = BigNumber(bytes: random.bytes(count: 64)) + .one
            #expect((a + b) * c == a * c + b * c)
            #expect((a - b) + b == a)
            #expect(a.mod(c) < c)
            if let (quotient, remainder) = a.divided(by: c) { #expect(quotient * c + remainder == a) }
            #expect(BigNumber(bytes: a.bytes) == a)
            #expect(a.modMul(b, c) == (a * b).mod(c))
        }
    }
}
