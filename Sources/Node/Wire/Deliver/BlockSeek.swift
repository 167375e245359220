import FabricMessages
import LedgerModel

/// Which blocks a client asks for: `orderer.SeekInfo`.
struct BlockSeek: Equatable, Sendable {
    enum Position: Equatable, Sendable {
        case oldest
        case newest
        case specified(UInt64)
        case nextCommit
    }

    let start: Position
    let stop: Position
    /// Whether a block that is not there yet is waited for.
    let waits: Bool
    /// Whether the transactions of ordinary blocks are left out.
    let withoutData: Bool
    /// Whether the request ends when new blocks cannot come.
    let isStrict: Bool

    /// Takes the request apart.
    ///
    /// - Throws: `.badRange` when it names no start or no end.
    init(_ message: Orderer_SeekInfo) throws(DeliverRefusal) {
        guard message.hasStart, message.hasStop else { throw .badRange(reason: "the request names no first or no last block") }
        guard let start = Self.position(message.start) else { throw .notFound(block: 0) }
        guard let stop = Self.position(message.stop), stop != .nextCommit else {
            throw .badRange(reason: "the last block must be the oldest one, the newest one or a number")
        }
        self.start = start
        self.stop = stop
        self.waits = message.behavior != .failIfNotReady
        self.withoutData = message.contentType == .headerWithSig
        self.isStrict = message.errorResponse != .bestEffort
    }

    private static func position(_ message: Orderer_SeekPosition) -> Position? {
        switch message.type {
        case .newest: .newest
        case .oldest: .oldest
        case .specified(let number): .specified(number.number)
        case .nextCommit: .nextCommit
        case nil: nil
        }
    }

    /// The numbers of the first and the last block at this moment; the last may be far ahead of the chain (interop 7.4, 2 and 3).
    func range(height: UInt64) throws(DeliverRefusal) -> (first: UInt64, last: UInt64) {
        let newest = height > 0 ? height - 1 : 0
        let first: UInt64
        switch self.start {
        case .oldest: first = 0
        case .newest: first = newest
        case .nextCommit: first = height
        case .specified(let number):
            guard number <= height else { throw .notFound(block: number) }
            first = number
        }
        switch self.stop {
        case .oldest: return (first, first)
        // A start behind the newest block never meets it: such a stream goes on for ever.
        case .newest: return (first, self.start == .newest ? first : first > newest ? .max : newest)
        case .specified(let number):
            guard number >= first else { throw .badRange(reason: "the last block, \(number), comes before the first, \(first)") }
            return (first, number)
        case .nextCommit: throw .badRange(reason: "the last block must be the oldest one, the newest one or a number")
        }
    }
}
