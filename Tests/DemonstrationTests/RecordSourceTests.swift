import TestSupport
import Testing

@testable import Demonstration

@Suite struct RecordSourceTests {
    static let smallest = #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"}}]}"#

    @Test func `bundles are read in the order of their names, byte for byte`() throws {
        let folder = try TemporaryFolder()
        let pretty = Array(Self.smallest.utf8) + Array("\r\n \n".utf8)
        try folder.write(pretty, to: "b.json")
        try folder.write(Array(Self.smallest.utf8), to: "B.json")
        try folder.write(Array(Self.smallest.utf8), to: "a.json")
        try folder.write(Array("not a record".utf8), to: "README.md")
        try folder.write(Array("not a record".utf8), to: ".hidden.json")
        let records = try RecordSource.read(folder: folder.path)
        #expect(records.map(\.name) == ["B.json", "a.json", "b.json"])
        #expect(records.last?.bytes == pretty)
    }

    @Test func `a folder that is not there, or holds nothing, is reported`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: RecordError.noRecords(path: folder.path)) { try RecordSource.read(folder: folder.path) }
        let missing = folder.path(of: "missing")
        #expect(throws: RecordError.folderUnreadable(path: missing)) { try RecordSource.read(folder: missing) }
    }

    @Test(
        arguments: [
            ("", RecordError.notJSON(file: "r.json", problem: .endsEarly)),
            ("{", .notJSON(file: "r.json", problem: .endsEarly)),
            ("[]", .notABundle(file: "r.json", reason: "its resourceType is not Bundle")),
            (#"{"resourceType":"Patient"}"#, .notABundle(file: "r.json", reason: "its resourceType is not Bundle")),
            (
                #"{"resourceType":"Bundle","type":"history"}"#,
                .notABundle(file: "r.json", reason: "its type is none of collection, document, transaction")
            ),
            (#"{"resourceType":"Bundle","type":"document","entry":[]}"#, .notABundle(file: "r.json", reason: "it has no entries")),
            (#"{"resourceType":"Bundle","type":"document","entry":{}}"#, .notABundle(file: "r.json", reason: "it has no entries")),
            (
                #"{"resourceType":"Bundle","type":"document","entry":[{"resource":[]}]}"#,
                .notABundle(file: "r.json", reason: "entry 0 has no resource with a resourceType")
            ),
            (
                #"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Condition"}}]}"#,
                .patientCount(file: "r.json", found: 0)
            ),
        ])
    func `a file that is no record is refused by name`(text: String, error: RecordError) throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(text.utf8), to: "r.json")
        #expect(throws: error) { try RecordSource.read(folder: folder.path) }
        #expect(error.description.contains("r.json"))
    }

    @Test func `a bundle about two patients is refused`() {
        let two = Self.smallest.replacing("[{", with: #"[{"resource":{"resourceType":"Patient"}},{"#)
        #expect(throws: RecordError.patientCount(file: "r.json", found: 2)) { try RecordSource.check(Array(two.utf8), name: "r.json") }
    }

    @Test func `a file over the limit is refused before it is looked at`() throws {
        let folder = try TemporaryFolder()
        let size = RecordLimits.maximumRecordBytes + 10
        try folder.write([UInt8](repeating: 0x20, count: size), to: "r.json")
        #expect(throws: RecordError.tooLarge(file: "r.json", sizeBytes: size, limitBytes: RecordLimits.maximumRecordBytes)) {
            try RecordSource.read(folder: folder.path)
        }
    }

    @Test func `a description of a record and of an error shows no content`() throws {
        let record = MedicalRecord(name: "r.json", bytes: Array("Testperson".utf8))
        #expect("\(record)" == "r.json (10 bytes)")
        let text = #"{"resourceType":"Secret","type":"Secret"}"#
        let error = #expect(throws: RecordError.self) { try RecordSource.check(Array(text.utf8), name: "r.json") }
        #expect(error?.description.contains("Secret") == false)
    }

    @Test(.enabled(if: SharedData.contains("fhir"), SharedData.reason))
    func `the six bundles of a public generator are read`() throws {
        let records = try RecordSource.read(folder: SharedData.path(of: "fhir"))
        #expect(records.count == 6)
        for record in records { #expect(SharedData.read("fhir/" + record.name) == record.bytes) }
    }
}
