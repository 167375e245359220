import Chaincode
import Testing

@Suite struct ContextTests {
    @Test func `the empty key cannot be written`() {
        let context = Context(host: FakeHost())
        #expect(throws: ContractError.self) { try context.putState("", [1]) }
        #expect(throws: ContractError.self) { try context.deleteState("") }
    }

    @Test func `a simple range never reaches composite keys`() throws {
        let host = FakeHost()
        _ = try Context(host: host).stateRange()
        #expect(host.ranges[0].0 == "\u{1}")
        #expect(host.ranges[0].1 == "")
        #expect(throws: ContractError.self) { try Context(host: host).stateRange(from: "\u{0}a") }
        #expect(throws: ContractError.self) { try Context(host: host).stateRange(to: "\u{0}a") }
        #expect(throws: ContractError.self) { try Context(host: host).statePage(from: "\u{0}a", pageSize: 5) }
    }

    @Test func `a page holds at least one entry`() {
        #expect(throws: ContractError.self) { try Context(host: FakeHost()).statePage(pageSize: 0) }
        #expect(throws: ContractError.self) { try Context(host: FakeHost()).partialCompositeKeyPage("a", pageSize: -1) }
    }

    @Test func `an iterator walks over its batches and ends`() throws {
        let host = FakeHost()
        for key in ["a", "b", "c"] { host.state[key] = [1] }
        let iterator = try Context(host: host).stateRange()
        #expect(try iterator.collect().map(\.key) == ["a", "b", "from the next batch"])
        #expect(try iterator.next() == nil)
    }

    @Test func `a closed iterator gives nothing more`() throws {
        let host = FakeHost()
        for key in ["a", "b", "c"] { host.state[key] = [1] }
        let iterator = try Context(host: host).stateRange()
        #expect(try iterator.next()?.key == "a")
        try iterator.close()
        try iterator.close()
        #expect(try iterator.next() == nil)
        #expect(host.writes == ["closed 7"])
    }

    @Test func `values that are not what the contract expects are errors`() {
        let host = FakeHost()
        host.state["a"] = [0xFF]
        let context = Context(host: host)
        #expect(throws: ContractError.self) { try context.getString("a") }
        #expect(throws: ContractError.self) { try context.getJSON("a") }
    }

    @Test func `JSON is stored in its canonical form`() throws {
        let host = FakeHost()
        try Context(host: host).putJSON("a", ["z": 1, "b": nil])
        #expect(host.state["a"] == Array(#"{"b":null,"z":1}"#.utf8))
        #expect(try Context(host: host).getJSON("a") == ["b": nil, "z": 1])
    }

    @Test func `composite keys are put together and taken apart`() throws {
        let key = try CompositeKey("color~name", ["blue", "marble100"])
        #expect(Array(key.text.utf8) == [0] + Array("color~name".utf8) + [0] + Array("blue".utf8) + [0] + Array("marble100".utf8) + [0])
        #expect(try CompositeKey(parsing: key.text) == key)
        let bare = try CompositeKey("type", [])
        #expect(try CompositeKey(parsing: bare.text).attributes.isEmpty)
        #expect(try CompositeKey(parsing: CompositeKey("t", ["", "x"]).text).attributes == ["", "x"])
    }

    @Test(arguments: ["a\u{0}b", "a\u{10FFFF}"])
    func `parts with the separators are refused`(part: String) {
        #expect(throws: ContractError.self) { try CompositeKey(part, []) }
        #expect(throws: ContractError.self) { try CompositeKey("t", [part]) }
    }

    @Test(arguments: ["", "a", "\u{0}", "\u{0}a", "a\u{0}"])
    func `a simple key is no composite key`(key: String) {
        #expect(throws: ContractError.self) { try CompositeKey(parsing: key) }
    }

    @Test func `a partial key covers exactly the keys that begin with its parts`() throws {
        let host = FakeHost()
        _ = try Context(host: host).partialCompositeKey("grant", "alice")
        #expect(host.ranges[0].0 == "\u{0}grant\u{0}alice\u{0}")
        #expect(host.ranges[0].1 == "\u{0}grant\u{0}alice\u{0}\u{10FFFF}")
    }
}
