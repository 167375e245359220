import FabricMessages
import LedgerModel
import Testing

@testable import ChannelConfiguration
@testable import Ordering

/// Receipts for requests under an elected committee: every client complains of every receipt, and no honest member is charged.
@Suite struct RequestPromiseTests {
    private func world(_ seed: UInt64, envelopes: [Envelope], faults: MemberWorld.Faults, bugs: MemberBugs = []) throws -> MemberWorld {
        var keep: GovernanceSettings?
        _ = try GovernanceWorld { settings in
            settings.heartbeatMs = 200
            settings.censorshipTurns = 1
            keep = settings
        }
        let (_, genesis) = try GovernanceNetwork.shared.get().bundle(producers: 4, settings: found(keep))
        return try MemberWorld(
            seed: seed, genesis: genesis, identities: MemberWorldPeople.identities(1...7), envelopes: envelopes, faults: faults, bugs: bugs)
    }

    private func bundle() throws -> ChannelBundle {
        var keep: GovernanceSettings?
        _ = try GovernanceWorld { settings in
            settings.heartbeatMs = 200
            settings.censorshipTurns = 1
            keep = settings
        }
        return try GovernanceNetwork.shared.get().bundle(producers: 4, settings: found(keep)).bundle
    }

    /// Clients that trust nobody complain of all receipts that they have, again and again.
    private func complainOfEverything(in world: MemberWorld, until end: UInt64) {
        for time in stride(from: 150, to: end, by: 400) {
            world.at(time) { world in
                for (receipt, envelope) in world.receipts {
                    for auditor in [5, 6] as [UInt32] where world.machines[auditor]?.isUp == true {
                        try world.complain(of: receipt, about: envelope, at: auditor)
                    }
                }
            }
        }
    }

    @Test(arguments: [3]) func `whatever is asked for and promised, no honest member is charged`(seed: UInt64) throws {
        let bundle = try self.bundle()
        var envelopes = try MemberWorldPeople.envelopes(8)
        let sizes: [UInt32] = [2, 3]
        for (index, size) in sizes.enumerated() {
            envelopes.append(
                try RequestPeople.request(
                    on: bundle, sender: RequestPeople.client(index + 1), nonce: UInt8(size), RequestPeople.batchSize(size)))
        }
        envelopes.append(try RequestPeople.request(on: bundle, nonce: 20, RequestPeople.batchTimeout("1s")))
        envelopes.append(
            try RequestPeople.request(
                on: bundle, nonce: 21, RequestPeople.settings(bundle) { $0.strikeLimit = 2 }))
        let faults = MemberWorld.Faults(lossPercent: 5, doublePercent: 5, crashes: 3, partitions: 1, endsAt: 1_500)
        let world = try self.world(seed, envelopes: envelopes, faults: faults)
        self.complainOfEverything(in: world, until: 3_500)
        try world.run { $0.isSettled }
        let end = (world.heads.values.max() ?? 0) + 8
        try world.run { $0.heads.values.allSatisfy { $0 >= end } }
        #expect(world.violations.isEmpty, "\(world.description)")
        #expect(world.charges.isEmpty, "\(world.description): \(world.charges)")
        #expect((1...4).allSatisfy { world.plane?.standing(of: GovernanceNetwork.id($0))?.offencePoints == 0 }, "\(world.description)")
        #expect(world.plane?.bundle.sequence == 3, "\(world.description)")
        #expect(world.plane?.settings.strikeLimit == 2, "\(world.description)")
    }

    @Test func `a committee that lets a request wait for ever is charged with it`() throws {
        let bundle = try self.bundle()
        let world = try self.world(1, envelopes: [], faults: ElectedPeople.quiet, bugs: .starvesRequests)
        try world.run { $0.heads.values.allSatisfy { $0 >= 2 } }
        let request = try RequestPeople.request(on: bundle, RequestPeople.batchSize(7))
        let answers = try #require(world.machines[3]?.submit(try MemberWorldPeople.envelopes(100) + [request]))
        guard case .queued(let receipt?)? = answers.last else {
            Issue.record("the request was refused")
            return
        }
        try world.complain(of: receipt, about: request.serialized(), at: 5)
        try world.run { world in world.charges.contains { $0.refusal == nil } }
        #expect(world.violations.isEmpty)
        #expect(world.charges.contains { [5, 6].contains($0.by) && $0.fact.code == 6 && $0.fact.offender == 3 })
    }

    @Test func `an excluded member leaves its office two blocks after the configuration that says so`() throws {
        let bundle = try self.bundle()
        let world = try self.world(2, envelopes: [], faults: ElectedPeople.quiet)
        try world.run { $0.heads.values.allSatisfy { $0 >= 2 } }
        let excluded = GovernanceNetwork.id(2)
        let request = try RequestPeople.request(
            on: bundle,
            RequestPeople.settings(bundle) { settings in
                settings.seats = settings.seats.map {
                    PoolSeat(member: $0.member, identityKey: $0.identityKey, isExcluded: $0.member == excluded, pardons: $0.pardons, stake: $0.stake)
                }
            })
        world.submit([request])
        try world.run { $0.signs[5] == true && $0.signs[2] == false && $0.isSettled }
        #expect(world.violations.isEmpty)
        #expect(world.machines.values.allSatisfy { $0.core?.blocks.committee.members == [1, 3, 4, 5] })
        let chain = world.chain(of: 1)
        let configurations = chain.indices.filter { ConfigurationBlock.configEnvelope(in: chain[$0]) != nil }
        try #require(configurations.count == 2)
        #expect(configurations[1] == configurations[0] + 1)
        // A restart reads the chain again and comes to the same.
        world.machines[4]?.crash()
        world.restart(4)
        try world.run { $0.isSettled && $0.machines[4]?.core?.isSigner == true }
        #expect(world.violations.isEmpty)
    }

    @Test func `settings that nodes take from block 0, and whatever would bar the way into office, stay refused`() throws {
        let bundle = try self.bundle()
        let world = try self.world(3, envelopes: [], faults: ElectedPeople.quiet)
        try world.run { $0.heads.values.allSatisfy { $0 >= 1 } }
        func answer(signers: [Int] = [1, 2, 3], _ change: @escaping (inout Common_ConfigGroup) throws -> Void) throws -> String {
            let request = try RequestPeople.request(on: bundle, signers: signers, change)
            guard case .refused(let refusal)? = world.machines[1]?.submit([request])?.first else { return "taken" }
            #expect(refusal.status == 400)
            return refusal.description
        }
        let heartbeat = try answer(RequestPeople.settings(bundle) { $0.heartbeatMs = 999 })
        #expect(heartbeat.contains("/Channel/Orderer/ConsensusType") && heartbeat.contains("stay as block 0 has them"), "\(heartbeat)")
        let unusable = try answer(RequestPeople.settings(bundle) { $0.missedLimit = 1_000_000 })
        #expect(unusable.contains("/Channel/Orderer/ConsensusType"), "\(unusable)")
        let lost = try answer { group in try RequestPeople.consensus(&group) { $0.metadata = bundle.consensusMetadata.prefix(10).map { $0 }.data } }
        #expect(lost.contains("/Channel/Orderer/ConsensusType"), "\(lost)")
        let maintenance = try answer { group in try RequestPeople.consensus(&group) { $0.state = .maintenance } }
        #expect(maintenance.contains("only the settings of governance in it may change"), "\(maintenance)")
        // Member 7 stands by: without its organisation it could never take the office that it may be given.
        let gone = try answer(signers: Array(1...9)) { $0.groups["Application"]?.groups[GovernanceNetwork.id(7).text] = nil }
        #expect(gone.contains("could not come into office"), "\(gone)")
        #expect(world.violations.isEmpty)
    }
}
