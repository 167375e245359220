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

    private func request(_ name: String, by creator: String) -> CheckedEnvelope {
        let bytes = Array(name.utf8)
        let digest = CommitteeBlocks.digest(of: bytes)
        return CheckedEnvelope(
            serialized: bytes, digest: digest, sizeBytes: 10, transactionID: ConfigurationRequest.id(ofHash: digest), creator: Array(creator.utf8),
            isUpdate: true)
    }

    @Test func `requests wait apart, few of each creator, and are what the next block is for`() throws {
        var pool = self.pool()
        let client = EnvelopePool.Origin.client(isRestored: false)
        _ = try pool.insert(self.envelope("a1", by: "a"), from: client, now: self.now())
        #expect(pool.nextRequest == nil && !pool.isFullBatch)
        for number in 1...MemberLimits.requestsOfOneIdentity {
            #expect(try pool.insert(self.request("r\(number)", by: "r"), from: client, now: self.now()) == .new)
        }
        #expect(throws: BroadcastRefusal.tooManyPending(limit: MemberLimits.requestsOfOneIdentity)) {
            try pool.insert(self.request("one more", by: "r"), from: client, now: self.now())
        }
        #expect(try pool.insert(self.request("r1", by: "r"), from: client, now: self.now()) == .known)
        #expect(try pool.insert(self.request("promised", by: "r"), from: .client(isRestored: true), now: self.now()) == .new)
        for number in pool.requests.count..<MemberLimits.requests {
            _ = try pool.insert(self.request("s\(number)", by: "s\(number)"), from: .member, now: self.now())
        }
        #expect(throws: BroadcastRefusal.self) { try pool.insert(self.request("last", by: "t"), from: client, now: self.now()) }
        #expect(pool.isFullBatch)
        #expect(self.names(pool.nextBatch()) == ["a1"])
        #expect(pool.nextRequest == self.request("r1", by: "r"))
        #expect(pool.count == MemberLimits.requests + 1)
        #expect(pool.drop(self.request("r1", by: "r")) && !pool.drop(self.request("r1", by: "r")))
        #expect(pool.nextRequest == self.request("r2", by: "r"))
        #expect(pool.envelope(CommitteeBlocks.digest(of: Array("r2".utf8))) != nil)
    }

    @Test func `after a configuration transactions have the turn, and then whoever has not been served`() throws {
        var pool = self.pool()
        let bundle = try ChannelBundle(block: MemberWorldPeople.plain.get())
        let request = try RequestPeople.request(on: bundle, RequestPeople.batchSize(2))
        let checked = try BroadcastChecks(bundle: bundle, takesUpdates: true).check(bytes: request.serialized())
        _ = try pool.insert(checked, from: .member, now: self.now())
        let second = CheckedEnvelope(
            serialized: [1], digest: [1], sizeBytes: 1, transactionID: "second", creator: checked.creator, isUpdate: true)
        _ = try pool.insert(second, from: .member, now: self.now())
        _ = try pool.insert(self.request("other", by: "other"), from: .member, now: self.now())
        _ = try pool.insert(self.envelope("a1", by: "a"), from: .member, now: self.now())
        #expect(pool.nextRequest == checked)
        let made = try RequestPeople.configuration(
            of: request, on: bundle, by: MemberWorldPeople.identity(1), chain: MemberWorldPeople.plain.get().headerHash)
        let block = OrderedBlock(number: 1, previousHash: [], envelopes: [made.serialized])
        pool.record(block, position: ChainPosition(genesis: self.genesis))
        #expect(pool.envelope(checked.digest) == nil)
        #expect(pool.nextRequest == nil)
        #expect(self.names(pool.nextBatch()) == ["a1"])
        pool.record(OrderedBlock(number: 2, previousHash: [], envelopes: [Array("a1".utf8)]), position: ChainPosition(genesis: self.genesis))
        #expect(pool.nextRequest == self.request("other", by: "other"))
        #expect(pool.requests.last == second)
        // What was ordered is not taken again.
        #expect(throws: BroadcastRefusal.self) { try pool.insert(checked, from: .client(isRestored: false), now: self.now()) }
        // A member that starts after the configuration knows whose turn it is.
        let restarted = EnvelopePool(
            batch: bundle.batch, settings: OrderingSettings(), recent: [block], position: ChainPosition(genesis: self.genesis))
        var again = restarted
        _ = try again.insert(self.request("other", by: "other"), from: .member, now: self.now())
        _ = try again.insert(self.envelope("a1", by: "a"), from: .member, now: self.now())
        #expect(again.nextRequest == nil)
    }

    @Test func `under another configuration creators without a say and what is too large are dropped, and nothing else`() throws {
        var pool = self.pool()
        for (name, creator, size) in [("a1", "a", 10), ("a2", "a", 20), ("b1", "b", 10), ("b2", "b", 900)] {
            _ = try pool.insert(self.envelope(name, by: creator, size: size), from: .member, now: self.now())
        }
        _ = try pool.insert(self.request("r", by: "a"), from: .member, now: self.now())
        #expect(self.names(pool.oldestOfEachCreator) == ["a1", "b1"])
        pool.drop(largerThan: 500)
        pool.drop(of: [Array("a".utf8)])
        #expect(self.names(pool.nextBatch()) == ["b1"])
        #expect(pool.requests.count == 1 && pool.count == 2)
    }

    @Test func `under load a block waits until nothing more comes, for a part of the timeout, or until it is full`() throws {
        var pool = self.pool(count: 4)
        func insert(_ name: String, at ms: Int64) throws {
            _ = try pool.insert(self.envelope(name, by: name), from: .member, now: self.now(ms))
        }
        func decide(_ names: String...) {
            let block = OrderedBlock(number: 1, previousHash: [], envelopes: names.map { Array($0.utf8) })
            pool.record(block, position: ChainPosition(genesis: self.genesis))
        }
        /// When the next block is cut, in milliseconds of this test; nil for at once.
        func cut(at ms: Int64 = 100) -> Int64? {
            guard let oldest = pool.oldestMs else { return nil }
            let due = pool.earlyCutMs(oldestMs: oldest, nowMs: self.now(ms).millisecondsSince1970)
            return due == 0 ? nil : Int64(due) - 1_000_000
        }
        try insert("a", at: 0)
        try insert("b", at: 0)
        #expect(cut() == nil && !pool.isBusy, "nothing says that there is load")
        decide("a", "b")
        #expect(pool.isBusy)
        try insert("c", at: 10)
        #expect(cut() == 40, "one pause after the only one")
        try insert("d", at: 30)
        #expect(cut() == 60, "a quarter of the timeout of 200 ms after the first, which is as long as a pause after the second")
        try insert("e", at: 50)
        #expect(cut() == 60 && cut(at: -1_000) == -950, "a clock that was put back holds nothing up")
        try insert("f", at: 55)
        #expect(cut() == nil, "it is full")
        decide("c", "d", "e", "f")
        try insert("g", at: 100)
        decide("g")
        try insert("h", at: 130)
        #expect(cut() == nil && !pool.isBusy, "a block of one says that the load is over")
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

    @Test func `of many own envelopes all have their turn to be pushed, and at the next tick when others are to hear them`() throws {
        var pool = self.pool { $0.pendingOfOneIdentity = 10_000 }
        let count = MemberLimits.envelopesPushedAgain * Int(MemberLimits.ticksUntilPushedAgain + 2)
        for number in 0..<count { _ = try pool.insert(self.envelope("\(number)", by: "a"), from: .client(isRestored: false), now: self.now()) }
        var pushed: Set<String> = []
        for _ in 0..<20 { pushed.formUnion(self.names(pool.envelopesToPushAgain())) }
        #expect(pushed.count == count)
        var other = self.pool()
        _ = try other.insert(self.envelope("own", by: "a"), from: .client(isRestored: false), now: self.now())
        other.pushAllAgain()
        #expect(self.names(other.envelopesToPushAgain()) == ["own"])
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
