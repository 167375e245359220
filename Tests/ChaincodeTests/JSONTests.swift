import Chaincode
import TestSupport
import Testing

private func parse(_ text: String) throws(JSONError) -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
}

@Suite struct JSONTests {
    @Test func `the canonical form sorts names by their bytes and has no spaces`() throws {
        let value = try parse(" { \"b\" : [ 1 , -2 ] , \"a\" : { \"\u{E9}\":true, \"z\" : null } } \n")
        #expect(String(decoding: value.encoded(), as: UTF8.self) == "{\"a\":{\"z\":null,\"\u{E9}\":true},\"b\":[1,-2]}")
    }

    @Test func `escapes are read and written in their shortest form`() throws {
        let value = try parse(#""\u0041\u00e9\ud83d\ude00\/\"\\\b\f\n\r\t\u001f""#)
        #expect(value == .string("A\u{E9}\u{1F600}/\"\\\u{8}\u{C}\n\r\t\u{1F}"))
        #expect(String(decoding: value.encoded(), as: UTF8.self) == "\"A\u{E9}\u{1F600}/\\\"\\\\\\b\\f\\n\\r\\t\\u001f\"")
    }

    @Test(arguments: [
        "", " ", "{", "[", "\"", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[1 2]", "01", "-", "-0", "1.5", "1e3", "1E3", "--1", "1-1", "nul",
        "truee",
        "1 2", "[1]]", "9223372036854775808", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\u{1}\"", "\u{FEFF}1",
        "'a'",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "NaN",
    ])
    func `malformed documents are refused`(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test func `invalid UTF-8 is refused with its place`() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0xFF]) }
    }

    @Test func `nesting beyond the limit is refused and does not exhaust the stack`() throws {
        let depth = JSONLimits.maximumDepth
        #expect(throws: Never.self) { try parse(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)) }
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: depth + 2)) }
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 500_000)) }
    }

    @Test func `a document beyond the size limit is refused`() {
        let document = [UInt8](repeating: UInt8(ascii: " "), count: JSONLimits.maximumBytes) + [UInt8(ascii: "1")]
        #expect(throws: JSONError(reason: "the document has more than 1048576 bytes", offset: 1_048_576)) { try JSONValue(parsing: document) }
    }

    @Test func `the place of an error is given in bytes`() {
        #expect(throws: JSONError(reason: "expected a colon", offset: 5)) { try parse("{\"a\" 1}") }
    }

    @Test func `members are found by exact bytes`() throws {
        let value: JSONValue = ["cafe\u{301}": 1, "caf\u{E9}": 2]
        #expect(value["caf\u{E9}"] == 2)
        #expect(value["cafe\u{301}"] == 1)
        #expect(value.encoded().count == "{\"cafe\u{301}\":1,\"caf\u{E9}\":2}".utf8.count)
        #expect(try value.integer("caf\u{E9}") == 2)
        #expect(throws: ContractError.self) { try value.string("caf\u{E9}") }
    }

    @Test func `of two members with one name the later is encoded`() {
        let value = JSONValue.object([("a", 1), ("b", 2), ("a", 3)])
        #expect(String(decoding: value.encoded(), as: UTF8.self) == "{\"a\":3,\"b\":2}")
        #expect(value["a"] == 3)
        #expect(value.setting("a", 4).encoded() == Array("{\"a\":4,\"b\":2}".utf8))
    }

    @Test func `random documents survive encoding and parsing`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            let value = randomValue(depth: 0, &random)
            let bytes = value.encoded()
            #expect(try JSONValue(parsing: bytes).encoded() == bytes, "\(random)")
        }
    }

    @Test func `random bytes never trap`() {
        var random = SeededGenerator(seed: 12)
        let alphabet = Array("{}[]\",:\\u0123456789abcdefnulltrue- \u{E9}".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...30, using: &random)).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            if let value = try? JSONValue(parsing: bytes) {
                #expect(throws: Never.self, "\(random)") { try JSONValue(parsing: value.encoded()) }
            }
        }
    }

    private func randomValue(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: return .string(randomText(&random))
        case 4: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in randomValue(depth: depth + 1, &random) })
        default:
            return .object((0..<Int.random(in: 0...3, using: &random)).map { _ in (randomText(&random), randomValue(depth: depth + 1, &random)) })
        }
    }

    private func randomText(_ random: inout SeededGenerator) -> String {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &random) >> UInt32.random(in: 0...14, using: &random)) {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
