import Ledger
import LedgerModel
import Synchronization

/// The snapshots that a peer's administrators have asked for, each to be made when its block is the last one.
///
/// Everything happens on the thread that commits blocks: while a snapshot is made no block is committed, so a crash finds the ledger where the
/// snapshot has to be made, and the next start makes it. Requests are durable before they are acknowledged.
package final class SnapshotRequests: Sendable {
    /// The folder of the snapshots; one is in a folder named by its block.
    package let folder: String
    let thread: MemberThread
    private let ledger: Ledger
    /// Ascending.
    private let pending: Mutex<[UInt64]>

    /// Reads the requests of former runs, and has the one made that is due.
    ///
    /// - Parameter folder: Made with the first request.
    init(folder: String, ledger: Ledger, thread: MemberThread) throws {
        self.folder = folder
        self.ledger = ledger
        self.thread = thread
        let bytes = try HostFiles.read(folder + "/" + Self.file, limit: 8 * (NodeLimits.pendingSnapshots + 2))
        guard let known = bytes.map({ SnapshotRequestFormat.decode($0) }) ?? [] else {
            throw SnapshotRequestError.damaged(file: folder + "/" + Self.file)
        }
        self.pending = Mutex(known)
        self.schedule()
    }

    private static let file = "requests"

    /// The blocks that are waited for, and the one of which a snapshot is being made.
    package var pendingBlocks: [UInt64] { self.pending.withLock { $0 } }

    /// Where the snapshot of a block is, or will be.
    package func folder(of block: UInt64) -> String { "\(self.folder)/\(block)" }

    /// Asks for a snapshot after a block, durably.
    ///
    /// - Parameter block: 0 is the last one that was committed.
    package func submit(_ block: UInt64) async throws(SnapshotRequestError) {
        try await self.onThread { () throws(SnapshotRequestError) in
            guard self.ledger.height > 0 else { throw .noBlock }
            let last = self.ledger.height - 1
            let block = block == 0 ? last : block
            guard block >= last else { throw .tooLate(block, last: last) }
            if block == last, self.exists(block) { throw .made(block) }
            var pending = self.pendingBlocks
            guard !pending.contains(block) else { throw .duplicate(block) }
            guard pending.count < NodeLimits.pendingSnapshots else { throw .tooMany(limit: NodeLimits.pendingSnapshots) }
            pending.append(block)
            try self.store(pending.sorted())
        }
        self.schedule()
    }

    /// Takes a request back, durably. One that is being made is waited for, and is not there any more.
    package func cancel(_ block: UInt64) async throws(SnapshotRequestError) {
        try await self.onThread { () throws(SnapshotRequestError) in
            let pending = self.pendingBlocks
            guard pending.contains(block) else { throw .unknown(block) }
            try self.store(pending.filter { $0 != block })
        }
    }

    /// Has the snapshot of the last block made, if somebody asked for it, without waiting for it.
    func schedule() {
        if self.isDue { self.thread.run { self.makeDue() } }
    }

    private var isDue: Bool {
        let height = self.ledger.height
        return self.pending.withLock { $0.first.map { $0 < height } ?? false }
    }

    /// Makes the snapshot of the last block, if somebody asked for it; to be called on the thread that commits, before the next block.
    func makeDue() {
        guard self.isDue, self.ledger.height > 0 else { return }
        let last = self.ledger.height - 1
        for block in self.pendingBlocks where block <= last {
            // One that is there was finished by a run that could not say so any more.
            if !self.exists(block) {
                do {
                    guard block == last else { throw SnapshotRequestError.tooLate(block, last: last) }
                    _ = try self.ledger.snapshot().writeSnapshot(to: self.folder(of: block))
                } catch {
                    // The ledger goes on: what was asked for cannot be had, and here is why.
                    try? HostFiles.write(Array("\(error)\n".utf8), to: self.folder(of: block) + ".failed")
                }
            }
            // A request that stays in the file is found fulfilled, or too late, at the next start.
            do { try self.store(self.pendingBlocks.filter { $0 != block }) } catch { self.pending.withLock { $0.removeAll { $0 == block } } }
        }
    }

    private func exists(_ block: UInt64) -> Bool {
        guard let names = try? SystemFiles().list(self.folder) else { return false }
        return names.contains("\(block)")
    }

    private func store(_ pending: [UInt64]) throws(SnapshotRequestError) {
        do {
            try HostFiles.makeFolders(self.folder)
            try HostFiles.write(SnapshotRequestFormat.encode(pending), to: self.folder + "/" + Self.file)
        } catch {
            throw .storage(reason: error.description)
        }
        self.pending.withLock { $0 = pending }
    }

    private func onThread(_ work: @escaping @Sendable () throws(SnapshotRequestError) -> Void) async throws(SnapshotRequestError) {
        let result: Result<Void, SnapshotRequestError> = await withCheckedContinuation { continuation in
            self.thread.run { continuation.resume(returning: Result(catching: work)) }
        }
        try result.get()
    }
}

/// Why a snapshot is not made, or a request not taken back; the first words are those of Fabric's peers.
package enum SnapshotRequestError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLate(UInt64, last: UInt64)
    case made(UInt64)
    case duplicate(UInt64)
    case unknown(UInt64)
    case tooMany(limit: Int)
    case noBlock
    case storage(reason: String)
    /// The file of requests cannot be read.
    case damaged(file: String)

    package var description: String {
        switch self {
        case .tooLate(let block, let last):
            "requested snapshot for block number \(block) cannot be less than the last committed block number \(last)"
        case .made(let block): "snapshot already generated for block number \(block)"
        case .duplicate(let block): "duplicate snapshot request for block number \(block)"
        case .unknown(let block): "no snapshot request exists for block number \(block)"
        case .tooMany(let limit): "\(limit) snapshot requests are pending already: cancel some, or wait for them"
        case .noBlock: "the ledger has no block yet"
        case .storage(let reason): "the request cannot be kept: \(reason); make room on the peer's disk and ask again"
        case .damaged(let file): "\(file) cannot be read: delete it and submit the snapshot requests again"
        }
    }
}
