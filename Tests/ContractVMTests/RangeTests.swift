import Chaincode
import ContractVM
import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

/// How many results a range query records depends on how many a contract takes, in steps of a batch and one more.
@Suite struct RangeTests {
    private static func key(_ index: Int) -> String {
        let digits = String(index)
        return "key" + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// A channel with `count` keys key000, key001, ... at block 2.
    private func channel(_ count: Int) throws -> InMemoryChannel {
        let channel = InMemoryChannel.withProbe()
        try channel.fill((0..<count).map { (Self.key($0), "v") })
        return channel
    }

    /// What is recorded when a contract takes some results of the range key to kez.
    private func recorded(_ count: Int, taking take: Int, closing: Bool = false) throws -> RangeQuery {
        let endorsed = try channel(count).probe { (context) throws(ContractError) in
            let iterator = try context.stateRange(from: "key", to: "kez")
            for _ in 0..<take { _ = try iterator.next() }
            if closing { try iterator.close() }
        }
        #expect(endorsed.message == "")
        let queries = endorsed.probe.rangeQueries
        #expect(queries.count == 1)
        return try #require(queries.first)
    }

    private func expected(_ count: Int) -> RangeQuery.Results {
        var builder = RangeResultsBuilder()
        for index in 0..<count {
            builder.append(KeyRead(key: StateKey(Self.key(index)), version: StateVersion(block: 2, transaction: 0)))
        }
        return builder.finish()
    }

    @Test(arguments: [0, 1, 50, 51, 100, 101, 151, 201, 250])
    func `a range that is read to its end is exhausted and records everything`(count: Int) throws {
        let query = try recorded(count, taking: count + 1)
        #expect(query == RangeQuery(start: "key", end: "kez", isExhausted: true, results: expected(count)))
    }

    @Test(arguments: [
        (100, 0, 100, true), (101, 0, 101, false), (151, 1, 101, false), (151, 100, 101, false), (250, 200, 201, false), (201, 101, 201, false),
    ])
    func `a range that is left early records whole batches and one result more`(count: Int, take: Int, seen: Int, isExhausted: Bool) throws {
        let query = try recorded(count, taking: take)
        #expect(query.isExhausted == isExhausted)
        #expect(query.end.text == (isExhausted ? "kez" : Self.key(seen - 1)))
        #expect(query.results == expected(seen))
    }

    @Test func `closing early changes nothing of what was read`() throws {
        #expect(try recorded(151, taking: 3, closing: true) == recorded(151, taking: 3))
    }

    @Test func `at most 50 results are listed and more are hashed`() throws {
        guard case .raw(let reads) = try recorded(50, taking: 51).results else { throw Unexpected.digest }
        #expect(reads.count == 50)
        guard case .merkle(let digest) = try recorded(51, taking: 52).results else { throw Unexpected.list }
        #expect(digest.hashes.count == 1)
        #expect(digest.maxLevel == 1)
        #expect(digest.maxDegree == 50)
    }

    private enum Unexpected: Error { case digest, list }

    @Test func `the leaves of the digest are the reference's`() throws {
        // interop chapter 15: key000 to key059 at (5, index)
        var state = InMemoryState()
        state.apply(
            (0..<60).map { index in
                StateUpdate(
                    address: .key("probe", StateKey(Self.key(index))), change: .put(value: [1], metadata: []),
                    version: StateVersion(block: 5, transaction: UInt64(index)))
            })
        let channel = InMemoryChannel.withProbe()
        let catalogue = ContractCatalogue(systemContracts: [
            "probe": .init(
                NativeRuntime(
                    contract: Probe { (context) throws(ContractError) in
                        _ = try context.stateRange().collect()
                        return []
                    }))
        ])
        let machine = ContractMachine(catalogue: catalogue, now: { 0 })
        let invocation = Invocation(
            channel: channel.channel, transaction: "t", chaincode: "probe", arguments: [Array("run".utf8)], caller: alice,
            timestamp: Timestamp(seconds: 1))
        let set = try machine.invoke(invocation, state: state).readWriteSet
        guard case .merkle(let digest) = set.namespaces.first?.rangeQueries.first?.results else { throw Unexpected.list }
        #expect(
            digest.hashes.map { Hex.encode($0) } == [
                "d905ac223a9742f22a1db674325f073c49b95157d55a5b69b24a10f525770ab8",
                "58fa1c54173274f3f2dfdc0814eb3ac4a062ee5fdade4ee8cce575dc4a65c2cd",
            ])
    }

    @Test func `an open end stays empty and an empty start becomes the first simple key`() throws {
        let endorsed = try channel(2).probe { (context) throws(ContractError) in _ = try context.stateRange().collect() }
        let query = try #require(endorsed.probe.rangeQueries.first)
        #expect(query.start == "\u{1}")
        #expect(query.end == "")
        #expect(query.isExhausted)
    }

    @Test func `equal queries are recorded once, in the order of their start`() throws {
        let endorsed = try channel(10).probe { (context) throws(ContractError) in
            _ = try context.stateRange(from: "key005", to: "key007").collect()
            _ = try context.stateRange(from: "key001", to: "key003").collect()
            _ = try context.stateRange(from: "key005", to: "key007").collect()
        }
        #expect(endorsed.probe.rangeQueries.map(\.start) == ["key005", "key001"])
    }

    @Test func `a range over composite keys finds only its prefix`() throws {
        let channel = InMemoryChannel.withProbe()
        let write = try channel.probe { (context) throws(ContractError) in
            for name in ["alice", "alice2", "bob"] {
                for number in ["1", "2"] {
                    try context.putString(try context.compositeKey("grant", name, number), "v")
                }
            }
            try context.putString("grant", "simple")
        }
        #expect(try channel.commit([write]) == [.valid])
        let read = try channel.probe { (context) throws(ContractError) in
            let found = try context.partialCompositeKey("grant", "alice").collect()
            var numbers: [String] = []
            for entry in found { numbers.append(try context.splitCompositeKey(entry.key).attributes[1]) }
            guard numbers == ["1", "2"] else { throw .failure("found", "\(numbers)") }
            guard try context.partialCompositeKey("grant").collect().count == 6 else { throw .failure("found", "not six") }
            guard try context.stateRange().collect().map({ $0.key }) == ["grant"] else { throw .failure("found", "composite keys") }
        }
        #expect(read.message == "")
    }

    @Test func `pages follow one another by their bookmarks and record one range each`() throws {
        let endorsed = try channel(7).probe { (context) throws(ContractError) in
            var bookmark = ""
            var pages: [[String]] = []
            repeat {
                let page = try context.statePage(pageSize: 3, bookmark: bookmark)
                pages.append(page.entries.map { $0.key })
                bookmark = page.bookmark
            } while !bookmark.isEmpty
            guard pages.map({ $0.count }) == [3, 3, 1] else { throw .failure("pages", "\(pages)") }
        }
        #expect(endorsed.message == "")
        let queries = endorsed.probe.rangeQueries
        #expect(queries.map(\.start) == ["\u{1}", "key003", "key006"])
        #expect(queries.map(\.end) == ["key002", "key005", ""])
        #expect(queries.map(\.isExhausted) == [false, false, true])
    }

    @Test func `a page that is exactly full does not look beyond itself`() throws {
        let endorsed = try channel(3).probe { (context) throws(ContractError) in
            guard try context.statePage(pageSize: 3).bookmark.isEmpty else { throw .failure("bookmark", "not empty") }
        }
        #expect(endorsed.message == "")
        #expect(endorsed.probe.rangeQueries.map(\.isExhausted) == [false])
        #expect(endorsed.probe.rangeQueries.map(\.end) == ["key002"])
    }
}
