import CryptoPrimitives
import LedgerModel

/// The envelopes of a pool log, less those that are found in blocks while these are read.
///
/// The log is written anew only now and then, so most of it has been ordered, much of that longer ago than the pool remembers: taken for
/// waiting, it would be ordered a second time.
struct PromisedEnvelopes {
    private let logged: [[UInt8]]
    /// Digests of those that were in no block so far.
    private var waiting: Set<[UInt8]>
    /// Only what is as long as one of them is hashed.
    private let sizes: Set<Int>

    init(_ logged: [[UInt8]]) {
        self.logged = logged
        self.waiting = Set(logged.map { SHA256.hash($0) })
        self.sizes = Set(logged.map(\.count))
    }

    mutating func strike(in block: OrderedBlock) {
        guard !self.waiting.isEmpty else { return }
        for envelope in block.envelopes where self.sizes.contains(envelope.count) { self.waiting.remove(SHA256.hash(envelope)) }
    }

    /// Those that are in none of the blocks, in the order of the log; nil when that is all of them.
    var rest: [[UInt8]]? {
        let rest = self.logged.filter { self.waiting.contains(SHA256.hash($0)) }
        return rest.count == self.logged.count ? nil : rest
    }
}
