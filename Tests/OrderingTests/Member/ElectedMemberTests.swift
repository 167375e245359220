import ChannelConfiguration
import CryptoPrimitives
import LedgerModel
import Testing

@testable import Ordering

/// Members under an elected committee: conviction, change of the committee, heartbeats.
@Suite struct ElectedMemberTests {
    /// Member 2 lies and is followed by audit node 5, without which the new committee has no quorum for a while.
    private func change(_ world: MemberWorld) throws {
        try world.doubleVote(2)
        try world.run { $0.signs[5] == true && $0.signs[2] == false && $0.isSettled }
        world.silent = [4]
        world.submit(try MemberWorldPeople.envelopes(4, from: 100))
        try world.run { world in [1, 3, 5].allSatisfy { world.promised.isSubset(of: world.ordered(of: $0)) } }
        world.silent = []
        try world.run { $0.isSettled }
    }

    @Test func `a double voter is convicted, and two blocks later an audit node sits in its place`() throws {
        let world = try ElectedPeople.world(1)
        try world.run { $0.isSettled }
        try self.change(world)
        #expect(world.violations.isEmpty)
        #expect(world.evidence.allSatisfy { $0.identity.offender == 2 })
        let chain = world.chain(of: 1)
        let change = try #require(chain.firstIndex { ConfigurationBlock.configEnvelope(in: $0) != nil })
        try #require(change > 0 && change + 1 < chain.count)
        let headers = try chain.map { try DecidedHeight($0).header }
        // The charge stands right before the change, and the change names the committee that follows it.
        #expect(
            chain[change - 1].envelopes.contains { envelope in
                if case .governance(.evidence, _) = GovernanceEnvelope.read(envelope) { true } else { false }
            })
        #expect(headers[change].nextCommitteeHash == headers[change + 1].committeeHash)
        #expect(headers[change].committeeHash == headers[0].committeeHash)
        #expect(headers[change + 1].committeeHash != headers[0].committeeHash)
        #expect(headers[change + 1].nextCommitteeHash == ExtendedHeader.zeroHash)
        #expect(headers[change + 1].configSeq == headers[change].configSeq + 1)
        #expect(Set(headers.map(\.govRoot)).count > 1)
        for block in chain[(change + 1)...] { #expect(try CommitCertificate(of: block).entries.allSatisfy { $0.consenter != 2 }) }
        let signers = try chain[(change + 1)...].flatMap { try CommitCertificate(of: $0).entries.map(\.consenter) }
        #expect(Set(signers).isSubset(of: [1, 3, 4, 5]))
    }

    @Test(arguments: 1...2) func `the committee changes under loss, cuts and power failures without a fork`(seed: UInt64) throws {
        let faults = MemberWorld.Faults(lossPercent: 8, doublePercent: 4, crashes: 5, partitions: 1, endsAt: 2_000)
        let world = try ElectedPeople.world(seed, faults: faults)
        // The change falls into the time of the faults; a lie of which too little arrives is told again at another height.
        for time in [300, 700, 1_100, 2_100] as [UInt64] {
            world.at(time) { if $0.plane?.standing(of: GovernanceNetwork.id(3))?.offencePoints == 0 { try $0.doubleVote(3) } }
        }
        try world.run { $0.isSettled && $0.machines[5]?.core?.isSigner == true && $0.machines[3]?.core?.isSigner == false }
        world.submit(try MemberWorldPeople.envelopes(3, from: 100))
        try world.run { $0.isSettled }
        #expect(world.violations.isEmpty, "\(world.description)")
        #expect(world.evidence.allSatisfy { $0.identity.offender == 3 }, "\(world.description)")
        #expect(world.machines.values.allSatisfy { $0.core?.blocks.committee.members == [1, 2, 4, 5] }, "\(world.description)")
    }

    @Test(arguments: [MemberBugs.chargesNothing, .neverChangesOffice, .keepsOldKeys])
    func `a member that mishandles the change is found`(bug: MemberBugs) throws {
        var faults = ElectedPeople.quiet
        faults.patience = 3_000
        let world = try ElectedPeople.world(1, faults: faults, bugs: bug)
        try world.run { $0.isSettled }
        try #require(world.violations.isEmpty)
        try self.change(world)
        #expect(!world.violations.isEmpty)
    }

    @Test func `consents that are lost are sent again, and a member that does not is found`() throws {
        for bug in [[], MemberBugs.consentsOnce] {
            var faults = ElectedPeople.quiet
            faults.patience = 3_000
            let world = try ElectedPeople.world(1, faults: faults, bugs: bug)
            try world.run { $0.isSettled }
            world.isLost = { if case .changeSignature = $0 { true } else { false } }
            try world.doubleVote(3)
            try world.run { $0.plane?.dueChange != nil }
            let end = world.time + 300
            try world.run { $0.time >= end }
            #expect(world.violations.isEmpty)
            world.isLost = { _ in false }
            try world.run { $0.signs[5] == true && $0.isSettled }
            #expect(world.violations.isEmpty == bug.isEmpty)
        }
    }

    @Test func `when all have charged the same lie, nobody waits for a block that nobody can make`() throws {
        for bug in [[], MemberBugs.keepsStaleGovernance] {
            let world = try ElectedPeople.world(1, bugs: bug)
            try world.run { $0.isSettled }
            try world.doubleVote(2)
            try world.run { $0.signs[5] == true && $0.isSettled }
            // Five members and audit nodes have charged; one charge is on the chain.
            #expect(world.charges.filter { $0.refusal == nil }.count >= 2)
            let end = world.time + 2_500
            try world.run { $0.time >= end }
            let rounds = world.machines.values.compactMap { $0.core?.replica.round }.max()
            #expect((rounds == 0) == bug.isEmpty, "\(String(describing: rounds)) \(world.charges) \(world.heads)")
        }
    }

    @Test func `an idle committee makes heartbeat blocks, and during warm-up orders nothing else`() throws {
        let world = try ElectedPeople.world(1, envelopes: 0) { settings in
            settings.heartbeatMs = 400
            settings.serviceThreshold = 3
        }
        try world.run { $0.heads.values.allSatisfy { $0 >= 5 } }
        #expect(world.violations.isEmpty)
        let chain = world.chain(of: 1)
        #expect(chain.allSatisfy { $0.envelopes.count == 1 && HeartbeatEnvelope($0.envelopes[0]) != nil })
        let times = try chain.map { try DecidedHeight($0).header.timeMs }
        for index in 2..<times.count where index >= 3 { #expect(times[index] - times[index - 1] >= 400) }
        world.submit(try MemberWorldPeople.envelopes(2, from: 200))
        try world.run { $0.isSettled }
        #expect(world.violations.isEmpty)
    }

    @Test func `a heartbeat before its time is found`() throws {
        let world = try ElectedPeople.world(1, envelopes: 0, bugs: .heartbeatsAtOnce) { $0.heartbeatMs = 60_000 }
        try world.run { $0.heads.values.allSatisfy { $0 >= 3 } }
        #expect(world.violations.contains { $0.contains("invalid blocks") })
    }

    @Test func `a client is refused with a reason while the chain is too short`() throws {
        let world = try ElectedPeople.world(1, envelopes: 0) { settings in
            settings.serviceThreshold = 1_000
            settings.heartbeatMs = 0
        }
        try world.run { $0.heads.values.allSatisfy { $0 >= 2 } }
        let answer = try #require(world.machines[1]?.submit(MemberWorldPeople.envelopes(1))?.first)
        guard case .refused(.warmingUp(_, threshold: 1_000)) = answer else {
            Issue.record("\(answer)")
            return
        }
        let beat = try GovernanceEnvelope.make(
            .heartbeat(height: 3), channel: "records", creator: MemberWorldPeople.identity(1), nonce: [1, 2, 3], timestamp: GovernanceNetwork.now)
        guard case .refused(.governance)? = world.machines[1]?.submit([beat])?.first else {
            Issue.record("a heartbeat of a client was taken")
            return
        }
    }
}
