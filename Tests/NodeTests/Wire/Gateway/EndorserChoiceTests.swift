import ChannelConfiguration
import Identity
import LedgerModel
import Testing

@testable import Node

/// Who is asked to endorse, for policies and peers of many shapes.
struct EndorserChoiceTests {
    private static func choose(_ policies: String..., from candidates: [MSPID], endorsed: Set<Int> = []) throws -> [Int]? {
        let bundle = try ChannelBundle(block: NodeNetwork().genesis)
        let parsed = try policies.map { EndorsementPolicy.signature(try SignaturePolicy(text: $0)) }
        return EndorserChoice(demand: .policies(parsed, bundle)).choose(candidates, endorsed: endorsed)
    }

    @Test func `the fewest peers are asked, those that have endorsed first`() throws {
        let both: [MSPID] = ["A", "B", "C"]
        #expect(try Self.choose("OR('A.peer','B.peer')", from: both, endorsed: [1]) == [1])
        #expect(try Self.choose("OR('A.peer','B.peer')", from: both) == [0])
        #expect(try Self.choose("OR('B.peer')", from: both, endorsed: [0]) == [1])
        #expect(try Self.choose("AND('A.member','C.peer')", from: both, endorsed: [0]) == [0, 2])
        #expect(try Self.choose("OutOf(2,'A.peer','B.peer','C.peer')", from: both, endorsed: [2]) == [0, 2])
        // Two policies at once, and one that needs two peers of one organisation.
        #expect(try Self.choose("OR('A.peer','B.peer')", "OR('B.peer','C.peer')", from: both, endorsed: [0]) == [1])
        #expect(try Self.choose("AND('A.peer','A.peer')", from: ["A", "B", "A"], endorsed: [0]) == [0, 2])
        #expect(try Self.choose("AND('A.peer','A.peer')", from: both) == nil)
        #expect(try Self.choose("OR('A.admin')", from: both) == nil)
        #expect(try Self.choose("OR('A.peer')", from: []) == nil)
    }

    @Test func `a policy of the channel is looked up`() throws {
        let bundle = try ChannelBundle(block: NodeNetwork().genesis)
        let choice = EndorserChoice(demand: .policies([.channelDefault], bundle))
        #expect(choice.choose(["Org1MSP", "Org2MSP"], endorsed: [0]) == [0, 1])
        #expect(choice.choose(["Org1MSP"], endorsed: [0]) == nil)
        let unknown = EndorserChoice(demand: .policies([.reference("/Channel/Application/Nothing")], bundle))
        #expect(unknown.choose(["Org1MSP", "Org2MSP"], endorsed: []) == nil)
    }

    @Test func `organisations that the client names get one peer each`() {
        let choice = EndorserChoice(demand: .organizations(["A", "C"]))
        #expect(choice.choose(["A", "A", "B", "C"], endorsed: []) == [0, 3])
        #expect(choice.choose(["A", "A", "B", "C"], endorsed: [1]) == [1, 3])
        #expect(choice.choose(["A", "B"], endorsed: []) == nil)
    }

    @Test func `with many peers nobody is asked who can be left out`() throws {
        let many = (0..<24).map { MSPID("M\($0)") }
        let majority = "OutOf(13," + many.map { "'\($0).peer'" }.joined(separator: ",") + ")"
        let set = try #require(try Self.choose(majority, from: many, endorsed: [23]))
        #expect(set.count == 13 && set.contains(23) && set.prefix(12) == Array(0..<12)[...])
        #expect(try Self.choose("AND('M3.peer','M20.peer')", from: many, endorsed: [3]) == [3, 20])
        #expect(try Self.choose("AND('M3.peer','M24.peer')", from: many) == nil)
    }
}
