import LedgerModel
import Node
import Ordering

extension Story {
    /// Stage 8: a member crashes, another one lies, and the medical job goes on.
    func crashAndLie() async throws {
        try await self.crashOne()
        let (offender, change) = try await self.catchLiar()
        try await self.fillSeat(of: offender)
        let consignment = self.consignments[0]
        let before = self.network.head
        let grant = try await self.grant(consignment, to: self.insurer)
        try self.requireEqual(try self.open(grant, try await self.collect(grant, as: self.insurer).shares), consignment)
        self.narrator.done(
            "blocks \(before + 1)-\(self.network.head), signed by the new committee: \(consignment.record.name) requested, granted and reconstructed "
                + "byte-equal")
        let first = change.rawValue + 1
        self.narrator.done(
            "who proposed: blocks 1-\(change): \(try self.proposers(1...change.rawValue)); blocks \(first)-\(self.network.head): "
                + (try self.proposers(first...self.network.head)))
    }

    /// One of the committee is killed: the rest is enough, and what it missed it fetches.
    private func crashOne() async throws {
        let ordering = self.network.ordering
        guard let victim = try self.network.committee().last else { throw StoryError.unexpectedAnswer("the control plane") }
        let name = try self.network.node(of: victim)
        let last = self.network.head
        try await self.network.wait("\(name) is down") { try await ordering.stopMember(victim) }
        for _ in 1...3 { try await self.moveOn() }
        let head = self.network.head
        try await self.narrator.timed({ (_: Void) in
            "\(name) killed after block \(last): the others ordered blocks \(last + 1)-\(head); started again from its folder it has them all"
        }) {
            try ordering.startMember(victim)
            try await self.network.wait("\(name) has block \(head)") {
                try await ordering.progress.wait { ($0.members[victim]?.head ?? 0) >= head }
            }
        }
    }

    /// A producer's key is in two places and signs two proposals; who hears both proves it, and the producer is out two blocks later.
    ///
    /// - Returns: Who it was, and the configuration block by which it lost its office.
    private func catchLiar() async throws -> (offender: MSPID, change: BlockNumber) {
        let plane = try self.network.control()
        // The second in rank: the one with the most votes stays in the story.
        let offender = plane.epoch.producers[1]
        guard let consenter = plane.standing(of: offender)?.key, let key = try self.network.institution(consenter).orderingKeys.last else {
            throw StoryError.unexpectedAnswer("the control plane")
        }
        self.network.wires.start(
            CopiedKeyTransport.Copy(consenter: consenter, key: key.key, chain: self.network.genesis.headerHash, epoch: plane.epoch.number))
        // Its turn comes once in as many blocks as there are producers; a node that is slow may miss some.
        for _ in 0..<Self.blocksUntilLie where self.network.wires.lie == nil {
            try await self.moveOn()
            // One that is behind would lie about a height that the others have left.
            try await self.network.waitForMembers()
        }
        guard let lie = self.network.wires.lie else { throw StoryError.unexpectedAnswer(key.node) }
        self.narrator.done(
            "the key of \(key.node) is started a second time and signs another proposal for height \(lie.height), round \(lie.round): nothing forks, "
                + "a quorum has signed one block of that height")
        let conviction = try await self.waitForConviction(of: offender)
        let block = conviction.block
        try await self.moveOn(to: block.rawValue + 2)
        try await self.network.arrangeNodes()
        let replay = try self.network.replayed(by: self.network.followers[6])
        guard let change = replay.changes.last(where: { $0.block > block }), !change.consenters.contains(where: { $0.id == consenter }) else {
            throw StoryError.unexpectedAnswer("the ledger")
        }
        self.narrator.refused(
            "block \(block): evidence against \(offender), handed in by \(try self.accuser(in: block))", reason: "\(conviction.event)")
        let consequences = replay.happenings.filter { $0.block == block }.compactMap { happening -> String? in
            switch happening.event {
            case .promoted, .barred, .keyBurned: "\(happening.event)"
            default: nil
            }
        }
        self.narrator.done(
            "block \(change.block): a configuration without \(offender): from block \(change.block.rawValue + 1) on "
                + "\(Self.list(change.consenters.map(\.mspID))) sign; \(consequences.joined(separator: "; "))")
        return (offender, change.block)
    }

    private func waitForConviction(of member: MSPID) async throws -> GovernanceReplay.Happening {
        for _ in 0..<Self.blocksUntilConviction {
            _ = try self.network.control()
            let found = self.network.followed?.happenings.last { happening in
                guard case .convicted(let convicted, _, _) = happening.event else { return false }
                return convicted == member
            }
            if let found { return found }
            try await self.moveOn()
        }
        throw StoryError.late("\(member) is convicted", seconds: 0, committee: self.network.ordering.progress.snapshot.lines)
    }

    private static let blocksUntilLie = 50
    private static let blocksUntilConviction = 50

    /// The institution whose envelope in a block holds the evidence.
    private func accuser(in block: BlockNumber) throws -> String {
        for bytes in try self.network.peers[0].snapshot().block(block)?.envelopes ?? [] {
            guard case .governance(.evidence, let creator) = GovernanceEnvelope.read(bytes) else { continue }
            let member = try SerializedIdentity(serialized: creator).mspID
            let place = try self.network.control().epoch.place(of: member).map { " (now \($0.title))" } ?? ""
            return "\(member)\(place)"
        }
        throw StoryError.unexpectedAnswer("block \(block)")
    }

    /// A seat that became empty is filled by a by-election; with standbys there is none.
    private func fillSeat(of offender: MSPID) async throws {
        let plane = try self.network.control()
        let candidates = self.network.institutions.filter { $0.id != offender && plane.epoch.place(of: $0.id) == nil }
        if plane.epoch.vacantSeats > 0, !candidates.isEmpty, plane.epoch.needsByElection {
            var election = try await self.openElection(
                epoch: plane.epoch.number, seats: plane.epoch.vacantSeats, candidates: candidates.count)
            try await self.register(candidates, in: election)
            try await self.issueNumbers(in: &election)
            try await self.vote(self.network.institutions.map { _ in candidates.map(\.id) }, in: &election)
            try await self.revealBallots(in: election)
            let tally = try await self.count(election)
            try await self.recount(tally, of: election)
        }
        let record = try self.network.control().epoch
        self.narrator.done(
            "in office now: \(Self.list(record.producers)); audits: \(Self.list(record.auditNodes)); stands by: \(Self.list(record.standbys))")
    }
}
