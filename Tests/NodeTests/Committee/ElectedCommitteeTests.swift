import Audit
import ContractVM
import CryptoPrimitives
import Ledger
import LedgerModel
import Ordering
import Synchronization
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// An elected committee of four with two audit nodes, in one process, each member with its own folder, threads and key.
@Suite(.serialized, .timeLimit(.minutes(20))) struct ElectedCommitteeTests {
    private let everybody: [UInt32] = [1, 2, 3, 4, 5, 6]

    private func evidenceBlock(_ chain: [OrderedBlock]) -> Int? {
        chain.firstIndex { block in
            block.envelopes.contains { if case .governance(.evidence, _) = GovernanceEnvelope.read($0) { true } else { false } }
        }
    }

    /// From lie to change; member 3 is killed and opened again meanwhile.
    private func convict(_ liar: UInt32, in committee: OrderingCommittee, _ world: ElectedCommitteeWorld, by transport: LocalCommitteeTransport)
        async throws
    {
        try await world.order(1...2, in: committee, at: self.everybody)
        try await world.convict(liar, in: committee, by: transport) {
            try await committee.stopMember(3)
            try committee.startMember(3)
        }
        try await world.order(3...5, in: committee, at: self.everybody)
    }

    @Test func `a liar is convicted, an audit node takes over, and everybody follows: killed member, liar, peers, audit`() async throws {
        let world = try ElectedCommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let transport = LocalCommitteeTransport()
        let committee = try world.committee(in: folder, transport: transport)
        let chains = Mutex<[[OrderedBlock]]>([])
        do {
            let peers = [try world.peer(1, in: folder), try world.peer(2, in: folder)]
            committee.deliver(to: peers)
            try await world.running(committee, in: folder) {
                try await self.convict(2, in: committee, world, by: transport)
                // A certificate holds the first signatures of a quorum; without member 4 those of the new one are needed.
                try await committee.stopMember(4)
                try await world.order(6...6, in: committee, at: [1, 2, 3, 5, 6])
                try committee.startMember(4)
                try await world.order(7...7, in: committee, at: self.everybody)
                let stored = try self.everybody.map { try world.chain(of: $0, in: committee) }
                chains.withLock { $0 = stored }
                let snapshot = committee.progress.snapshot
                #expect(snapshot.evidence.allSatisfy { $0.evidence.identity.offender == 2 })
                for id in self.everybody {
                    #expect(snapshot.members[id]?.failure == nil, "member \(id)")
                    // Who is later than others with the same charge hears so; nothing else may be wrong with it.
                    let refusal = snapshot.members[id]?.refusedCharge.map { "\($0)" } ?? EvidenceRefusal.alreadyKnown.rawValue
                    #expect(refusal.contains(EvidenceRefusal.alreadyKnown.rawValue), "member \(id)")
                }
                #expect(committee.member(2)?.blocks.committee.members == [1, 3, 4, 5])
            }
            #expect(peers.allSatisfy { Int($0.height) == chains.withLock { $0[0].count } + 1 })
        }
        let chain = chains.withLock { $0[0] }
        for other in chains.withLock({ $0 }) { #expect(other.map(\.headerHash) == chain.map(\.headerHash)) }
        let replay = try world.replay(chain)
        let lie = try #require(self.evidenceBlock(chain))
        // The charge, the change, and from the next block on the new committee.
        #expect(replay.changes.map(\.block.rawValue) == [UInt64(lie) + 2])
        #expect(replay.changes.first?.consenters.map(\.id) == [1, 3, 4, 5])
        let member = ElectedCommitteeWorld.member(2)
        #expect(replay.happenings.contains { $0.block.rawValue == UInt64(lie) + 1 && $0.event == .evicted(member, from: .producer) })
        for block in chain.dropFirst(lie + 2) { #expect(try CommitCertificate(of: block).entries.allSatisfy { $0.consenter != 2 }) }
        let later = try chain.dropFirst(lie + 2).flatMap { try CommitCertificate(of: $0).entries.map(\.consenter) }
        #expect(later.contains(5))
        let catalogue = SystemContracts.catalogue(contracts: [])
        let report = try await Auditor(catalogue: catalogue).audit(ledger: folder.path(of: "peer1"))
        #expect(report.findings == [])
        #expect(report.committees.map { $0.members.map(\.consenter) } == [[1, 2, 3, 4], [1, 3, 4, 5]])
        #expect(Int(report.replayedBlocks) == chain.count + 1)
    }

    @Test func `after a change all are opened again from their folders and go on under the new committee`() async throws {
        let world = try ElectedCommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let transport = LocalCommitteeTransport()
        let first = try world.committee(in: folder, transport: transport)
        try await world.running(first, in: folder) { try await self.convict(4, in: first, world, by: transport) }
        let second = try world.committee(in: folder)
        try await world.running(second, in: folder) {
            #expect(second.member(5)?.blocks.committee.members == [1, 2, 3, 5])
            #expect(second.progress.snapshot.members[4]?.isObserver == true)
            try await world.order(6...8, in: second, at: self.everybody)
            let replay = try world.replay(world.chain(of: 4, in: second))
            #expect(replay.plane.standing(of: ElectedCommitteeWorld.member(4))?.offencePoints == 1)
        }
    }

    @Test func `a new key follows the chain from block 0 and signs from the next epoch on, the old one no more`() async throws {
        let world = try ElectedCommitteeWorld {
            $0.epochBlocks = 8
            $0.electionStart = 1
        }
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            try await world.order(1...1, in: committee, at: self.everybody)
            let rotation = try GovernanceSigning.rotation(
                of: ElectedCommitteeWorld.member(1), identity: world.identityKeys[0], newKey: world.nodeKeys[6],
                certificate: world.nodes[6].certificate.pem, endpoint: Endpoint(host: "inst1.example", port: 7050), chain: world.genesis.headerHash)
            let envelope = try GovernanceEnvelope.make(
                rotation, channel: "records", creator: world.client, nonce: [1, 2, 3], timestamp: world.environment.now())
            #expect(await committee.connection(to: 2).broadcast(envelope).status == 200)
            // The control plane numbers keys in the order of their registration.
            try committee.addMember(world.seat(7, in: folder))
            try await world.order(2...5, in: committee, at: self.everybody + [7])
            #expect(committee.member(7)?.blocks.committee.members == [1, 2, 3, 4])
            try await world.order(6...9, in: committee, at: self.everybody + [7])
            #expect(committee.member(7)?.blocks.committee.members == [2, 3, 4, 7])
            let snapshot = committee.progress.snapshot
            #expect(snapshot.members[7]?.isObserver == false && snapshot.members[1]?.isObserver == true)
            // The old key's node may go; the new one is needed when another goes too.
            try await committee.stopMember(1)
            try await committee.stopMember(2)
            try await world.order(10...11, in: committee, at: [3, 4, 7])
            _ = try world.replay(world.chain(of: 7, in: committee))
        }
    }

    @Test func `a client's complaint makes the audit nodes charge a member that forgets what it has promised`() async throws {
        let world = try ElectedCommitteeWorld {
            $0.censorshipTurns = 1
            $0.strikeLimit = 1
        }
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            try await world.order(1...2, in: committee, at: self.everybody)
            let forgotten = try world.envelope(100)
            let receipt = try #require(Receipt(of: forgotten.serialized(), ingress: 2, height: 1, deadline: 65))
            let bytes = try #require(ReceiptFormat.signedBytes(receipt, chain: world.genesis.headerHash))
            let signed = SignedReceipt(receipt: receipt, signature: try world.nodes[1].sign(bytes))
            for id in [1, 3] as [UInt32] { committee.member(id)?.complain(of: signed, about: forgotten) }
            var number = 3
            while committee.member(1)?.blocks.committee.members != [1, 3, 4, 5], number < 40 {
                try await world.order(number...number, in: committee, at: self.everybody)
                number += 1
            }
            #expect(committee.member(1)?.blocks.committee.members == [1, 3, 4, 5])
            let charges = committee.progress.snapshot.members.filter { !$0.value.charges.isEmpty }
            #expect(!charges.isEmpty && Set(charges.keys).isSubset(of: [5, 6]))
        }
    }
}
