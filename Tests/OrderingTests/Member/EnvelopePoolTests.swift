import ChannelConfiguration
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct EnvelopePoolTests {
    private let genesis = OrderedBlock(number: 0, previousHash: [], envelopes: [[1]])

    private func pool(
        count: UInt32 = 4, preferred: UInt32 = 1_000, change: (inout OrderingSettings) -> Void = { _ in }
    ) -> EnvelopePool {
        var settings = OrderingSettings()
        change(&settings)
        let batch = BatchConfiguration(maxMessageCount: count, absoluteMaxBytes: 10_000, preferredMaxBytes: preferred, timeoutMilliseconds: 200)
        return EnvelopePool(batch: batch, settings: settings, recent: [], position: ChainPosition(genesis: self.genesis))
    }

    private func envelope(_ name: String, by creator: String, size: Int = 10) -> CheckedEnvelope {
        let bytes = Array(name.utf8)
        return CheckedEnvelope(
            serialized: bytes, digest: CommitteeBlocks.digest(of: bytes), sizeBytes: size, transactionID: TransactionID(name),
            creator: Array(creator.utf8))
    }

    private func names(_ batch: [CheckedEnvelope]) -> [String] { batch.map { String(decoding: $0.serialized, as: UTF8.self) } }

    private func now(_ ms: Int64 = 0) -> Timestamp { Timestamp(seconds: 1_000 + ms / 1_000, nanoseconds: Int32(ms % 1_000) * 1_000_000) }

    @Test func `creators take turns, and whoever was served goes to the end of the line`() throws {
        var pool = self.pool()
        for number in 1...6 { _ = try pool.insert(self.envelope("a\(number)", by: "a"), from: .client(isRestored: false), now: self.now()) }
        for name in ["b1", "c1", "c2"] {
            _ = try pool.insert(self.envelope(name, by: String(name.prefix(1))), from: .member, now: self.now())
        }
        #expect(self.names(pool.nextBatch()) == ["a1", "b1", "c1", "a2"])
        let block = OrderedBlock(number: 1, previousHash: [], envelopes: [Array("a1".utf8), Array("a2".utf8)])
        pool.record(block, position: ChainPosition(genesis: self.genesis))
        #expect(self.names(pool.nextBatch()) == ["b1", "c1", "a3", "c2"])
        #expect(pool.count == 7)
    }

    @Test func `a batch stops before the preferred size, and a large envelope travels alone`() throws {
        var pool = self.pool(preferred: 100)
        for (name, size) in [("large", 400), ("x", 60), ("y", 60)] {
            _ = try pool.insert(self.envelope(name, by: name, size: size), from: .member, now: self.now())
        }
        #expect(self.names(pool.nextBatch()) == ["large"])
        pool.drop(self.envelope("large", by: "large", size: 400))
        #expect(self.names(pool.nextBatch()) == ["x"])
        #expect(pool.isFullBatch)
    }

    @Test func `an envelope that is held is known, and adopted from another member at most once`() throws {
        var pool = self.pool()
        let envelope = self.envelope("a", by: "a")
        #expect(try pool.insert(envelope, from: .member, now: self.now()) == .new)
        #expect(try pool.insert(envelope, from: .member, now: self.now()) == .known)
        #expect(pool.own.isEmpty)
        #expect(try pool.insert(envelope, from: .client(isRestored: false), now: self.now()) == .adopted)
        #expect(try pool.insert(envelope, from: .client(isRestored: false), now: self.now()) == .known)
        #expect(pool.own == [envelope])
    }

    @Test func `one creator can neither fill the pool nor send without measure`() throws {
        var pool = self.pool { settings in
            settings.pendingOfOneIdentity = 3
            settings.envelopesPerSecond = 2
            settings.envelopesAtOnce = 2
        }
        func insert(_ name: String, _ ms: Int64, by creator: String = "a") throws {
            _ = try pool.insert(self.envelope(name, by: creator), from: .client(isRestored: false), now: self.now(ms))
        }
        try insert("1", 0)
        try insert("2", 0)
        #expect(throws: BroadcastRefusal.tooFast(perSecond: 2)) { try insert("3", 0) }
        #expect(throws: BroadcastRefusal.tooFast(perSecond: 2)) { try insert("3", 499) }
        try insert("3", 500)
        #expect(throws: BroadcastRefusal.tooManyPending(limit: 3)) { try insert("4", 5_000) }
        try insert("other", 500, by: "b")
        // What was promised before a restart is taken in whatever the measure.
        #expect(try pool.insert(self.envelope("4", by: "a"), from: .client(isRestored: true), now: self.now()) == .new)
    }

    @Test func `only own envelopes are pushed again, after some ticks, until they are in a block`() throws {
        var pool = self.pool()
        _ = try pool.insert(self.envelope("own", by: "a"), from: .client(isRestored: false), now: self.now())
        _ = try pool.insert(self.envelope("other", by: "b"), from: .member, now: self.now())
        var pushed: [Int] = []
        for tick in 1...12 where !pool.envelopesToPushAgain().isEmpty { pushed.append(tick) }
        #expect(pushed == [4, 8, 12])
        pool.record(OrderedBlock(number: 1, previousHash: [], envelopes: [Array("own".utf8)]), position: ChainPosition(genesis: self.genesis))
        for _ in 1...8 { #expect(pool.envelopesToPushAgain().isEmpty) }
    }

    @Test func `whatever comes and goes, the lines and the counts agree with a plain list`() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20 {
            var pool = self.pool(count: 5, preferred: 300)
            var model: [CheckedEnvelope] = []
            for step in 0..<120 {
                if random.next() % 3 > 0 || model.isEmpty {
                    let creator = "c\(random.next() % 4)"
                    let envelope = self.envelope("\(step)", by: creator, size: Int(random.next() % 90) + 1)
                    _ = try pool.insert(envelope, from: .member, now: self.now())
                    model.append(envelope)
                } else if random.next() % 2 == 0 {
                    pool.drop(model.remove(at: Int(random.next() % UInt64(model.count))))
                } else {
                    let batch = pool.nextBatch()
                    let block = OrderedBlock(number: BlockNumber(UInt64(step)), previousHash: [], envelopes: batch.map(\.serialized))
                    pool.record(block, position: ChainPosition(genesis: self.genesis))
                    model.removeAll { batch.contains($0) }
                }
                #expect(pool.count == model.count, "\(random)")
                let batch = pool.nextBatch()
                #expect(batch.isEmpty == model.isEmpty, "\(random)")
                #expect(batch.count <= 5 && Set(batch).isSubset(of: model) && Set(batch).count == batch.count, "\(random)")
                // Nobody has two places before somebody who waits has one.
                let perCreator = Dictionary(grouping: batch, by: \.creator).mapValues(\.count)
                let waiting = Set(model.map(\.creator))
                if batch.count == 5, (perCreator.values.max() ?? 0) > 1 { #expect(Set(perCreator.keys) == waiting, "\(random)") }
            }
        }
    }
}
