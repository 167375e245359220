import CryptoPrimitives
import Synchronization
import Testing

@testable import Identity

/// Answers from memory are the answers of the real check.
@Suite struct SignatureMemoryTests {
    /// Counts what reaches it; a signature is right when it begins with the message's first byte.
    private final class Counter: SignatureVerifying {
        private let calls = Mutex(0)
        var count: Int { self.calls.withLock { $0 } }
        func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
            self.calls.withLock { $0 += 1 }
            return signature.first == message.first
        }
    }

    private let keys: [PublicKey]

    init() {
        self.keys = (0..<2).map { _ in SigningKey.generate().publicKey }
    }

    @Test func `a right signature is computed once, a wrong one every time`() {
        let counter = Counter()
        let memory = SignatureMemory(capacity: 8, verifier: counter)
        for _ in 0..<3 { #expect(memory.isValid([1, 2], of: [1], by: self.keys[0])) }
        #expect(counter.count == 1)
        for _ in 0..<3 { #expect(!memory.isValid([2, 2], of: [1], by: self.keys[0])) }
        #expect(counter.count == 4)
        #expect(memory.tally == .init(remembered: 2, computed: 4))
        #expect(memory.count == 1)
    }

    @Test func `a signature that was made here is not computed, and stands for itself alone`() {
        let counter = Counter()
        let memory = SignatureMemory(capacity: 8, verifier: counter)
        memory.noteOwn([1, 2], of: [1], by: self.keys[0])
        #expect(memory.isValid([1, 2], of: [1], by: self.keys[0]) && counter.count == 0)
        #expect(!memory.isValid([1, 2], of: [2], by: self.keys[0]))
        #expect(memory.isValid([1, 2], of: [1], by: self.keys[1]))
        #expect(counter.count == 2)
    }

    @Test func `another key, message or signature is another question, also when the bytes run together the same way`() {
        let counter = Counter()
        let memory = SignatureMemory(capacity: 64, verifier: counter)
        #expect(memory.isValid([1, 2, 3], of: [1, 9], by: self.keys[0]))
        let others: [([UInt8], [UInt8], PublicKey)] = [
            ([1, 2, 3], [1, 9], self.keys[1]), ([1, 2], [1, 9], self.keys[0]), ([1, 2, 3], [1], self.keys[0]), ([9, 1, 2, 3], [1], self.keys[0]),
            ([1, 3], [1, 9, 1, 2], self.keys[0]),
        ]
        for (signature, message, key) in others { _ = memory.isValid(signature, of: message, by: key) }
        #expect(counter.count == 1 + others.count)
    }

    @Test func `the memory is bounded, and what is asked for again survives a flood of others`() {
        let counter = Counter()
        let memory = SignatureMemory(capacity: 100, verifier: counter)
        #expect(memory.isValid([1, 0], of: [1], by: self.keys[0]))
        for round in 0..<10 {
            for index in 0..<90 { #expect(memory.isValid([7, UInt8(round), UInt8(index)], of: [7], by: self.keys[1])) }
            #expect(memory.isValid([1, 0], of: [1], by: self.keys[0]))
            #expect(memory.count <= 200)
        }
        #expect(counter.count == 901)
        // Not asked for any more, it goes.
        for index in 0..<250 { #expect(memory.isValid([8, UInt8(index)], of: [8], by: self.keys[1])) }
        #expect(memory.isValid([1, 0], of: [1], by: self.keys[0]))
        #expect(counter.count == 1_152)
    }

    @Test func `wrong signatures cannot fill the memory or push anything out`() {
        let counter = Counter()
        let memory = SignatureMemory(capacity: 4, verifier: counter)
        #expect(memory.isValid([1], of: [1], by: self.keys[0]))
        for index in 0..<1_000 { #expect(!memory.isValid([2, UInt8(index % 256), UInt8(index / 256)], of: [1], by: self.keys[0])) }
        #expect(memory.isValid([1], of: [1], by: self.keys[0]))
        #expect(counter.count == 1_001)
        #expect(memory.count == 1)
    }

    @Test func `real signatures get the same answers with and without the memory`() throws {
        let memory = SignatureMemory(capacity: 16)
        let key = SigningKey.generate()
        let message: [UInt8] = [1, 2, 3]
        let signature = try key.sign(message)
        var broken = signature
        broken[broken.count - 1] ^= 1
        for _ in 0..<2 {
            #expect(memory.isValid(signature, of: message, by: key.publicKey))
            #expect(!memory.isValid(broken, of: message, by: key.publicKey))
            #expect(!memory.isValid(signature, of: [1, 2], by: key.publicKey))
            #expect(!memory.isValid(signature, of: message, by: self.keys[0]))
            #expect(!memory.isValid([], of: message, by: key.publicKey))
        }
        #expect(memory.tally.remembered == 1)
    }

    @Test func `the hash of identities depends on every byte and on the keys`() {
        var seen: Set<UInt64> = []
        var bytes = [UInt8](repeating: 0, count: 40)
        let hash = KeyedHash(3, 5, 7)
        for index in bytes.indices {
            bytes[index] = 1
            seen.insert(hash.hash(bytes))
            bytes[index] = 0
        }
        for count in 0..<40 { seen.insert(hash.hash([UInt8](repeating: 0, count: count))) }
        seen.insert(hash.hash(bytes))
        #expect(seen.count == 81)
        #expect(KeyedHash(3, 6, 7).hash(bytes) != hash.hash(bytes))
    }
}
