import ChannelConfiguration
import FabricMessages
import LedgerModel
import TestSupport
import Testing

@testable import ConfigurationText

/// What is said about a text that is wrong: the element, the line and the column.
struct ErrorTests {
    private func error(_ text: String) -> ConfigurationTextError? {
        do {
            _ = try ConfigurationDocument(text: text)
            return nil
        } catch {
            return error
        }
    }

    /// A text with one thing replaced, and where that stands.
    private func edited(_ old: String, _ new: String, in name: String = "fabric-bft/0000.pb") throws -> (text: String, line: Int) {
        let yaml = try RealBlocks.document(name).yaml
        let range = try #require(yaml.firstRange(of: old))
        return (yaml.replacingCharacters(in: range, with: new), yaml[..<range.lowerBound].count { $0 == "\n" } + 1)
    }

    @Test(arguments: [
        ("max_message_count: 10", "max_message_count: ten", "/Channel/Orderer/BatchSize", "expected a whole number"),
        ("max_message_count: 10", "max_messages: 10", "/Channel/Orderer/BatchSize", "unknown key 'max_messages'; known here"),
        ("max_message_count: 10", "max_message_count: 4294967296", "/Channel/Orderer/BatchSize", "from 0 to 4294967295"),
        ("absolute_max_bytes: 10 MiB", "absolute_max_bytes: 10 MiBi", "/Channel/Orderer/BatchSize", "expected a number of bytes"),
        ("absolute_max_bytes: 10 MiB", "absolute_max_bytes: 99 GiB", "/Channel/Orderer/BatchSize", "expected a number of bytes"),
        ("timeout: 200ms", "timeout: 200 furlongs", "/Channel/Orderer/BatchTimeout", "is not a duration"),
        ("Admins: MAJORITY Admins", "Admins: [MAJORITY, Admins]", "/Channel/Admins", "expected names with values"),
        ("consenter: 1", "consenter: 9", "/Channel/Orderer/BlockValidation", "there is no consenter 9"),
        ("rule: OutOf(3, $0, $1, $2, $3)", "rule: OutOf(3, $0, $1, $2, $4)", "/Channel/Orderer/BlockValidation", "there is no principal 4"),
        ("- \"127.0.0.1:7051\"", "- localhost", "/Channel/Application/Org1MSP/AnchorPeers", "expected an address"),
        ("sequence: 0", "sequence: -1", "the document", "expected a whole number"),
        ("kind: configuration", "kind: config", "the document", "expected 'configuration' or 'update'"),
    ])
    func `a wrong value is named with its element and line`(old: String, new: String, path: String, reason: String) throws {
        let (text, line) = try self.edited(old, new)
        let error = try #require(self.error(text))
        guard case .invalid(let found, let mark, let why) = error else { throw error }
        #expect(found == path)
        #expect(mark?.line == line)
        #expect(why.contains(reason), "\(why)")
        #expect(error.description.hasPrefix("line \(line), column "))
    }

    @Test func `a wrong policy is pointed at with the column of its character`() throws {
        let (text, line) = try self.edited("OR('Org1MSP.admin'", "OR('Org1MSP.adnim'", in: "fabric/genesis_block.pb")
        let error = try #require(self.error(text))
        let row = text.split(separator: "\n", omittingEmptySubsequences: false)[line - 1]
        let column = try #require(row.firstRange(of: "adnim")).lowerBound
        #expect(error.mark == TextMark(line: line, column: row.distance(from: row.startIndex, to: column) + 1))
        #expect(error.description.contains("'adnim' is not a role"))
    }

    @Test(arguments: [
        ("a: b: c", "mapping values are not allowed"), ("a: [1, 2", "flow sequence"), ("\"open", "quoted scalar"), ("a: 1\na: 2", "appears twice"),
        ("a: &x 1\nb: *x", "anchors"), ("? [1, 2]\n: 3", "a key must be a plain text"), ("a: 1\n---\nb: 2", "single document"), ("\t- a", ""),
        ("a: \"\\q\"", ""), ("a: \"\\ud800\"", ""),
    ])
    func `what is no YAML, or more than is needed of it, is refused with its place`(text: String, reason: String) {
        guard case .syntax(_, let why)? = self.error(text) else {
            Issue.record("\(text) was not refused as YAML")
            return
        }
        #expect(reason.isEmpty || why.contains(reason), "\(why)")
    }

    @Test(arguments: ["", "   ", "# nothing\n", "5", "[]", "text", "kind: configuration\nChannel: 5", "kind: configuration\nfoo: 1"])
    func `documents of another kind are refused`(text: String) {
        #expect(self.error(text) != nil)
    }

    @Test func `deep and large texts are refused before they cost anything`() {
        let deep = [
            String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 5_000), String(repeating: "- ", count: 5_000),
            (0..<3_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        ]
        for text in deep {
            guard case .tooLarge? = self.error(text) else {
                Issue.record("not refused")
                continue
            }
        }
    }

    /// Any text is read or refused.
    @Test func `changed texts never do more than fail`() throws {
        var random = SeededGenerator(seed: 6_017)
        let yaml = Array(try RealBlocks.document("fabric/genesis_block.pb").yaml.utf8)
        let marks = Array("[]{}:-\"'|>&*!%@`#,?\n\t ~\u{0}".utf8) + [0xFF, 0xC3]
        for _ in 0..<80 {
            let start = Int.random(in: 0..<yaml.count, using: &random)
            var bytes = Array(yaml[start..<min(yaml.count, start + Int.random(in: 1...1_500, using: &random))])
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = marks.randomElement(using: &random) ?? 0
            }
            _ = self.error(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func `days are those of the calendar`() {
        #expect(DayText.text(secondsSince1970: 0) == "1970-01-01")
        #expect(DayText.text(secondsSince1970: 951_782_399) == "2000-02-28")
        #expect(DayText.text(secondsSince1970: 951_782_400) == "2000-02-29")
        #expect(DayText.text(secondsSince1970: 4_107_542_399) == "2100-02-28")
        #expect(DayText.text(secondsSince1970: 4_107_542_400) == "2100-03-01")
        #expect(DayText.text(secondsSince1970: -1) == "1969-12-31")
    }

    @Test func `sizes are read in all their units`() {
        for (text, bytes) in [("0", 0), ("1024", 1_024), ("1 KiB", 1_024), ("2KB", 2_048), ("3 MB", 3 << 20), ("1 GiB", 1 << 30), ("7 bytes", 7)] {
            #expect(ByteCountText.read(text, as: UInt32.self) == UInt32(bytes))
        }
        for text in ["", "KiB", "-1 KiB", "1.5 MiB", "4 GiB", "1  KiB"] { #expect(ByteCountText.read(text, as: UInt32.self) == nil) }
    }
}
