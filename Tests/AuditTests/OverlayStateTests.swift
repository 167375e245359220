import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Audit

@Suite struct OverlayStateTests {
    private static func keys(_ scan: any StateScan) throws -> [String] {
        var found: [String] = []
        while let entry = try scan.next() {
            found.append("\(entry.key)=\(String(decoding: entry.value.value, as: UTF8.self))@\(entry.value.version)")
        }
        return found
    }

    /// Compares scans over an overlay with scans over the same changes applied; `make` builds the state under test.
    private static func firstDifference(seed: UInt64, _ make: (any StateReading, BlockOverlay) -> any StateReading) throws -> String? {
        var random = SeededGenerator(seed: seed)
        for round in 0..<100 {
            let world = WorldState(store: InMemoryStore())
            let after = WorldState(store: InMemoryStore())
            func change(_ overlay: inout BlockOverlay, _ block: UInt64) throws {
                for transaction in 0..<UInt64.random(in: 0...4, using: &random) {
                    var writes: [KeyWrite] = []
                    for _ in 0..<Int.random(in: 0...3, using: &random) {
                        let key = StateKey(String(["a", "b", "c", "d", "e", "f"].randomElement(using: &random) ?? "a"))
                        let isDelete = Bool.random(using: &random)
                        writes.append(KeyWrite(key: key, isDelete: isDelete, value: isDelete ? [] : Array("\(block)".utf8)))
                    }
                    let set = ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: "n", writes: writes)])
                    try overlay.apply(set, version: StateVersion(block: block, transaction: transaction))
                }
            }
            var first = BlockOverlay(base: world.snapshot())
            try change(&first, 1)
            try world.apply(first.updates)
            try after.apply(first.updates)
            var second = BlockOverlay(base: world.snapshot())
            try change(&second, 2)
            try after.apply(second.updates)
            let state = make(world.snapshot(), second)
            for (start, end) in [("", nil), ("b", "e"), ("a", "d"), ("c", "c")] as [(StateKey, StateKey?)] {
                let found = try Self.keys(state.scan("n", from: start, to: end))
                let expected = try Self.keys(after.snapshot().scan("n", from: start, to: end))
                if found != expected { return "\(random), round \(round): \(found) instead of \(expected)" }
            }
            for key in ["a", "b", "c", "d", "e", "f"] as [StateKey] {
                guard try state.value(at: .key("n", key)) == after.snapshot().value(at: .key("n", key)) else { return "\(random): key \(key)" }
            }
        }
        return nil
    }

    @Test func `the state in the middle of a block is that with the changes applied, key by key and range by range`() throws {
        #expect(try Self.firstDifference(seed: 901) { OverlayState(base: $0, overlay: $1) } == nil)
    }

    @Test func `the same check catches a state that scans only what was committed`() throws {
        struct Broken: StateReading {
            let base: any StateReading
            let overlay: BlockOverlay
            func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? { try overlay.value(at: address) }
            func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
                try base.scan(namespace, from: start, to: end)
            }
        }
        #expect(try Self.firstDifference(seed: 901) { Broken(base: $0, overlay: $1) } != nil)
    }
}
