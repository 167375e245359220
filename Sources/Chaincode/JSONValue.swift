/// A JSON document with whole numbers only, so that every node reads and writes it alike.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction and exponent.
    case integer(Int64)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members; their order does not matter, and of two with one name the later counts.
    case object([(String, JSONValue)])
}

extension JSONValue {
    /// The member of an object, or nil when this is no object or has no such member.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        for (candidate, value) in members.reversed() where sameBytes(candidate, name) {
            return value
        }
        return nil
    }

    /// The text, or nil when this is no string.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The number, or nil when this is none.
    public var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The truth value, or nil when this is none.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, or nil when this is no array.
    public var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members, or nil when this is no object.
    public var object: [(String, JSONValue)]? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }

    /// The text of a member; throws `invalid-json` (400) naming the member when it is missing or no string.
    public func string(_ name: String) throws(ContractError) -> String {
        guard let value = self[name]?.string else { throw .refused("invalid-json", "the member \"" + name + "\" must be a string") }
        return value
    }

    /// The number of a member; throws `invalid-json` (400) naming the member when it is missing or no whole number.
    public func integer(_ name: String) throws(ContractError) -> Int64 {
        guard let value = self[name]?.integer else { throw .refused("invalid-json", "the member \"" + name + "\" must be a whole number") }
        return value
    }

    /// A copy with one member set; a value that is no object becomes one.
    public func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        var members = (object ?? []).filter { !sameBytes($0.0, name) }
        members.append((name, value))
        return .object(members)
    }

    /// Members as they are encoded: sorted by the names' bytes, each name once, the later of two kept.
    var canonicalMembers: [(String, JSONValue)] {
        guard case .object(let members) = self else { return [] }
        let order = members.indices.sorted { left, right in
            if bytesPrecede(members[left].0, members[right].0) { return true }
            return sameBytes(members[left].0, members[right].0) && left < right
        }
        var result: [(String, JSONValue)] = []
        for index in order {
            if let last = result.last, sameBytes(last.0, members[index].0) {
                result.removeLast()
            }
            result.append(members[index])
        }
        return result
    }
}

extension JSONValue: Equatable {
    /// Whether both have the same canonical encoding.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        left.encoded() == right.encoded()
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object, e.g. `["owner": .string(owner), "version": 1]`.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }
}
