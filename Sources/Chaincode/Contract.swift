/// A smart contract: a name and a table of transactions.
///
/// A complete contract:
///
/// ```swift
/// import Chaincode
///
/// struct Notebook: Contract {
///     let name = "notebook"
///     var transactions: [Transaction] {
///         [
///             .submit("write", "title", "text") { (context: Context, title: String, text: String) throws(ContractError) in
///                 try context.putString(title, text)
///             },
///             .evaluate("read", "title") { (context: Context, title: String) throws(ContractError) -> [UInt8] in
///                 try context.getState(title, orNotFound: "the note")
///             },
///         ]
///     }
/// }
/// ```
///
/// A contract keeps nothing between calls: everything it knows is in the state. It must give the same result on every node, so it uses no clock, no
/// randomness and no iteration over sets or dictionaries.
public protocol Contract: Sendable {
    /// The contract's name, for the metadata document and for calls in the form `name:function`.
    var name: String { get }
    /// The version shown in the metadata document; defaults to `1.0`.
    var version: String { get }
    /// A sentence about the contract for the metadata document; defaults to none.
    var summary: String { get }
    /// The functions that clients may call.
    var transactions: [Transaction] { get }

    /// Runs before each transaction; throwing refuses the call. Does nothing unless a contract says otherwise.
    func beforeTransaction(_ context: Context, _ transaction: Transaction) throws(ContractError)
    /// Runs after each transaction that threw nothing; throwing refuses the call. Does nothing unless a contract says otherwise.
    func afterTransaction(_ context: Context, _ transaction: Transaction) throws(ContractError)
    /// Answers a call whose function is not in the table; throws `unknown-function` (400) unless a contract says otherwise.
    func unknownTransaction(_ context: Context, _ function: String) throws(ContractError) -> [UInt8]
}

extension Contract {
    /// The first version.
    public var version: String { "1.0" }
    /// No summary.
    public var summary: String { "" }

    /// Allows the call.
    public func beforeTransaction(_ context: Context, _ transaction: Transaction) throws(ContractError) {}

    /// Keeps the result.
    public func afterTransaction(_ context: Context, _ transaction: Transaction) throws(ContractError) {}

    /// Refuses the call.
    public func unknownTransaction(_ context: Context, _ function: String) throws(ContractError) -> [UInt8] {
        throw .refused("unknown-function", "the contract " + name + " has no function of this name; GetMetadata lists what it has")
    }
}

/// Names that every contract answers.
public enum ContractFunctions {
    /// Returns the metadata document.
    public static let metadata = "org.hyperledger.fabric:GetMetadata"
}

extension Contract {
    /// Answers one call: finds the function, reads its arguments, runs it; a thrown error becomes a response of its status with the text `code: message`.
    public func respond(to host: any ContractHost) -> Response {
        do throws(ContractError) {
            return Response(payload: try dispatch(host))
        } catch {
            return Response(error)
        }
    }

    private func dispatch(_ host: any ContractHost) throws(ContractError) -> [UInt8] {
        guard let first = host.arguments.first else {
            throw .refused("unknown-function", "the call has no arguments; the first must be the name of a function")
        }
        guard let function = String(validating: first, as: UTF8.self) else {
            throw .refused("unknown-function", "the name of the function is not UTF-8")
        }
        if sameBytes(function, ContractFunctions.metadata) {
            return metadata().encoded()
        }
        let plain = withoutOwnName(function)
        guard let transaction = transactions.first(where: { sameBytes($0.name, plain) }) else {
            return try unknownTransaction(Context(host: host), function)
        }
        let context = Context(host: host, isReadOnly: transaction.kind == .evaluate)
        try beforeTransaction(context, transaction)
        let payload = try transaction.run(context, Array(host.arguments.dropFirst()))
        try afterTransaction(context, transaction)
        return payload
    }

    /// Removes the prefix `name:`, with which clients choose one of several contracts.
    private func withoutOwnName(_ function: String) -> String {
        let prefix = name + ":"
        guard function.utf8.starts(with: prefix.utf8) else { return function }
        return String(function.utf8.dropFirst(prefix.utf8.count)) ?? function
    }
}
