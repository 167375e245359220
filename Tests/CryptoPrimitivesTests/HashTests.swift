import CryptoPrimitives
import Testing

@Suite struct HashTests {
    /// FIPS 180-4 example messages.
    static let vectors: [(message: [UInt8], digest: String)] = [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            Array(
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu".utf8),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
        ([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ]

    @Test(arguments: 0..<vectors.count) func `SHA-256 gives the published digests`(index: Int) {
        #expect(Base16.encode(SHA256.hash(Self.vectors[index].message)) == Self.vectors[index].digest)
    }

    @Test func `however a message is cut, the digest is the same`() {
        var random = TestRandom(seed: 11)
        for length in [0, 1, 55, 56, 63, 64, 65, 127, 128, 1000] {
            let message = random.bytes(count: length)
            let whole = SHA256.hash(message)
            let cut = length == 0 ? 0 : random.below(length + 1)
            #expect(SHA256.hash(concatenating: Array(message[..<cut]), Array(message[cut...])) == whole)
            #expect(SHA256.hash(concatenating: [[], message, []]) == whole)
            #expect(SHA256.hash(([7] + message).dropFirst()) == whole)
            var hasher = SHA256.Hasher()
            hasher.update(message[..<cut])
            message[cut...].withUnsafeBytes { hasher.update($0) }
            #expect(hasher.finalize() == whole)
        }
    }

    @Test func `a copied hasher goes its own way and finalizing leaves it usable`() {
        var first = SHA256.Hasher()
        first.update([1, 2])
        var second = first
        #expect(first.finalize() == SHA256.hash([1, 2]))
        first.update([3])
        second.update([4])
        #expect(first.finalize() == SHA256.hash([1, 2, 3]))
        #expect(second.finalize() == SHA256.hash([1, 2, 4]))
    }

    static let longMessage =
        "This is a test using a larger than block-size key and a larger than block-size data. "
        + "The key needs to be hashed before being used by the HMAC algorithm."
    static let longOutput =
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09"
        + "b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"

    /// RFC 4231 cases 1 to 4, 6 and 7.
    @Test(arguments: [
        ([UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (Array(1...25), [UInt8](repeating: 0xcd, count: 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array(longMessage.utf8), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]) func `HMAC gives the codes of RFC 4231`(key: [UInt8], message: [UInt8], code: String) {
        #expect(Base16.encode(HMACSHA256.authenticate(message, key: key)) == code)
        #expect(HMACSHA256.isValid(hex(code), for: message, key: key))
        #expect(!HMACSHA256.isValid(flipped(hex(code), bit: 7), for: message, key: key))
        #expect(!HMACSHA256.isValid([], for: message, key: key))
    }

    @Test func `HMAC agrees with OpenSSL at every key length around the block`() {
        var random = TestRandom(seed: 12)
        for length in [0, 1, 31, 32, 63, 64, 65, 200] {
            let key = random.bytes(count: length)
            let message = random.bytes(count: 3 * length)
            #expect(HMACSHA256.authenticate(message, key: key) == OpenSSLOracle.hmac(message, key: key))
        }
    }

    /// RFC 5869 appendix A.1 to A.3.
    @Test(
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 22), Array(0...12), Array(0xf0...0xf9), 42,
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
            (
                Array(0...0x4f), Array(0x60...0xaf), Array(0xb0...0xff), 82,
                longOutput
            ),
            (
                [UInt8](repeating: 0x0b, count: 22), [], [], 42,
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            ),
        ] as [([UInt8], [UInt8], [UInt8], Int, String)]) func `HKDF gives the keys of RFC 5869`(
            inputKey: [UInt8], salt: [UInt8], info: [UInt8], length: Int, output: String
        ) throws
    {
        #expect(Base16.encode(try HKDFSHA256.derive(inputKey: inputKey, salt: salt, info: info, length: length)) == output)
    }

    @Test func `HKDF stops at 255 blocks and derives nothing for length zero`() throws {
        #expect(try HKDFSHA256.derive(inputKey: [1], salt: [], info: [], length: 0) == [])
        #expect(try HKDFSHA256.derive(inputKey: [1], salt: [], info: [], length: 8160).count == 8160)
        #expect(throws: CryptoError.tooLarge(item: "HKDF output", limit: 8160, found: 8161, unit: "bytes")) {
            try HKDFSHA256.derive(inputKey: [1], salt: [], info: [], length: 8161)
        }
        #expect(throws: CryptoError.self) { try HKDFSHA256.derive(inputKey: [1], salt: [], info: [], length: -1) }
    }
}
