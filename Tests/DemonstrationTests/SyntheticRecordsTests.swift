import Foundation
import TestSupport
import Testing

@testable import Demonstration

@Suite struct SyntheticRecordsTests {
    static let sizes = [5_000, 12_345, 50_000, 131_072, 400_000]

    @Test func `the same seed gives the same bytes, twice`() throws {
        let first = try SyntheticRecords(seed: 7).records(sizes: Self.sizes)
        let second = try SyntheticRecords(seed: 7).records(sizes: Self.sizes)
        #expect(first == second)
    }

    @Test func `a record does not depend on those before it`() throws {
        let records = try SyntheticRecords(seed: 7).records(sizes: [5_000, 50_000])
        let alone = try SyntheticRecords(seed: 7).record(number: 2, targetBytes: 50_000)
        #expect(records[1] == alone)
        #expect(alone.name == "synthetic-0002.json")
    }

    @Test func `the golden record of seed 1 keeps its digest`() throws {
        let record = try SyntheticRecords(seed: 1).record(number: 1, targetBytes: 5_000)
        #expect(Fingerprint.of(record.bytes) == "2dd3e5cbb58102e3")
    }

    @Test func `another seed and another number give other bytes`() throws {
        let record = try SyntheticRecords(seed: 1).record(number: 1, targetBytes: 20_000)
        let otherSeed = try SyntheticRecords(seed: 2).record(number: 1, targetBytes: 20_000)
        let otherNumber = try SyntheticRecords(seed: 1).record(number: 2, targetBytes: 20_000)
        #expect(record.bytes != otherSeed.bytes)
        #expect(record.bytes != otherNumber.bytes)
        #expect(otherSeed.bytes != otherNumber.bytes)
    }

    @Test(arguments: sizes)
    func `the size is within a tenth of what was asked for`(size: Int) throws {
        for seed in UInt64(1)...8 {
            let count = try SyntheticRecords(seed: seed).record(number: 1, targetBytes: size).bytes.count
            #expect(abs(count - size) * 10 <= size, "seed \(seed): \(count) bytes")
        }
    }

    @Test(arguments: [0, -1, 4_999, 400_001, Int.max])
    func `a size that cannot be had is refused`(size: Int) {
        #expect(throws: RecordError.sizeOutOfRange(targetBytes: size, allowed: 5_000...400_000)) {
            try SyntheticRecords(seed: 1).record(number: 1, targetBytes: size)
        }
    }

    @Test(arguments: [5_000, 60_000])
    func `a bundle is valid JSON, has all seven kinds, and every reference leads to an entry`(size: Int) throws {
        let record = try SyntheticRecords(seed: 3).record(number: 4, targetBytes: size)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(record.bytes)) as? [String: Any])
        #expect(root["resourceType"] as? String == "Bundle")
        #expect(root["type"] as? String == "collection")

        let entries = try #require(root["entry"] as? [[String: Any]])
        let kinds = entries.compactMap { ($0["resource"] as? [String: Any])?["resourceType"] as? String }
        #expect(kinds.count == entries.count)
        #expect(
            Set(kinds) == ["Patient", "Encounter", "Condition", "Observation", "AllergyIntolerance", "MedicationRequest", "Provenance"])
        #expect(kinds.filter { $0 == "Patient" }.count == 1)

        let urls = entries.compactMap { $0["fullUrl"] as? String }
        #expect(Set(urls).count == entries.count)
        let references = Self.references(in: root)
        #expect(references.count > entries.count)
        #expect(Set(references).subtracting(urls) == [])
    }

    @Test func `what is made is what a folder of records may hold`() throws {
        for record in try SyntheticRecords(seed: 5).records() {
            try RecordSource.check(record.bytes, name: record.name)
        }
    }

    @Test func `names and numbers are those of nobody`() throws {
        let text = String(decoding: try SyntheticRecords(seed: 5).record(number: 1, targetBytes: 5_000).bytes, as: UTF8.self)
        #expect(text.contains("\"family\":\"Testperson\""))
        #expect(text.contains("\"value\":\"TEST-1\""))
    }

    @Test func `decimals are written as they are meant`() {
        #expect(SyntheticPatient.decimal(372, decimals: 1) == "37.2")
        #expect(SyntheticPatient.decimal(7, decimals: 2) == "0.07")
        #expect(SyntheticPatient.decimal(1_000, decimals: 2) == "10.00")
        #expect(SyntheticPatient.decimal(98, decimals: 0) == "98")
    }

    @Test(arguments: [
        (0, "1970-01-01"), (59, "1970-03-01"), (789, "1972-02-29"), (11_016, "2000-02-29"), (15_340, "2012-01-01"), (20_453, "2025-12-31"),
    ])
    func `days are written as the calendar has them`(number: Int, text: String) {
        #expect(CalendarDay(number: number).text == text)
    }

    @Test func `ids are version 4 UUIDs`() {
        var draws = SyntheticDraws(seed: 1, number: 1)
        for _ in 0..<100 {
            let id = draws.uuid()
            #expect(UUID(uuidString: id) != nil)
            let characters = Array(id)
            #expect(characters[14] == "4")
            #expect("89ab".contains(characters[19]))
        }
    }

    /// Every value of a member named `reference`, at any depth.
    private static func references(in value: Any) -> [String] {
        if let object = value as? [String: Any] {
            return object.flatMap { name, value in
                name == "reference" ? [value as? String].compactMap { $0 } : self.references(in: value)
            }
        }
        return (value as? [Any] ?? []).flatMap { self.references(in: $0) }
    }
}
