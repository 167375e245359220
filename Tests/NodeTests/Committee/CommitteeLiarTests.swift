import Identity
import LedgerModel
import Ordering
import TestSupport
import Testing

@testable import Node

/// A member whose key is in the hands of a test.
@Suite(.serialized, .timeLimit(.minutes(20))) struct CommitteeLiarTests {
    @Test func `two signed proposals in one round are reported and fork nothing`() async throws {
        let world = try CommitteeWorld.shared.get()
        let transport = LocalCommitteeTransport()
        let blocks = try CommitteeBlocks(bundle: world.bundle, chain: world.genesis.headerHash)
        let liar = blocks.schedule.proposer(height: 1, round: 0)
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder, absent: [Int(liar)], transport: transport)
        let honest: [UInt32] = [1, 2, 3, 4].filter { $0 != liar }
        try await world.running(committee, in: folder) {
            try await committee.progress.wait { snapshot in honest.allSatisfy { snapshot.members[$0]?.isRunning == true } }
            var proposals: [ConsensusMessage] = []
            var candidates: [CandidateBlock] = []
            for number in 1...2 {
                let checked = try blocks.checks.check(world.envelope(number), now: world.environment.now())
                let candidate = try blocks.candidate(
                    [checked], after: ChainPosition(genesis: world.genesis), parentCertificate: [], proposer: liar, now: world.environment.now())
                let request = SignRequest.proposal(
                    BlockProposal(height: 1, round: 0, id: candidate.id, validRound: -1, signer: liar), polka: nil)
                let bytes = try #require(request.signedBytes(chain: world.genesis.headerHash, epoch: 0))
                proposals.append(request.message(signature: try world.orderers[Int(liar) - 1].sign(bytes)))
                candidates.append(candidate)
            }
            for (index, member) in honest.enumerated() {
                let own = index == 0 ? 0 : 1
                for candidate in candidates {
                    transport.send(.envelopes(candidate.block.envelopes), from: liar, to: member)
                    transport.send(.candidate(CandidateOutlineFormat.encode(CandidateOutline(of: candidate))), from: liar, to: member)
                }
                transport.send(.consensus(proposals[own]), from: liar, to: member)
                transport.send(.consensus(proposals[1 - own]), from: liar, to: member)
            }
            #expect(await committee.connection(to: 1).broadcast(try world.envelope(3)).status == 200)
            let snapshot = try await committee.progress.wait { !$0.evidence.isEmpty }
            let evidence = try #require(snapshot.evidence.first)
            #expect(evidence.evidence.identity.offender == liar)
            #expect(evidence.evidence.isProof(committee: blocks.committee, schedule: blocks.schedule, verifier: blocks.keys))
            let chains = try await committee.waitForEnvelopes(3, at: honest, in: world)
            let common = chains.map(\.count).min() ?? 0
            #expect(common > 0)
            for chain in chains {
                #expect(world.fault(in: chain) == nil)
                #expect(chain.prefix(common).map(\.headerHash) == chains[0].prefix(common).map(\.headerHash))
            }
        }
    }

    @Test func `bytes that are no block, block of another chain or stale request change nothing`() async throws {
        let world = try CommitteeWorld.shared.get()
        let transport = LocalCommitteeTransport()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder, absent: [4], transport: transport)
        let honest: [UInt32] = [1, 2, 3]
        try await world.running(committee, in: folder) {
            try await committee.progress.wait { snapshot in honest.allSatisfy { snapshot.members[$0]?.isRunning == true } }
            for member in honest {
                transport.send(.candidate([1, 2, 3]), from: 4, to: member)
                transport.send(.candidate(world.genesis.serialized()), from: 4, to: member)
                transport.send(.decisions([world.genesis.serialized(), [9]]), from: 4, to: member)
                transport.send(.decisionsWanted(from: .max), from: 4, to: member)
                transport.send(.envelopes([[1], []]), from: 4, to: member)
                transport.send(.consensus(.bundle(RelayBundle(height: .max, round: .max))), from: 4, to: member)
                transport.send(.candidate([1]), from: 77, to: member)
            }
            let refused = try await committee.progress.wait { snapshot in
                honest.allSatisfy { snapshot.members[$0]?.refused[4] == 3 && snapshot.members[$0]?.refusedEnvelopes == 2 }
            }
            #expect(refused.evidence.isEmpty)
            #expect(await committee.connection(to: 1).broadcast(try world.envelope(1)).status == 200)
            let chains = try await committee.waitForEnvelopes(1, at: honest, in: world)
            for chain in chains { #expect(world.fault(in: chain) == nil) }
        }
    }
}
