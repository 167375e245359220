import ChannelConfiguration
import LedgerModel
import Ordering
import SelvageClient

/// What the state machine asks for, done.
extension EtcdOrdering {
    /// Works until the queue ends.
    ///
    /// - Throws: When a block cannot be stored.
    func doWork() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await work in self.work {
                switch work {
                case .run(let connection): group.addTask { await connection.run() }
                case .output(.store(let block)): try self.keep(block)
                case .output(.halted(let reason)): self.report("\(self.name) orders nothing any more: \(reason)")
                case .output(.watch(let generation, let from)):
                    let end = self.newWatch()
                    group.addTask { await self.watch(generation: generation, from: from, until: end) }
                case .output(let output): group.addTask { await self.perform(output) }
                }
            }
            group.cancelAll()
        }
    }

    private func perform(_ output: EtcdOutput) async {
        switch output {
        case .reply, .store, .watch, .halted: break
        case .forward(let ticket, let address):
            guard let sender = self.sender(ticket) else { return }
            let reply = await self.forwarding.send(sender.envelope, digest: sender.digest, to: address, tls: self.feeds.clientTLS(of: self.bundle))
            sender.reply.fire(reply)
        case .commit(let commit): self.step(.committed(await self.reading.commit(commit)))
        case .read(let transaction): self.step(.read(await self.reading.snapshot(transaction)))
        case .campaign(let transaction):
            if case .answered = await self.client.transact(transaction) {
                self.step(.campaigned(isAnswered: true))
            } else {
                self.step(.campaigned(isAnswered: false))
            }
        case .fetch(let from, let through): await self.fetch(from, through)
        case .pause(let generation, let milliseconds):
            guard await self.sleep(milliseconds: milliseconds) else { return }
            self.step(.resumed(generation: generation))
        case .startTimer(let timer, let milliseconds):
            guard await self.sleep(milliseconds: milliseconds) else { return }
            self.step(.timerFired(timer))
        case .askForSpace:
            self.report("\(self.name) cannot order: etcd has no space left (alarm NOSPACE)")
            self.step(.space((try? await self.client.isOutOfSpace()).map { !$0 }))
        }
    }

    /// False when the node is being stopped.
    func sleep(milliseconds: Int64) async -> Bool {
        (try? await Task.sleep(for: .milliseconds(milliseconds))) != nil && self.stopping.value == nil
    }

    // MARK: - Watching

    /// Ends the watch before.
    private func newWatch() -> OneTimeSignal<Void> {
        let end = OneTimeSignal<Void>()
        let former = self.watchEnd.withLock { former in
            defer { former = end }
            return former
        }
        former?.fire(())
        return end
    }

    private func watch(generation: UInt64, from revision: Int64, until end: OneTimeSignal<Void>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await end.wait() }
            group.addTask {
                await self.client.watch(from: revision, key: self.keys.watched, end: self.keys.watchedEnd) { happenings in
                    var changes: [EtcdChange] = []
                    for happening in happenings {
                        guard let change = await self.change(happening) else { continue }
                        changes.append(change)
                    }
                    if !changes.isEmpty { self.step(.watched(generation: generation, changes)) }
                }
            }
            await group.next()
            group.cancelAll()
        }
        self.step(.watchEnded(generation: generation))
    }

    private func change(_ happening: EtcdClient.Happening) async -> EtcdChange? {
        switch happening {
        case .deleted(let key): return key == self.keys.leader ? .leader(nil) : nil
        case .put(let item):
            if item.key == self.keys.leader { return .leader(EtcdLeader(item)) }
            let own = self.core.withLock { $0.position.number.rawValue }
            do {
                return try await self.reading.seen(item, ownHeight: own).map { .block($0) }
            } catch {
                // Known to be there and not to be had: the chain is read anew.
                return self.keys.height(ofBlock: item.key).map { .block(EtcdSeenBlock(height: $0, modRevision: item.modRevision, block: nil)) }
            }
        }
    }

    // MARK: - Other consenters

    /// Gets blocks from whichever other ordering node has them.
    private func fetch(_ from: UInt64, _ through: UInt64) async {
        for feed in self.feeds.feeds(of: self.bundle) where feed.name != self.settings.address {
            // A node that is itself behind would keep the stream open and send nothing.
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await self.sleep(milliseconds: EtcdNodeLimits.fetchMilliseconds) }
                group.addTask {
                    try? await feed.read(from: from) { next in
                        while let block = try await next() {
                            self.step(.fetched(block))
                            if block.number.rawValue >= through { break }
                        }
                    }
                }
                await group.next()
                group.cancelAll()
            }
            if self.core.withLock({ $0.position.number.rawValue >= from }) { break }
        }
        self.step(.fetchEnded)
    }
}

extension OrdererFeeds {
    /// How any ordering node of the channel is judged and what it is shown; nil for plain text.
    func clientTLS(of bundle: ChannelBundle) -> ClientTLS? {
        self.tls.map { own in
            ClientTLS(
                roots: bundle.ordererOrganizations.flatMap { $0.msp.tlsRoots + $0.msp.tlsIntermediates }.map(\.pem),
                certificate: ClientTLS.Certificate(chain: own.certificates, key: own.key))
        }
    }
}
