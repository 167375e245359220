import LedgerModel
import Node
import Ordering
import SelvageClient

extension Network {
    /// The number of the last block, as the first peer has it.
    var head: UInt64 { self.peers[0].height - 1 }

    /// Waits until every member in office that is up has the last block.
    func waitForMembers() async throws {
        let (ordering, head) = (self.ordering, self.head)
        try await self.wait("the committee's members have block \(head)") {
            try await ordering.progress.wait { snapshot in
                let inOffice = ordering.running.compactMap { snapshot.members[$0] }.filter { !$0.isObserver }
                return !inOffice.isEmpty && inOffice.allSatisfy { $0.head >= head }
            }
        }
    }

    /// Starts the nodes of those who hold an office or will, and stops those whose office is over.
    func arrangeNodes() async throws {
        let plane = try self.control()
        var wanted: Set<UInt32> = []
        for member in plane.epoch.producers + plane.epoch.auditNodes { wanted.insert(plane.standing(of: member)?.key ?? 0) }
        if let pending = plane.pending {
            for member in pending.record.producers + pending.record.auditNodes { wanted.insert(pending.keys[member] ?? 0) }
        }
        for height in [plane.height + 1, plane.height + 2] { wanted.formUnion(plane.term(at: height)?.order ?? []) }
        for consenter in wanted.sorted() { try self.startNode(of: consenter) }
        let ordering = self.ordering
        for consenter in ordering.running where !wanted.contains(consenter) {
            try await self.wait("member \(consenter) is down") { try await ordering.stopMember(consenter) }
        }
    }

    /// Waits for something with a deadline; whoever waits in vain hears how the committee's members are.
    func wait(_ what: String, until body: @escaping @Sendable () async throws -> Void) async throws {
        let (progress, patience) = (self.ordering.progress, self.patience)
        try await Deadline.wait(patience) {
            StoryError.late(what, seconds: patience.components.seconds, committee: progress.snapshot.lines)
        } for: {
            try await body()
        }
    }

    /// Governance as anybody computes it from the blocks of a peer.
    func replayed(by peer: PeerNode) throws -> GovernanceReplay {
        let snapshot = peer.snapshot()
        var replay = try GovernanceReplay(genesis: self.genesis)
        var number: UInt64 = 1
        while number < snapshot.height {
            guard let block = try snapshot.block(BlockNumber(number)) else { break }
            try replay.take(block)
            number += 1
        }
        return replay
    }

    /// Governance as it is now, followed block by block.
    func control() throws -> ControlPlane {
        let snapshot = self.peers[0].snapshot()
        var replay = try self.followed ?? GovernanceReplay(genesis: self.genesis)
        while replay.height.rawValue + 1 < snapshot.height, let number = replay.height.next, let block = try snapshot.block(number) {
            try replay.take(block)
        }
        self.followed = replay
        return replay.plane
    }

    /// The consenter ids of those who sign the next block, in the order of their turns.
    func committee() throws -> [UInt32] {
        let plane = try self.control()
        return plane.term(at: plane.height + 1)?.order ?? []
    }

    /// The institution that a consenter id belongs to.
    func institution(_ consenter: UInt32) throws -> Institution {
        let member = try self.control().key(consenter)?.member
        guard let institution = self.institutions.first(where: { $0.id == member }) else { throw StoryError.unexpectedAnswer("the control plane") }
        return institution
    }

    /// The name of the node that signs under a consenter id.
    func node(of consenter: UInt32) throws -> String {
        guard let key = try self.control().key(consenter) else { throw StoryError.unexpectedAnswer("the control plane") }
        return key.endpoint.host
    }
}
