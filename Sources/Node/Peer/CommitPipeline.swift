import ChannelConfiguration
import Ledger
import LedgerModel
import Synchronization
import Validation

/// Brings blocks into a ledger: while one is made durable the next one is validated, and the one behind it is read.
///
/// Work runs in the tasks of those who bring blocks; they take turns as `CommitLine` says. Blocks that wait are bounded in number and bytes:
/// whoever brings one more waits until there is room. A block counts as taken only when it is durable and everybody who waits for its
/// transactions has been told, in the order of the blocks. Whatever fails or is cancelled before that takes the blocks after it out of the line
/// and changes nothing.
final class CommitPipeline: Sendable {
    /// Judges a block as a whole before anything in it is looked at.
    typealias Verify = @Sendable (OrderedBlock, BlockAuthority, ChainPosition) throws -> Void
    /// What decides about a block, as far as it follows from the blocks before it.
    struct Views: Sendable {
        /// The configuration that will be in office once everything before the block is durable.
        var bundle: @Sendable (CommitLine.Office) -> ChannelBundle = { $0.authority.bundle }
        /// The ledger as it will be then.
        var state: @Sendable (CommitLine.Basis) -> any PendingState.Base = { basis in
            if let pending = basis.pending { PendingState(pending, over: basis.ledger) } else { basis.ledger }
        }
    }
    /// Is told of each block once it is durable, one after the other.
    typealias Publish = @Sendable (ValidationOutcome) throws -> Void

    private struct State {
        var line: CommitLine
        /// Grows with every change of the line, so that nobody sleeps through one.
        var changes: UInt64 = 0
        /// Bytes of blocks that went through since memory was last given back.
        var passedBytes = 0
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]

        /// Notes a change of the line; gives those to be woken.
        mutating func changed() -> [CheckedContinuation<Void, Never>] {
            self.changes += 1
            defer { self.waiters = [:] }
            return Array(self.waiters.values)
        }
    }

    private let name: String
    private let ledger: Ledger
    private let committer: BlockCommitter
    private let verify: Verify
    private let views: Views
    private let snapshots: SnapshotRequests?
    private let publish: Publish
    private let state: Mutex<State>

    /// - Parameters:
    ///   - authority: Under which configurations the next block is judged.
    ///   - position: Where the ledger's chain stands.
    ///   - snapshots: Of the same ledger; they are made between two blocks, on the thread of `snapshots`.
    init(
        name: String, ledger: Ledger, authority: BlockAuthority, position: ChainPosition, limitBytes: Int = NodeLimits.pipelineBytes,
        limitBlocks: Int = NodeLimits.pipelineBlocks,
        verify: @escaping Verify = { block, authority, position in
            try BlockVerifier(authority, form: .canonical).verify(block, after: position)
        }, views: Views = Views(), snapshots: SnapshotRequests? = nil, publish: @escaping Publish
    ) {
        let snapshot = ledger.snapshot()
        let tip = CommitLine.Tip(position: position, authority: authority, commitHash: snapshot.head.commitHash, plans: PolicyPlans())
        self.name = name
        self.ledger = ledger
        self.committer = BlockCommitter(name: name, ledger: ledger, snapshots: snapshots)
        self.snapshots = snapshots
        self.verify = verify
        self.views = views
        self.publish = publish
        self.state = Mutex(State(line: CommitLine(durable: tip, ledger: snapshot, limitBytes: limitBytes, limitBlocks: limitBlocks)))
    }

    /// Takes a block and returns when it is durable.
    ///
    /// - Throws: `NodeError.blockRefused` with the reason, `.storageFailed` when the disk is to blame, or `.blockDropped` when a block before it
    ///   failed.
    func take(_ block: OrderedBlock) async throws(NodeError) {
        if let ticket = try await self.admit(block) { try await self.finish(ticket) }
    }

    /// Takes blocks as they come and returns when all are durable; `next` gives nil at the end.
    ///
    /// - Throws: What `next` throws, or as `take(_:)` the error of the first block that failed.
    func take(each next: () async throws -> OrderedBlock?, failed: @escaping @Sendable (NodeError) -> Void = { _ in }) async throws {
        let failures = Failures()
        // A group that keeps what is finished would keep its blocks, however few are in the line.
        await withDiscardingTaskGroup { group in
            do {
                while failures.first == nil, let block = try await next() {
                    guard let ticket = try await self.admit(block) else { continue }
                    group.addTask {
                        do throws(NodeError) {
                            try await self.finish(ticket)
                        } catch {
                            failures.note(block: error)
                            failed(error)
                        }
                    }
                }
            } catch {
                failures.note(next: error)
            }
        }
        if let failure = failures.first { throw failure }
    }

    /// Of several failures the one that explains the others: behind a block that failed later ones are dropped, and do not fit.
    private final class Failures: Sendable {
        private let known = Mutex<(error: any Error, weight: Int)?>(nil)

        var first: (any Error)? { self.known.withLock { $0?.error } }

        /// A block in the line failed.
        func note(block error: NodeError) {
            if case .blockDropped = error { self.note(error, weight: 0) } else { self.note(error, weight: 2) }
        }

        /// The next block could not be had, or did not fit.
        func note(next error: any Error) { self.note(error, weight: 1) }

        private func note(_ error: any Error, weight: Int) {
            self.known.withLock { known in
                if known.map({ weight > $0.weight }) ?? true { known = (error, weight) }
            }
        }
    }

    /// A place in the line. Whoever drops it unused gives the place back, and with it those of all blocks that came later.
    final class Ticket: Sendable {
        fileprivate let id: CommitLine.ID
        fileprivate let block: OrderedBlock
        private let pipeline: CommitPipeline

        fileprivate init(_ id: CommitLine.ID, _ block: OrderedBlock, _ pipeline: CommitPipeline) {
            self.id = id
            self.block = block
            self.pipeline = pipeline
        }

        deinit { self.pipeline.change { $0.failed(self.id) } }
    }

    /// Puts the next block into the line, when there is room; nil when the ledger has it already.
    ///
    /// - Throws: `NodeError.blockRefused` when blocks are missing before it, or another block of its number is there.
    func admit(_ block: OrderedBlock) async throws(NodeError) -> Ticket? {
        do {
            return try await self.place(block)
        } catch {
            throw .blockRefused(node: self.name, block: block.number, reason: "\(error)")
        }
    }

    private func place(_ block: OrderedBlock) async throws -> Ticket? {
        let number = block.number.rawValue
        let size = block.envelopes.reduce(0) { $0 + $1.count }
        let id: CommitLine.ID? = try await self.turn { line in
            // One that is on its way already is waited for.
            if line.contains(number: number) { return nil }
            if number <= line.durableNumber { return .some(nil) }
            guard number == line.lastNumber &+ 1 else {
                throw BlockVerificationError.wrongNumber(expected: BlockNumber(line.lastNumber &+ 1), found: block.number)
            }
            return line.admit(number: number, sizeBytes: size).map { .some($0) }
        }
        if let id { return Ticket(id, block, self) }
        // A block that is delivered again is not an error: the sender may not know that it arrived. Another one of its number is a fork.
        guard try self.isKnown(block) else {
            throw LedgerMismatch(reason: "its ledger holds another block of that number; keep both blocks and find out who signed them")
        }
        return nil
    }

    /// Whether a block below the durable height is the ledger's. Of those before the snapshot it began from, the last one can be compared only.
    private func isKnown(_ block: OrderedBlock) throws -> Bool {
        let snapshot = self.ledger.snapshot()
        if let base = try snapshot.base(), block.number.rawValue < base.height {
            return block.number.rawValue < base.lastBlock || block.headerHash == base.blockHash
        }
        return try snapshot.block(block.number)?.headerHash == block.headerHash
    }

    /// Reads, validates and commits an admitted block when its turns come.
    ///
    /// - Throws: As `take(_:)`.
    func finish(_ ticket: Ticket) async throws(NodeError) {
        do {
            let outcome = try await self.validate(ticket)
            _ = try await self.turn { try $0.beginCommit(ticket.id) }
            try await self.committer.commit(outcome.block)
            // It is durable whatever happens now.
            let published = Result { try self.publish(outcome) }
            let snapshot = self.ledger.snapshot()
            try self.change { try $0.committed(ticket.id, ledger: snapshot) }
            self.snapshots?.schedule()
            self.rest(after: ticket.block)
            try published.get()
        } catch is CommitLineError {
            throw .blockDropped(node: self.name, block: ticket.block.number)
        } catch {
            self.change { $0.failed(ticket.id) }
            if Self.isOfStorage(error) { throw .storageFailed(node: self.name, block: ticket.block.number, reason: "\(error)") }
            throw .blockRefused(node: self.name, block: ticket.block.number, reason: "\(error)")
        }
    }

    /// When nothing is left to do, what much work has left behind goes back to the system.
    private func rest(after block: OrderedBlock) {
        let isDue = self.state.withLock { state in
            state.passedBytes += block.envelopes.reduce(0) { $0 + $1.count }
            guard state.line.isEmpty, state.passedBytes >= NodeLimits.bytesBetweenRests else { return false }
            state.passedBytes = 0
            return true
        }
        if isDue { HostMemory.giveBack() }
    }

    /// Whether the node's own disk or database failed, and not the block.
    private static func isOfStorage(_ error: any Error) -> Bool {
        switch error {
        case let error as LedgerError:
            switch error {
            case .outOfSequence, .wrongPreviousHash, .notValidated, .stateDiverged: false
            default: true
            }
        case BlockValidationError.state, is StateReadError: true
        default: false
        }
    }

    private func validate(_ ticket: Ticket) async throws -> ValidationOutcome {
        let office = try await self.turn { try $0.beginReading(ticket.id) }
        let block = ticket.block
        try self.verify(block, office.authority, office.position)
        let validator = BlockValidator(bundle: self.views.bundle(office))
        let reading = await validator.read(block)
        let position = try ChainPosition(after: block, chain: office.position.chain)
        let next = CommitLine.Office(position: position, authority: office.authority.after(newBundle: nil))
        try self.change { try $0.read(ticket.id, next: reading.mayChangeConfiguration ? nil : next) }
        let basis = try await self.turn { try $0.beginValidation(ticket.id) }
        let state = self.views.state(basis)
        let outcome = try await validator.validate(
            reading, plans: basis.tip.plans, state: state, transactions: state, previousCommitHash: basis.tip.commitHash)
        let tip = CommitLine.Tip(
            position: position, authority: office.authority.after(newBundle: outcome.newBundle), commitHash: outcome.block.commitHash,
            plans: basis.tip.plans.after(outcome))
        let pending = PendingBlock(outcome.block)
        try self.change { try $0.validated(ticket.id, tip: tip, pending: pending) }
        return outcome
    }

    /// Waits until the line gives something; others may get their turn by that.
    private func turn<Value: Sendable>(_ ask: (inout CommitLine) throws -> Value?) async throws -> Value {
        while true {
            try Task.checkCancellation()
            var woken: [CheckedContinuation<Void, Never>] = []
            let (value, seen) = try self.state.withLock { state in
                let value = try ask(&state.line)
                if value != nil { woken = state.changed() }
                return (value, state.changes)
            }
            for waiter in woken { waiter.resume() }
            if let value { return value }
            await self.nextChange(after: seen)
        }
    }

    private func nextChange(after seen: UInt64) async {
        let id = self.state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    // A cancellation before this line found nobody to wake.
                    if state.changes != seen || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }

    private func change(_ body: (inout CommitLine) throws -> Void) rethrows {
        var woken: [CheckedContinuation<Void, Never>] = []
        defer { for waiter in woken { waiter.resume() } }
        try self.state.withLock { state in
            try body(&state.line)
            woken = state.changed()
        }
    }
}

/// Commits blocks on a thread of its own: the cooperative pool has as many threads as the machine has cores, and a sync would hold one up.
private actor BlockCommitter {
    private let thread: MemberThread
    private let ledger: Ledger
    private let snapshots: SnapshotRequests?

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

    init(name: String, ledger: Ledger, snapshots: SnapshotRequests?) {
        self.thread = snapshots?.thread ?? MemberThread(label: "\(name) commits")
        self.ledger = ledger
        self.snapshots = snapshots
    }

    func commit(_ block: ValidatedBlock) throws {
        self.snapshots?.makeDue()
        try self.ledger.commit(block)
    }
}
