import LedgerModel
import TestSupport
import Testing

@testable import Identity

@Suite struct PolicyTextTests {
    @Test(arguments: [
        ("OR('Org1MSP.member')", "120812060801120208001a0b12090a074f7267314d5350"),
        (
            "AND('Org1MSP.peer','Org2MSP.peer')",
            "120c120a080212020800120208011a0d120b0a074f7267314d535010031a0d120b0a074f7267324d53501003"
        ),
    ])
    func `the text gives Fabric's bytes`(text: String, hex: String) throws {
        #expect(Hex.encode(try SignaturePolicy(text: text).envelope()) == hex)
    }

    @Test func `both kinds of quotes, any spacing and Fabric's spellings of gates mean the same`() throws {
        let expected = try SignaturePolicy(text: "AND('A.peer', OR('B.member', 'C.admin'))")
        #expect(try SignaturePolicy(text: " and ( \"A.peer\" ,\n\tOr(\"B.member\",'C.admin') ) ") == expected)
        #expect(try SignaturePolicy(text: "OutOf(2,'A.peer',outof(1,'B.member','C.admin'))") == expected)
        #expect(try SignaturePolicy(text: "OUTOF('2','A.peer',OR('B.member','C.admin'))") == expected)
    }

    @Test func `inner gates number their principals before the leaves of the gate around them`() throws {
        let policy = try SignaturePolicy(text: "AND('A.peer', OR('B.peer', AND('C.peer', 'D.peer')), 'E.peer')")
        #expect(policy.principals == [role("C", .peer), role("D", .peer), role("B", .peer), role("A", .peer), role("E", .peer)])
        #expect(
            policy.rule
                == .outOf(
                    count: 3,
                    [.signedBy(3), .outOf(count: 1, [.signedBy(2), .outOf(count: 2, [.signedBy(0), .signedBy(1)])]), .signedBy(4)]))
    }

    @Test func `each leaf has its own principal`() throws {
        #expect(try SignaturePolicy(text: "AND('A.peer', 'A.peer')").principals.count == 2)
    }

    @Test func `MSP ids may hold dots and dashes, and the last dot divides`() throws {
        #expect(try SignaturePolicy(text: "OR('org-1.example.com.client')").principals == [role("org-1.example.com", .client)])
    }

    @Test func `a count may exceed the parts by one, as in Fabric, and zero is allowed`() throws {
        #expect(try SignaturePolicy(text: "OutOf(3, 'A.peer', 'B.peer')").rule == .outOf(count: 3, [.signedBy(0), .signedBy(1)]))
        #expect(try SignaturePolicy(text: "OutOf(0, 'A.peer')").rule == .outOf(count: 0, [.signedBy(0)]))
    }

    @Test(arguments: [
        ("", 0), ("   ", 3), ("'Org1MSP.member'", 0), ("Org1MSP.member", 0), ("XOR('A.peer')", 0), ("AND()", 4), ("OR", 2),
        ("AND('A.peer'", 12), ("AND('A.peer',", 13), ("AND('A.peer' 'B.peer')", 13), ("AND('A.peer'))", 13), ("AND('A.boss')", 7),
        ("AND('A')", 5), ("AND('.peer')", 5), ("AND('A_B.peer')", 6), ("AND('Ä.peer')", 5), ("AND('A.peer)", 4), ("AND(\"A.peer')", 4),
        ("OutOf('A.peer')", 6), ("OutOf(2)", 7), ("OutOf(2,)", 8), ("OutOf(-1,'A.peer')", 6), ("OutOf(99999999999,'A.peer')", 6),
        ("OutOf(3,'A.peer')", 0), ("AND('A.peer',,'B.peer')", 13), ("OR('A.peer', XOR('B.peer'))", 13), ("aNd('A.peer')", 0),
        ("OR('A.Peer')", 6), ("AND('A.peer') OR", 14),
    ])
    func `a mistake is reported with its character`(text: String, offset: Int) {
        do {
            let policy = try SignaturePolicy(text: text)
            Issue.record("accepted as \(policy)")
        } catch {
            #expect(error.offset == offset, "\(text): \(error)")
        }
    }

    @Test func `nesting beyond the limit is refused and below it is read`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "OR(", count: depth) + "'A.peer'" + String(repeating: ")", count: depth)
        }
        let deep = try SignaturePolicy(text: nested(Limits.policyDepth))
        #expect(try SignaturePolicy(envelope: deep.envelope()) == deep)
        #expect(throws: PolicyError.tooLarge(what: "nested gates", limit: Limits.policyDepth)) {
            try SignaturePolicy(text: nested(Limits.policyDepth + 1))
        }
        #expect(throws: PolicyError.self) { try SignaturePolicy(text: nested(15_000)) }
    }

    @Test func `too long a text is refused`() {
        #expect(throws: PolicyError.tooLarge(what: "characters", limit: Limits.policyTextCharacters)) {
            try SignaturePolicy(text: "OR('A.peer')" + String(repeating: " ", count: Limits.policyTextCharacters))
        }
    }

    @Test func `the description of a random policy reads back to the same policy`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            let text = PolicyGenerator.text(depth: 3, &random)
            let policy = try SignaturePolicy(text: text)
            #expect(try SignaturePolicy(text: policy.description) == policy, "\(text) \(random)")
            #expect(try SignaturePolicy(envelope: policy.envelope()) == policy, "\(text) \(random)")
        }
    }

    @Test func `random texts are read or refused, never more`() {
        var random = SeededGenerator(seed: 12)
        let pieces = ["AND", "OR", "OutOf", "(", ")", ",", "'", "\"", "A.peer", "'B.member'", "2", " ", "é", "\r\n", ".", "member", "\u{212A}"]
        for _ in 0..<2_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            if let policy = try? SignaturePolicy(text: text) { #expect(!policy.principals.isEmpty, "\(text)") }
        }
    }

    @Test func `the smallest satisfying sets are listed`() throws {
        let policy = try SignaturePolicy(text: "OR('A.admin', AND('A.peer', 'B.peer'), AND('A.peer', 'B.peer', 'C.peer'))")
        let sets = policy.satisfyingSets().map { $0.map(\.description) }
        #expect(sets.first == ["A.admin"])
        #expect(sets.contains(["A.peer", "B.peer"]))
        let wide = try SignaturePolicy(count: 20, of: (0..<40).map { role("Org\($0)", .peer) })
        #expect(wide.satisfyingSets(limit: 5).count == 5)
    }
}

/// Random policy texts over a few organisations and roles.
enum PolicyGenerator {
    static let organizations = ["A", "B", "C"]
    static let roles: [Role] = [.member, .peer, .client, .admin]

    static func text(depth: Int, _ random: inout SeededGenerator) -> String {
        let count = Int.random(in: 1...4, using: &random)
        let parts = (0..<count).map { _ in
            if depth > 0, Int.random(in: 0..<3, using: &random) == 0 { return self.text(depth: depth - 1, &random) }
            return "'\(organizations.randomElement(using: &random) ?? "A").\(roles.randomElement(using: &random) ?? .member)'"
        }.joined(separator: ", ")
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return "AND(\(parts))"
        case 1: return "OR(\(parts))"
        default: return "OutOf(\(Int.random(in: 0...(count + 1), using: &random)), \(parts))"
        }
    }
}
