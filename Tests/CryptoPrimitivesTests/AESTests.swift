import CryptoPrimitives
import Testing

@Suite struct AESTests {
    struct Vector: Sendable {
        let key: String
        let nonce: String
        let plaintext: String
        let associated: String
        let sealed: String
    }

    static let text =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    static let associated = "feedfacedeadbeeffeedfacedeadbeefabaddad2"

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 1, 2, 4 and 13, 14, 16.
    static let vectors: [Vector] = [
        Vector(
            key: "00000000000000000000000000000000", nonce: "000000000000000000000000", plaintext: "", associated: "",
            sealed: "58e2fccefa7e3061367f1d57a4e7455a"),
        Vector(
            key: "00000000000000000000000000000000", nonce: "000000000000000000000000", plaintext: "00000000000000000000000000000000",
            associated: "", sealed: "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"),
        Vector(
            key: "feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888", plaintext: text, associated: associated,
            sealed:
                "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
                + "5bc94fbc3221a5db94fae95ae7121a47"),
        Vector(
            key: "0000000000000000000000000000000000000000000000000000000000000000", nonce: "000000000000000000000000", plaintext: "",
            associated: "", sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: "0000000000000000000000000000000000000000000000000000000000000000", nonce: "000000000000000000000000",
            plaintext: "00000000000000000000000000000000", associated: "",
            sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888", plaintext: text,
            associated: associated,
            sealed:
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test(arguments: 0..<vectors.count) func `AES-GCM gives the published ciphertexts and opens them`(index: Int) throws {
        let vector = Self.vectors[index]
        let sealed = try AESGCM.seal(
            hex(vector.plaintext), key: hex(vector.key), nonce: hex(vector.nonce), authenticating: hex(vector.associated))
        #expect(Base16.encode(sealed) == vector.sealed)
        let opened = try AESGCM.open(sealed, key: hex(vector.key), nonce: hex(vector.nonce), authenticating: hex(vector.associated))
        #expect(Base16.encode(opened) == vector.plaintext)
        let slice = ([1] + sealed + [2])[1...sealed.count]
        #expect(try AESGCM.open(slice, key: hex(vector.key), nonce: hex(vector.nonce), authenticating: hex(vector.associated)) == opened)
    }

    /// The bits of a sealed record whose change a way of opening does not notice.
    private func unnoticedFlips(open: ([UInt8], [UInt8], [UInt8]) throws -> [UInt8]) throws -> Int {
        var random = TestRandom(seed: 21)
        let key = random.bytes(count: 32)
        let nonce = random.bytes(count: 12)
        let sealed = try AESGCM.seal(random.bytes(count: 24), key: key, nonce: nonce, authenticating: [9])
        return (0..<sealed.count * 8).count { bit in (try? open(flipped(sealed, bit: bit), key, nonce)) != nil }
    }

    @Test func `every flipped bit of a sealed record is noticed`() throws {
        #expect(try unnoticedFlips { try AESGCM.open($0, key: $1, nonce: $2, authenticating: [9]) } == 0)
    }

    @Test func `an opening that forgets the tag is caught by the same check`() throws {
        // The planted bug: decrypting without looking at the tag, by sealing again, which undoes counter mode.
        let unnoticed = try unnoticedFlips { sealed, key, nonce in
            try AESGCM.seal(Array(sealed.dropLast(16)), key: key, nonce: nonce, authenticating: [9])
        }
        #expect(unnoticed > 0)
    }

    @Test func `a wrong key, nonce or associated data does not open`() throws {
        let key = [UInt8](repeating: 1, count: 16)
        let nonce = [UInt8](repeating: 2, count: 12)
        let sealed = try AESGCM.seal([3], key: key, nonce: nonce, authenticating: [4])
        #expect(throws: CryptoError.authenticationFailed) {
            try AESGCM.open(sealed, key: flipped(key, bit: 0), nonce: nonce, authenticating: [4])
        }
        #expect(throws: CryptoError.authenticationFailed) {
            try AESGCM.open(sealed, key: key, nonce: flipped(nonce, bit: 0), authenticating: [4])
        }
        #expect(throws: CryptoError.authenticationFailed) { try AESGCM.open(sealed, key: key, nonce: nonce, authenticating: []) }
        #expect(throws: CryptoError.authenticationFailed) { try AESGCM.open([1, 2, 3], key: key, nonce: nonce, authenticating: []) }
    }

    @Test func `keys and nonces of other sizes are refused by name`() throws {
        #expect(throws: CryptoError.wrongLength(item: "AES key", expected: "16 or 32", found: 24)) {
            try AESGCM.seal([], key: [UInt8](repeating: 0, count: 24), nonce: [UInt8](repeating: 0, count: 12), authenticating: [])
        }
        #expect(throws: CryptoError.wrongLength(item: "AES-GCM nonce", expected: "12", found: 0)) {
            try AESGCM.seal([], key: [UInt8](repeating: 0, count: 16), nonce: [], authenticating: [])
        }
        #expect(throws: CryptoError.wrongLength(item: "AES-CBC iv", expected: "16", found: 12)) {
            try AESCBC.encrypt([], key: [UInt8](repeating: 0, count: 16), iv: [UInt8](repeating: 0, count: 12))
        }
    }

    /// NIST SP 800-38A sections F.2.1 and F.2.5; our result has one more block, the padding.
    @Test(arguments: [
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
        ),
        (
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
        ),
    ]) func `AES-CBC gives the ciphertexts of SP 800-38A`(key: String, ciphertext: String) throws {
        let plaintext = hex(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
        let iv = Array(UInt8(0)...15)
        let encrypted = try AESCBC.encrypt(plaintext, key: hex(key), iv: iv)
        #expect(Base16.encode(Array(encrypted.dropLast(16))) == ciphertext)
        #expect(encrypted.count == plaintext.count + 16)
        #expect(try AESCBC.decrypt(encrypted, key: hex(key), iv: iv) == plaintext)
    }

    @Test func `AES-CBC round-trips every length and refuses broken blocks`() throws {
        var random = TestRandom(seed: 22)
        let key = random.bytes(count: 32)
        let iv = random.bytes(count: 16)
        for length in 0...33 {
            let message = random.bytes(count: length)
            #expect(try AESCBC.decrypt(AESCBC.encrypt(message, key: key, iv: iv), key: key, iv: iv) == message)
        }
        #expect(throws: CryptoError.self) { try AESCBC.decrypt([], key: key, iv: iv) }
        #expect(throws: CryptoError.self) { try AESCBC.decrypt([1, 2, 3], key: key, iv: iv) }
        let encrypted = try AESCBC.encrypt([1], key: key, iv: iv)
        #expect(throws: CryptoError.authenticationFailed) { try AESCBC.decrypt(encrypted, key: key, iv: flipped(iv, bit: 127)) }
    }
}
