import Audit
import ChannelConfiguration
import ConfigurationText
import CryptoPrimitives
import FabricMessages
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// Changes of the configuration that clients ask an elected committee for, with everybody in one process.
@Suite(.serialized) struct CommitteeUpdateTests {
    private let everybody: [UInt32] = [1, 2, 3, 4, 5, 6]

    /// A request made as people make it: the text of the configuration in force, edited, and the update from one to the other.
    private func request(
        on bundle: ChannelBundle, _ world: ElectedCommitteeWorld, replacing line: String, by other: String, signers: Int = 3
    ) throws -> Envelope {
        let text = ConfigurationDocument(.configuration(bundle.config), channelID: "records").yaml
        let edited = text.split(separator: line, omittingEmptySubsequences: false)
        try #require(edited.count == 2)
        guard case .configuration(let config) = try ConfigurationDocument(text: edited.joined(separator: other)).body else {
            throw LedgerMismatch(reason: "the text is no configuration")
        }
        var update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: "records")
        for administrator in world.administrators.prefix(signers) {
            try update.sign(by: administrator, nonce: world.environment.randomBytes(count: 24))
        }
        return try update.envelope(
            channel: "records", sender: world.client, nonce: world.environment.randomBytes(count: 24), timestamp: world.environment.now())
    }

    private func bundle(_ world: ElectedCommitteeWorld) throws -> ChannelBundle { try ChannelBundle(block: world.genesis) }

    /// Waits until members have a configuration in force.
    private func wait(for sequence: UInt64, at members: [UInt32], in committee: OrderingCommittee) async throws {
        try await committee.progress.wait { _ in members.allSatisfy { committee.member($0)?.blocks.bundle.sequence ?? 0 >= sequence } }
    }

    /// The configuration that a peer has in force.
    private func bundle(_ peer: PeerNode, _ world: ElectedCommitteeWorld) throws -> ChannelBundle {
        guard let stored = try peer.snapshot().value(at: .key(Namespace(""), ConfigurationState.key)) else { return try self.bundle(world) }
        return try ChannelBundle(configEnvelope: stored.value, channelID: "records")
    }

    @Test func `a smaller batch is asked for as text, ordered in a block of its own, and kept by members, peers, a late member and an audit`()
        async throws
    {
        let world = try ElectedCommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        do {
            let committee = try world.committee(in: folder)
            let peers = [try world.peer(1, in: folder), try world.peer(2, in: folder)]
            committee.deliver(to: peers)
            try await world.running(committee, in: folder) {
                try await world.order(1...2, in: committee, at: self.everybody)
                try await committee.stopMember(4)
                let request = try self.request(on: self.bundle(world), world, replacing: "max_message_count: 10", by: "max_message_count: 2")
                #expect(await committee.connection(to: 2).broadcast(request).status == 200)
                // Who took the request in dies before or after it is ordered, and comes again.
                try await committee.stopMember(2)
                try committee.startMember(2)
                let up: [UInt32] = [1, 2, 3, 5, 6]
                try await self.wait(for: 1, at: up, in: committee)
                try await withThrowingTaskGroup(of: Void.self) { clients in
                    for number in 10..<18 {
                        clients.addTask {
                            let envelope = try world.envelope(number)
                            let reply = await committee.connection(to: UInt32(number % 3 + 1)).broadcast(envelope)
                            if reply.status != 200 { throw LedgerMismatch(reason: "status \(reply.status): \(reply.info)") }
                        }
                    }
                    try await clients.waitForAll()
                }
                try await world.order(20...21, in: committee, at: up)
                // The same again: made for a configuration that is over.
                let late = await committee.connection(to: 1).broadcast(request)
                #expect(late.status == 400)
                #expect(late.info.contains("/Channel/Orderer/BatchSize"), "\(late.info)")
                try committee.startMember(4)
                try await self.wait(for: 1, at: [4], in: committee)
                try await world.order(22...23, in: committee, at: self.everybody)
                let chains = try self.everybody.map { try world.chain(of: $0, in: committee) }
                let length = chains.map(\.count).min() ?? 0
                for chain in chains { #expect(chain.prefix(length).map(\.headerHash) == chains[0].prefix(length).map(\.headerHash)) }
                let chain = chains[0]
                let change = try #require(chain.firstIndex { ConfigurationBlock.configEnvelope(in: $0) != nil })
                #expect(chain.filter { ConfigurationBlock.configEnvelope(in: $0) != nil }.count == 1)
                #expect(ConfigurationBlock.configEnvelope(in: chain[change]).flatMap { ConfigurationTransaction.request(in: $0) } == request)
                #expect(chain[(change + 1)...].allSatisfy { $0.envelopes.count <= 2 })
                let replay = try world.replay(chain)
                #expect(replay.plane.bundle.batch.maxMessageCount == 2)
                #expect(replay.changes.isEmpty)
                #expect(replay.updates.map(\.block.rawValue) == [UInt64(change) + 1])
                #expect(CommitteeReport(replay).happenings.contains { $0.what.contains("number 1, asked for by a client") })
                #expect((1...4).allSatisfy { replay.plane.standing(of: ElectedCommitteeWorld.member($0))?.offencePoints == 0 })
                let snapshot = committee.progress.snapshot
                #expect(snapshot.evidence.isEmpty && self.everybody.allSatisfy { snapshot.members[$0]?.failure == nil })
            }
            for peer in peers {
                let bundle = try self.bundle(peer, world)
                #expect(bundle.sequence == 1 && bundle.batch.maxMessageCount == 2)
            }
        }
        // All are opened again from their folders, and the next change goes on from there.
        let again = try world.committee(in: folder)
        try await world.running(again, in: folder) {
            let bundle = try #require(again.member(3)?.blocks.bundle)
            #expect(bundle.sequence == 1)
            let request = try self.request(on: bundle, world, replacing: "max_message_count: 2", by: "max_message_count: 3")
            #expect(await again.connection(to: 3).broadcast(request).status == 200)
            try await self.wait(for: 2, at: self.everybody, in: again)
            try await world.order(30...31, in: again, at: self.everybody)
            #expect(again.member(5)?.blocks.bundle.batch.maxMessageCount == 3)
        }
        let report = try await Auditor(catalogue: SystemContracts.catalogue(contracts: [])).audit(ledger: folder.path(of: "peer1"))
        #expect(report.findings == [])
        #expect(report.form == .canonical)
        #expect(report.committees.count == 1)
    }

    @Test func `a promised request survives the crash of the only member that knows it`() async throws {
        let world = try ElectedCommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            try await world.order(1...1, in: committee, at: self.everybody)
            for id in self.everybody where id != 1 { try await committee.stopMember(id) }
            let request = try self.request(on: self.bundle(world), world, replacing: "timeout: 200ms", by: "timeout: 300ms")
            guard let answer = await committee.member(1)?.submit(request), case .queued(let receipt?) = answer else {
                throw LedgerMismatch(reason: "the request was not taken")
            }
            #expect(receipt.receipt.envelopeHash == SHA256.hash(request.serialized()))
            try await committee.stopMember(1)
            for id in self.everybody where id != 1 { try committee.startMember(id) }
            try await world.order(2...2, in: committee, at: [2, 3, 4])
            #expect(committee.member(2)?.blocks.bundle.sequence == 0)
            try committee.startMember(1)
            try await self.wait(for: 1, at: self.everybody, in: committee)
            let chain = try world.chain(of: 6, in: committee)
            let change = try #require(chain.first { ConfigurationBlock.configEnvelope(in: $0) != nil })
            #expect(ConfigurationRequest.orderedID(in: change.envelopes[0]) == receipt.receipt.transactionID)
            #expect(committee.member(6)?.blocks.bundle.batch.timeoutMilliseconds == 300)
            // The log of the member forgets it with its next start.
            try await committee.stopMember(1)
            try committee.startMember(1)
            try await world.order(3...3, in: committee, at: self.everybody)
            #expect(committee.member(1)?.waitingCount == 0)
        }
    }

    @Test func `an unauthorised request, and one for another committee, are refused with the element`() async throws {
        let world = try ElectedCommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            try await world.order(1...1, in: committee, at: self.everybody)
            let weak = try self.request(
                on: self.bundle(world), world, replacing: "max_message_count: 10", by: "max_message_count: 2", signers: 2)
            let refused = await committee.connection(to: 1).broadcast(weak)
            #expect(refused.status == 400)
            #expect(refused.info.contains("value /Channel/Orderer/BatchSize is guarded by /Channel/Orderer/Admins"), "\(refused.info)")
            // All who are in office agree by hand: that is still no election.
            let bundle = try self.bundle(world)
            var config = bundle.config
            var mapping = try Common_Orderers.decode(
                config.channelGroup.groups["Orderer"]?.values["Orderers"]?.value.byteArray ?? [], as: "consenters")
            mapping.consenterMapping[0].identity = world.nodes[6].certificate.pem.data
            let consenters = mapping.consenterMapping.map { consenter in
                Consenter(
                    id: consenter.id, host: consenter.host, port: consenter.port, mspID: MSPID(consenter.mspID),
                    identity: consenter.identity.byteArray)
            }
            config.channelGroup.groups["Orderer"]?.values["Orderers"]?.value = mapping.encoded().data
            config.channelGroup.groups["Orderer"]?.policies["BlockValidation"]?.policy.value = try CommitteeQuorum.policy(of: consenters).envelope()
                .data
            var update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: "records")
            for signer in world.administrators + world.nodes.prefix(4) {
                try update.sign(by: signer, nonce: world.environment.randomBytes(count: 24))
            }
            let coup = try update.envelope(
                channel: "records", sender: world.client, nonce: world.environment.randomBytes(count: 24), timestamp: world.environment.now())
            let answer = await committee.connection(to: 3).broadcast(coup)
            #expect(answer.status == 400)
            #expect(answer.info.contains("/Channel/Orderer/Orderers: who is in office follows from elections and proven offences"), "\(answer.info)")
            try await world.order(2...2, in: committee, at: self.everybody)
            #expect(committee.member(2)?.blocks.bundle.sequence == 0)
        }
    }
}
