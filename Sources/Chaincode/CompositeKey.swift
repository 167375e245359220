/// A key made of a type and attributes, kept apart from simple keys: `U+0000 type U+0000 attribute U+0000 ... U+0000`.
///
/// Composite keys sort by their parts, so all keys that share the first parts lie together and one partial query finds them.
public struct CompositeKey: Equatable, Sendable {
    /// What kind of thing the key names, e.g. `grant`.
    public let objectType: String
    /// The parts, from the widest to the narrowest.
    public let attributes: [String]

    static let separator: Unicode.Scalar = "\u{0}"
    static let beyondAll: Unicode.Scalar = "\u{10FFFF}"

    /// Makes a key; throws `invalid-key` (400) when a part holds U+0000 or U+10FFFF.
    public init(_ objectType: String, _ attributes: [String]) throws(ContractError) {
        try CompositeKey.check(objectType)
        for attribute in attributes {
            try CompositeKey.check(attribute)
        }
        self.objectType = objectType
        self.attributes = attributes
    }

    /// Splits a key from the state; throws `invalid-key` (400) when it is not a composite key.
    public init(parsing key: String) throws(ContractError) {
        let scalars = key.unicodeScalars
        guard scalars.count >= 2, scalars.first == CompositeKey.separator, scalars.last == CompositeKey.separator else {
            throw .refused("invalid-key", "the key is not a composite key: it does not begin and end with U+0000")
        }
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        for scalar in scalars.dropFirst() {
            if scalar == CompositeKey.separator {
                parts.append(String(part))
                part = String.UnicodeScalarView()
            } else {
                part.append(scalar)
            }
        }
        let objectType = parts.removeFirst()
        try self.init(objectType, parts)
    }

    /// The key as it is stored.
    public var text: String {
        var scalars = String.UnicodeScalarView()
        scalars.append(CompositeKey.separator)
        scalars.append(contentsOf: objectType.unicodeScalars)
        scalars.append(CompositeKey.separator)
        for attribute in attributes {
            scalars.append(contentsOf: attribute.unicodeScalars)
            scalars.append(CompositeKey.separator)
        }
        return String(scalars)
    }

    /// The end of the range that begins at `text` and holds all keys that start with these parts.
    public var endOfPrefix: String {
        var scalars = text.unicodeScalars
        scalars.append(CompositeKey.beyondAll)
        return String(scalars)
    }

    /// Whether both keys have the same bytes.
    public static func == (left: CompositeKey, right: CompositeKey) -> Bool {
        sameBytes(left.text, right.text)
    }

    private static func check(_ part: String) throws(ContractError) {
        for scalar in part.unicodeScalars where scalar == separator || scalar == beyondAll {
            throw .refused("invalid-key", "a part of a composite key may not contain U+0000 or U+10FFFF; encode the part first")
        }
    }
}
