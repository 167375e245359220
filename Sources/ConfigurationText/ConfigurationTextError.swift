/// Why a configuration in text form cannot be read. The place is a line and a column of the text, both counted from 1.
package enum ConfigurationTextError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is no YAML.
    case syntax(TextMark?, reason: String)
    /// Something in the text does not say what it should; `path` names the element, such as `/Channel/Orderer/BatchSize`.
    case invalid(path: String, TextMark?, reason: String)
    /// The text exceeds a limit of this implementation.
    case tooLarge(what: String, limit: Int)

    /// Where in the text the mistake is.
    package var mark: TextMark? {
        switch self {
        case .syntax(let mark, _), .invalid(_, let mark, _): mark
        case .tooLarge: nil
        }
    }

    package var description: String {
        switch self {
        case .syntax(let mark, let reason): "\(Self.place(mark))the text is not YAML: \(reason)"
        case .invalid(let path, let mark, let reason): "\(Self.place(mark))\(path): \(reason)"
        case .tooLarge(let what, let limit): "the text has more than \(limit) \(what), which is the limit"
        }
    }

    private static func place(_ mark: TextMark?) -> String { mark.map { "\($0): " } ?? "" }
}
