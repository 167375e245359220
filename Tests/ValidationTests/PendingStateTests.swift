import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// A block that is not committed yet, laid over the state before it, looks like the state after it.
@Suite struct PendingStateTests {
    private static let keys = (1...9).map { StateKey("k\($0)") }

    private static func addresses() -> [StateAddress] {
        let hash = [UInt8](repeating: 7, count: 32)
        return ["a", "b"].flatMap { name in self.keys.map { StateAddress.key(name, $0) } + [.hashed(name, "c", keyHash: hash)] }
    }

    /// A block that puts and deletes random keys.
    private static func block(_ state: MemoryState, number: UInt64, _ random: inout SeededGenerator) throws -> ValidatedBlock {
        var overlay = BlockOverlay(base: state)
        var ids: [TransactionID?] = []
        for index in 0..<Int.random(in: 0...4, using: &random) {
            var set = ReadWriteSet()
            for name in ["a", "b"] as [Namespace] {
                var part = NamespaceReadWriteSet(namespace: name)
                for key in self.keys.shuffled(using: &random).prefix(3) {
                    let isDelete = Bool.random(using: &random)
                    part.writes.append(KeyWrite(key: key, isDelete: isDelete, value: isDelete ? [] : random.bytes(count: 2)))
                }
                if Bool.random(using: &random), let key = self.keys.randomElement(using: &random) {
                    part.metadataWrites = [MetadataWrite(key: key, entries: [MetadataEntry(name: "m", value: [1])])]
                }
                part.collections = [
                    CollectionReadWriteSet(
                        collection: "c",
                        writes: [.init(keyHash: [UInt8](repeating: 7, count: 32), isDelete: false, valueHash: [UInt8(index)], isPurge: false)])
                ]
                set.namespaces.append(part)
            }
            try overlay.apply(set, version: StateVersion(block: number, transaction: UInt64(index)))
            ids.append(index == 1 ? nil : TransactionID("\(number) \(index)"))
        }
        let ordered = OrderedBlock(number: BlockNumber(number), previousHash: [], envelopes: ids.map { _ in [1] })
        return ValidatedBlock(
            unchecked: ordered, codes: ids.map { _ in .valid }, transactionIDs: ids, overlay: overlay, previousCommitHash: [])
    }

    private static func walk(_ state: any StateReading, _ name: Namespace, _ start: StateKey, _ end: StateKey?) throws -> [String] {
        let scan = try state.scan(name, from: start, to: end)
        var found: [String] = []
        while let (key, value) = try scan.next() { found.append("\(key) \(value)") }
        return found
    }

    /// The first question that both states answer differently.
    private static func difference(_ one: any PendingState.Base, _ other: any PendingState.Base, ids: [TransactionID]) throws -> String? {
        for address in self.addresses() where try one.value(at: address) != other.value(at: address) { return "\(address)" }
        for name in ["", "a", "b", "c"] as [Namespace] {
            for start in ["", "k1", "k3", "k35", "k9", "l"] as [StateKey] {
                for end in [nil, "k2", "k5", "k99"] as [StateKey?] {
                    if try self.walk(one, name, start, end) != self.walk(other, name, start, end) { return "\(name) from \(start)" }
                }
            }
        }
        for id in ids where try one.contains(id) != other.contains(id) { return "\(id)" }
        return nil
    }

    /// The first difference over random chains of two blocks.
    private func difference(_ view: (ValidatedBlock, MemoryState) -> any PendingState.Base) throws -> String? {
        var random = SeededGenerator(seed: 4_201)
        for _ in 0..<150 {
            var before = MemoryState()
            before.commit(try Self.block(before, number: 1, &random))
            let block = try Self.block(before, number: 2, &random)
            var after = before
            after.commit(block)
            let ids = (0..<5).flatMap { [TransactionID("1 \($0)"), TransactionID("2 \($0)")] }
            if let difference = try Self.difference(view(block, before), after, ids: ids) { return "\(difference), \(random)" }
            // A commit may happen at any moment: over the state after it the block changes nothing.
            if let difference = try Self.difference(view(block, after), after, ids: ids) { return "after: \(difference), \(random)" }
        }
        return nil
    }

    @Test func `a pending block over the state before it answers as the state after it`() throws {
        #expect(try self.difference { PendingState(PendingBlock($0), over: $1) } == nil)
    }

    @Test func `the comparison finds a view without the pending block`() throws {
        #expect(try self.difference { $1 } != nil)
    }

    @Test func `the comparison finds a view that shows deleted keys`() throws {
        struct Undeleting: StateReading, TransactionIndexReading {
            let view: PendingState
            let before: MemoryState
            func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
                try self.view.value(at: address) ?? self.before.value(at: address)
            }
            func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
                try self.view.scan(namespace, from: start, to: end)
            }
            func contains(_ id: TransactionID) throws(StateReadError) -> Bool { try self.view.contains(id) }
        }
        #expect(try self.difference { Undeleting(view: PendingState(PendingBlock($0), over: $1), before: $1) } != nil)
    }

    @Test func `a cache of a block's state answers as the state, also when it is full`() throws {
        var random = SeededGenerator(seed: 4_202)
        var state = MemoryState()
        state.commit(try Self.block(state, number: 1, &random))
        state.set(.key("a", "large"), VersionedValue(value: [UInt8](repeating: 1, count: 10_000), version: StateVersion(block: 1, transaction: 9)))
        for limit in [0, 600, 1 << 20] {
            let cache = BlockStateCache(state, limitBytes: limit)
            for _ in 0..<2 {
                for address in Self.addresses() + [.key("a", "large"), .key("a", "none")] {
                    #expect(try cache.value(at: address) == state.value(at: address))
                }
            }
            #expect(cache.sizeBytes <= limit)
        }
    }
}
