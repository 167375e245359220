import LedgerModel
import Testing

@testable import Audit

@Suite struct ActionDifferenceTests {
    private static func action(_ writes: [(StateKey, [UInt8])]) -> ChaincodeAction {
        let writes = writes.map { KeyWrite(key: $0.0, isDelete: false, value: $0.1) }
        let set = ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: "n", writes: writes)])
        return ChaincodeAction(
            results: set.serialized(), events: [], response: ChaincodeResponse(status: 200, message: "", payload: []), chaincode: "n",
            chaincodeVersion: "1")
    }

    private static func difference(_ endorsed: [(StateKey, [UInt8])], _ computed: [(StateKey, [UInt8])]) -> ActionDifference {
        ActionDifference(endorsed: Self.action(endorsed).serialized(), computed: Self.action(computed))
    }

    @Test func `keys that only look alike are different keys`() {
        let (composed, decomposed) = ("\u{E9}" as StateKey, "e\u{301}" as StateKey)
        let difference = Self.difference([(composed, [1])], [(decomposed, [1])])
        #expect(difference.item.utf8.elementsEqual("write of key '\u{E9}' of n".utf8))
        #expect(difference.endorsed.hasPrefix("value of 1 bytes") && difference.computed == "nothing")
    }

    @Test func `the first difference in the order of the endorsed set is told, whatever the order of the other`() {
        let keys: [StateKey] = ["a", "b", "c", "d"]
        let endorsed = keys.map { ($0, [1] as [UInt8]) }
        let changed = keys.reversed().map { ($0, [$0 == "c" ? 2 : 1] as [UInt8]) }
        #expect(Self.difference(endorsed, changed).item == "write of key 'c' of n")
        #expect(Self.difference(endorsed, endorsed.reversed()).item == "the read-write set")
        let added = Self.difference(endorsed, [("e", [1])] + endorsed)
        #expect(added.item == "write of key 'e' of n" && added.endorsed == "nothing")
        let removed = Self.difference(endorsed, Array(endorsed.dropFirst()))
        #expect(removed.item == "write of key 'a' of n" && removed.computed == "nothing")
    }

    @Test func `of an item that is there twice the first state counts out of order, each in order`() {
        #expect(Self.difference([("a", [1]), ("a", [2])], [("a", [1]), ("a", [3])]).endorsed.contains("of 1 bytes"))
        let difference = Self.difference([("b", [1]), ("a", [1])], [("a", [2]), ("b", [1]), ("a", [1])])
        #expect(difference.item == "write of key 'a' of n")
    }

    @Test func `a long set in the opposite order is compared to its end`() {
        let count = 2_000
        let endorsed = (0..<count).map { (StateKey("key \($0)"), [1] as [UInt8]) }
        let computed = (0..<count).reversed().map { (StateKey("key \($0)"), [$0 == count - 1 ? 2 : 1] as [UInt8]) }
        #expect(Self.difference(endorsed, computed).item == "write of key 'key \(count - 1)' of n")
    }
}
