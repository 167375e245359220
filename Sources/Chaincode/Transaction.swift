/// One function of a contract: its name, its parameters and what it does.
///
/// ```swift
/// .submit("register", "id", "role") { (context: Context, id: String, role: String) throws(ContractError) in ... }
/// .evaluate("read", "id", body: read)      // func read(_ context: Context, id: String) throws(ContractError) -> JSONValue
/// ```
public struct Transaction: Sendable {
    /// Whether clients order the result or only read it.
    public enum Kind: String, Equatable, Sendable {
        /// Writes; the client has it endorsed and ordered.
        case submit
        /// Only reads; the client asks one node. Writes are refused.
        case evaluate
    }

    /// What clients can know of a parameter.
    public struct ParameterDescription: Equatable, Sendable {
        /// The parameter's name.
        public var name: String
        /// The kind of value.
        public var type: ValueType
        /// A sentence, or empty.
        public var description: String

        /// Makes a description.
        public init(name: String, type: ValueType, description: String = "") {
            self.name = name
            self.type = type
            self.description = description
        }
    }

    /// The form that every typed function is brought into: context and arguments in, payload out.
    public typealias Body = @Sendable (Context, [[UInt8]]) throws(ContractError) -> [UInt8]

    /// The name by which clients call it.
    public let name: String
    /// Submit or evaluate.
    public let kind: Kind
    /// The parameters in order.
    public let parameters: [ParameterDescription]
    /// The kind of the result, or nil when there is none.
    public let returns: ValueType?
    /// What it does, in a sentence for the metadata document.
    public private(set) var description: String = ""
    let acceptsAnyCount: Bool
    let body: Body

    /// Declares a function that takes its arguments as they come, any number of them; prefer `.submit` and `.evaluate`.
    public init(raw name: String, kind: Kind, returns: ValueType? = .bytes, body: @escaping Body) {
        self.init(name: name, kind: kind, parameters: [], returns: returns, acceptsAnyCount: true, body: body)
    }

    init(
        name: String, kind: Kind, parameters: [ParameterDescription], returns: ValueType?, acceptsAnyCount: Bool = false,
        body: @escaping Body
    ) {
        self.name = name
        self.kind = kind
        self.parameters = parameters
        self.returns = returns
        self.acceptsAnyCount = acceptsAnyCount
        self.body = body
    }

    /// A copy with a sentence that says what it does.
    public func described(_ description: String) -> Transaction {
        var copy = self
        copy.description = description
        return copy
    }

    /// Checks the number of arguments and runs the function; throws `invalid-arguments` (400) or what the function throws.
    func run(_ context: Context, _ arguments: [[UInt8]]) throws(ContractError) -> [UInt8] {
        guard acceptsAnyCount || arguments.count == parameters.count else {
            let names = parameters.map { $0.name }.joined(separator: ", ")
            throw .refused(
                "invalid-arguments",
                name + " takes " + String(parameters.count) + " arguments (" + names + "), but " + String(arguments.count) + " were given")
        }
        return try body(context, arguments)
    }
}

/// The name and type of a parameter; a string literal is enough.
public struct Parameter<Value: ContractArgument>: Sendable, ExpressibleByStringLiteral {
    /// The parameter's name.
    public let name: String
    /// A sentence, or empty.
    public let description: String

    /// Makes a parameter with a description.
    public init(_ name: String, description: String = "") {
        self.name = name
        self.description = description
    }

    /// Makes a parameter from its name.
    public init(stringLiteral name: String) {
        self.init(name)
    }

    var described: Transaction.ParameterDescription {
        Transaction.ParameterDescription(name: name, type: Value.valueType, description: description)
    }

    /// Reads the argument at a place that `Transaction.run` has found to exist; the error names the parameter and never its value.
    func value(_ arguments: [[UInt8]], _ index: Int, _ transaction: String) throws(ContractError) -> Value {
        guard index < arguments.count, let value = Value(argument: arguments[index]) else {
            throw .refused(
                "invalid-arguments",
                "argument " + String(index + 1) + " of " + transaction + ", \"" + name + "\", must be " + Value.valueType.requirement)
        }
        return value
    }
}
