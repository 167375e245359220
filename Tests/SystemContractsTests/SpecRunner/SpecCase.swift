import Chaincode

/// A case as it is written: steps on a fresh channel and what must come of them.
struct SpecCase {
    struct Step {
        let caller: String
        /// The organisation whose node is asked.
        let node: String
        let contract: String
        let function: String
        let arguments: [JSONValue]
        let transient: [(String, JSONValue)]
        let time: Int64
        let expectation: Expectation?
        /// The exact writes, null for a delete; nil when the case does not say.
        let writes: [(String, JSONValue)]?
        let event: JSONValue?
    }

    struct Expectation {
        let status: Int64
        let result: JSONValue?
        let code: String?
        /// A text that the error's message contains.
        let message: String?
    }

    static let defaultNode = "HospitalMSP"
    static let defaultTime: Int64 = 1_800_000_000

    let title: String
    let given: [String]
    let steps: [Step]
    /// Keys of the contract's namespace after the last step, null for absent ones.
    let state: [(String, JSONValue)]
}

/// Why a case file is no case.
struct SpecFormatError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension SpecCase {
    init(json: JSONValue, contract: String) throws {
        try Self.check(json, "the case", required: ["title", "steps"], optional: ["given", "state"])
        title = try json.string("title")
        given = try (json["given"]?.array ?? []).map { name in
            guard let name = name.string else { throw SpecFormatError("\"given\" must name sets of prelude.json") }
            return name
        }
        steps = try Self.steps(json["steps"], contract: contract)
        state = json["state"]?.object ?? []
        guard steps.contains(where: { $0.expectation != nil }) else { throw SpecFormatError("no step says what to expect") }
    }

    static func steps(_ json: JSONValue?, contract: String?) throws -> [Step] {
        guard let steps = json?.array, !steps.isEmpty else { throw SpecFormatError("\"steps\" must be a list that is not empty") }
        return try steps.map { try step($0, contract: contract) }
    }

    private static func step(_ json: JSONValue, contract: String?) throws -> Step {
        try check(
            json, "a step", required: ["as", "function"], optional: ["node", "contract", "arguments", "transient", "at", "expect", "writes", "event"])
        guard let contract = json["contract"]?.string ?? contract else { throw SpecFormatError("a step of the prelude must name its contract") }
        return Step(
            caller: try json.string("as"), node: json["node"]?.string ?? Self.defaultNode, contract: contract, function: try json.string("function"),
            arguments: json["arguments"]?.array ?? [],
            transient: json["transient"]?.object ?? [], time: json["at"]?.integer ?? defaultTime, expectation: try json["expect"].map(expectation),
            writes: json["writes"]?.object, event: json["event"])
    }

    private static func expectation(_ json: JSONValue) throws -> Expectation {
        try check(json, "\"expect\"", required: ["status"], optional: ["result", "code", "message"])
        return Expectation(
            status: try json.integer("status"), result: json["result"], code: json["code"]?.string, message: json["message"]?.string)
    }

    /// Refuses misspelt members, which would otherwise expect nothing.
    private static func check(_ json: JSONValue, _ item: String, required: [String], optional: [String]) throws {
        guard let members = json.object else { throw SpecFormatError("\(item) must be an object") }
        for name in required where json[name] == nil { throw SpecFormatError("\(item) lacks \"\(name)\"") }
        for (name, _) in members where !(required + optional).contains(name) { throw SpecFormatError("\(item) has an unknown member \"\(name)\"") }
    }
}
