import Chaincode
import ContractVM
import LedgerModel
import Testing

/// The rules of commitment that authors meet: two transactions simulated on the same state.
@Suite struct CommitTests {
    private typealias Action = @Sendable (Context) throws(ContractError) -> Void

    private func codes(_ first: @escaping Action, _ second: @escaping Action, sameBlock: Bool = true) throws -> [ValidationCode] {
        let channel = InMemoryChannel.withProbe()
        try channel.fill([("a", "1"), ("c", "1"), ("e", "1")])
        let transactions = [try channel.probe(first), try channel.probe(second)]
        return sameBlock ? try channel.commit(transactions) : try transactions.flatMap { try channel.commit([$0]) }
    }

    private let increment: Action = { (context) throws(ContractError) in
        guard let text = try context.getString("a"), let value = Int(text) else { throw .failure("a", "missing") }
        try context.putString("a", String(value + 1))
    }

    @Test(arguments: [true, false])
    func `the second of two increments is a conflict`(sameBlock: Bool) throws {
        #expect(try codes(increment, increment, sameBlock: sameBlock) == [.valid, .mvccReadConflict])
    }

    @Test(arguments: [true, false])
    func `blind writes of one key are both valid`(sameBlock: Bool) throws {
        let write: Action = { (context) throws(ContractError) in try context.putString("a", "9") }
        #expect(try codes(write, write, sameBlock: sameBlock) == [.valid, .valid])
    }

    @Test(arguments: [true, false])
    func `a key that appears, changes or disappears in a range that was read is a phantom`(sameBlock: Bool) throws {
        let read: Action = { (context) throws(ContractError) in
            _ = try context.stateRange(from: "a", to: "e").collect()
            try context.putString("z", "1")
        }
        let insert: Action = { (context) throws(ContractError) in try context.putString("b", "1") }
        let change: Action = { (context) throws(ContractError) in try context.putString("c", "2") }
        let delete: Action = { (context) throws(ContractError) in try context.deleteState("c") }
        let beyond: Action = { (context) throws(ContractError) in try context.putString("e", "2") }
        #expect(try codes(insert, read, sameBlock: sameBlock) == [.valid, .phantomReadConflict])
        #expect(try codes(change, read, sameBlock: sameBlock) == [.valid, .phantomReadConflict])
        #expect(try codes(delete, read, sameBlock: sameBlock) == [.valid, .phantomReadConflict])
        #expect(try codes(beyond, read, sameBlock: sameBlock) == [.valid, .valid])
        #expect(try codes(read, insert, sameBlock: sameBlock) == [.valid, .valid])
    }

    @Test(arguments: [true, false])
    func `a policy change of a key that was read is a conflict`(sameBlock: Bool) throws {
        let policy: Action = { (context) throws(ContractError) in try context.setValidationParameter(of: "a", [1]) }
        #expect(try codes(policy, increment, sameBlock: sameBlock) == [.valid, .mvccReadConflict])
    }

    @Test func `a new definition makes waiting transactions conflicts`() throws {
        let channel = InMemoryChannel.withProbe()
        let waiting = try channel.probe { (context) throws(ContractError) in try context.putString("a", "1") }
        channel.define("probe", version: "1.1", sequence: 2)
        #expect(try channel.commit([waiting]) == [.mvccReadConflict])
    }

    @Test func `a range that was left early is protected up to the last key read`() throws {
        let channel = InMemoryChannel.withProbe()
        try channel.fill((0..<150).map { ("k" + String(1000 + $0), "v") })
        let read: Action = { (context) throws(ContractError) in
            _ = try context.stateRange(from: "k", to: "l").next()
            try context.putString("z", "1")
        }
        let inside = [try channel.probe { (context) throws(ContractError) in try context.putString("k1100", "w") }, try channel.probe(read)]
        #expect(try channel.commit(inside) == [.valid, .phantomReadConflict])
        let outside = [try channel.probe { (context) throws(ContractError) in try context.putString("k1101", "w") }, try channel.probe(read)]
        #expect(try channel.commit(outside) == [.valid, .valid])
    }

    @Test func `an evaluate call leaves no trace`() throws {
        let channel = InMemoryChannel.withProbe()
        channel.replace(
            Probe { (context) throws(ContractError) in
                try context.putString("a", "1")
                return []
            })
        #expect(try channel.evaluate("probe", "run", as: alice).response.status == 200)
        #expect(channel.value("a", in: "probe") == nil)
        #expect(try channel.submit("probe", "run", as: alice).isCommitted)
        #expect(channel.value("a", in: "probe") == Array("1".utf8))
    }
}
