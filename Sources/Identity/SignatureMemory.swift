import CryptoPrimitives
import Synchronization

/// Remembers which signatures were right, so that each is computed once in a process, whoever asks first: the door, an endorser or a committer.
///
/// An answer is the same with and without it: an entry is named by SHA-256 of key, message and signature, so finding it means that this very
/// signature was right before. Only right ones are kept, and verifiers are asked only for keys that an organisation of the channel vouches
/// for, so a stranger cannot fill the memory, and a member pays for each entry with a signature. There are two generations of bounded size: when
/// the young one is full, the old one goes and the young one becomes old; an old entry that is asked for is young again.
package final class SignatureMemory: SignatureVerifying {
    /// What was asked how often.
    package struct Tally: Equatable, Sendable {
        /// Answers from memory.
        package var remembered = 0
        /// Signatures that were computed, right or wrong.
        package var computed = 0
    }

    private struct Generations {
        var young: Set<Name> = []
        var old: Set<Name> = []
        var tally = Tally()
    }

    private let verifier: any SignatureVerifying
    private let capacity: Int
    private let known = Mutex(Generations())

    /// - Parameters:
    ///   - capacity: Signatures in one generation; twice as many are kept at most, at some 40 bytes each.
    ///   - verifier: Computes what is not remembered.
    package init(capacity: Int = 32_768, verifier: any SignatureVerifying = KeyTables()) {
        self.capacity = max(1, capacity)
        self.verifier = verifier
    }

    package var tally: Tally { self.known.withLock { $0.tally } }

    /// Signatures remembered now.
    package var count: Int { self.known.withLock { $0.young.count + $0.old.count } }

    package func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        let name = Name(signature, of: message, by: key)
        if self.recalls(name) { return true }
        let isRight = self.verifier.isValid(signature, of: message, by: key)
        self.known.withLock { known in
            known.tally.computed += 1
            if isRight { self.add(name, to: &known) }
        }
        return isRight
    }

    package func noteOwn(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) {
        let name = Name(signature, of: message, by: key)
        self.known.withLock { self.add(name, to: &$0) }
    }

    private func recalls(_ name: Name) -> Bool {
        self.known.withLock { known in
            if !known.young.contains(name) {
                guard known.old.remove(name) != nil else { return false }
                self.add(name, to: &known)
            }
            known.tally.remembered += 1
            return true
        }
    }

    private func add(_ name: Name, to known: inout Generations) {
        if known.young.count >= self.capacity {
            known.old = known.young
            known.young = []
        }
        known.young.insert(name)
    }

    /// The name of a signature: SHA-256 of the digests of key and message, then the signature.
    private struct Name: Hashable {
        private let words: (UInt64, UInt64, UInt64, UInt64)

        init(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) {
            // The digests have a fixed length, so the parts cannot be shifted against each other.
            let digest = SHA256.hash(concatenating: SHA256.hash(key.x963), SHA256.hash(message), signature)
            func word(_ index: Int) -> UInt64 { digest[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
            self.words = (word(0), word(1), word(2), word(3))
        }

        static func == (left: Name, right: Name) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) {
            // A digest is spread evenly, and nobody can choose many with one beginning.
            hasher.combine(self.words.0)
        }
    }
}
