internal import COpenSSL

/// Arithmetic with secret numbers modulo an odd public modulus, by OpenSSL's functions whose time does not depend on the values.
///
/// Numbers are big-endian and as long as the modulus. Every copy that is made here is overwritten before it is given back to the system.
struct SecretModularArithmetic {
    private let modulus: [UInt8]

    /// The modulus is odd and has no leading zero byte.
    init(modulus: [UInt8]) { self.modulus = modulus }

    /// The inverse; nil when there is none.
    func inverse(of number: SecretBytes) -> SecretBytes? {
        self.run { context, modulus in
            guard let value = Self.load(number) else { return nil }
            defer { BN_clear_free(value) }
            guard let inverse = BN_mod_inverse(nil, value, modulus, context) else { return nil }
            defer { BN_clear_free(inverse) }
            return self.store(inverse)
        }
    }

    /// The product, by Montgomery's multiplication; nil unless both factors are below the modulus.
    func product(_ left: SecretBytes, _ right: SecretBytes) -> SecretBytes? {
        self.run { context, modulus in
            guard let first = Self.load(left), let second = Self.load(right), let result = BN_new(), let domain = BN_MONT_CTX_new() else {
                return nil
            }
            defer {
                BN_clear_free(first)
                BN_clear_free(second)
                BN_clear_free(result)
                BN_MONT_CTX_free(domain)
            }
            // One factor in Montgomery's form and one as it is give the product as it is.
            guard BN_ucmp(first, modulus) < 0, BN_ucmp(second, modulus) < 0, BN_MONT_CTX_set(domain, modulus, context) == 1,
                BN_to_montgomery(first, first, domain, context) == 1, BN_mod_mul_montgomery(result, first, second, domain, context) == 1
            else { return nil }
            return self.store(result)
        }
    }

    private func run(_ work: (OpaquePointer, OpaquePointer) -> SecretBytes?) -> SecretBytes? {
        guard let context = BN_CTX_secure_new() else { return nil }
        defer {
            BN_CTX_free(context)
            ERR_clear_error()
        }
        guard let modulus = BN_bin2bn(self.modulus, Int32(clamping: self.modulus.count), nil) else { return nil }
        defer { BN_free(modulus) }
        return work(context, modulus)
    }

    private static func load(_ number: SecretBytes) -> OpaquePointer? {
        number.withBytes { bytes in
            let value = BN_bin2bn(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: bytes.count), nil)
            if let value { BN_set_flags(value, BN_FLG_CONSTTIME) }
            return value
        }
    }

    private func store(_ number: OpaquePointer) -> SecretBytes? {
        var bytes = [UInt8](repeating: 0, count: self.modulus.count)
        defer { cleanse(&bytes) }
        guard BN_bn2binpad(number, &bytes, Int32(clamping: bytes.count)) == Int32(clamping: bytes.count) else { return nil }
        return SecretBytes(bytes)
    }
}
