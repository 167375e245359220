import ChannelConfiguration
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Node

/// In how many ways policies of many shapes can be satisfied.
struct EndorsementLayoutTests {
    private static func layouts(_ policies: String..., from available: [MSPID: Int]) throws -> [String] {
        let bundle = try ChannelBundle(block: NodeNetwork().genesis)
        let parsed = try policies.map { EndorsementPolicy.signature(try SignaturePolicy(text: $0)) }
        return self.texts(EndorsementLayouts(policies: parsed, bundle: bundle).layouts(available))
    }

    /// "A:1 B:2" for each.
    private static func texts(_ layouts: [EndorsementLayouts.Layout]) -> [String] {
        layouts.map { layout in layout.keys.sorted().map { "\($0):\(layout[$0] ?? 0)" }.joined(separator: " ") }
    }

    @Test func `every smallest way is given once, and none that contains another`() throws {
        let three: [MSPID: Int] = ["A": 1, "B": 2, "C": 1]
        #expect(try Self.layouts("OR('A.peer','B.peer')", from: three) == ["A:1", "B:1"])
        #expect(try Self.layouts("AND('A.member','C.peer')", from: three) == ["A:1 C:1"])
        #expect(try Self.layouts("OutOf(2,'A.peer','B.peer','C.peer')", from: three) == ["A:1 B:1", "A:1 C:1", "B:1 C:1"])
        #expect(try Self.layouts("OR('B.peer',AND('A.peer','C.peer'))", from: three) == ["B:1", "A:1 C:1"])
        #expect(try Self.layouts("OR('A.peer','B.peer')", "OR('B.peer','C.peer')", from: three) == ["B:1", "A:1 C:1"])
        #expect(try Self.layouts("AND('B.peer','B.peer')", from: three) == ["B:2"])
    }

    @Test func `what too few peers can satisfy has no way, nor has what no peer is`() throws {
        #expect(try Self.layouts("AND('A.peer','A.peer')", from: ["A": 1, "B": 5]) == [])
        #expect(try Self.layouts("OR('A.admin')", from: ["A": 3]) == [])
        #expect(try Self.layouts("OR('A.peer')", from: [:]) == [] && Self.layouts("OR('A.peer')", from: ["A": 0]) == [])
        #expect(try Self.layouts(from: ["A": 1]) == [])
    }

    @Test func `a policy of the channel is looked up`() throws {
        let bundle = try ChannelBundle(block: NodeNetwork().genesis)
        let layouts = EndorsementLayouts(policies: [.channelDefault], bundle: bundle).layouts(["Org1MSP": 2, "Org2MSP": 1])
        #expect(Self.texts(layouts) == ["Org1MSP:1 Org2MSP:1"])
    }

    @Test func `where there are more ways than are looked at, there are some that suffice`() throws {
        let many = (0..<24).map { MSPID("M\($0)") }
        let bundle = try ChannelBundle(block: NodeNetwork().genesis)
        // 18 signers: more than are looked for. 10 of 24: two million ways.
        for count in [10, 18] {
            let policy = try SignaturePolicy(text: "OutOf(\(count)," + many.map { "'\($0).peer'" }.joined(separator: ",") + ")")
            let layouts = EndorsementLayouts(policies: [.signature(policy)], bundle: bundle).layouts(
                Dictionary(uniqueKeysWithValues: many.map { ($0, 1) }))
            #expect((1...DiscoveryLimits.layouts).contains(layouts.count))
            #expect(layouts.allSatisfy { $0.count == count && $0.values.allSatisfy { $0 == 1 } })
        }
    }

    /// What an answer must be: each way enough, none enough when a signer is left out, and all that there are.
    private static func isRight(_ layouts: [EndorsementLayouts.Layout], _ policy: SignaturePolicy, _ available: [MSPID: Int]) -> Bool {
        func isEnough(_ layout: EndorsementLayouts.Layout) -> Bool {
            let signers = layout.keys.sorted().flatMap { Array(repeating: Principal.role($0, .peer), count: layout[$0] ?? 0) }
            return policy.isSatisfied(by: signers) { $0.implies($1) } && policy.isSatisfied(by: signers.reversed()) { $0.implies($1) }
        }
        var ways: [EndorsementLayouts.Layout] = [[:]]
        for organization in available.keys.sorted() {
            ways = ways.flatMap { way in
                (0...(available[organization] ?? 0)).map { count in count == 0 ? way : way.merging([organization: count]) { $1 } }
            }
        }
        let enough = ways.filter { !$0.isEmpty && isEnough($0) }
        func contains(_ way: EndorsementLayouts.Layout, _ smaller: EndorsementLayouts.Layout) -> Bool {
            way != smaller && smaller.allSatisfy { $0.value <= way[$0.key] ?? 0 }
        }
        return Set(layouts) == Set(enough.filter { way in !enough.contains { contains(way, $0) } }) && Set(layouts).count == layouts.count
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `random policies give all smallest ways and nothing else`(seed: UInt64) throws {
        let bundle = try ChannelBundle(block: NodeNetwork().genesis)
        var random = SeededGenerator(exactSeed: seed)
        var isTwinCaught = false
        for _ in 0..<12 {
            var available: [MSPID: Int] = [:]
            for name in ["A", "B", "C"] as [MSPID] { available[name] = Int(random.next() % 3) }
            func rule(_ depth: Int) -> String {
                guard depth > 0, random.next() % 3 > 0 else { return "'\(["A", "B", "C"][Int(random.next() % 3)]).peer'" }
                let parts = (0...Int(random.next() % 3)).map { _ in rule(depth - 1) }
                return "OutOf(\(random.next() % UInt64(parts.count) + 1),\(parts.joined(separator: ",")))"
            }
            let text = "OutOf(1,\(rule(3)))"
            let policy = try SignaturePolicy(text: text)
            let layouts = EndorsementLayouts(policies: [.signature(policy)], bundle: bundle).layouts(available)
            #expect(Self.isRight(layouts, policy, available), "seed \(seed): \(text) with \(available)")
            // One that forgets its last way must be caught.
            if !layouts.isEmpty { isTwinCaught = isTwinCaught || !Self.isRight(layouts.dropLast(), policy, available) }
        }
        #expect(isTwinCaught, "seed \(seed)")
    }
}
