import CryptoPrimitives
import Testing

@Suite struct SignatureTests {
    static let order = BigNumber(bytes: hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
    static let order384 = BigNumber(
        bytes: hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"))

    /// DER of two numbers with the fewest bytes, built apart from the module's own writer.
    static func der(_ r: BigNumber, _ s: BigNumber) -> [UInt8] {
        func integer(_ number: BigNumber) -> [UInt8] {
            let bytes = number.isZero ? [0] : number.bytes
            let content = bytes[0] >= 0x80 ? [0] + bytes : bytes
            return [2, UInt8(content.count)] + content
        }
        let content = integer(r) + integer(s)
        return [0x30, UInt8(content.count)] + content
    }

    static func numbers(_ signature: [UInt8]) -> (r: BigNumber, s: BigNumber) {
        let rLength = Int(signature[3])
        return (BigNumber(bytes: Array(signature[4..<4 + rLength])), BigNumber(bytes: Array(signature[(6 + rLength)...])))
    }

    /// RFC 6979 appendix A.2.5; the first has a high s.
    @Test func `the P-256 signatures of RFC 6979 are accepted in their low form only`() throws {
        let scalar = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
        let point = hex(
            "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")
        let key = try PublicKey(x963: point)
        #expect(try SigningKey(rawScalar: scalar).publicKey == key)
        let sampleR = BigNumber(bytes: hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"))
        let sampleS = BigNumber(bytes: hex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"))
        #expect(!key.isValid(signature: Self.der(sampleR, sampleS), for: Array("sample".utf8)))
        #expect(key.isValid(signature: Self.der(sampleR, Self.order - sampleS), for: Array("sample".utf8)))
        let testR = BigNumber(bytes: hex("F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"))
        let testS = BigNumber(bytes: hex("019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"))
        #expect(key.isValid(signature: Self.der(testR, testS), for: Array("test".utf8)))
        #expect(!key.isValid(signature: Self.der(testR, testS), for: Array("tess".utf8)))
        let golden =
            "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d383670220019f4113742a2b14bd25926b49c64915"
            + "5f267e60d3814b4c0cc84250e46f0083"
        #expect(key.isValid(signature: hex(golden), for: Array("test".utf8)))
        #expect(Base16.encode(key.spkiDER) == "3059301306072a8648ce3d020106082a8648ce3d030107034200" + Base16.encode(point))
    }

    @Test func `our signatures are low and OpenSSL accepts them`() throws {
        var random = TestRandom(seed: 51)
        let key = SigningKey.generate()
        for length in 0..<60 {
            let message = random.bytes(count: length)
            let signature = try key.sign(message)
            #expect(OpenSSLOracle.verify(signature, message: message, spki: key.publicKey.spkiDER) == true)
            #expect(key.publicKey.isValid(signature: signature, for: message))
            let (r, s) = Self.numbers(signature)
            #expect(s + s < Self.order)
            #expect(Self.der(r, s) == signature)
        }
    }

    @Test func `OpenSSL's signatures on P-256 and P-384 are accepted exactly when s is low`() throws {
        for (curve, order) in [(OpenSSLOracle.p256, Self.order), (OpenSSLOracle.p384, Self.order384)] {
            let pair = try #require(OpenSSLOracle.newKey(curve: curve))
            let key = try PublicKey(spkiDER: pair.spki)
            #expect(key.spkiDER == pair.spki)
            var lows = 0
            for number in 0..<40 {
                let message = [UInt8](repeating: 7, count: number)
                let signature = try #require(OpenSSLOracle.sign(message, privateKey: pair.privateDER))
                let (r, s) = Self.numbers(signature)
                let isLow = s + s < order
                lows += isLow ? 1 : 0
                #expect(key.isValid(signature: signature, for: message) == isLow)
                #expect(key.isValid(signature: Self.der(r, order - s), for: message) == !isLow)
                #expect(!key.isValid(signature: signature, for: message + [0]))
            }
            #expect((1..<40).contains(lows))
        }
    }

    /// Signatures of one message that are wrong in a known way; the check must refuse every one.
    private func badSignatures(_ good: [UInt8]) -> [(what: String, signature: [UInt8])] {
        let (r, s) = Self.numbers(good)
        let zero = BigNumber.zero
        func wrapped(_ content: [UInt8]) -> [UInt8] { [0x30, UInt8(content.count)] + content }
        let body = Array(good.dropFirst(2))
        let rPart = Array(body.prefix(2 + Int(good[3])))
        let sPart = Array(body.dropFirst(rPart.count))
        return [
            ("empty", []), ("r = 0", Self.der(zero, s)), ("s = 0", Self.der(r, zero)), ("both 0", Self.der(zero, zero)),
            ("high s", Self.der(r, Self.order - s)), ("s + n", Self.der(r, s + Self.order)), ("r + n", Self.der(r + Self.order, s)),
            ("s = n", Self.der(r, Self.order)), ("r = n", Self.der(Self.order, s)), ("r = n - r", Self.der(Self.order - r, s)),
            ("swapped", Self.der(s, r)), ("byte after", good + [0]), ("byte inside", wrapped(body + [0])),
            ("long length", [0x30, 0x81] + good.dropFirst()), ("one byte short", Array(good.dropLast())),
            ("indefinite length", [0x30, 0x80] + body + [0, 0]), ("other outer tag", [0x31] + good.dropFirst()),
            ("leading zero in r", wrapped([2, rPart[1] + 1, 0] + rPart.dropFirst(2) + sPart)),
            ("leading zero in s", wrapped(rPart + [2, sPart[1] + 1, 0] + sPart.dropFirst(2))),
            ("long length of r", wrapped([2, 0x81, rPart[1]] + rPart.dropFirst(2) + sPart)),
            ("empty r", wrapped([2, 0] + sPart)), ("empty s", wrapped(rPart + [2, 0])), ("only r", wrapped(rPart)),
            ("three numbers", wrapped(rPart + sPart + [2, 1, 1])), ("r of another type", wrapped([4] + rPart.dropFirst() + sPart)),
            ("negative r", wrapped([2, 32] + [0x80] + [UInt8](repeating: 1, count: 31) + sPart)),
            ("r too wide", wrapped([2, 34] + [UInt8](repeating: 1, count: 34) + sPart)),
            ("length beyond the end", [0x30, 6, 2, 1, 1, 2, 0x7f, 1]), ("raw r and s", r.bytes + s.bytes),
        ]
    }

    @Test func `every malformed or out-of-range signature is refused`() throws {
        let key = SigningKey.generate()
        let message = Array("a prescription".utf8)
        for _ in 0..<20 {
            let good = try key.sign(message)
            #expect(key.publicKey.isValid(signature: good, for: message))
            for (what, signature) in badSignatures(good) {
                #expect(!key.publicKey.isValid(signature: signature, for: message), "\(what)")
            }
        }
    }

    @Test func `a checker without the strict rules is caught by the same list`() throws {
        // The planted bug: leaving everything to OpenSSL, which takes a high s.
        let key = SigningKey.generate()
        let message = Array("a prescription".utf8)
        let accepted = badSignatures(try key.sign(message)).filter {
            OpenSSLOracle.verify($0.signature, message: message, spki: key.publicKey.spkiDER) == true
        }
        #expect(accepted.contains { $0.what == "high s" })
    }

    @Test func `every flipped bit of a signature or message is noticed`() throws {
        let key = SigningKey.generate()
        let message = Array("dose".utf8)
        let signature = try key.sign(message)
        for bit in 0..<signature.count * 8 {
            #expect(!key.publicKey.isValid(signature: flipped(signature, bit: bit), for: message), "bit \(bit)")
        }
        for bit in 0..<message.count * 8 {
            #expect(!key.publicKey.isValid(signature: signature, for: flipped(message, bit: bit)), "bit \(bit)")
        }
    }

    /// RFC 8032 section 7.1, test 3.
    @Test func `Ed25519 signs the message itself`() throws {
        let spki = hex("302a300506032b6570032100fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
        let key = try PublicKey(spkiDER: spki)
        let signature = hex(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")
        #expect(key.algorithm == .ed25519)
        #expect(key.spkiDER == spki)
        #expect(key.isValid(signature: signature, for: [0xaf, 0x82]))
        #expect(!key.isValid(signature: signature, for: [0xaf, 0x83]))
        #expect(!key.isValid(signature: signature + [0], for: [0xaf, 0x82]))
        #expect(!key.isValid(signature: [], for: [0xaf, 0x82]))
    }

    @Test func `points off the curve and keys of other kinds are refused`() throws {
        let key = SigningKey.generate().publicKey
        #expect(throws: CryptoError.self) { try PublicKey(x963: flipped(key.x963, bit: 519)) }
        #expect(throws: CryptoError.self) { try PublicKey(x963: []) }
        #expect(throws: CryptoError.self) { try PublicKey(x963: [0]) }
        #expect(throws: CryptoError.self) { try PublicKey(x963: [2] + key.x963[1...32]) }
        #expect(throws: CryptoError.self) { try PublicKey(x963: [4] + [UInt8](repeating: 0, count: 64)) }
        #expect(throws: CryptoError.self) { try PublicKey(spkiDER: flipped(key.spkiDER, bit: 90 * 8)) }
        let other = try #require(OpenSSLOracle.newKey(curve: OpenSSLOracle.p521))
        for bad in [other.spki, key.spkiDER + [0], Array(key.spkiDER.dropLast()), [], key.x963] {
            #expect(
                throws: CryptoError.unsupported(
                    item: "public key", reason: "only ECDSA P-256 and P-384 (uncompressed points) and Ed25519 are known")
            ) { try PublicKey(spkiDER: bad) }
        }
    }

    @Test func `private keys go through PEM in both forms and refuse everything else`() throws {
        let key = SigningKey.generate()
        #expect(try SigningKey(pem: key.pem).publicKey == key.publicKey)
        let pair = try #require(OpenSSLOracle.newKey(curve: OpenSSLOracle.p256))
        let sec1 = PEM.encode(label: "EC PARAMETERS", der: [5, 0]) + PEM.encode(label: "EC PRIVATE KEY", der: pair.privateDER)
        #expect(try SigningKey(pem: sec1).publicKey.spkiDER == pair.spki)
        let pkcs8 = try #require(try PEM.first(Array(key.pem.utf8)))
        #expect(pkcs8.label == "PRIVATE KEY")
        #expect(OpenSSLOracle.sign([1], privateKey: pkcs8.der).map { OpenSSLOracle.verify($0, message: [1], spki: key.publicKey.spkiDER) } == true)
        let wide = try #require(OpenSSLOracle.newKey(curve: OpenSSLOracle.p384))
        for bad in ["", "no key", PEM.encode(label: "EC PRIVATE KEY", der: wide.privateDER), PEM.encode(label: "PRIVATE KEY", der: [1, 2])] {
            #expect(throws: CryptoError.self) { try SigningKey(pem: bad) }
        }
        #expect(throws: CryptoError.self) {
            try SigningKey(pem: PEM.encode(label: "PRIVATE KEY", der: [UInt8](repeating: 0x30, count: 9000)))
        }
        #expect(throws: CryptoError.self) { try SigningKey(rawScalar: [UInt8](repeating: 0, count: 32)) }
        #expect(throws: CryptoError.self) { try SigningKey(rawScalar: Self.order.bytes) }
        #expect(throws: CryptoError.wrongLength(item: "P-256 private key", expected: "32", found: 31)) {
            try SigningKey(rawScalar: [UInt8](repeating: 1, count: 31))
        }
    }

    @Test func `a private key shows nothing of itself`() throws {
        let scalar = [UInt8](repeating: 0x41, count: 32)
        let key = try SigningKey(rawScalar: scalar)
        let unsealing = try UnsealingKey(rawScalar: scalar)
        var text = "\(key) \(String(reflecting: key)) \(unsealing) \(String(reflecting: unsealing))"
        dump(key, to: &text)
        dump(unsealing, to: &text)
        #expect(!text.contains("4141") && !text.contains("65, 65") && !text.contains("AAAA"))
        #expect(text.contains("<private key of") && text.contains("<unsealing key of"))
    }
}
