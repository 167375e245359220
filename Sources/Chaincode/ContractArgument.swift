/// The kind of an argument or result, for the metadata document and for error texts.
public enum ValueType: String, Equatable, Sendable {
    /// UTF-8 text.
    case text
    /// A signed 64-bit integer in decimal digits.
    case integer
    /// An unsigned 64-bit integer in decimal digits.
    case unsignedInteger
    /// `true` or `false`.
    case boolean
    /// Any bytes.
    case bytes
    /// A JSON document without floating-point numbers.
    case json

    /// What an argument of this kind must be, to complete the sentence "the argument must be ...".
    public var requirement: String {
        switch self {
        case .text: "UTF-8 text"
        case .integer: "a 64-bit integer in decimal digits"
        case .unsignedInteger: "an unsigned 64-bit integer in decimal digits"
        case .boolean: "true or false"
        case .bytes: "bytes"
        case .json: "a JSON document (UTF-8, whole numbers, no key twice)"
        }
    }
}

/// A type that a transaction's parameter may have.
public protocol ContractArgument: Sendable, SendableMetatype {
    /// The kind shown to clients.
    static var valueType: ValueType { get }
    /// The value that the argument's bytes mean, or nil when they mean none.
    init?(argument: [UInt8])
}

extension String: ContractArgument {
    /// Text.
    public static var valueType: ValueType { .text }

    /// Accepts valid UTF-8 only.
    public init?(argument: [UInt8]) {
        self.init(validating: argument, as: UTF8.self)
    }
}

extension Int64: ContractArgument {
    /// A signed integer.
    public static var valueType: ValueType { .integer }

    /// Accepts the one shortest decimal form: no plus sign, no leading zero, no `-0`.
    public init?(argument: [UInt8]) {
        guard let value = DecimalInteger.signed(argument) else { return nil }
        self = value
    }
}

extension UInt64: ContractArgument {
    /// An unsigned integer.
    public static var valueType: ValueType { .unsignedInteger }

    /// Accepts the one shortest decimal form: no sign, no leading zero.
    public init?(argument: [UInt8]) {
        guard let value = DecimalInteger.unsigned(argument[...]) else { return nil }
        self = value
    }
}

extension Bool: ContractArgument {
    /// A truth value.
    public static var valueType: ValueType { .boolean }

    /// Accepts `true` and `false`.
    public init?(argument: [UInt8]) {
        if argument.elementsEqual("true".utf8) {
            self = true
        } else if argument.elementsEqual("false".utf8) {
            self = false
        } else {
            return nil
        }
    }
}

extension Array: ContractArgument where Element == UInt8 {
    /// Bytes.
    public static var valueType: ValueType { .bytes }

    /// Accepts everything.
    public init?(argument: [UInt8]) {
        self = argument
    }
}

extension JSONValue: ContractArgument {
    /// JSON.
    public static var valueType: ValueType { .json }

    /// Accepts what `JSONValue.init(parsing:)` accepts.
    public init?(argument: [UInt8]) {
        do throws(JSONError) {
            try self.init(parsing: argument)
        } catch {
            return nil
        }
    }
}

/// Decimal integers in their one shortest form.
enum DecimalInteger {
    static func unsigned(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard let first = digits.first, digits.count == 1 || first != UInt8(ascii: "0") else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            if tooLarge || overflow { return nil }
            value = sum
        }
        return value
    }

    static func signed(_ text: [UInt8]) -> Int64? {
        guard text.first == UInt8(ascii: "-") else {
            guard let magnitude = unsigned(text[...]) else { return nil }
            return Int64(exactly: magnitude)
        }
        guard let magnitude = unsigned(text.dropFirst()), magnitude > 0, magnitude <= UInt64(1) << 63 else { return nil }
        return Int64(truncatingIfNeeded: 0 &- magnitude)
    }
}
