import Chaincode
import ContractVM
import CryptoPrimitives
import LedgerModel

@testable import SystemContracts

/// Runs cases on a channel in memory with the real simulator and the real rules of commitment.
struct SpecRunner {
    let prelude: JSONValue

    init() throws {
        prelude = try SpecFolder.json("prelude.json")
    }

    /// What does not come out as the case says; empty when all does. Throws when the file is no case.
    func problems(in json: JSONValue, contract: String) throws -> [String] {
        let specification = try SpecCase(json: json, contract: contract)
        let (run, failures) = try start(specification.given)
        guard failures.isEmpty else { return failures }
        var problems: [String] = []
        for (index, step) in specification.steps.enumerated() {
            problems += try run.perform(step, isPrelude: false).map { "step \(index + 1), \(step.function): \($0)" }
        }
        for (key, expected) in specification.state {
            problems += try run.stateProblems(key, expected, contract: contract)
        }
        return problems
    }

    /// A channel on which these sets of the prelude have happened, and what went wrong in them.
    func start(_ given: [String]) throws -> (SpecRun, [String]) {
        let run = try SpecRun(actors: SpecActors(json: prelude["actors"]))
        for name in given {
            guard let steps = prelude["sets"]?[name] else { throw SpecFormatError("prelude.json has no set \(name)") }
            for step in try SpecCase.steps(steps, contract: nil) {
                let problems = try run.perform(step, isPrelude: true)
                guard problems.isEmpty else { return (run, problems.map { "given \(name): \($0)" }) }
            }
        }
        return (run, [])
    }
}

/// One channel on which a case happens.
final class SpecRun {
    let channel = InMemoryChannel(channel: "specification", organizations: ["HospitalMSP", "InsurerMSP"])
    let values: SpecValues
    private let actors: SpecActors
    /// A second endorser with code of its own; it must come to the same result.
    private let second = ContractMachine(catalogue: SystemContracts.catalogue(packages: SpecPackages()), now: { 0 })

    init(actors: SpecActors) throws {
        self.actors = actors
        values = SpecValues(actors: actors, channel: "specification")
        for contract in MedicalContracts.all { channel.install(contract) }
        for contract in SystemContracts.all(packages: SpecPackages()) { channel.installSystem(contract) }
        channel.blocks = try SpecBlocks()
    }

    func perform(_ step: SpecCase.Step, isPrelude: Bool) throws -> [String] {
        channel.organization = MSPID(step.node)
        let endorsed = try simulate(step)
        if !isPrelude { values.transactions.append(endorsed.invocation.transaction.text) }
        let result = endorsed.result
        var problems = SpecDeterminism.differences(result, try second.invoke(endorsed.invocation, state: channel.state, node: channel.node))
        if result.response.status < Response.firstRefusal {
            let codes = try channel.commit([endorsed])
            if codes != [.valid] { problems.append("the transaction is not committed: \(codes)") }
        }
        problems += try check(result.response, step.expectation ?? SpecCase.Expectation(status: 200, result: nil, code: nil, message: nil))
        problems += try checkWrites(result, step)
        if let event = step.event { problems += try checkEvent(result, event) }
        return problems
    }

    func simulate(_ step: SpecCase.Step) throws -> InMemoryChannel.Endorsed {
        let arguments = [Array(step.function.utf8)] + (try step.arguments.map(values.argument))
        let transient = try step.transient.map { name, value in TransientEntry(name: name, value: try values.argument(value)) }
        return try channel.simulate(
            Namespace(step.contract), arguments: arguments, transient: transient, at: Timestamp(seconds: step.time, nanoseconds: 0),
            as: actors.actor(step.caller).caller)
    }

    /// Simulates a call without commits, for tests outside the case files.
    func simulate(
        _ contract: String, _ function: String, _ arguments: [JSONValue], as caller: String, transient: [(String, JSONValue)] = []
    ) throws -> InMemoryChannel.Endorsed {
        try simulate(
            SpecCase.Step(
                caller: caller, node: SpecCase.defaultNode, contract: contract, function: function, arguments: arguments, transient: transient,
                time: SpecCase.defaultTime,
                expectation: nil, writes: nil, event: nil))
    }

    func stateProblems(_ key: String, _ expected: JSONValue, contract: String) throws -> [String] {
        let key = try SpecMatch.key(key, values)
        let actual = channel.value(StateKey(key), in: Namespace(contract)).map(SpecMatch.json) ?? .null
        return SpecMatch.problems(expected: try values.expanded(expected), actual: actual, at: key)
    }

    private func check(_ response: ChaincodeResponse, _ expected: SpecCase.Expectation) throws -> [String] {
        var problems: [String] = []
        if Int64(response.status) != expected.status {
            problems.append("status is \(response.status) \(response.message), not \(expected.status)")
        }
        if let code = expected.code, !response.message.hasPrefix(code + ": ") {
            problems.append("the error is \"\(response.message)\", not \(code)")
        }
        if let message = expected.message, !response.message.contains(try values.text(message)) {
            problems.append("the error \"\(response.message)\" does not say \"\(message)\"")
        }
        if let result = expected.result {
            if case .string(let text) = result, text != "$any" {
                if response.payload != (try values.bytes(text)) {
                    problems.append("the result is \"\(SpecMatch.shown(response.payload))\", not \(text)")
                }
            } else if let name = result["$message"]?.string {
                let actual = try SpecMessages.decode(response.payload, as: name).setting("$message", .string(name))
                problems += SpecMatch.problems(expected: try values.expanded(result), actual: actual, at: "result")
            } else {
                problems += SpecMatch.problems(expected: try values.expanded(result), actual: SpecMatch.json(response.payload), at: "result")
            }
        }
        return problems
    }

    private func checkWrites(_ result: InvocationResult, _ step: SpecCase.Step) throws -> [String] {
        guard result.response.status < Response.firstRefusal else { return [] }
        var problems: [String] = []
        for set in result.readWriteSet.namespaces where set.namespace != Namespace(step.contract) && !set.writes.isEmpty {
            problems.append("it writes to the namespace of another contract, \(set.namespace)")
        }
        guard let expected = step.writes else { return problems }
        let writes = result.readWriteSet.namespaces.first { $0.namespace == Namespace(step.contract) }?.writes ?? []
        var actual: [(String, JSONValue)] = []
        for write in writes { actual.append((write.key.text, write.isDelete ? .null : SpecMatch.json(write.value))) }
        let expanded = try expected.map { (try SpecMatch.key($0.0, values), try values.expanded($0.1)) }
        return problems + SpecMatch.problems(expected: .object(expanded), actual: .object(actual), at: "writes")
    }

    private func checkEvent(_ result: InvocationResult, _ expected: JSONValue) throws -> [String] {
        guard let event = result.event else { return ["there is no event"] }
        let actual: JSONValue = ["name": .string(event.name), "payload": SpecMatch.json(event.payload)]
        return SpecMatch.problems(expected: try values.expanded(expected), actual: actual, at: "event")
    }
}

/// Compares what two endorsers of one invocation would sign.
enum SpecDeterminism {
    static func differences(_ first: InvocationResult, _ second: InvocationResult) -> [String] {
        var differences: [String] = []
        if first.readWriteSet.serialized() != second.readWriteSet.serialized() { differences.append("two endorsers differ in the read-write set") }
        if first.response != second.response { differences.append("two endorsers differ in the response") }
        if first.event?.serialized() != second.event?.serialized() { differences.append("two endorsers differ in the event") }
        return differences
    }
}

/// Compares documents; `$any` matches everything, and an object with the member `$partial` may have more members.
enum SpecMatch {
    static func problems(expected: JSONValue, actual: JSONValue, at place: String) -> [String] {
        if case .string("$any") = expected { return actual.isNull ? ["\(place) is missing"] : [] }
        guard let members = expected.object, let found = actual.object else {
            if let elements = expected.array, let others = actual.array, elements.count == others.count {
                return zip(elements, others).enumerated().flatMap { index, pair in
                    problems(expected: pair.0, actual: pair.1, at: "\(place)[\(index)]")
                }
            }
            return expected == actual ? [] : ["\(place) is \(shown(actual.encoded())), not \(shown(expected.encoded()))"]
        }
        let isPartial = expected["$partial"] != nil
        var result: [String] = []
        for (name, value) in members where name != "$partial" {
            guard let other = actual[name] else {
                result.append("\(place) lacks \(name)")
                continue
            }
            result += problems(expected: value, actual: other, at: "\(place).\(name)")
        }
        if !isPartial {
            for (name, value) in found where expected[name] == nil {
                result.append("\(place) also has \(name): \(shown(value.encoded()))")
            }
        }
        return result
    }

    /// JSON as a document, other bytes as text.
    static func json(_ bytes: [UInt8]) -> JSONValue {
        (try? JSONValue(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }

    /// A key, with the expressions between its slashes worked out.
    static func key(_ key: String, _ values: SpecValues) throws -> String {
        try key.split(separator: "/", omittingEmptySubsequences: false).map { try values.text(String($0)) }.joined(separator: "/")
    }

    static func shown(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(600), as: UTF8.self) }
}
