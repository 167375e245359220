import TestSupport
import Testing

@testable import Demonstration

@Suite struct JSONReaderTests {
    func read(_ text: String) throws(FHIRReadError) -> FHIRValue {
        try FHIRReader.read(Array(text.utf8))
    }

    @Test func `values are read with their order and precision`() throws {
        let text = #" {"b" : [1, -0.50, 7.10e+2, true, false, null], "a": {"": "x\u0041\n\"\\\/"} } "#
        let expected: FHIRValue = [
            "b": [.number("1"), .number("-0.50"), .number("7.10e+2"), true, false, .null],
            "a": ["": "xA\n\"\\/"],
        ]
        #expect(try read(text) == expected)
    }

    @Test func `what is written is read back the same`() throws {
        let value: FHIRValue = ["é": "Łucja \u{1F600} \u{1} \" \\", "list": [[], [:], .number("10.00")]]
        #expect(try FHIRReader.read(value.serialized()) == value)
        #expect(String(decoding: value.serialized(), as: UTF8.self).contains("\\u0001"))
    }

    @Test func `surrogate pairs are one letter, halves are refused`() throws {
        #expect(try read(#""\ud83d\ude00""#) == "\u{1F600}")
        #expect(throws: FHIRReadError.notUnicode(offset: 1)) { try read(#""\ude00""#) }
        #expect(throws: FHIRReadError.notUnicode(offset: 1)) { try read(#""\ud83d\u0041""#) }
        #expect(throws: FHIRReadError.unexpected(offset: 7)) { try read(#""\ud83dx""#) }
    }

    @Test(arguments: ["", "{", "[1,", "\"a", "tru", "-", "1.", "{\"a\":", "[", "\"\\u00"])
    func `a text cut short is reported so`(text: String) {
        #expect(throws: FHIRReadError.endsEarly) { try read(text) }
    }

    @Test(arguments: [
        "{]", "[1 2]", "[,]", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1 1", "+1", ".5", "NaN", "'a'", "\"\u{1}\"", "\"\\x\"", "\u{FEFF}1", "1.e2",
        "[1}",
    ])
    func `what JSON does not know is refused`(text: String) {
        let error = #expect(throws: FHIRReadError.self) { try read(text) }
        guard case .unexpected = error else {
            Issue.record("\(text): \(String(describing: error))")
            return
        }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: FHIRReadError.notUnicode(offset: 1)) { try FHIRReader.read([0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: FHIRReadError.notUnicode(offset: 1)) { try FHIRReader.read([0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    @Test func `a second member of a name is refused, also when it is escaped`() throws {
        #expect(throws: FHIRReadError.duplicateName(offset: 7)) { try read(#"{"a":1,"a":2}"#) }
        #expect(throws: FHIRReadError.duplicateName(offset: 7)) { try read(#"{"a":1,"\u0061":2}"#) }
        // One letter, composed and decomposed: two names.
        #expect(throws: Never.self) { try read("{\"\u{E9}\":1,\"e\u{301}\":2}") }
    }

    @Test func `nesting is bounded`() {
        let depth = RecordLimits.maximumNesting
        let fits = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        #expect(throws: Never.self) { try read(fits) }
        #expect(throws: FHIRReadError.tooDeep(limit: depth)) { try read("[" + fits + "]") }
        #expect(throws: FHIRReadError.tooDeep(limit: depth)) { try read(String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test func `every flipped bit of a bundle is an answer, never a trap`() throws {
        let bytes = try SyntheticRecords(seed: 1).record(number: 1, targetBytes: 5_000).bytes
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            var damaged = bytes
            let index = Int.random(in: damaged.indices, using: &generator)
            damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            _ = try? FHIRReader.read(damaged)
            _ = try? FHIRReader.read(Array(bytes.prefix(index)))
        }
    }

    @Test(.enabled(if: SharedData.contains("edge-cases"), SharedData.reason))
    func `the hand-made edge cases are judged as they should be`() throws {
        for name in SharedData.list("edge-cases") where name.hasSuffix(".json") {
            let bytes = try #require(SharedData.read("edge-cases/" + name))
            if name.contains("duplicate") {
                #expect(throws: FHIRReadError.self) { try FHIRReader.read(bytes) }
            } else {
                #expect(throws: Never.self) { try FHIRReader.read(bytes) }
            }
        }
    }
}
