import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// The host of an ordering service: clock, disk and delivery around the pure state machine.
///
/// A block is stored, then its signing guard, and only then does it leave. `run()` must be running for blocks to be made.
package final class OrderingNode: OrdererConnection {
    /// What the state machine asked for, in order.
    private enum Work: Sendable {
        case store(Decision)
        case startTimer(generation: UInt64, milliseconds: Int64)
        case stop(reason: String)
    }

    package let name: String
    private let folder: String
    private let environment: SystemEnvironment
    private let store: BlockStore
    private let checks: BroadcastChecks
    private let service: Mutex<OrderingService<CommitteeOfOne>>
    private let receivers = Mutex<[any BlockReceiver]>([])
    private let work: AsyncStream<Work>
    private let workInput: AsyncStream<Work>.Continuation

    /// Opens the node's block files in a folder, or starts them with the genesis block, and continues after the last block.
    package init(
        name: String, identity: SigningIdentity, folder: String, genesis: OrderedBlock, settings: OrderingSettings = OrderingSettings(),
        environment: SystemEnvironment
    ) throws(NodeError) {
        self.name = name
        self.folder = folder
        self.environment = environment
        (self.work, self.workInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(NodeLimits.orderingTasks))
        do {
            try HostFiles.makeFolders(folder)
            let bundle = try ChannelBundle(block: genesis)
            let opened = try Self.open(folder: folder + "/blocks", genesis: genesis, recent: settings.replayBlocks)
            let guardBytes = try HostFiles.read(folder + "/" + Self.guardFile, limit: NodeLimits.guardBytes)
            let consenter = try CommitteeOfOne(
                identity: identity, bundle: bundle, after: opened.last, chain: genesis.headerHash,
                signingGuard: try guardBytes.map { try SigningGuardFormat.decode($0) })
            self.store = opened.store
            let service = OrderingService(bundle: bundle, consenter: consenter, settings: settings, recent: opened.recent)
            self.checks = service.checks
            self.service = Mutex(service)
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
        }
    }

    /// Names those who get every block from now on.
    package func deliver(to receivers: [any BlockReceiver]) {
        self.receivers.withLock { $0 += receivers }
    }

    /// Checks an envelope and queues it for a block.
    package func broadcast(_ envelope: Envelope) -> BroadcastReply {
        let now = self.environment.now()
        // Signatures are checked by many callers at a time; only the queueing is one after the other.
        let checked: CheckedEnvelope
        do {
            checked = try self.checks.check(envelope, now: now)
        } catch {
            return BroadcastReply(status: error.verdict.status, info: error.verdict.info)
        }
        guard let verdict = self.step(.checked(checked, now: now)) else {
            return BroadcastReply(status: 503, info: "\(self.name) did not answer")
        }
        return BroadcastReply(status: verdict.status, info: verdict.info)
    }

    /// Stores and delivers blocks until `stop()` is called or a block cannot be stored or delivered.
    package func run() async throws(NodeError) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { timers in
                for await task in self.work {
                    switch task {
                    case .store(let decision):
                        try await self.release(decision)
                        self.step(.blockTaken(now: self.environment.now()))
                    case .startTimer(let generation, let milliseconds):
                        timers.addTask {
                            // A cancelled sleep ends the node: there is nothing left to wake up for.
                            guard (try? await Task.sleep(for: .milliseconds(milliseconds))) != nil else { return }
                            self.step(.timerFired(generation: generation, now: self.environment.now()))
                        }
                    case .stop(let reason):
                        throw OrderingHalted(reason: reason)
                    }
                }
                timers.cancelAll()
            }
            self.tellEnd("\(self.name) was stopped")
        } catch {
            self.tellEnd("\(error)")
            throw .orderingStopped(node: self.name, reason: "\(error)")
        }
    }

    /// Ends `run()` once everything queued before has been delivered.
    package func stop() {
        self.workInput.finish()
    }

    /// Feeds the state machine and queues what it asks for; returns its answer to an envelope.
    ///
    /// The queue is filled under the same lock, so that blocks leave in the order in which they were made.
    @discardableResult
    private func step(_ input: OrderingService<CommitteeOfOne>.Input) -> BroadcastVerdict? {
        self.service.withLock { service in
            let outputs = service.step(input)
            self.carryOut(outputs)
            guard case .reply(let verdict)? = outputs.first else { return nil }
            return verdict
        }
    }

    private func carryOut(_ outputs: [OrderingService<CommitteeOfOne>.Output]) {
        for output in outputs {
            switch output {
            case .reply, .cancelTimer: break  // A cancelled timer is told by its old generation.
            case .block(let decision): self.enqueue(.store(decision))
            case .startTimer(let generation, let milliseconds):
                self.enqueue(.startTimer(generation: generation, milliseconds: milliseconds))
            case .halted(let error): self.enqueue(.stop(reason: "\(error)"))
            }
        }
    }

    /// The service bounds what it has handed out, so a full queue means that this host is wrong: it stops rather than lose a block.
    private func enqueue(_ task: Work) {
        if case .dropped = self.workInput.yield(task) { self.workInput.finish() }
    }

    /// Makes a block durable, then the guard, then lets it go to everybody at once.
    private func release(_ decision: Decision) async throws {
        _ = try self.store.append(decision.block.serialized(), number: decision.block.number.rawValue)
        try HostFiles.write(SigningGuardFormat.encode(decision.signingGuard), to: self.folder + "/" + Self.guardFile, mode: 0o600)
        let receivers = self.receivers.withLock { $0 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for receiver in receivers { group.addTask { try await receiver.receive(decision.block) } }
            try await group.waitForAll()
        }
    }

    private func tellEnd(_ reason: String) {
        for receiver in self.receivers.withLock({ $0 }) { receiver.endOfBlocks(because: reason) }
    }

    private static let guardFile = "signing-guard"

    private static func open(
        folder: String, genesis: OrderedBlock, recent count: Int
    ) throws -> (store: BlockStore, last: OrderedBlock, recent: [OrderedBlock]) {
        let files = SystemFiles()
        let store = try BlockStore(folder: folder, files: files)
        var last: OrderedBlock?
        var recent: [OrderedBlock] = []
        var scan = try BlockScan(folder: folder, files: files)
        while let stored = try scan.next() {
            let block = try OrderedBlock(serialized: stored.bytes)
            last = block
            recent.append(block)
            if recent.count > max(count, 1) { recent.removeFirst() }
        }
        guard let last else {
            _ = try store.append(genesis.serialized(), number: 0)
            return (store, genesis, [])
        }
        return (store, last, recent)
    }
}

/// The state machine can make no more blocks.
private struct OrderingHalted: Error, CustomStringConvertible {
    let reason: String
    var description: String { self.reason }
}
