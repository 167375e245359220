import CryptoPrimitives
import Synchronization
import Testing

@testable import Identity

/// Tables change what a check costs and nothing else.
@Suite struct KeyTablesTests {
    private let keys = (0..<4).map { _ in SigningKey.generate() }

    /// What the verifier says of right and wrong signatures by each key in turns; nil when all is as it should be.
    private func fault(of verifier: any SignatureVerifying, rounds: Int) throws -> String? {
        for round in 0..<rounds {
            for (index, key) in self.keys.enumerated() {
                let message = [UInt8(round), UInt8(index)]
                let signature = try key.sign(message)
                guard verifier.isValid(signature, of: message, by: key.publicKey) else {
                    return "a right signature of key \(index) in round \(round)"
                }
                let other = self.keys[(index + 1) % self.keys.count]
                guard !verifier.isValid(signature, of: message, by: other.publicKey), !verifier.isValid(signature, of: [9], by: key.publicKey)
                else { return "a wrong signature of key \(index) in round \(round)" }
            }
        }
        return nil
    }

    @Test func `answers are the same before a key has its table, while it is made and afterwards`() throws {
        let tables = KeyTables(checksBeforeTable: 5)
        #expect(try self.fault(of: tables, rounds: 1) == nil)
        #expect(tables.count == 0)
        #expect(try self.fault(of: tables, rounds: 6) == nil)
        #expect(tables.count == self.keys.count)
    }

    @Test func `a table that is of another key is noticed`() throws {
        let wrong = self.keys[0].publicKey
        #expect(try self.fault(of: KeyTables(checksBeforeTable: 2) { _ in PreparedPublicKey(wrong) }, rounds: 4) != nil)
    }

    @Test func `tables are bounded, and the one that is used least makes room`() throws {
        let tables = KeyTables(checksBeforeTable: 3, tableLimit: 2)
        func ask(_ index: Int, _ times: Int) { for _ in 0..<times { _ = tables.isValid([], of: [], by: self.keys[index].publicKey) } }
        ask(0, 20)
        ask(1, 5)
        #expect(tables.count == 2)
        ask(2, 5)
        #expect(tables.count == 2)
        #expect(try self.fault(of: tables, rounds: 10) == nil)
        #expect(tables.count == 2)
    }

    @Test func `a key that can have no table is asked for one once`() throws {
        let asked = Mutex(0)
        let tables = KeyTables(checksBeforeTable: 2) { _ in
            asked.withLock { $0 += 1 }
            return nil
        }
        #expect(try self.fault(of: tables, rounds: 5) == nil)
        #expect(asked.withLock { $0 } == self.keys.count)
        #expect(tables.count == 0)
    }

    @Test func `while one thread makes a table the others get their answers without it`() async throws {
        let tables = KeyTables(checksBeforeTable: 10)
        let key = self.keys[0]
        let signature = try key.sign([1])
        let right = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<50).count { _ in tables.isValid(signature, of: [1], by: key.publicKey) } }
            }
            return await group.reduce(0, +)
        }
        #expect(right == 400)
        #expect(tables.count == 1)
    }
}
