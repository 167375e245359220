import ChannelConfiguration
import Ledger
import LedgerModel
import Validation

/// The blocks that a peer is working on, in the order of their numbers, and whose turn it is.
///
/// A value that only says what may happen next; `CommitPipeline` owns it and does the work. A block is read, validated and committed, and waits for
/// its turn before each. These rules keep the outcome that of one block after the other:
///
/// * one block at a time is read, one is validated, and one is committed;
/// * a block is read, which asks no state, while the one before it is validated: at most one block that has been read waits;
/// * a block is validated when everything before it has been, and against what those blocks leave behind: the ledger, and at most one block
///   that is validated and not yet durable;
/// * after a block that may change the configuration the next one waits until it is durable;
/// * a block that fails takes all that come after it out of the line, and the line goes on from the last good block.
struct CommitLine {
    /// Where the chain stands after some block.
    struct Tip {
        let position: ChainPosition
        let authority: BlockAuthority
        /// Empty after block 0.
        let commitHash: [UInt8]
        let plans: PolicyPlans
    }

    /// What a block is read under: where the chain stands before it, and whose signatures count.
    struct Office {
        let position: ChainPosition
        let authority: BlockAuthority
    }

    /// What a block is validated against.
    struct Basis {
        let tip: Tip
        /// The ledger when the last durable block had become so.
        let ledger: LedgerSnapshot
        /// The validated block that is not in `ledger`.
        let pending: PendingBlock?
    }

    /// The work of a block as a number that is never used again.
    typealias ID = UInt64

    private enum Stage {
        case waiting
        case reading
        case read
        case validating
        case validated(Tip, PendingBlock)
        case committing(Tip, PendingBlock)
    }

    private struct Entry {
        let id: ID
        let number: UInt64
        let sizeBytes: Int
        var stage = Stage.waiting
        /// After the block, once it has been read; nil also when it may change the configuration.
        var next: Office?
    }

    private let limitBytes: Int
    private let limitBlocks: Int
    private var entries: [Entry] = []
    private var lastID: ID = 0
    /// After the newest durable block.
    private var durable: Tip
    private var ledger: LedgerSnapshot

    init(durable: Tip, ledger: LedgerSnapshot, limitBytes: Int, limitBlocks: Int) {
        self.durable = durable
        self.ledger = ledger
        self.limitBytes = limitBytes
        self.limitBlocks = max(1, limitBlocks)
    }

    /// The number of the newest durable block.
    var durableNumber: UInt64 { self.durable.position.number.rawValue }

    /// The number of the newest block in the line, durable or not.
    var lastNumber: UInt64 { self.entries.last?.number ?? self.durableNumber }

    /// Whether every block that was admitted is durable.
    var isEmpty: Bool { self.entries.isEmpty }

    /// Bytes of all blocks that are not durable yet.
    var sizeBytes: Int { self.entries.reduce(0) { $0 + $1.sizeBytes } }

    func contains(number: UInt64) -> Bool { self.entries.contains { $0.number == number } }

    /// Puts the next block into the line; nil while there is no room. A block that is larger than the limit has to be alone.
    mutating func admit(number: UInt64, sizeBytes: Int) -> ID? {
        if !self.entries.isEmpty {
            guard self.entries.count < self.limitBlocks, sizeBytes <= self.limitBytes - min(self.sizeBytes, self.limitBytes) else { return nil }
        }
        self.lastID += 1
        self.entries.append(Entry(id: self.lastID, number: number, sizeBytes: sizeBytes))
        return self.lastID
    }

    /// Gives a block its turn to be read; nil while it has to wait.
    ///
    /// - Throws: `CommitLineError.dropped` when a block before it failed.
    mutating func beginReading(_ id: ID) throws(CommitLineError) -> Office? {
        let index = try self.index(of: id)
        let office: Office
        if index == 0 {
            office = Office(position: self.durable.position, authority: self.durable.authority)
        } else {
            switch self.entries[index - 1].stage {
            case .waiting, .reading, .read: return nil
            case .validating, .validated, .committing: break
            }
            guard let next = self.entries[index - 1].next else { return nil }
            office = next
        }
        self.entries[index].stage = .reading
        return office
    }

    /// Notes that a block has been read.
    ///
    /// - Parameter next: What the block after it is read under; nil when this one may change the configuration.
    mutating func read(_ id: ID, next: Office?) throws(CommitLineError) {
        let index = try self.index(of: id)
        self.entries[index].stage = .read
        self.entries[index].next = next
    }

    /// Gives a block that has been read its turn to be validated; nil while it has to wait.
    ///
    /// - Throws: `CommitLineError.dropped` when a block before it failed.
    mutating func beginValidation(_ id: ID) throws(CommitLineError) -> Basis? {
        let index = try self.index(of: id)
        guard case .read = self.entries[index].stage else { return nil }
        switch index {
        case 0:
            self.entries[0].stage = .validating
            return Basis(tip: self.durable, ledger: self.ledger, pending: nil)
        case 1:
            switch self.entries[0].stage {
            case .waiting, .reading, .read, .validating: return nil
            case .validated(let tip, let pending), .committing(let tip, let pending):
                self.entries[1].stage = .validating
                return Basis(tip: tip, ledger: self.ledger, pending: pending)
            }
        default: return nil
        }
    }

    /// Notes the outcome of a validation.
    mutating func validated(_ id: ID, tip: Tip, pending: PendingBlock) throws(CommitLineError) {
        self.entries[try self.index(of: id)].stage = .validated(tip, pending)
    }

    /// Gives a validated block its turn to be committed; nil while one before it is not durable.
    mutating func beginCommit(_ id: ID) throws(CommitLineError) -> Bool? {
        guard try self.index(of: id) == 0, case .validated(let tip, let pending) = self.entries[0].stage else { return nil }
        self.entries[0].stage = .committing(tip, pending)
        return true
    }

    /// Takes a block that is durable out of the line.
    mutating func committed(_ id: ID, ledger: LedgerSnapshot) throws(CommitLineError) {
        guard try self.index(of: id) == 0, case .committing(let tip, _) = self.entries[0].stage else { return }
        self.entries.removeFirst()
        self.durable = tip
        self.ledger = ledger
    }

    /// Takes a block that will not be committed, and all after it, out of the line.
    mutating func failed(_ id: ID) {
        guard let index = self.entries.firstIndex(where: { $0.id == id }) else { return }
        self.entries.removeSubrange(index...)
    }

    private func index(of id: ID) throws(CommitLineError) -> Int {
        guard let index = self.entries.firstIndex(where: { $0.id == id }) else { throw .dropped }
        return index
    }
}

/// Why a block in the line is not worked on any more.
enum CommitLineError: Error, Equatable, CustomStringConvertible {
    /// A block before it failed.
    case dropped

    var description: String { "a block before it was not committed" }
}
