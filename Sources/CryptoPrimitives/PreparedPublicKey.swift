internal import COpenSSL

/// A P-256 public key with a table of its multiples: a check costs about half of the usual, for 150 kB and the time of some 500 checks.
///
/// Checking a signature multiplies two points by numbers: the curve's generator, of which every library has a table, and the key. Here the key
/// is the generator of a curve of its own, so OpenSSL makes and uses a table for it too (`EC_GROUP_precompute_mult`). The rest is the
/// equation of FIPS 186-5, section 6.4.2, in OpenSSL's numbers and points. Nothing in it is secret, so nothing has to take constant time.
///
/// What is left then are two inverses, and they are what takes most of the time: that of s is computed by `PublicInverse` and tried with OpenSSL's
/// multiplication; that of the result's denominator is not needed, for r is multiplied with it instead.
///
/// `@unchecked Sendable` is sound: both curves are written only before the key exists, and OpenSSL only reads them afterwards.
package final class PreparedPublicKey: @unchecked Sendable {
    /// P-256 as it is, and P-256 with the key as its generator.
    private let curve: OpaquePointer
    private let own: OpaquePointer
    /// The field's prime.
    private let prime: OpaquePointer
    private let key: PublicKey

    /// Makes the table; nil for other algorithms, and where OpenSSL has no tables for this curve.
    package init?(_ key: PublicKey) {
        guard key.algorithm == .p256, let curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else { return nil }
        guard let own = EC_GROUP_dup(curve), let prime = BN_new() else {
            EC_GROUP_free(curve)
            return nil
        }
        self.curve = curve
        self.own = own
        self.prime = prime
        self.key = key
        guard EC_GROUP_get_curve(curve, prime, nil, nil, nil) == 1, Self.prepare(own, key.x963) else {
            ERR_clear_error()
            return nil
        }
    }

    deinit {
        EC_GROUP_free(self.curve)
        EC_GROUP_free(self.own)
        BN_free(self.prime)
    }

    private static func prepare(_ own: OpaquePointer, _ x963: [UInt8]) -> Bool {
        guard let point = EC_POINT_new(own), let scratch = BN_CTX_new() else { return false }
        defer {
            EC_POINT_free(point)
            BN_CTX_free(scratch)
        }
        return EC_POINT_oct2point(own, point, x963, x963.count, scratch) == 1
            && EC_GROUP_set_generator(own, point, EC_GROUP_get0_order(own), BN_value_one()) == 1
            && EC_GROUP_precompute_mult(own, scratch) == 1 && EC_GROUP_have_precompute_mult(own) == 1
    }

    /// As `PublicKey.isValid(signature:for:)`: the same answer for every input.
    package func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        guard let numbers = PublicKey.numbers(of: signature, order: .p256, acceptingHighS: false) else { return false }
        // That OpenSSL has no memory must not make a right signature wrong: peers would come to different verdicts.
        return self.isValid(numbers, digest: SHA256.hash(message)) ?? self.key.isValid(signature: signature, for: message)
    }

    /// - Parameters:
    ///   - numbers: r || s, both in 1..<n, 32 bytes each.
    ///   - digest: 32 bytes, as many as the order has, so none is cut off.
    /// - Returns: nil when OpenSSL could not compute it.
    func isValid(_ numbers: [UInt8], digest: [UInt8]) -> Bool? {
        guard let scratch = BN_CTX_new() else { return nil }
        BN_CTX_start(scratch)
        defer {
            BN_CTX_end(scratch)
            BN_CTX_free(scratch)
        }
        // The last of several is nil when any of them is.
        guard let r = BN_CTX_get(scratch), let s = BN_CTX_get(scratch), let e = BN_CTX_get(scratch), let x = BN_CTX_get(scratch),
            let z = BN_CTX_get(scratch), let left = EC_POINT_new(self.curve)
        else { return nil }
        defer { EC_POINT_free(left) }
        guard let right = EC_POINT_new(self.own) else { return nil }
        defer { EC_POINT_free(right) }
        let n = EC_GROUP_get0_order(self.curve)
        numbers.withUnsafeBufferPointer { bytes in
            _ = BN_bin2bn(bytes.baseAddress, 32, r)
            _ = BN_bin2bn(bytes.baseAddress.map { $0 + 32 }, 32, s)
        }
        _ = BN_bin2bn(digest, 32, e)
        // u1 = e / s and u2 = r / s; r = x(u1 G + u2 Q) mod n.
        guard Self.invert(s, numbers.suffix(32), x, n, scratch), BN_mod_mul(e, e, s, n, scratch) == 1, BN_mod_mul(s, r, s, n, scratch) == 1,
            EC_POINT_mul(self.curve, left, e, nil, nil, scratch) == 1, EC_POINT_mul(self.own, right, s, nil, nil, scratch) == 1,
            EC_POINT_add(self.curve, left, left, right, scratch) == 1
        else {
            ERR_clear_error()
            return nil
        }
        if EC_POINT_is_at_infinity(self.curve, left) == 1 { return false }
        guard let answer = self.hasX(left, r, x, z, n, scratch) else {
            ERR_clear_error()
            return nil
        }
        return answer
    }

    /// Whether the x coordinate of a point is r modulo n: it is x / z^2, below the prime, so it is r or r + n.
    private func hasX(
        _ point: OpaquePointer, _ r: OpaquePointer, _ x: OpaquePointer, _ z: OpaquePointer, _ n: OpaquePointer?, _ scratch: OpaquePointer
    ) -> Bool? {
        guard let product = BN_CTX_get(scratch), EC_POINT_get_Jprojective_coordinates_GFp(self.curve, point, x, nil, z, scratch) == 1,
            BN_mod_sqr(z, z, self.prime, scratch) == 1, BN_mod_mul(product, r, z, self.prime, scratch) == 1
        else { return nil }
        if BN_cmp(product, x) == 0 { return true }
        guard BN_add(r, r, n) == 1 else { return nil }
        if BN_cmp(r, self.prime) >= 0 { return false }
        guard BN_mod_mul(product, r, z, self.prime, scratch) == 1 else { return nil }
        return BN_cmp(product, x) == 0
    }

    /// Replaces s by its inverse modulo n.
    private static func invert(
        _ s: OpaquePointer, _ bytes: ArraySlice<UInt8>, _ inverse: OpaquePointer, _ n: OpaquePointer?, _ scratch: OpaquePointer
    ) -> Bool {
        guard let known = PublicInverse.ofP256Order(bytes), let product = BN_CTX_get(scratch), BN_bin2bn(known, 32, inverse) != nil,
            BN_mod_mul(product, s, inverse, n, scratch) == 1, BN_is_one(product) == 1
        else { return BN_mod_inverse(s, s, n, scratch) != nil }
        return BN_copy(s, inverse) != nil
    }
}
