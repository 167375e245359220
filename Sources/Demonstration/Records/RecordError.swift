/// Why the records of a run could not be had. Nothing of a record's content is ever part of it.
package enum RecordError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The folder is not there or may not be read.
    case folderUnreadable(path: String)
    /// The folder holds no file that ends in `.json`.
    case noRecords(path: String)
    /// The folder holds more bundles than `RecordLimits.maximumRecords`.
    case tooManyRecords(path: String, found: Int, limit: Int)
    /// The file may not be read.
    case fileUnreadable(file: String)
    /// The file is larger than `RecordLimits.maximumRecordBytes`.
    case tooLarge(file: String, sizeBytes: Int, limitBytes: Int)
    /// The file is not JSON, or is JSON that two readers could read differently.
    case notJSON(file: String, problem: FHIRReadError)
    /// The file is JSON but not a FHIR R4 bundle of the kinds that hold one record.
    case notABundle(file: String, reason: String)
    /// A record is about exactly one patient.
    case patientCount(file: String, found: Int)
    /// A synthetic bundle cannot have this size.
    case sizeOutOfRange(targetBytes: Int, allowed: ClosedRange<Int>)

    package var description: String {
        switch self {
        case .folderUnreadable(let path):
            "The folder \(path) cannot be read. Give the folder that holds the FHIR bundles."
        case .noRecords(let path):
            "The folder \(path) holds no file that ends in .json. Give the folder that holds the FHIR bundles."
        case .tooManyRecords(let path, let found, let limit):
            "The folder \(path) holds \(found) bundles; one run takes at most \(limit). Give a folder with fewer."
        case .fileUnreadable(let file):
            "The file \(file) cannot be read. Check its permissions."
        case .tooLarge(let file, let sizeBytes, let limitBytes):
            "The file \(file) has \(sizeBytes) bytes; a record has at most \(limitBytes). Leave it out."
        case .notJSON(let file, let problem):
            "The file \(file) is not usable JSON: \(problem). Correct it or leave it out."
        case .notABundle(let file, let reason):
            "The file \(file) is not a FHIR R4 bundle: \(reason). Correct it or leave it out."
        case .patientCount(let file, let found):
            "The bundle \(file) holds \(found) Patient resources; a record is about exactly one. Split it or leave it out."
        case .sizeOutOfRange(let targetBytes, let allowed):
            "A synthetic bundle cannot have \(targetBytes) bytes. Ask for \(allowed.lowerBound) to \(allowed.upperBound)."
        }
    }
}
