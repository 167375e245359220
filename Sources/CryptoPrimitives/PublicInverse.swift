/// The inverse of a public number modulo the order of P-256, in a sixth of the time that OpenSSL's general `BN_mod_inverse` takes.
///
/// Division steps in jumps of 62 (Bernstein and Yang, "Fast constant-time gcd computation and modular inversion", 2019, section 10), in variable time:
/// never for secrets. Who uses it multiplies the result with the number and sees whether that is 1, so a mistake here cannot pass.
enum PublicInverse {
    /// Five digits of 62 bits, the last one signed.
    private typealias Number = InlineArray<5, Int64>

    /// Two times two factors: what 62 division steps do to two numbers, times 2^62.
    private struct Jump {
        var u: Int64 = 1
        var v: Int64 = 0
        var q: Int64 = 0
        var r: Int64 = 1
    }

    private static let mask = Int64.max >> 1
    /// More than the steps that numbers of 256 bits take at most.
    private static let jumps = 13
    /// n, and its inverse modulo 2^62.
    private static let order: Number = Self.digits(of: CurveOrder.p256.order[...])
    private static let orderInverse: UInt64 = {
        let low = UInt64(bitPattern: Self.order[0])
        var inverse = low
        // Each turn doubles the digits that are right; the first has three.
        for _ in 0..<5 { inverse = inverse &* (2 &- low &* inverse) }
        return inverse
    }()

    /// - Parameter bytes: 32, big-endian.
    /// - Returns: 32 bytes; nil when there is no inverse.
    static func ofP256Order(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let order = self.order
        var (f, g) = (order, self.digits(of: bytes))
        var (d, e): (Number, Number) = ([0, 0, 0, 0, 0], [1, 0, 0, 0, 0])
        var delta: Int64 = 1
        for _ in 0..<self.jumps {
            let jump = self.steps(&delta, f[0], g[0])
            self.apply(jump, modulo: order, &d, &e)
            self.apply(jump, &f, &g)
            guard g[0] | g[1] | g[2] | g[3] | g[4] != 0 else {
                return self.isOne(f) ? self.bytes(d, negated: false) : self.isMinusOne(f) ? self.bytes(d, negated: true) : nil
            }
        }
        return nil
    }

    /// 62 division steps on the lowest digits of f, which is odd, and g.
    private static func steps(_ delta: inout Int64, _ f: Int64, _ g: Int64) -> Jump {
        var (f, g) = (UInt64(bitPattern: f), UInt64(bitPattern: g))
        var jump = Jump()
        var left: Int64 = 62
        while true {
            // Steps with an even g halve it; the set bit ends them in time.
            let zeros = Int64((g | UInt64.max << UInt64(left)).trailingZeroBitCount)
            g >>= UInt64(zeros)
            jump.u <<= zeros
            jump.v <<= zeros
            delta += zeros
            left -= zeros
            guard left > 0 else { return jump }
            if delta > 0 {
                delta = -delta
                (f, g) = (g, 0 &- f)
                (jump.u, jump.q) = (jump.q, -jump.u)
                (jump.v, jump.r) = (jump.r, -jump.v)
            }
            g &+= f
            jump.q += jump.u
            jump.r += jump.v
        }
    }

    private static func product(_ left: Int64, _ right: Int64) -> Int128 { Int128(left) &* Int128(right) }

    /// f and g after the steps: exact divisions by 2^62.
    private static func apply(_ jump: Jump, _ f: inout Number, _ g: inout Number) {
        var left = self.product(jump.u, f[0]) &+ self.product(jump.v, g[0])
        var right = self.product(jump.q, f[0]) &+ self.product(jump.r, g[0])
        left >>= 62
        right >>= 62
        for index in 1..<5 {
            left &+= self.product(jump.u, f[index]) &+ self.product(jump.v, g[index])
            right &+= self.product(jump.q, f[index]) &+ self.product(jump.r, g[index])
            f[index - 1] = Int64(truncatingIfNeeded: left) & self.mask
            g[index - 1] = Int64(truncatingIfNeeded: right) & self.mask
            left >>= 62
            right >>= 62
        }
        f[4] = Int64(truncatingIfNeeded: left)
        g[4] = Int64(truncatingIfNeeded: right)
    }

    /// The same for the factors d and e, modulo n: as many n are added as make the lowest digit zero. Both stay between -2n and n.
    private static func apply(_ jump: Jump, modulo order: Number, _ d: inout Number, _ e: inout Number) {
        let (dSign, eSign) = (d[4] >> 63, e[4] >> 63)
        var dTimes = (jump.u & dSign) + (jump.v & eSign)
        var eTimes = (jump.q & dSign) + (jump.r & eSign)
        var left = self.product(jump.u, d[0]) &+ self.product(jump.v, e[0])
        var right = self.product(jump.q, d[0]) &+ self.product(jump.r, e[0])
        dTimes -= self.times(left, dTimes)
        eTimes -= self.times(right, eTimes)
        left = (left &+ self.product(order[0], dTimes)) >> 62
        right = (right &+ self.product(order[0], eTimes)) >> 62
        for index in 1..<5 {
            left &+= self.product(jump.u, d[index]) &+ self.product(jump.v, e[index]) &+ self.product(order[index], dTimes)
            right &+= self.product(jump.q, d[index]) &+ self.product(jump.r, e[index]) &+ self.product(order[index], eTimes)
            d[index - 1] = Int64(truncatingIfNeeded: left) & self.mask
            e[index - 1] = Int64(truncatingIfNeeded: right) & self.mask
            left >>= 62
            right >>= 62
        }
        d[4] = Int64(truncatingIfNeeded: left)
        e[4] = Int64(truncatingIfNeeded: right)
    }

    /// How many n have to be taken away so that 62 zeros are at the end.
    private static func times(_ sum: Int128, _ already: Int64) -> Int64 {
        let low = UInt64(truncatingIfNeeded: sum)
        return Int64(bitPattern: (self.orderInverse &* low &+ UInt64(bitPattern: already)) & UInt64(self.mask))
    }

    private static func isOne(_ number: Number) -> Bool { number[0] == 1 && number[1] | number[2] | number[3] | number[4] == 0 }

    private static func isMinusOne(_ number: Number) -> Bool {
        number[0] & number[1] & number[2] & number[3] == self.mask && number[4] == -1
    }

    // MARK: - Bytes

    private static func digits(of bytes: ArraySlice<UInt8>) -> Number {
        var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
        for index in 0..<32 {
            let word = 3 - index / 8
            words[word] = words[word] << 8 | UInt64(bytes[bytes.startIndex + index])
        }
        let mask = UInt64(self.mask)
        return [
            Int64(words[0] & mask), Int64((words[0] >> 62 | words[1] << 2) & mask), Int64((words[1] >> 60 | words[2] << 4) & mask),
            Int64((words[2] >> 58 | words[3] << 6) & mask), Int64(words[3] >> 56),
        ]
    }

    /// The number, or n minus it, from between -2n and n into 0..<n.
    private static func bytes(_ number: Number, negated: Bool) -> [UInt8] {
        var number = number
        if number[4] < 0 { self.add(self.order, to: &number) }
        if negated {
            for index in 0..<5 { number[index] = -number[index] }
            self.carry(&number)
        }
        while number[4] < 0 { self.add(self.order, to: &number) }
        let (a, b, c, d, e) = (
            UInt64(bitPattern: number[0]), UInt64(bitPattern: number[1]), UInt64(bitPattern: number[2]), UInt64(bitPattern: number[3]),
            UInt64(bitPattern: number[4])
        )
        let words: InlineArray<4, UInt64> = [d >> 6 | e << 56, c >> 4 | d << 58, b >> 2 | c << 60, a | b << 62]
        return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            for index in 0..<32 { buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(56 - index % 8 * 8))) }
            count = 32
        }
    }

    private static func add(_ other: Number, to number: inout Number) {
        for index in 0..<5 { number[index] += other[index] }
        self.carry(&number)
    }

    private static func carry(_ number: inout Number) {
        for index in 0..<4 {
            number[index + 1] += number[index] >> 62
            number[index] &= self.mask
        }
    }
}
