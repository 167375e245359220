/// The two slots of a guard file, as a value: which one is the newest, and where the next one goes, as with the safety record (W2, W7).
package struct SignerGuardSlots: Hashable, Sendable {
    package private(set) var signerGuard: SignerGuard
    /// Grows with each write, so the newest slot is known.
    package private(set) var counter: UInt64

    /// The guard of a key that has signed nothing.
    package init() {
        self.signerGuard = SignerGuard()
        self.counter = 0
    }

    /// Reads both slots and takes the valid one with the highest counter; a torn write has damaged the other one only.
    ///
    /// - Returns: nil when no slot can be read, or when they contradict each other.
    package init?(slots: [[UInt8]]) {
        let read = slots.prefix(2).compactMap { try? SignerGuardFormat.decode($0) }.sorted { $0.counter < $1.counter }
        guard let newest = read.last else { return nil }
        if read.count == 2, read[0].counter == newest.counter { return nil }
        self.signerGuard = newest.signerGuard
        self.counter = newest.counter
    }

    /// Takes a guard in.
    ///
    /// - Returns: The slot to overwrite and sync, 0 or 1, and its bytes; nil when the guard cannot be written, which is fatal (W3).
    package mutating func write(_ signerGuard: SignerGuard) -> (slot: Int, bytes: [UInt8])? {
        let next = self.counter &+ 1
        guard next > self.counter, let bytes = SignerGuardFormat.encode(counter: next, signerGuard) else { return nil }
        (self.signerGuard, self.counter) = (signerGuard, next)
        return (Int(next & 1), bytes)
    }
}
