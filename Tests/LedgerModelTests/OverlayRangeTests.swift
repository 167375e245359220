import Synchronization
import TestSupport
import Testing

@testable import LedgerModel

/// Ranges over the changes of a block, against a walk over all of them.
@Suite struct OverlayRangeTests {
    private struct EmptyState: StateReading {
        func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? { nil }
        func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
            throw StateReadError(reason: "not needed here")
        }
    }

    private struct Range {
        let namespace: Namespace
        let start: StateKey
        let end: StateKey?
        let includesEnd: Bool
    }

    private typealias Query = (BlockOverlay, Range) -> [(StateKey, StateUpdate)]

    private static func query(_ overlay: BlockOverlay, _ range: Range) -> [(StateKey, StateUpdate)] {
        overlay.changes(in: range.namespace, from: range.start, to: range.end, includingEnd: range.includesEnd)
    }

    private static func naive(_ overlay: BlockOverlay, _ range: Range) -> [StateUpdate] {
        overlay.updates.filter { update in
            guard case .key(range.namespace, let key) = update.address, key >= range.start else { return false }
            guard let end = range.end else { return true }
            return key < end || (range.includesEnd && key == end)
        }
    }

    /// What a query gives otherwise than the walk over all changes of a random block; nil when nothing.
    private static func firstDifference(seed: UInt64, _ query: Query) throws -> String? {
        var random = SeededGenerator(seed: seed)
        let texts: [StateKey] = ["", "a", "aa", "ab", "b", "ba", "bé", "é", "éa"]
        func key() -> StateKey { texts[Int.random(in: texts.indices, using: &random)] }
        func namespace() -> Namespace { Bool.random(using: &random) ? "m" : "n" }
        for round in 0..<200 {
            var overlay = BlockOverlay(base: EmptyState())
            if Bool.random(using: &random) { overlay.applyConfiguration([1], version: StateVersion(block: 1, transaction: 0)) }
            for transaction in 0..<UInt64.random(in: 0...6, using: &random) {
                let parts = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                    let keys = (0..<Int.random(in: 0...4, using: &random)).map { _ in key() }
                    let collection = CollectionReadWriteSet(
                        collection: "c", writes: [.init(keyHash: [UInt8(transaction)], isDelete: false, valueHash: [1], isPurge: false)])
                    return NamespaceReadWriteSet(
                        namespace: namespace(),
                        writes: keys.map { KeyWrite(key: $0, isDelete: Bool.random(using: &random), value: [UInt8(transaction)]) },
                        metadataWrites: [MetadataWrite(key: key(), entries: [])], collections: [collection])
                }
                try overlay.apply(ReadWriteSet(namespaces: parts), version: StateVersion(block: 1, transaction: transaction))
            }
            for _ in 0..<10 {
                let range = Range(
                    namespace: Int.random(in: 0...9, using: &random) == 0 ? "" : namespace(), start: key(),
                    end: Bool.random(using: &random) ? key() : nil, includesEnd: Bool.random(using: &random))
                let (found, expected) = (query(overlay, range), Self.naive(overlay, range))
                guard found.map(\.1) == expected, found.map({ StateAddress.key(range.namespace, $0.0) }) == expected.map(\.address) else {
                    return "\(random), round \(round), \(range): \(found)"
                }
            }
        }
        return nil
    }

    @Test func `a range of a block's changes is what a walk over all of them gives`() throws {
        #expect(try Self.firstDifference(seed: 611, Self.query) == nil)
    }

    @Test func `the same check catches a query that forgets the end, and one that forgets the first key`() throws {
        #expect(
            try Self.firstDifference(seed: 611) { overlay, range in
                overlay.changes(in: range.namespace, from: range.start, to: range.end, includingEnd: false)
            } != nil)
        #expect(try Self.firstDifference(seed: 611) { overlay, range in Self.query(overlay, range).filter { $0.0 != range.start } } != nil)
    }

    @Test(arguments: [2, 3, 8, 512])
    func `keys in pieces of any length are a sorted set`(_ pieceLimit: Int) {
        var random = SeededGenerator(seed: 612)
        var keys = SortedKeys<Int>(pieceLimit: pieceLimit)
        var expected: Set<Int> = []
        for round in 0..<400 {
            let key = Int.random(in: 0..<300, using: &random)
            keys.insert(key)
            expected.insert(key)
            let (start, end) = (Int.random(in: -1...300, using: &random), Int.random(in: -1...300, using: &random))
            let sorted = expected.sorted()
            #expect(keys.keys(from: start, to: end, includingEnd: false) == sorted.filter { $0 >= start && $0 < end }, "\(random), round \(round)")
            #expect(keys.keys(from: start, to: end, includingEnd: true) == sorted.filter { $0 >= start && $0 <= end }, "\(random), round \(round)")
            #expect(keys.keys(from: start, to: nil, includingEnd: false) == sorted.filter { $0 >= start }, "\(random), round \(round)")
        }
    }

    /// A key that counts how often it is compared.
    private struct CountedKey: Comparable, Sendable {
        final class Counter: Sendable {
            let count = Mutex(0)
        }

        let value: Int
        let counter: Counter

        static func == (left: CountedKey, right: CountedKey) -> Bool { left.value == right.value }
        static func < (left: CountedKey, right: CountedKey) -> Bool {
            left.counter.count.withLock { $0 += 1 }
            return left.value < right.value
        }
    }

    @Test func `a short range among many keys looks at few of them`() {
        let counter = CountedKey.Counter()
        var keys = SortedKeys<CountedKey>()
        for value in 0..<10_000 { keys.insert(CountedKey(value: value * 7919 % 10_000, counter: counter)) }
        counter.count.withLock { $0 = 0 }
        let found = keys.keys(
            from: CountedKey(value: 5000, counter: counter), to: CountedKey(value: 5003, counter: counter), includingEnd: false)
        #expect(found.map(\.value) == [5000, 5001, 5002])
        #expect(counter.count.withLock { $0 } < 64)
    }
}
