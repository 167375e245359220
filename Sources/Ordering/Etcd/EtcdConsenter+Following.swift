import CryptoPrimitives
import LedgerModel

/// From etcd to the consenter's own chain.
extension EtcdConsenter {
    /// Takes what a read found.
    mutating func take(_ snapshot: EtcdSnapshot?, _ out: inout [EtcdOutput]) {
        guard self.phase == .reading else { return }
        guard let snapshot else {
            self.failures += 1
            if let reason = self.silence { self.dropAll(because: reason, &out) }
            self.pause(&out)
            return
        }
        self.failures = 0
        let height = self.position.number.rawValue
        guard snapshot.head?.height ?? 0 >= height else {
            let found = snapshot.head.map { "ends at block \($0.height)" } ?? "holds nothing of the channel"
            self.halt("etcd \(found), this orderer has block \(height): etcd was restored from an older state", &out)
            return
        }
        for seen in snapshot.blocks where seen.height <= snapshot.head?.height ?? 0 {
            guard seen.height == self.position.number.next?.rawValue, let block = seen.block else { break }
            guard self.apply(block, &out) else { return }
        }
        guard let head = snapshot.head, head.height > self.position.number.rawValue else {
            self.arrive(snapshot, &out)
            return
        }
        // The rest is in etcd or, when it was deleted, with another consenter.
        if self.position.number.rawValue > height { self.read(&out) } else { self.fetch(through: head.height, &out) }
    }

    private mutating func fetch(through height: UInt64, _ out: inout [EtcdOutput]) {
        guard let next = self.position.number.next else { return }
        self.phase = .fetching(through: height)
        out.append(.fetch(from: next.rawValue, through: height))
    }

    /// The own chain is as long as etcd's was at a revision.
    private mutating func arrive(_ snapshot: EtcdSnapshot, _ out: inout [EtcdOutput]) {
        if let head = snapshot.head, head.hash != self.position.headerHash {
            self.halt("etcd has another block \(head.height) than this orderer: find out who wrote to etcd", &out)
            return
        }
        self.lastGeneration = self.nextGeneration()
        self.phase = .following(headRevision: snapshot.head?.modRevision ?? 0, watch: self.lastGeneration)
        out.append(.watch(generation: self.lastGeneration, from: snapshot.revision &+ 1))
        if let flight = self.flight, !flight.isUnderWay {
            if self.position.number >= flight.commit.block.number {
                self.endFlight(&out)
            } else if flight.refusals >= EtcdLimits.refusals {
                self.halt("etcd refuses block \(flight.commit.block.number) though nothing stands in its way: find out who wrote to etcd", &out)
                return
            } else if self.lease == snapshot.leader?.lease, snapshot.leader?.createRevision == flight.commit.leadership {
                // Not there, and still wanted: the same transaction again, which its compares make harmless.
                self.flight?.isUnderWay = true
                out.append(.commit(flight.commit))
            } else {
                self.endFlight(&out)
            }
        }
        self.changeLeader(snapshot.leader, &out)
    }

    /// Takes what a watch told.
    mutating func follow(_ change: EtcdChange, _ out: inout [EtcdOutput]) {
        switch change {
        case .leader(let leader): self.changeLeader(leader, &out)
        case .block(let seen):
            guard case .following(_, let watch) = self.phase, seen.height >= self.position.number.rawValue else { return }
            if seen.height == self.position.number.rawValue {
                guard seen.block?.headerHash == self.position.headerHash else { return self.look(&out) }
                return
            }
            guard seen.height == self.position.number.next?.rawValue, let block = seen.block else { return self.look(&out) }
            guard self.apply(block, &out) else { return }
            self.phase = .following(headRevision: seen.modRevision, watch: watch)
            if let flight = self.flight, !flight.isUnderWay, self.position.number >= flight.commit.block.number { self.endFlight(&out) }
        }
    }

    mutating func takeFetched(_ block: OrderedBlock, _ out: inout [EtcdOutput]) {
        guard case .fetching(let height) = self.phase, block.number == self.position.number.next else { return }
        // Another consenter's word is no more than a hint: a block that does not fit ends the fetch, not the service.
        guard self.blocks.fault(in: block, after: self.position) == nil else {
            self.failures += 1
            return self.pause(&out)
        }
        guard self.apply(block, &out) else { return }
        if self.position.number.rawValue >= height { self.read(&out) }
    }

    /// Continues the own chain; false when the block cannot be in it, and the service is halted.
    mutating func apply(_ block: OrderedBlock, _ out: inout [EtcdOutput]) -> Bool {
        if let fault = self.blocks.fault(in: block, after: self.position) {
            self.halt("\(fault): find out who wrote to etcd", &out)
            return false
        }
        let sequence = self.bundle.sequence
        do {
            self.position = try ChainPosition(after: block, chain: self.position.chain)
            try self.blocks.adopt(block)
        } catch {
            self.halt("\(error)", &out)
            return false
        }
        let ids = self.blocks.orderedIDs(in: block)
        self.window.record(ids, digests: block.envelopes.map { SHA256.hash($0) }, in: block.number)
        out.append(.store(block))
        self.acknowledge(block, &out)
        if self.bundle.sequence != sequence {
            self.checks = BroadcastChecks(bundle: self.bundle, takesUpdates: true)
            self.cutter.adopt(self.bundle.batch)
        }
        return true
    }

    /// A block that is in the chain acknowledges what it holds, whoever made it.
    private mutating func acknowledge(_ block: OrderedBlock, _ out: inout [EtcdOutput]) {
        if self.waiters.isEmpty { return }
        // A request for another configuration is not in its block as it came.
        if let flight = self.flight, flight.commit.block == block {
            for envelope in flight.batch.envelopes { self.answer(envelope.digest, envelope.transactionID, .accepted, &out) }
            return
        }
        for envelope in block.envelopes {
            let id = self.blocks.orderedIDs(in: OrderedBlock(number: block.number, previousHash: block.previousHash, envelopes: [envelope])).first
            self.answer(SHA256.hash(envelope), id ?? TransactionID(""), .accepted, &out)
        }
    }

    // MARK: - Leadership

    mutating func changeLease(_ lease: Int64?, _ out: inout [EtcdOutput]) {
        let before = self.leadership
        self.lease = lease
        self.compareLeadership(with: before, &out)
        self.campaign(&out)
    }

    private mutating func changeLeader(_ leader: EtcdLeader?, _ out: inout [EtcdOutput]) {
        let before = self.leadership
        self.leader = leader
        if leader != nil { self.campaignFailures = 0 }
        self.compareLeadership(with: before, &out)
        self.campaign(&out)
    }

    private mutating func compareLeadership(with before: Int64?, _ out: inout [EtcdOutput]) {
        guard let before, before != self.leadership else { return }
        self.dropAll(because: "the lead goes to another orderer", &out)
    }

    private mutating func campaign(_ out: inout [EtcdOutput]) {
        guard case .following = self.phase, self.leader == nil, let lease = self.lease, !self.isCampaigning else { return }
        self.isCampaigning = true
        out.append(.campaign(self.keys.campaign(address: self.address, lease: lease)))
    }
}
