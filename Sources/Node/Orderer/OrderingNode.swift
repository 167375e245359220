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
package final class OrderingNode: OrdererConnection, DeliverSource {
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
    private let service: Mutex<OrderingService<CommitteeOfOne>>
    private let receivers = Mutex<[any BlockReceiver]>([])
    /// Where each block is, and which of them may leave.
    private let locations: Mutex<[BlockLocation]>
    private let released: HeightSignal
    /// Why nothing is ordered any more.
    private let ending = Mutex<String?>(nil)
    private let work: AsyncStream<Work>
    private let workInput: AsyncStream<Work>.Continuation

    /// Opens the node's block files in a folder, or starts them with the genesis block, and continues after the last block.
    ///
    /// - Parameter signatures: Which signatures are known to be right; a peer of the same host that shares it computes none of them again.
    package init(
        name: String, identity: SigningIdentity, folder: String, genesis: OrderedBlock, settings: OrderingSettings = OrderingSettings(),
        environment: SystemEnvironment, signatures: any SignatureVerifying = SignatureMemory(capacity: NodeLimits.rememberedSignatures)
    ) throws(NodeError) {
        self.name = name
        self.folder = folder
        self.environment = environment
        (self.work, self.workInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(NodeLimits.orderingTasks))
        do {
            try HostFiles.makeFolders(folder)
            let guardBytes = try HostFiles.read(folder + "/" + Self.guardFile, limit: NodeLimits.guardBytes)
            let signingGuard = try guardBytes.map { try SigningGuardFormat.decode($0) }
            let opened = try Self.open(
                folder: folder + "/blocks", genesis: genesis, stored: signingGuard?.height, recent: settings.replayBlocks,
                signatures: signatures)
            let bundle = opened.bundle
            let consenter = try CommitteeOfOne(
                identity: identity, bundle: bundle, after: opened.last, chain: genesis.headerHash,
                signingGuard: signingGuard)
            self.store = opened.store
            self.locations = Mutex(opened.locations)
            self.released = HeightSignal(height: UInt64(opened.locations.count))
            let service = OrderingService(bundle: bundle, consenter: consenter, settings: settings, recent: opened.recent)
            self.service = Mutex(service)
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
        }
    }

    /// The number of blocks stored.
    package var height: UInt64 { self.store.height }

    /// Names those who get every block; what they have missed comes first, from the node's own files.
    package func deliver(to receivers: [any BlockReceiver]) {
        self.receivers.withLock { $0 += receivers }
    }

    /// The configuration in force.
    package var bundle: ChannelBundle { self.service.withLock { $0.bundle } }

    /// The blocks that have left, or may.
    package var deliverableHeight: UInt64 { self.released.height }

    package func blockBytes(_ number: UInt64) throws -> [UInt8]? {
        let location = self.locations.withLock { number < UInt64($0.count) ? $0[Int(number)] : nil }
        return try location.map { try self.store.read(number, at: $0) }
    }

    package func waitForBlock(_ number: UInt64) async -> Bool { await self.released.wait(for: number) }

    /// Checks an envelope and queues it for a block.
    package func broadcast(_ envelope: Envelope) -> BroadcastReply {
        if let reason = self.ending.withLock({ $0 }) { return self.unavailable(reason) }
        let now = self.environment.now()
        // Signatures are checked by many callers at a time; only the queueing is one after the other.
        let checked: CheckedEnvelope
        do {
            // Those of the configuration in force; the service notices when it changes before the envelope reaches the queue.
            checked = try self.service.withLock { $0.checks }.check(envelope, now: now)
        } catch {
            return BroadcastReply(status: error.verdict.status, info: error.verdict.info)
        }
        let (outputs, isQueued) = self.step(.checked(checked, now: now))
        guard case .reply(let verdict)? = outputs.first else { return self.unavailable("it did not answer") }
        // A client must not hear that an envelope is queued when nobody will look at the queue again.
        guard isQueued || !verdict.isAccepted else { return self.unavailable("it was stopped") }
        return BroadcastReply(status: verdict.status, info: verdict.info)
    }

    /// Stores and delivers blocks until `stop()` is called or a block cannot be stored or delivered.
    package func run() async throws(NodeError) {
        do {
            // A crash may have come between storing a block and delivering it.
            for receiver in self.receivers.withLock({ $0 }) { try await self.bringUp(receiver, below: self.store.height) }
            try await withThrowingDiscardingTaskGroup { timers in
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
            self.end(because: "\(self.name) was stopped")
        } catch {
            self.end(because: "\(error)")
            throw .orderingStopped(node: self.name, reason: "\(error)")
        }
    }

    /// Ends `run()` once everything queued before has been delivered.
    package func stop() {
        self.ending.withLock { $0 = $0 ?? "it was stopped" }
        self.workInput.finish()
    }

    /// Feeds the state machine, and queues what it asks for under the same lock: blocks must reach the queue in the order of their numbers.
    @discardableResult
    private func step(
        _ input: OrderingService<CommitteeOfOne>.Input
    ) -> (outputs: [OrderingService<CommitteeOfOne>.Output], isQueued: Bool) {
        self.service.withLock { service in
            let outputs = service.step(input)
            var isQueued = true
            for output in outputs {
                switch output {
                case .reply, .cancelTimer: break  // A cancelled timer is told by its old generation.
                case .block(let decision): isQueued = self.enqueue(.store(decision)) && isQueued
                case .startTimer(let generation, let milliseconds):
                    isQueued = self.enqueue(.startTimer(generation: generation, milliseconds: milliseconds)) && isQueued
                case .halted(let error): isQueued = self.enqueue(.stop(reason: "\(error)")) && isQueued
                }
            }
            return (outputs, isQueued)
        }
    }

    /// The service bounds what it has handed out, so a full queue means that this host is wrong: it stops rather than lose a block.
    private func enqueue(_ task: Work) -> Bool {
        if case .enqueued = self.workInput.yield(task) { return true }
        self.workInput.finish()
        return false
    }

    /// Makes a block durable, then the guard, then lets it go to everybody at once.
    private func release(_ decision: Decision) async throws {
        let location = try self.store.append(decision.block.serialized(), number: decision.block.number.rawValue)
        try HostFiles.write(SigningGuardFormat.encode(decision.signingGuard), to: self.folder + "/" + Self.guardFile, mode: 0o600)
        self.locations.withLock { $0.append(location) }
        self.released.advance(to: decision.block.number.rawValue + 1)
        let receivers = self.receivers.withLock { $0 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for receiver in receivers {
                group.addTask {
                    try await self.bringUp(receiver, below: decision.block.number.rawValue)
                    try await receiver.receive(decision.block)
                }
            }
            try await group.waitForAll()
        }
    }

    /// Gives a receiver the stored blocks that it has missed.
    private func bringUp(_ receiver: any BlockReceiver, below height: UInt64) async throws {
        guard receiver.height < height else { return }
        let first = receiver.height
        var scan = try self.store.scan()
        try await receiver.receive {
            while let stored = try scan.next(), stored.number < height {
                if stored.number >= first { return try OrderedBlock(serialized: stored.bytes) }
            }
            return nil
        }
    }

    private func end(because reason: String) {
        self.ending.withLock { $0 = reason }
        self.workInput.finish()
        for receiver in self.receivers.withLock({ $0 }) { receiver.endOfBlocks(because: reason) }
    }

    private func unavailable(_ reason: String) -> BroadcastReply {
        BroadcastReply(status: 503, info: "\(self.name) cannot order now: \(reason)")
    }

    private static let guardFile = "signing-guard"

    /// - Parameter stored: The last block that was durable before the guard was written; nil when there is no guard.
    private static func open(
        folder: String, genesis: OrderedBlock, stored: BlockNumber?, recent count: Int, signatures: any SignatureVerifying
    ) throws -> (store: BlockStore, locations: [BlockLocation], bundle: ChannelBundle, last: OrderedBlock, recent: [OrderedBlock]) {
        let files = SystemFiles()
        let store = try BlockStore(folder: folder, files: files, acknowledgedHeight: stored.map { $0.rawValue &+ 1 })
        var bundle = try ChannelBundle(block: genesis, verifier: signatures)
        var last: OrderedBlock?
        var recent: [OrderedBlock] = []
        var locations: [BlockLocation] = []
        var scan = try BlockScan(folder: folder, files: files)
        while let stored = try scan.next() {
            let block = try OrderedBlock(serialized: stored.bytes)
            if last == nil, block.headerHash != genesis.headerHash {
                throw LedgerMismatch(reason: "its block files begin with another genesis block")
            }
            // The configuration in force is the last one that was ordered, whatever the genesis block says.
            if last != nil, let config = ConfigurationBlock.configEnvelope(in: block) {
                bundle = try bundle.successor(verifying: config, strictness: .replay)
            }
            last = block
            locations.append(stored.location)
            recent.append(block)
            if recent.count > max(count, 1) { recent.removeFirst() }
        }
        guard let last else {
            return (store, [try store.append(genesis.serialized(), number: 0)], bundle, genesis, [])
        }
        return (store, locations, bundle, last, recent)
    }
}

/// The state machine can make no more blocks.
private struct OrderingHalted: Error, CustomStringConvertible {
    let reason: String
    var description: String { self.reason }
}
