import CryptoPrimitives
import Testing

@Suite struct EncodingTests {
    @Test func `hexadecimal goes both ways and refuses what is not`() {
        #expect(Base16.encode([0, 0x9f, 0xa0, 0xff]) == "009fa0ff")
        #expect(Base16.encode([]) == "")
        #expect(Base16.decode("009FA0ff") == [0, 0x9f, 0xa0, 0xff])
        #expect(Base16.decode("") == [])
        for bad in ["0", "0g", "0x00", " 00", "00 ", "é0"] { #expect(Base16.decode(bad) == nil, "\(bad)") }
    }

    /// RFC 4648 section 10.
    @Test(arguments: zip(["", "f", "fo", "foo", "foob", "fooba", "foobar"], ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]))
    func `base64 gives the texts of RFC 4648`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test func `base64 that is not canonical is refused`() {
        for bad in ["Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==\n", "=", "====", "Z===", "Zm9v====", "Zm-_", "Z=g="] {
            #expect(Base64.decode(bad) == nil, "\(bad)")
        }
    }

    @Test func `random bytes survive both encodings`() {
        var random = TestRandom(seed: 31)
        for length in 0..<100 {
            let bytes = random.bytes(count: length)
            #expect(Base16.decode(Base16.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test func `PEM has 64 columns and comes back`() throws {
        let der = Array(UInt8(0)...99)
        let text = PEM.encode(label: "TEST DATA", der: der)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.map(\.count) == [25, 64, 64, 8, 23, 0])
        let blocks = try PEM.decode(text + "between\n" + text)
        #expect(blocks.count == 2)
        #expect(blocks.allSatisfy { $0.label == "TEST DATA" && $0.der == der })
        #expect(try PEM.decode(PEM.encode(label: "X", der: [])).first?.der == [])
    }

    @Test func `PEM text may have carriage returns, headers and text around it`() throws {
        let text = "a note\r\n-----BEGIN X-----\r\nProc-Type: 4,CLEAR\r\n\r\nAQ\r\nID\r\n-----END X-----  \r\nmore"
        #expect(try PEM.decode(text).first?.der == [1, 2, 3])
        #expect(try PEM.decode("nothing here").isEmpty)
        #expect(try PEM.first(Array("nothing here".utf8)) == nil)
        #expect(try PEM.decode(" -----BEGIN X-----\nAQID\n").isEmpty)
    }

    @Test(arguments: [
        "-----BEGIN X-----\nAQID\n", "-----BEGIN X-----\nAQID\n-----END Y-----\n", "-----BEGIN X-----\nAQ*D\n-----END X-----\n",
        "-----BEGIN X-----\nAQI\n-----END X-----\n",
    ]) func `a broken PEM block is refused`(text: String) {
        #expect(throws: CryptoError.self) { try PEM.decode(text) }
    }

    @Test func `PEM above the limits is refused`() {
        #expect(throws: CryptoError.tooLarge(item: "PEM text", limit: 1 << 20, found: 1 << 20 + 1, unit: "bytes")) {
            try PEM.decode([UInt8](repeating: 0x20, count: 1 << 20 + 1))
        }
        let block = PEM.encode(label: "X", der: [])
        #expect(throws: CryptoError.tooLarge(item: "PEM text", limit: 1000, found: 1001, unit: "blocks")) {
            try PEM.decode(String(repeating: block, count: 1001))
        }
    }

    @Test func `equality in constant time is equality`() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([1, 2], [1]))
    }

    @Test func `secret bytes are lent and never shown`() {
        let secret = SecretBytes([0x41, 0x42])
        #expect(secret.withBytes { Array($0) } == [0x41, 0x42])
        #expect(secret.count == 2)
        var text = ""
        dump(secret, to: &text)
        #expect("\(secret) \(String(reflecting: secret))" == "<secret> <secret>")
        #expect(!text.contains("65") && !text.contains("memory"))
        #expect(SecretBytes([]).withBytes { $0.count } == 0)
    }

    @Test func `the system's randomness has the length asked for and does not repeat`() {
        var random = SystemRandomSource()
        #expect(random.bytes(count: 0).isEmpty)
        #expect(random.bytes(count: -1).isEmpty)
        #expect(random.bytes(count: 3_000_000).count == 3_000_000)
        #expect(random.bytes(count: 32) != random.bytes(count: 32))
    }
}
