import Foundation

/// Reads the records of a run from a folder of FHIR R4 bundles.
package enum RecordSource {
    /// The kinds of bundle that hold one record; the others are messages, searches and histories.
    static let bundleTypes = ["collection", "document", "transaction"]

    /// Every file of a folder that ends in `.json`, in the order of the names' bytes.
    ///
    /// The bytes are not changed: what a doctor signs is what was read.
    package static func read(folder path: String) throws(RecordError) -> [MedicalRecord] {
        guard let found = try? FileManager.default.contentsOfDirectory(atPath: path) else { throw .folderUnreadable(path: path) }
        let names = found.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        guard !names.isEmpty else { throw .noRecords(path: path) }
        guard names.count <= RecordLimits.maximumRecords else {
            throw .tooManyRecords(path: path, found: names.count, limit: RecordLimits.maximumRecords)
        }
        var records: [MedicalRecord] = []
        for name in names {
            let bytes = try self.readFile(path + "/" + name, name: name)
            try self.check(bytes, name: name)
            records.append(MedicalRecord(name: name, bytes: bytes))
        }
        return records
    }

    /// Refuses what is not a FHIR R4 bundle about one patient.
    static func check(_ bytes: [UInt8], name: String) throws(RecordError) {
        let bundle: FHIRValue
        do throws(FHIRReadError) {
            bundle = try FHIRReader.read(bytes)
        } catch {
            throw .notJSON(file: name, problem: error)
        }
        guard bundle["resourceType"]?.text == "Bundle" else { throw .notABundle(file: name, reason: "its resourceType is not Bundle") }
        guard let type = bundle["type"]?.text, self.bundleTypes.contains(type) else {
            throw .notABundle(file: name, reason: "its type is none of \(self.bundleTypes.joined(separator: ", "))")
        }
        guard let entries = bundle["entry"]?.elements, !entries.isEmpty else { throw .notABundle(file: name, reason: "it has no entries") }
        var patients = 0
        for (index, entry) in entries.enumerated() {
            guard let kind = entry["resource"]?["resourceType"]?.text else {
                throw .notABundle(file: name, reason: "entry \(index) has no resource with a resourceType")
            }
            if kind == "Patient" { patients += 1 }
        }
        guard patients == 1 else { throw .patientCount(file: name, found: patients) }
    }

    /// Reads one byte more than is allowed at most, so that a file that grows meanwhile is noticed too.
    private static func readFile(_ path: String, name: String) throws(RecordError) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { throw .fileUnreadable(file: name) }
        defer { try? file.close() }
        let limit = RecordLimits.maximumRecordBytes
        let data: Data
        do {
            data = try file.read(upToCount: limit + 1) ?? Data()  // nil at once means an empty file
        } catch {
            throw .fileUnreadable(file: name)
        }
        if data.count > limit {
            let size = (try? file.seekToEnd()).map { Int(clamping: $0) } ?? data.count
            throw .tooLarge(file: name, sizeBytes: size, limitBytes: limit)
        }
        return [UInt8](data)
    }
}
