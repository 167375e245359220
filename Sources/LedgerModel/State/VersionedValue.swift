/// One entry of a key's metadata, for example its validation parameter (interop 9.6).
package struct MetadataEntry: Hashable, Sendable {
    /// The entry in which a key keeps its own endorsement policy.
    package static let validationParameter = "VALIDATION_PARAMETER"

    package var name: String
    package var value: [UInt8]

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// What the world state holds for a key.
package struct VersionedValue: Hashable, Sendable {
    package var value: [UInt8]
    /// All metadata of the key, in the order in which the write set gave it.
    package var metadata: [MetadataEntry]
    package var version: StateVersion

    package init(value: [UInt8], metadata: [MetadataEntry] = [], version: StateVersion) {
        self.value = value
        self.metadata = metadata
        self.version = version
    }
}
