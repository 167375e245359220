import Testing

@testable import RecordSharing

struct PlacementTests {
    static let seven = ["A", "B", "C", "D", "E", "F", "G"]

    @Test func `four of seven over seven organisations passes`() throws {
        try Placement.check(organisations: Self.seven, threshold: 4)
    }

    @Test func `two of five each passes at t five and fails at t four`() throws {
        let organisations = ["A", "A", "B", "B", "C", "D"]
        try Placement.check(organisations: organisations, threshold: 5)
        #expect(throws: PlacementError.pairReachesThreshold(first: "A", second: "B", shares: 4, threshold: 4)) {
            try Placement.check(organisations: organisations, threshold: 4)
        }
    }

    @Test func `an organisation with more than half of t minus one is refused`() {
        #expect(throws: PlacementError.organisationHoldsTooMany(organisation: "A", shares: 2, allowed: 1)) {
            try Placement.check(organisations: ["A", "A", "B", "C", "D", "E"], threshold: 4)
        }
        #expect(throws: PlacementError.organisationHoldsTooMany(organisation: "A", shares: 3, allowed: 1)) {
            try Placement.check(organisations: ["A", "A", "A"], threshold: 3)
        }
    }

    @Test func `a threshold of two lets any pair open the record and is refused`() {
        #expect(throws: PlacementError.pairReachesThreshold(first: "A", second: "B", shares: 2, threshold: 2)) {
            try Placement.check(organisations: ["A", "B", "C"], threshold: 2)
        }
    }

    @Test func `excluded organisations hold nothing and names compare byte by byte`() throws {
        #expect(throws: PlacementError.organisationMayHoldNone(organisation: "Insurer", share: 6)) {
            try Placement.check(organisations: ["A", "B", "C", "D", "E", "F", "Insurer"], threshold: 4, excluded: ["Insurer"])
        }
        // The same letter in two Unicode spellings: two different names.
        try Placement.check(organisations: ["\u{E9}", "e\u{301}", "C"], threshold: 3)
    }

    @Test func `impossible lists are refused`() {
        #expect(throws: PlacementError.badOrganisationName(share: 1)) { try Placement.check(organisations: ["A", "", "C"], threshold: 3) }
        for (count, threshold) in [(0, 2), (1, 1), (3, 4), (3, 1), (256, 4)] {
            #expect(throws: PlacementError.invalidThreshold(threshold: threshold, shares: count)) {
                try Placement.check(organisations: (0..<count).map { "O\($0)" }, threshold: threshold)
            }
        }
    }
}
