import Foundation
import Testing

@testable import RecordSharing

/// The published vectors, all of them, and what the runner does with vectors and files that are wrong.
struct ConformanceTests {
    static let directory = Bundle.module.bundleURL.appendingPathComponent("Resources").path

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: Self.directory + "/" + name, encoding: .utf8)
    }

    private func run(_ text: String) throws -> SharingConformance.SetResult? {
        try SharingConformance.run(VectorFile(name: "changed.json", bytes: Array(text.utf8)))
    }

    @Test func `every published vector agrees`() throws {
        let report = try SharingConformance.run(directory: Self.directory)
        #expect(report.failures.map(\.description) == [])
        #expect(report.unknownFiles == [])
        #expect(report.sets.map(\.format) == ["ems1-vectors/1", "eq1-vectors/1", "eq1-large/1", "gf256-vectors/1"])
        #expect(report.sets.map(\.cases) == [276, 2553, 12, 343])
        #expect(report.agreed == report.cases)
    }

    @Test func `planted bug: a vector with one changed digit is reported with its name`() throws {
        let changed = try text("gf256.json").replacingOccurrences(of: "153", with: "154")
        let result = try #require(try run(changed))
        #expect(!result.failures.isEmpty)
        #expect(result.agreed + result.failures.count == result.cases)
        let other = try text("ems1.json").replacingOccurrences(of: "\"error\": \"contextMismatch\"", with: "\"error\": \"notEnoughValidShares\"")
        let ems1 = try #require(try run(other))
        #expect(ems1.failures.count == 8)
        #expect(ems1.failures.allSatisfy { $0.reason == "expected notEnoughValidShares, got contextMismatch" && $0.file == "changed.json" })
    }

    @Test func `files of another kind are told apart`() throws {
        #expect(try run("{\"format\": \"something/1\"}") == nil)
        #expect(try run("no json") == nil)
        #expect(throws: SharingConformanceError.badVectorFile("changed.json")) { try run("{\"format\": \"ems1-vectors/1\", \"vectors\": [{}]}") }
        #expect(throws: SharingConformanceError.directoryNotReadable("/nowhere/at/all")) { try SharingConformance.run(directory: "/nowhere/at/all") }
    }

    @Test func `impossible numbers in a vector are failures, not traps`() throws {
        let vector = """
            {"format": "eq1-large/1", "vectors": [{"t": 9, "n": 3, "block_bits": -1, "prime": "0xzz", "tag": "x", "size": -5,
            "record_sha256": "", "share_bytes": 1, "share_sha256": []}, {"t": 9, "n": 3, "block_bits": 56, "prime": "0x7", "tag": "x", "size": 5,
            "record_sha256": "", "share_bytes": 1, "share_sha256": []}]}
            """
        #expect(try run(vector)?.agreed == 0)
    }
}
