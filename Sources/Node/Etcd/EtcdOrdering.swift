import ChannelConfiguration
import CryptoPrimitives
import Identity
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// The host of a channel's ordering on an etcd cluster: clock, disk and network around `EtcdConsenter`.
///
/// Envelopes go to the consenter that holds the lease, and are answered when a block with them stands in etcd. Every consenter keeps all
/// blocks in its own files and serves them from there. `run()` must be running for anything to be ordered.
package final class EtcdOrdering: ChannelOrdering {
    /// What is to be done, in order.
    enum Work: Sendable {
        case output(EtcdOutput)
        case run(NodeConnection)
    }

    /// Someone who waits for the answer to an envelope.
    struct Sender: Sendable {
        let envelope: Envelope
        let digest: [UInt8]
        let reply: OneTimeSignal<BroadcastReply>
    }

    package let name: String
    let settings: EtcdSettings
    let environment: SystemEnvironment
    let keys: EtcdKeyFormat
    let client: EtcdClient
    let reading: EtcdReading
    let feeds: OrdererFeeds
    let forwarding: EtcdForwarding
    let store: ChainStore
    let released: HeightSignal
    let core: Mutex<EtcdConsenter<SignedCrashBlocks>>
    let senders = Mutex<(last: UInt64, waiting: [UInt64: Sender])>((0, [:]))
    /// Ends the watch that is under way.
    let watchEnd = Mutex<OneTimeSignal<Void>?>(nil)
    private let ending = Mutex<String?>(nil)
    let work: AsyncStream<Work>
    private let workInput: AsyncStream<Work>.Continuation
    let stopping = OneTimeSignal<Void>()
    /// The lease that this consenter has at present.
    let lease = Mutex<Int64?>(nil)
    let report: @Sendable (String) -> Void

    /// Opens the channel's block files in a folder, or begins them with the genesis block, and continues after the last block.
    ///
    /// - Parameters:
    ///   - tls: What this node shows to other ordering nodes; nil for plain text.
    ///   - report: Hears what an operator has to know.
    package init(
        name: String, identity: SigningIdentity, folder: String, genesis: OrderedBlock, etcd settings: EtcdSettings, tls: ServerTLS?,
        ordering: OrderingSettings = OrderingSettings(), environment: SystemEnvironment,
        signatures: any SignatureVerifying = SignatureMemory(capacity: NodeLimits.rememberedSignatures),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(NodeError) {
        let (work, workInput) = AsyncStream.makeStream(of: Work.self, bufferingPolicy: .bufferingOldest(NodeLimits.orderingTasks))
        self.name = name
        self.settings = settings
        self.environment = environment
        self.report = report
        self.keys = EtcdKeyFormat(root: settings.root, chain: genesis.headerHash)
        self.feeds = OrdererFeeds(identity: identity, tls: tls, environment: environment)
        self.work = work
        self.workInput = workInput
        self.forwarding = EtcdForwarding { workInput.yield(.run($0)) }
        do {
            try HostFiles.makeFolders(folder)
            var bundle = try ChannelBundle(block: genesis, verifier: signatures)
            self.store = try ChainStore(
                folder: folder, genesis: genesis, acknowledgedHeight: 0, recent: max(1, ordering.replayBlocks), files: SystemFiles()
            ) { block in
                guard let config = ConfigurationBlock.configEnvelope(in: block) else { return }
                bundle = try bundle.successor(verifying: config, strictness: .replay)
            }
            let blocks = try SignedCrashBlocks(bundle: bundle, identity: identity, chain: genesis.headerHash)
            let position = try ChainPosition(after: self.store.last, chain: genesis.headerHash)
            self.released = HeightSignal(height: position.number.rawValue + 1)
            self.core = Mutex(
                EtcdConsenter(
                    blocks: blocks, keys: self.keys, address: settings.address, position: position, recent: self.store.recent,
                    settings: ordering))
            self.client = try EtcdClient(settings)
            self.reading = EtcdReading(client: self.client, keys: self.keys)
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
        }
    }

    // MARK: - Blocks

    /// The number of blocks stored.
    package var deliverableHeight: UInt64 { self.released.height }

    /// The configuration in force.
    package var bundle: ChannelBundle { self.core.withLock { $0.bundle } }

    package func blockBytes(_ number: UInt64) throws -> [UInt8]? { try self.store.block(number) }

    package func waitForBlock(_ number: UInt64) async -> Bool { await self.released.wait(for: number) }

    /// Whether this node holds the lease; for operators and tests.
    package var isHolder: Bool { self.core.withLock { $0.leadership != nil } }

    /// Why nothing can be ordered through this node at present.
    package var unavailability: String? { self.ending.withLock { $0 } ?? self.core.withLock { $0.unavailability } }

    package var participation: Participation { Participation(.consenter, self.ending.withLock { $0 } == nil ? .active : .inactive) }

    // MARK: - Envelopes

    /// Checks an envelope and answers once it stands in a block of the chain, or cannot.
    package func broadcast(_ envelope: Envelope) async -> BroadcastReply {
        if let reason = self.ending.withLock({ $0 }) { return self.unavailable(reason) }
        let checked: CheckedEnvelope
        do {
            // Those of the configuration in force; the consenter notices when it changes meanwhile.
            checked = try self.core.withLock { $0.checks }.check(envelope, now: self.environment.now())
        } catch {
            return BroadcastReply(status: error.verdict.status, info: error.verdict.info)
        }
        let sender = Sender(envelope: envelope, digest: checked.digest, reply: OneTimeSignal())
        let ticket = self.senders.withLock { senders -> UInt64? in
            guard senders.waiting.count < EtcdNodeLimits.waitingEnvelopes else { return nil }
            senders.last &+= 1
            senders.waiting[senders.last] = sender
            return senders.last
        }
        guard let ticket else { return self.unavailable("too many envelopes wait for their answer: send again later") }
        defer { _ = self.senders.withLock { $0.waiting.removeValue(forKey: ticket) } }
        self.step(.broadcast(checked, ticket: ticket))
        if let reason = self.ending.withLock({ $0 }) { return self.unavailable(reason) }
        return await sender.reply.wait() ?? self.unavailable("the call was given up")
    }

    func unavailable(_ reason: String) -> BroadcastReply { BroadcastReply(status: 503, info: "\(self.name) cannot order now: \(reason)") }

    /// Feeds the state machine, and queues what it asks for under the same lock: blocks must reach the queue in the order of their numbers.
    func step(_ input: EtcdInput) {
        let now = self.environment.now()
        let replies = self.core.withLock { core -> [(UInt64, BroadcastVerdict)] in
            var replies: [(UInt64, BroadcastVerdict)] = []
            for output in core.step(input, now: now) {
                if case .reply(let ticket, let verdict) = output { replies.append((ticket, verdict)) } else { self.enqueue(.output(output)) }
            }
            return replies
        }
        for (ticket, verdict) in replies {
            self.sender(ticket)?.reply.fire(BroadcastReply(status: verdict.status, info: verdict.info))
        }
    }

    func sender(_ ticket: UInt64) -> Sender? { self.senders.withLock { $0.waiting[ticket] } }

    /// The state machine bounds what it asks for, so a full queue means that this host is wrong: it stops rather than lose a block.
    func enqueue(_ work: Work) {
        guard case .enqueued = self.workInput.yield(work) else { return self.end(because: "its queue is full, or it was stopped") }
    }

    // MARK: - Running

    /// Orders and follows until `stop()` is called or a block cannot be stored.
    package func run() async throws(NodeError) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.client.run() }
                group.addTask { try await self.doWork() }
                group.addTask { await self.keepLease() }
                group.addTask { await self.keepHouse() }
                group.addTask {
                    _ = await self.stopping.wait()
                    await self.giveUpLease()
                    self.end(because: "\(self.name) was stopped")
                }
                for output in self.core.withLock({ $0.start() }) { self.enqueue(.output(output)) }
                defer {
                    self.end(because: "\(self.name) was stopped")
                    group.cancelAll()
                }
                // The work ends when it fails or when the node is stopped, and everything else with it.
                try await group.next()
            }
        } catch {
            self.end(because: "\(error)")
            throw .orderingStopped(node: self.name, reason: "\(error)")
        }
    }

    package func stop() { self.stopping.fire(()) }

    func end(because reason: String) {
        self.ending.withLock { $0 = $0 ?? reason }
        self.workInput.finish()
        self.watchEnd.withLock { $0 }?.fire(())
        self.client.close()
        self.forwarding.close()
        let waiting = self.senders.withLock { Array($0.waiting.values) }
        for sender in waiting { sender.reply.fire(self.unavailable(reason)) }
    }

    /// Makes a block durable, then shows it.
    func keep(_ block: OrderedBlock) throws {
        try self.store.append(block)
        self.released.advance(to: block.number.rawValue + 1)
    }
}
