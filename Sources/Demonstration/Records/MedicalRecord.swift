/// One FHIR R4 bundle about one patient, as the bytes that are signed, sealed and shared.
package struct MedicalRecord: Equatable, Sendable, CustomStringConvertible {
    /// The file's name, which the account of a run uses to speak of the record.
    package let name: String
    /// The bundle, byte for byte as it was read or made.
    package let bytes: [UInt8]

    /// The name and the size; never the content.
    package var description: String {
        "\(self.name) (\(self.bytes.count) bytes)"
    }
}
