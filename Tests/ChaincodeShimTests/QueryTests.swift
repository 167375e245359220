import Chaincode
import ChaincodeShim
import ContractVM
import FabricMessages
import LedgerModel
import Testing

/// Range queries in batches, pages with bookmarks, and histories.
struct QueryTests {
    private static func channel(keys count: Int) throws -> InMemoryChannel {
        let channel = InMemoryChannel()
        channel.define("goods")
        try channel.fill((0..<count).map { (self.key($0), "v") })
        return channel
    }

    private static func key(_ number: Int) -> String {
        let digits = String(number)
        return "k" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func range(_ endorsed: InMemoryChannel.Endorsed) throws -> RangeQuery {
        try #require(endorsed.result.readWriteSet.namespaces.first { $0.namespace == "goods" }?.rangeQueries.first)
    }

    @Test(arguments: [0, 1, 99, 100, 101, 200, 250])
    func `a range comes in batches of a hundred, and all of it is recorded`(count: Int) throws {
        let endorsed = try Self.channel(keys: count).talk { conversation throws in
            var (keys, response) = try Shim.results(try conversation.ask(.getStateByRange, Shim.range("k", "l")))
            var batches = [keys.count]
            while response.hasMore_p {
                let more = try Shim.results(try conversation.ask(.queryStateNext, Shim.next(response.id)))
                #expect(more.response.id == response.id)
                keys += more.keys
                batches.append(more.keys.count)
                response = more.response
            }
            #expect(keys == (0..<count).map(Self.key))
            #expect(batches.dropLast().allSatisfy { $0 == 100 } && (batches.count == 1 || batches.last != 0))
            #expect(try conversation.refusal(.queryStateNext, Shim.next(response.id)) == "query iterator not found")
            return Response()
        }
        let query = try Self.range(endorsed)
        #expect(query.isExhausted && query.end == "l")
    }

    @Test func `of a query that is closed early the batch and one result more are recorded`() throws {
        let endorsed = try Self.channel(keys: 250).talk { conversation throws in
            let first = try Shim.results(try conversation.ask(.getStateByRange, Shim.range("k", "")))
            #expect(first.keys.count == 100 && first.response.hasMore_p)
            let closed = try Shim.results(try conversation.ask(.queryStateClose, Shim.next(first.response.id)))
            #expect(!closed.response.hasMore_p && closed.response.id == first.response.id)
            // Twice is no error, nor is an id that never was.
            _ = try conversation.ask(.queryStateClose, Shim.next(first.response.id))
            _ = try conversation.ask(.queryStateClose, Shim.next("x"))
            #expect(try conversation.refusal(.queryStateNext, Shim.next(first.response.id)) == "query iterator not found")
            return Response()
        }
        let query = try Self.range(endorsed)
        #expect(!query.isExhausted && query.end == StateKey(Self.key(100)))
    }

    @Test func `a page ends with a bookmark, from which the next one goes on`() throws {
        _ = try Self.channel(keys: 25).talk { conversation throws in
            var (bookmark, keys) = ("", [String]())
            for expected in [10, 10, 5] {
                let page = try Shim.results(try conversation.ask(.getStateByRange, Shim.range("k", "l", page: 10, bookmark: bookmark)))
                let metadata = try Protos_QueryResponseMetadata.decode(page.response.metadata, as: "metadata")
                #expect(page.keys.count == expected && metadata.fetchedRecordsCount == expected && !page.response.hasMore_p)
                keys += page.keys
                bookmark = metadata.bookmark
            }
            #expect(bookmark.isEmpty && keys == (0..<25).map(Self.key))
            let reason = try conversation.refusal(.putState, Shim.put("z", "1"))
            #expect(reason.contains("a transaction that has read a page may not write"))
            return Response()
        }
    }

    @Test(arguments: [Int32.min, -1, 0, Int32.max])
    func `a page size that is none gives all there is`(size: Int32) throws {
        _ = try Self.channel(keys: 3).talk { conversation throws in
            let page = try Shim.results(try conversation.ask(.getStateByRange, Shim.range("", "", page: size, bookmark: Self.key(1))))
            #expect(page.keys == [Self.key(1), Self.key(2)])
            return Response()
        }
    }

    @Test(arguments: [0, 1, 100, 101])
    func `the history of a key comes newest first, in batches`(changes: Int) throws {
        let channel = InMemoryChannel()
        channel.define("goods")
        for number in 0..<changes { try channel.fill([("a", "\(number)")]) }
        _ = try channel.talk { conversation throws in
            var request = Protos_GetHistoryForKey()
            request.key = "a"
            var response = try Protos_QueryResponse.decode(try conversation.ask(.getHistoryForKey, request.encoded()), as: "history")
            var results = response.results
            while response.hasMore_p {
                response = try Protos_QueryResponse.decode(try conversation.ask(.queryStateNext, Shim.next(response.id)), as: "history")
                results += response.results
            }
            let values = try results.map { try Queryresult_KeyModification.decode($0.resultBytes, as: "change") }
            #expect(values.map { String(decoding: $0.value, as: UTF8.self) } == (0..<changes).reversed().map(String.init))
            #expect(values.allSatisfy { $0.txID.utf8.count == 64 && $0.timestamp.seconds > 0 && !$0.isDelete })
            return Response()
        }
    }

    @Test func `more open histories than the limit are refused`() throws {
        let channel = InMemoryChannel(limits: InvocationLimits.standard.with(.reads, 10_000_000).with(.historyEntries, 10_000_000))
        channel.define("goods")
        for number in 0..<101 { try channel.fill([("a", "\(number)")]) }
        _ = try channel.talk { conversation throws in
            var request = Protos_GetHistoryForKey()
            request.key = "a"
            for _ in 0..<ShimLimits.openHistories { _ = try conversation.ask(.getHistoryForKey, request.encoded()) }
            #expect(try conversation.refusal(.getHistoryForKey, request.encoded()).contains("which is the limit"))
            return Response()
        }
    }
}
