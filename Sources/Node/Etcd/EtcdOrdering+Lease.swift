import LedgerModel
import Ordering

/// The lease of this consenter, and what its holder does beside ordering.
extension EtcdOrdering {
    /// Keeps a lease alive, gets another when it is over, and tells etcd which blocks are kept here; until the task is cancelled.
    func keepLease() async {
        var lease: (id: Int64, end: UInt64)?
        var acknowledged: UInt64?
        let interval = max(100, self.settings.leaseSeconds * 1_000 / 3)
        while self.stopping.value == nil, !Task.isCancelled {
            // From before the call: etcd counts from the moment when it answers, or earlier.
            let asked = self.environment.monotonicNanoseconds()
            let end = asked + UInt64(self.settings.leaseSeconds) * 1_000_000_000
            if let held = lease {
                do throws(EtcdError) {
                    try await self.client.keepAlive(held.id)
                    lease = (held.id, end)
                } catch {
                    if error == .leaseGone || self.environment.monotonicNanoseconds() >= held.end {
                        lease = nil
                        acknowledged = nil
                        self.lease.withLock { $0 = nil }
                        self.step(.lease(nil))
                        continue
                    }
                }
            } else if let id = try? await self.client.grantLease(seconds: self.settings.leaseSeconds) {
                lease = (id, end)
                self.lease.withLock { $0 = id }
                self.step(.lease(id))
            }
            let height = self.released.height - 1
            if let held = lease, acknowledged != height {
                let put = EtcdOperation.put(key: self.keys.ack(self.settings.address), value: EtcdKeyFormat.ackValue(height), lease: held.id)
                if case .answered = await self.client.transact(EtcdTransaction(success: [put])) { acknowledged = height }
            }
            guard await self.sleep(milliseconds: interval) else { break }
        }
    }

    /// Ends the lease, so that another consenter need not wait for its end; only when etcd answers at once.
    func giveUpLease() async {
        guard let lease = self.lease.withLock({ $0 }) else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.client.revoke(lease) }
            group.addTask { try? await Task.sleep(for: .milliseconds(EtcdNodeLimits.farewellMilliseconds)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Now and then deletes from etcd what all have, has it forget, and makes its files smaller; only the holder of the lease does.
    func keepHouse() async {
        var member = 0
        while await self.sleep(milliseconds: self.settings.housekeepingSeconds * 1_000) {
            guard let leadership = self.core.withLock({ $0.leadership }) else { continue }
            await self.deleteOldBlocks(leadership)
            if self.settings.compacts { _ = try? await self.client.defragment(member: member) }
            member = (member + 1) % max(1, self.settings.endpoints.count)
        }
    }

    func deleteOldBlocks(_ leadership: Int64) async {
        let acks = EtcdTransaction(success: [.get(key: self.keys.acks, end: self.keys.acksEnd, limit: 0)])
        guard let answer = try? await self.client.read(acks), let found = answer.results.first else { return }
        // What it has itself it need not read: without space its own word would stay where it was, and nothing could ever be deleted.
        let key = self.keys.ack(self.settings.address)
        let own = EtcdKeyValue(key: key, value: EtcdKeyFormat.ackValue(self.released.height - 1), createRevision: 0, modRevision: 0)
        guard let first = EtcdHousekeeping.firstKept(acks: found.filter { $0.key != key } + [own], kept: self.settings.keptBlocks) else { return }
        let deletion = EtcdHousekeeping.deletion(below: first, leadership: leadership, keys: self.keys)
        guard case .answered(let deleted) = await self.client.transact(deletion), self.settings.compacts,
            let revision = EtcdHousekeeping.compaction(after: deleted)
        else { return }
        try? await self.client.compact(revision)
    }
}
