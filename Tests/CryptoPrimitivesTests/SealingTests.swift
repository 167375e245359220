import CryptoPrimitives
import Testing

@Suite struct SealingTests {
    /// Opens a box of RFC 9180 base mode with DHKEM(P-256, HKDF-SHA256) and HKDF-SHA256, from OpenSSL's key agreement and our HMAC alone.
    ///
    /// `aead` is 1 for AES-128-GCM and 2 for AES-256-GCM.
    static func openByTheBook(_ box: SealedBox, key: UnsealingKey, info: [UInt8], authenticating: [UInt8], aead: UInt8) throws -> [UInt8] {
        let pem = try #require(try PEM.first(Array(key.pem.utf8)))
        let ephemeral = try PublicKey(x963: box.encapsulatedKey)
        let shared = try #require(OpenSSLOracle.agree(privateKey: pem.der, peer: ephemeral.spkiDER))
        func extract(_ salt: [UInt8], _ suite: [UInt8], _ label: String, _ input: [UInt8]) -> [UInt8] {
            HMACSHA256.authenticate(Array("HPKE-v1".utf8) + suite + Array(label.utf8) + input, key: salt)
        }
        func expand(_ key: [UInt8], _ suite: [UInt8], _ label: String, _ info: [UInt8], _ length: UInt8) -> [UInt8] {
            // One block is enough for every length used here.
            let labeled = [0, length] + Array("HPKE-v1".utf8) + suite + Array(label.utf8) + info
            return Array(HMACSHA256.authenticate(labeled + [1], key: key).prefix(Int(length)))
        }
        let kem = Array("KEM".utf8) + [0, 0x10]
        let prk = extract([], kem, "eae_prk", shared)
        let secret = expand(prk, kem, "shared_secret", box.encapsulatedKey + key.sealingKey.x963, 32)
        let suite = Array("HPKE".utf8) + [0, 0x10, 0, 1, 0, aead]
        let context = [0] + extract([], suite, "psk_id_hash", []) + extract([], suite, "info_hash", info)
        let schedule = extract(secret, suite, "secret", [])
        return try AESGCM.open(
            box.ciphertext, key: expand(schedule, suite, "key", context, aead == 1 ? 16 : 32),
            nonce: expand(schedule, suite, "base_nonce", context, 12), authenticating: authenticating)
    }

    /// RFC 9180 appendix A.3.1, first encryption; its suite has AES-128-GCM, so it proves the book-keeping of the test itself.
    @Test func `the independent opening opens the box of RFC 9180`() throws {
        let key = try UnsealingKey(rawScalar: hex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"))
        let box = try SealedBox(
            encapsulatedKey: hex(
                "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"),
            ciphertext: hex("5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"))
        let opened = try Self.openByTheBook(
            box, key: key, info: hex("4f6465206f6e2061204772656369616e2055726e"), authenticating: Array("Count-0".utf8), aead: 1)
        #expect(String(decoding: opened, as: UTF8.self) == "Beauty is truth, truth beauty")
    }

    @Test func `our boxes open by the book, and with the key they were sealed to`() throws {
        var random = TestRandom(seed: 61)
        for length in [0, 1, 16, 100, 5000] {
            let key = UnsealingKey.generate()
            let plaintext = random.bytes(count: length)
            let info = random.bytes(count: length % 40)
            let associated = random.bytes(count: length % 7)
            let box = try key.sealingKey.seal(plaintext, info: info, authenticating: associated)
            #expect(box.bytes.count == length + SealedBox.overhead)
            #expect(try Self.openByTheBook(box, key: key, info: info, authenticating: associated, aead: 2) == plaintext)
            #expect(try key.open(SealedBox(bytes: box.bytes), info: info, authenticating: associated) == plaintext)
        }
    }

    @Test func `two boxes of one plaintext differ`() throws {
        let key = UnsealingKey.generate().sealingKey
        #expect(try key.seal([1], info: [], authenticating: []) != key.seal([1], info: [], authenticating: []))
    }

    /// Bits of a box whose change a way of opening does not notice.
    private func unnoticedFlips(open: (UnsealingKey, SealedBox) throws -> [UInt8]) throws -> Int {
        let key = UnsealingKey.generate()
        let box = try key.sealingKey.seal([1, 2, 3], info: [4], authenticating: [5])
        return (0..<box.bytes.count * 8).count { bit in
            (try? SealedBox(bytes: flipped(box.bytes, bit: bit))).map { (try? open(key, $0)) != nil } ?? false
        }
    }

    @Test func `every flipped bit of a box is noticed`() throws {
        #expect(try unnoticedFlips { try $0.open($1, info: [4], authenticating: [5]) } == 0)
    }

    @Test func `an opening that forgets the tag is caught by the same check`() throws {
        // The planted bug: a box whose tag is not part of what is read.
        #expect(try unnoticedFlips { key, box in box.ciphertext.prefix(3).count == 3 ? [0] : [] } > 0)
    }

    @Test func `another key, info or associated data does not open`() throws {
        let key = UnsealingKey.generate()
        let box = try key.sealingKey.seal([1], info: [2], authenticating: [3])
        #expect(throws: CryptoError.authenticationFailed) { try UnsealingKey.generate().open(box, info: [2], authenticating: [3]) }
        #expect(throws: CryptoError.authenticationFailed) { try key.open(box, info: [], authenticating: [3]) }
        #expect(throws: CryptoError.authenticationFailed) { try key.open(box, info: [2], authenticating: []) }
        let offCurve = try SealedBox(encapsulatedKey: [4] + [UInt8](repeating: 1, count: 64), ciphertext: box.ciphertext)
        #expect(throws: CryptoError.authenticationFailed) { try key.open(offCurve, info: [2], authenticating: [3]) }
    }

    @Test func `boxes and keys of the wrong size are refused`() throws {
        #expect(throws: CryptoError.self) { try SealedBox(bytes: []) }
        #expect(throws: CryptoError.self) { try SealedBox(bytes: [UInt8](repeating: 4, count: 80)) }
        #expect(throws: CryptoError.self) { try SealedBox(encapsulatedKey: [4], ciphertext: [UInt8](repeating: 0, count: 16)) }
        #expect(throws: CryptoError.self) { try SealingKey(x963: []) }
        #expect(throws: CryptoError.self) { try SealingKey(x963: [4] + [UInt8](repeating: 1, count: 64)) }
        #expect(throws: CryptoError.self) { try UnsealingKey(rawScalar: []) }
        #expect(throws: CryptoError.self) { try UnsealingKey(rawScalar: [UInt8](repeating: 0xff, count: 32)) }
        #expect(throws: CryptoError.self) { try UnsealingKey(pem: "") }
    }

    @Test func `possession is proved by the holder only`() throws {
        let key = UnsealingKey.generate()
        let proof = try key.signPossession([1, 2])
        #expect(key.sealingKey.isPossessionProof(proof, for: [1, 2]))
        #expect(!key.sealingKey.isPossessionProof(proof, for: [1, 3]))
        #expect(!UnsealingKey.generate().sealingKey.isPossessionProof(proof, for: [1, 2]))
        #expect(try UnsealingKey(pem: key.pem).sealingKey == key.sealingKey)
        #expect(try SealingKey(x963: key.sealingKey.x963) == key.sealingKey)
    }

    @Test func `a box written down once still opens, part by part`() throws {
        let encapsulated =
            "0431b1fa14db42efdd41270769e38c51e36f9f9dec0b3e906d6ab83c98b8d33ee53e5ff00b38e532edc8b4bbcaed0f9c7e94766f26dd093aa3360cfc54a00d140e"
        let ciphertext = "c06c9bde1a3d12a85f87c3a40bc7c466f09cc413"
        let key = try UnsealingKey(rawScalar: [UInt8](repeating: 0x41, count: 32))
        let box = try SealedBox(bytes: hex(encapsulated + ciphertext))
        #expect(Base16.encode(box.encapsulatedKey) == encapsulated)
        #expect(Base16.encode(box.ciphertext) == ciphertext)
        #expect(Base16.encode(box.bytes) == encapsulated + ciphertext)
        #expect(try key.open(box, info: Array("info".utf8), authenticating: Array("aad".utf8)) == Array("dose".utf8))
    }
}
