/// Makes FHIR R4 bundles of patients who do not exist; the same seed, number and size give the same bytes, on any machine.
///
/// A bundle has the type `collection`, one `Patient` with the family name `Testperson`, an `AllergyIntolerance`, and visits: an `Encounter`
/// with a `Condition`, `Observation`s, a `MedicationRequest`, and the `Provenance` of them all. Every reference is to another entry of the
/// bundle. Codes are real ones of SNOMED CT, LOINC and RxNorm; who has what is drawn at random and means nothing.
package struct SyntheticRecords: Sendable {
    /// The sizes of the records of a run that asks for no others, in bytes.
    package static let usualSizes = [5_000, 20_000, 60_000, 120_000, 240_000, 400_000]

    private let seed: UInt64

    package init(seed: UInt64) {
        self.seed = seed
    }

    /// One record for each size, numbered from 1.
    package func records(sizes: [Int] = Self.usualSizes) throws(RecordError) -> [MedicalRecord] {
        var records: [MedicalRecord] = []
        for (index, size) in sizes.enumerated() {
            records.append(try self.record(number: index + 1, targetBytes: size))
        }
        return records
    }

    /// The record of a number, in about the size asked for: at most a tenth off, mostly far less.
    package func record(number: Int, targetBytes: Int) throws(RecordError) -> MedicalRecord {
        guard RecordLimits.syntheticBytes.contains(targetBytes) else {
            throw .sizeOutOfRange(targetBytes: targetBytes, allowed: RecordLimits.syntheticBytes)
        }
        var draws = SyntheticDraws(seed: self.seed, number: UInt64(bitPattern: Int64(number)))
        var bundle = BundleWriter(id: draws.uuid())
        var patient = SyntheticPatient(number: number, draws: draws)
        bundle.add(patient.patient())
        bundle.add(patient.allergy())
        bundle.add(patient.visit(measurements: 1))
        while bundle.sizeBytes < targetBytes {
            let isRoomForVisit = targetBytes - bundle.sizeBytes > bundle.largestVisitBytes
            if isRoomForVisit {
                bundle.add(patient.visit(measurements: patient.draws.number(in: 2...6)))
            } else {
                let observation = patient.observation()
                // Nearer to the target without it than with it: done.
                if bundle.sizeBytes + bundle.sizeBytes(of: observation) / 2 > targetBytes { break }
                bundle.add(observation)
            }
        }
        let digits = String(number)
        let name = "synthetic-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ".json"
        return MedicalRecord(name: name, bytes: bundle.bytes(timestamp: patient.lastInstant))
    }
}

/// Writes a bundle entry by entry, one to a line, and knows its size all the while.
private struct BundleWriter {
    /// About what a visit with the most measurements takes; only decides when to fill up with single observations.
    let largestVisitBytes = 6_000
    private let id: String
    private var entries: [[UInt8]] = []
    private(set) var sizeBytes = 180  // what stands around the entries

    init(id: String) {
        self.id = id
    }

    mutating func add(_ resources: [SyntheticResource]) {
        for resource in resources { self.add(resource) }
    }

    mutating func add(_ resource: SyntheticResource) {
        let entry = Self.entry(of: resource)
        self.sizeBytes += entry.count + 2
        self.entries.append(entry)
    }

    func sizeBytes(of resource: SyntheticResource) -> Int {
        Self.entry(of: resource).count + 2
    }

    func bytes(timestamp: String) -> [UInt8] {
        var bytes = Array(
            "{\"resourceType\":\"Bundle\",\"id\":\"\(self.id)\",\"type\":\"collection\",\"timestamp\":\"\(timestamp)\",\"entry\":[\n".utf8)
        bytes.reserveCapacity(self.sizeBytes)
        for (index, entry) in self.entries.enumerated() {
            if index > 0 { bytes += ",\n".utf8 }
            bytes += entry
        }
        bytes += "\n]}\n".utf8
        return bytes
    }

    private static func entry(of resource: SyntheticResource) -> [UInt8] {
        let entry: FHIRValue = ["fullUrl": .string("urn:uuid:" + resource.id), "resource": resource.content]
        return entry.serialized()
    }
}
