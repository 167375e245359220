import CryptoPrimitives
import Testing

@Suite struct RSATests {
    /// One key for all tests: making one takes a good part of a second.
    static let key = Result { try RSAPrivateKey.generate(bits: 2048) }

    @Test func `OAEP goes both ways up to its largest message`() throws {
        let key = try Self.key.get()
        #expect(key.publicKey.bits == 2048)
        #expect(key.publicKey.largestMessage == 190)
        for length in [0, 1, 32, 190] {
            let message = [UInt8](repeating: 7, count: length)
            let encrypted = try key.publicKey.encryptOAEP(message)
            #expect(encrypted.count == 256)
            #expect(try key.decryptOAEP(encrypted) == message)
            #expect(throws: CryptoError.authenticationFailed) { try key.decryptOAEP(flipped(encrypted, bit: 2000)) }
        }
        #expect(throws: CryptoError.tooLarge(item: "RSA message", limit: 190, found: 191, unit: "bytes")) {
            try key.publicKey.encryptOAEP([UInt8](repeating: 7, count: 191))
        }
        #expect(throws: CryptoError.authenticationFailed) { try key.decryptOAEP([]) }
        #expect(throws: CryptoError.authenticationFailed) { try key.decryptOAEP([1, 2, 3]) }
    }

    @Test func `PSS signatures are checked against message and key`() throws {
        let key = try Self.key.get()
        let message = Array("a record".utf8)
        let signature = try key.signPSS(message)
        #expect(signature.count == 256)
        #expect(key.publicKey.verifyPSS(signature: signature, for: message))
        #expect(try key.signPSS(message) != signature)
        for bit in stride(from: 0, to: 2048, by: 64) {
            #expect(!key.publicKey.verifyPSS(signature: flipped(signature, bit: bit), for: message))
        }
        #expect(!key.publicKey.verifyPSS(signature: signature, for: flipped(message, bit: 0)))
        #expect(!key.publicKey.verifyPSS(signature: [], for: message))
    }

    @Test func `keys go through PEM, and keys of other kinds or sizes are refused`() throws {
        let key = try Self.key.get()
        let encrypted = try RSAPublicKey(pem: key.publicKey.pem).encryptOAEP([9])
        #expect(try RSAPrivateKey(pem: key.pem).decryptOAEP(encrypted) == [9])
        let ec = SigningKey.generate()
        #expect(throws: CryptoError.unsupported(item: "RSA private key", reason: "the key is not an RSA key")) { try RSAPrivateKey(pem: ec.pem) }
        #expect(throws: CryptoError.unsupported(item: "RSA public key", reason: "the key is not an RSA key")) {
            try RSAPublicKey(pem: PEM.encode(label: "PUBLIC KEY", der: ec.publicKey.spkiDER))
        }
        for bad in ["", key.publicKey.pem.replacing("PUBLIC KEY", with: "CERTIFICATE"), PEM.encode(label: "PUBLIC KEY", der: [1, 2])] {
            #expect(throws: CryptoError.self) { try RSAPublicKey(pem: bad) }
        }
        let der = try #require(try PEM.first(Array(key.publicKey.pem.utf8))).der
        #expect(throws: CryptoError.self) { try RSAPublicKey(pem: PEM.encode(label: "PUBLIC KEY", der: der + [0])) }
        #expect(throws: CryptoError.self) { try RSAPrivateKey.generate(bits: 1024) }
        #expect(throws: CryptoError.self) { try RSAPrivateKey.generate(bits: 16_384) }
    }

    @Test func `an RSA private key shows only its size`() throws {
        let key = try Self.key.get()
        var text = "\(key) \(String(reflecting: key))"
        dump(key, to: &text)
        #expect(text.hasPrefix("<RSA private key of 2048 bits> <RSA private key of 2048 bits>"))
        #expect(text.count < 400)
    }
}
