/// What a subject of the registry is.
package enum Role: String, Sendable {
    /// A hospital, an insurer, a regulator; one for each organisation of the channel.
    case institution
    /// Someone who writes and signs records.
    case doctor
    /// The owner of records, known by a random id only.
    case patient
}

/// Whether a subject may act, at some time.
package enum SubjectStatus: String, Sendable {
    case active
    case notYetValid = "not-yet-valid"
    case expired
    case revoked
}
