/// A type that a transaction may return; a transaction may also return nothing.
public protocol ContractResult: Sendable, SendableMetatype {
    /// The kind shown to clients.
    static var resultType: ValueType { get }
    /// The response's payload.
    var resultPayload: [UInt8] { get }
}

extension String: ContractResult {
    /// Text.
    public static var resultType: ValueType { .text }
    /// The UTF-8 bytes.
    public var resultPayload: [UInt8] { Array(utf8) }
}

extension Int64: ContractResult {
    /// A signed integer.
    public static var resultType: ValueType { .integer }
    /// Decimal digits.
    public var resultPayload: [UInt8] { Array(String(self).utf8) }
}

extension UInt64: ContractResult {
    /// An unsigned integer.
    public static var resultType: ValueType { .unsignedInteger }
    /// Decimal digits.
    public var resultPayload: [UInt8] { Array(String(self).utf8) }
}

extension Bool: ContractResult {
    /// A truth value.
    public static var resultType: ValueType { .boolean }
    /// `true` or `false`.
    public var resultPayload: [UInt8] { Array((self ? "true" : "false").utf8) }
}

extension Array: ContractResult where Element == UInt8 {
    /// Bytes.
    public static var resultType: ValueType { .bytes }
    /// The bytes themselves.
    public var resultPayload: [UInt8] { self }
}

extension JSONValue: ContractResult {
    /// JSON.
    public static var resultType: ValueType { .json }
    /// The canonical encoding.
    public var resultPayload: [UInt8] { encoded() }
}
