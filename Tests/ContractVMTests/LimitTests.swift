import Chaincode
import ContractVM
import LedgerModel
import Synchronization
import Testing

/// Each limit, once kept exactly and once exceeded by one.
@Suite struct LimitTests {
    private func run(
        _ limit: InvocationLimit, _ maximum: Int, _ action: @escaping @Sendable (Context) throws(ContractError) -> Void
    ) throws -> InMemoryChannel.Endorsed {
        let channel = InMemoryChannel.withProbe(limits: .standard.with(limit, maximum))
        channel.install(
            Probe(name: "callee") { (context) throws(ContractError) in
                guard let next = context.arguments.first, !next.isEmpty else { return [] }
                return try context.invoke(String(decoding: next, as: UTF8.self), [Array("run".utf8)]).payload
            })
        channel.install(Probe(name: "leaf") { (_) in [] })
        return try channel.probe(action)
    }

    private func expectExceeded(_ endorsed: InMemoryChannel.Endorsed, _ limit: InvocationLimit, _ amount: Int, of maximum: Int) {
        #expect(endorsed.status == 500)
        #expect(
            endorsed.message.hasPrefix("limit-exceeded: the transaction exceeded the limit on \(limit.name): \(amount), at most \(maximum) allowed"))
    }

    @Test func `reads`() throws {
        let action: @Sendable (Context) throws(ContractError) -> Void = { (context) throws(ContractError) in
            for _ in 0..<3 { _ = try context.getState("a") }
        }
        #expect(try run(.reads, 3, action).status == 200)
        expectExceeded(try run(.reads, 2, action), .reads, 3, of: 2)
    }

    @Test func `writes and the bytes written`() throws {
        let action: @Sendable (Context) throws(ContractError) -> Void = { (context) throws(ContractError) in
            for key in ["a", "b", "c"] { try context.putState(key, [1, 2]) }
        }
        #expect(try run(.writes, 3, action).status == 200)
        expectExceeded(try run(.writes, 2, action), .writes, 3, of: 2)
        #expect(try run(.writtenBytes, 6, action).status == 200)
        expectExceeded(try run(.writtenBytes, 5, action), .writtenBytes, 6, of: 5)
        #expect(try run(.valueBytes, 2, action).status == 200)
        expectExceeded(try run(.valueBytes, 1, action), .valueBytes, 2, of: 1)
    }

    @Test func `the length of keys`() throws {
        #expect(try run(.keyBytes, 4) { (context) throws(ContractError) in try context.putState("abcd", [1]) }.status == 200)
        expectExceeded(try run(.keyBytes, 3) { (context) throws(ContractError) in try context.putState("abcd", [1]) }, .keyBytes, 4, of: 3)
        expectExceeded(try run(.keyBytes, 3) { (context) throws(ContractError) in _ = try context.getState("abcd") }, .keyBytes, 4, of: 3)
        expectExceeded(try run(.keyBytes, 3) { (context) throws(ContractError) in _ = try context.stateRange(from: "abcd") }, .keyBytes, 4, of: 3)
        expectExceeded(try run(.keyBytes, 3) { (context) throws(ContractError) in _ = try context.history(of: "abcd") }, .keyBytes, 4, of: 3)
    }

    @Test func `range queries and their results`() throws {
        let channel = InMemoryChannel.withProbe(limits: .standard.with(.rangeResults, 4).with(.rangeQueries, 2))
        try channel.fill([("a", "1"), ("b", "1"), ("c", "1")])
        #expect(try channel.probe { (context) throws(ContractError) in _ = try context.stateRange().collect() }.status == 200)
        let results = try channel.probe { (context) throws(ContractError) in
            _ = try context.stateRange().collect()
            _ = try context.stateRange().collect()
        }
        expectExceeded(results, .rangeResults, 5, of: 4)
        let queries = try channel.probe { (context) throws(ContractError) in
            for _ in 0..<3 { _ = try context.stateRange(from: "x") }
        }
        expectExceeded(queries, .rangeQueries, 3, of: 2)
        let pages = try channel.probe { (context) throws(ContractError) in
            for _ in 0..<2 { _ = try context.statePage(pageSize: 3) }
        }
        expectExceeded(pages, .rangeResults, 5, of: 4)
    }

    @Test func `history entries`() throws {
        let channel = InMemoryChannel.withProbe(limits: .standard.with(.historyEntries, 1))
        try channel.fill([("a", "1")])
        #expect(try channel.probe { (context) throws(ContractError) in _ = try context.history(of: "a") }.status == 200)
        try channel.fill([("a", "2")])
        expectExceeded(try channel.probe { (context) throws(ContractError) in _ = try context.history(of: "a") }, .historyEntries, 2, of: 1)
    }

    @Test func `calls and their depth`() throws {
        let deep: @Sendable (Context) throws(ContractError) -> Void = { (context) throws(ContractError) in
            _ = try context.invoke("callee", [Array("run".utf8), Array("leaf".utf8)])
        }
        #expect(try run(.callDepth, 3, deep).status == 200)
        expectExceeded(try run(.callDepth, 2, deep), .callDepth, 3, of: 2)
        #expect(try run(.calls, 2, deep).status == 200)
        expectExceeded(try run(.calls, 1, deep), .calls, 2, of: 1)
    }

    @Test func `the event and the response`() throws {
        let event: @Sendable (Context) throws(ContractError) -> Void = { (context) throws(ContractError) in try context.setEvent("ab", [1, 2, 3]) }
        #expect(try run(.eventBytes, 5, event).status == 200)
        expectExceeded(try run(.eventBytes, 4, event), .eventBytes, 5, of: 4)
        let channel = InMemoryChannel(limits: .standard.with(.responseBytes, 3))
        channel.install(Probe { (context) in Array(repeating: 1, count: context.arguments.count) })
        #expect(try channel.submit("probe", "run", "a", "b", "c", as: alice).response.status == 200)
        let long = try channel.submit("probe", "run", "a", "b", "c", "d", as: alice)
        #expect(long.response.status == 500)
        #expect(long.response.payload.isEmpty)
        #expect(long.response.message.hasPrefix("limit-exceeded: "))
    }

    @Test func `time, by a clock that the test turns`() throws {
        let clock = Clock()
        let channel = InMemoryChannel.withProbe(limits: .standard.with(.time, 1000), now: { clock.time.withLock { $0 } })
        let inTime = try channel.probe { (context) throws(ContractError) in
            clock.time.withLock { $0 += 1000 }
            _ = try context.getState("a")
        }
        #expect(inTime.status == 200)
        let late = try channel.probe { (context) throws(ContractError) in
            clock.time.withLock { $0 += 1001 }
            _ = try context.getState("a")
        }
        expectExceeded(late, .time, 1001, of: 1000)
    }

    @Test func `an error that the contract catches still ends the transaction`() throws {
        let endorsed = try run(.reads, 1) { (context) throws(ContractError) in
            for _ in 0..<5 {
                do throws(ContractError) { _ = try context.getState("a") } catch {}
            }
            do throws(ContractError) { try context.putString("a", "1") } catch {}
        }
        expectExceeded(endorsed, .reads, 2, of: 1)
        #expect(endorsed.probe.writes.isEmpty)
    }

    @Test func `the next transaction starts from nothing`() throws {
        let channel = InMemoryChannel.withProbe(limits: .standard.with(.reads, 1))
        for _ in 0..<3 {
            #expect(try channel.probe { (context) throws(ContractError) in _ = try context.getState("a") }.status == 200)
        }
    }
}

private final class Clock: Sendable {
    let time = Mutex<UInt64>(0)
}
