import Chaincode
import Testing

/// The contract of the documentation, plus one function for each rule of dispatch.
private struct Notebook: Contract {
    let name = "notebook"
    var transactions: [Transaction] {
        [
            .submit("write", "title", "text") { (context: Context, title: String, text: String) throws(ContractError) in
                try context.putString(title, text)
            },
            .evaluate("read", "title") { (context: Context, title: String) throws(ContractError) -> [UInt8] in
                try context.getState(title, orNotFound: "the note")
            },
            .evaluate("add", "left", Parameter("right", description: "the second summand"), body: add).described("Adds two numbers."),
            .evaluate("cheat") { (context: Context) throws(ContractError) -> Bool in
                try context.putState("x", [1])
                return true
            },
            .submit("refuse") { (_: Context) throws(ContractError) in
                throw .conflict("too-late", "the note is sealed")
            },
            .submit("all", "text", "integer", "unsigned", "flag", "bytes", "document") {
                (_: Context, text: String, integer: Int64, unsigned: UInt64, flag: Bool, bytes: [UInt8], document: JSONValue) -> JSONValue in
                ["text": .string(text), "sum": .integer(integer), "flag": .bool(flag), "bytes": .integer(Int64(bytes.count)), "document": document]
            },
            Transaction(raw: "count", kind: .evaluate) { (_, arguments) in Array(String(arguments.count).utf8) },
        ]
    }

    private func add(_ context: Context, left: Int64, right: Int64) throws(ContractError) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw .refused("too-large", "the sum has more than 64 bits") }
        return sum
    }

    func beforeTransaction(_ context: Context, _ transaction: Transaction) throws(ContractError) {
        if context.caller.commonName == "mallory" { throw .forbidden("not-allowed", "\(transaction.name) is not for you") }
    }
}

private func call(_ arguments: String...) -> Response {
    let host = FakeHost()
    host.arguments = arguments.map { Array($0.utf8) }
    return Notebook().respond(to: host)
}

@Suite struct DispatchTests {
    @Test func `a written note is read back`() {
        let host = FakeHost("write", "monday", "rain")
        #expect(Notebook().respond(to: host) == Response())
        host.arguments = [Array("read".utf8), Array("monday".utf8)]
        #expect(Notebook().respond(to: host) == Response(payload: Array("rain".utf8)))
    }

    @Test func `a function may be called with the contract's name in front`() {
        #expect(call("notebook:add", "2", "3").payload == Array("5".utf8))
        #expect(call("other:add", "2", "3").status == 400)
    }

    @Test func `an unknown function is refused with status 400`() {
        let response = call("burn")
        #expect(response.status == 400)
        #expect(response.message.hasPrefix("unknown-function: "))
        #expect(call().status == 400)
    }

    @Test func `a name that is not UTF-8 is refused`() {
        let host = FakeHost()
        host.arguments = [[0xFF]]
        #expect(Notebook().respond(to: host).message.hasPrefix("unknown-function: "))
    }

    @Test func `names are compared as bytes, not as the eye sees them`() {
        #expect("caf\u{E9}" == "cafe\u{301}")
        let caller = Caller(mspID: "caf\u{E9}", commonName: "x")
        #expect(!caller.isMember(of: "cafe\u{301}"))
        #expect(caller.isMember(of: "caf\u{E9}"))
    }

    @Test func `a wrong number of arguments names the parameters`() {
        let response = call("write", "monday")
        #expect(response.status == 400)
        #expect(response.message == "invalid-arguments: write takes 2 arguments (title, text), but 1 were given")
    }

    @Test(arguments: ["", "x", "+1", "01", "-0", "1.0", " 1", "9223372036854775808", "-9223372036854775809", "1e3"])
    func `a wrong number is refused and named but not repeated`(text: String) {
        let response = call("add", "1", text)
        #expect(response.status == 400)
        #expect(response.message == "invalid-arguments: argument 2 of add, \"right\", must be a 64-bit integer in decimal digits")
    }

    @Test func `the ends of the integer range are accepted`() {
        #expect(call("add", "9223372036854775807", "0").payload == Array("9223372036854775807".utf8))
        #expect(call("add", "-9223372036854775808", "0").payload == Array("-9223372036854775808".utf8))
        #expect(call("add", "9223372036854775807", "1").message == "too-large: the sum has more than 64 bits")
    }

    @Test func `every kind of argument arrives`() {
        let response = call("all", "a", "-3", "18446744073709551615", "true", "xyz", "{\"b\":[1]}")
        #expect(String(decoding: response.payload, as: UTF8.self) == #"{"bytes":3,"document":{"b":[1]},"flag":true,"sum":-3,"text":"a"}"#)
        #expect(call("all", "a", "1", "-1", "true", "", "{}").message.contains("\"unsigned\""))
        #expect(call("all", "a", "1", "1", "yes", "", "{}").message.contains("true or false"))
        #expect(call("all", "a", "1", "1", "true", "", "{").message.contains("\"document\""))
    }

    @Test func `a raw function takes any number of arguments`() {
        #expect(call("count").payload == Array("0".utf8))
        #expect(call("count", "a", "b", "c").payload == Array("3".utf8))
    }

    @Test func `a thrown error becomes its status and text`() {
        #expect(call("refuse") == Response(status: 409, message: "too-late: the note is sealed"))
        #expect(call("read", "nothing") == Response(status: 404, message: "not-found: the note does not exist"))
    }

    @Test func `a status that would read as success is raised to 500`() {
        #expect(ContractError(status: 200, code: "a", message: "b").status == 500)
    }

    @Test func `an evaluate function cannot write`() {
        let host = FakeHost("cheat")
        let response = Notebook().respond(to: host)
        #expect(response.status == 400)
        #expect(response.message.hasPrefix("read-only: "))
        #expect(host.writes.isEmpty)
    }

    @Test func `the hook before a transaction can refuse it`() {
        let host = FakeHost("write", "a", "b")
        host.caller.commonName = "mallory"
        #expect(Notebook().respond(to: host) == Response(status: 403, message: "not-allowed: write is not for you"))
        #expect(host.writes.isEmpty)
    }

    @Test func `the metadata document lists every function`() throws {
        let document = try JSONValue(parsing: call(ContractFunctions.metadata).payload)
        let contract = try #require(document["contracts"]?["notebook"])
        let transactions = try #require(contract["transactions"]?.array)
        #expect(transactions.map { $0["name"]?.string } == ["write", "read", "add", "cheat", "refuse", "all", "count"])
        let add = """
            {"description":"Adds two numbers.","name":"add","parameters":[\
            {"description":"","name":"left","required":true,"schema":{"format":"int64","type":"integer"}},\
            {"description":"the second summand","name":"right","required":true,"schema":{"format":"int64","type":"integer"}}],\
            "returns":{"format":"int64","type":"integer"},"tag":["EVALUATE"]}
            """
        #expect(String(decoding: transactions[2].encoded(), as: UTF8.self) == add)
        #expect(transactions[0]["tag"] == ["SUBMIT", "submitTx"])
    }

    @Test func `the caller's attributes are found by name`() {
        let caller = FakeHost().caller
        #expect(caller.attribute("role") == "doctor")
        #expect(caller.attribute("Role") == nil)
    }
}
