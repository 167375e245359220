import CryptoPrimitives
import LedgerModel

/// The transactions of the last blocks, so that none of them is ordered again (consensus 0.1).
package struct ReplayWindow: Sendable {
    /// How many blocks it reaches back; 0 remembers nothing.
    package let blocks: Int
    private let maxTransactions: Int
    private var numbers: [TransactionID: BlockNumber] = [:]
    /// Oldest first.
    private var recorded: [(number: BlockNumber, ids: [TransactionID], digests: [[UInt8]])] = []
    private var digests: [[UInt8]: BlockNumber] = [:]
    private var count = 0

    /// - Parameter maxTransactions: Bound on the memory: beyond it the oldest blocks are forgotten early, but never the newest one.
    package init(blocks: Int, maxTransactions: Int = OrderingLimits.replayTransactions) {
        self.blocks = max(0, blocks)
        self.maxTransactions = maxTransactions
    }

    package var isOff: Bool { self.blocks == 0 }

    /// The block that holds a transaction; nil when none of the remembered ones does.
    package func block(of id: TransactionID) -> BlockNumber? { self.numbers[id] }

    /// Whether one of the remembered blocks holds this very envelope.
    ///
    /// - Parameter digest: Its SHA-256.
    package func holds(_ digest: [UInt8]) -> Bool { self.digests[digest] != nil }

    /// Why a transaction is not ordered; nil when it may be.
    func refusal(of envelope: CheckedEnvelope) -> BroadcastRefusal? {
        guard let number = self.numbers[envelope.transactionID] else { return nil }
        return self.holds(envelope.digest) ? .repeated(envelope.transactionID, number) : .alreadyOrdered(envelope.transactionID, number)
    }

    /// Takes what the next block holds; blocks come in ascending order.
    ///
    /// - Parameter digests: The hashes of its envelopes.
    package mutating func record(_ ids: [TransactionID], digests: [[UInt8]] = [], in number: BlockNumber) {
        guard !self.isOff else { return }
        self.recorded.append((number, ids, digests))
        for digest in digests { self.digests[digest] = number }
        self.count += ids.count
        // An id that comes twice belongs to its last block, so that it is remembered long enough.
        for id in ids { self.numbers[id] = number }
        let oldest = number.rawValue.subtractingReportingOverflow(UInt64(self.blocks))
        while let first = self.recorded.first, self.recorded.count > 1 {
            let isOutside = !oldest.overflow && first.number.rawValue <= oldest.partialValue
            guard isOutside || self.count > self.maxTransactions else { return }
            self.recorded.removeFirst()
            self.count -= first.ids.count
            for id in first.ids where self.numbers[id] == first.number { self.numbers[id] = nil }
            for digest in first.digests where self.digests[digest] == first.number { self.digests[digest] = nil }
        }
    }

    /// Takes the ids of a stored block: how a host fills the window at start, with the last `blocks` blocks in ascending order.
    package mutating func record(_ block: OrderedBlock) {
        guard !self.isOff else { return }
        self.record(
            block.envelopes.compactMap { ConfigurationRequest.orderedID(in: $0) }, digests: block.envelopes.map { SHA256.hash($0) }, in: block.number)
    }
}
