/// Why a policy cannot be used: its text or its bytes are wrong. The author of the policy must change it.
package enum PolicyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text form is wrong at a character, counted from 0.
    case syntax(offset: Int, reason: String)
    /// The bytes do not parse as a policy envelope.
    case malformed(reason: String)
    /// The envelope has a version other than 0.
    case unsupportedVersion(Int32)
    /// A rule names neither a principal nor a gate.
    case emptyRule
    /// A rule names a principal that is not in the list.
    case principalOutOfRange(index: Int32, count: Int)
    /// The policy exceeds a limit of this implementation.
    case tooLarge(what: String, limit: Int)

    /// Where in the text the mistake is, when the policy was given as text.
    package var offset: Int? {
        if case .syntax(let offset, _) = self { offset } else { nil }
    }

    package var description: String {
        switch self {
        case .syntax(let offset, let reason): "policy text, character \(offset): \(reason)"
        case .malformed(let reason): "policy bytes: \(reason)"
        case .unsupportedVersion(let version): "policy has version \(version), only version 0 exists: write it again with a current tool"
        case .emptyRule: "policy has a rule that is neither a signer nor a gate: write it again"
        case .principalOutOfRange(let index, let count): "policy asks for principal \(index) but lists \(count) (numbered from 0)"
        case .tooLarge(let what, let limit): "policy has too many \(what): at most \(limit) are accepted"
        }
    }
}
