/// Why a transaction is refused; it becomes a response with a status of 400 or more, and nothing of the transaction is written.
///
/// The client sees `code: message`. Never put record content, keys, shares or secrets into either part.
public struct ContractError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The response status: 400 to 499 for a refusal that the caller can understand, 500 and above for a failure.
    public var status: Int32
    /// A word for programs, lower case with hyphens, e.g. `already-registered`.
    public var code: String
    /// A sentence for people: what was refused, for which item, and what to do.
    public var message: String

    /// Makes an error; a status below 400 would read as success and is raised to 500.
    public init(status: Int32 = 500, code: String, message: String) {
        self.status = status < 400 ? 500 : status
        self.code = code
        self.message = message
    }

    /// The text that the client sees: `code: message`.
    public var description: String { code + ": " + message }

    /// A rule of the contract forbids this call (status 400).
    public static func refused(_ code: String, _ message: String) -> ContractError {
        ContractError(status: 400, code: code, message: message)
    }

    /// The caller may not do this (status 403).
    public static func forbidden(_ code: String, _ message: String) -> ContractError {
        ContractError(status: 403, code: code, message: message)
    }

    /// The item named by the caller does not exist (status 404).
    public static func notFound(_ code: String, _ message: String) -> ContractError {
        ContractError(status: 404, code: code, message: message)
    }

    /// The item exists already or has moved on (status 409).
    public static func conflict(_ code: String, _ message: String) -> ContractError {
        ContractError(status: 409, code: code, message: message)
    }

    /// The contract or its host failed (status 500).
    public static func failure(_ code: String, _ message: String) -> ContractError {
        ContractError(status: 500, code: code, message: message)
    }
}
