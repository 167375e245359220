import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import LedgerModel
import Ordering
import SelvageClient
import TestSupport
import Testing

@testable import Identity
@testable import Node

/// Changes of the configuration that clients ask for, through the ordering node to the peers.
@Suite(.timeLimit(.minutes(20))) struct ConfigurationUpdateTests {
    /// The configuration that a peer has in force.
    private func bundle(_ peer: PeerNode, _ network: NodeNetwork) throws -> ChannelBundle {
        let block = try #require(try peer.snapshot().block(BlockNumber(0)))
        let stored = try peer.snapshot().value(at: .key(Namespace(""), ConfigurationState.key))
        guard let stored else { return try ChannelBundle(block: block) }
        return try ChannelBundle(configEnvelope: stored.value, channelID: "tallies")
    }

    private func block(_ number: UInt64, on peer: PeerNode) throws -> OrderedBlock {
        try #require(try peer.snapshot().block(BlockNumber(number)))
    }

    /// Nothing but the update can cut the blocks here: the batch is large and its timer is an hour.
    private static let patient = BatchConfiguration(timeoutMilliseconds: 3_600_000)
    private static let unhurried = OrderingSettings(cutsWhenIdle: false)

    @Test func `a change of the batch size cuts what is pending, gets a block of its own, and changes the blocks after it`() async throws {
        let network = try NodeNetwork(batch: Self.patient)
        try await network.live(Self.unhurried, isNew: false) { live in
            // Waits in the batch.
            let definition = try NodeNetwork.definition()
            let approval = try await network.gateway(live.orderer, as: network.administrators[0]).endorse(
                try definition.approval(), by: [live.peers[0]])
            try await live.gateway.broadcast(approval.envelope, transaction: approval.transaction)
            let request = try network.request(
                on: try ChannelBundle(block: network.genesis), signers: [network.ordererAdmin], NodeNetwork.maxMessageCount(1))
            #expect(live.orderer.broadcast(request).status == 200)
            for peer in live.peers { #expect(try await peer.commitStatus(of: approval.transaction).code == .valid) }
            // From now on every envelope is a block: nobody waits for a timer.
            let second = network.gateway(live.orderer, as: network.administrators[1])
            let approved = try await second.submit(try definition.approval(), endorsedBy: [live.peers[1]]).status
            for peer in live.peers { _ = try await peer.commitStatus(of: approved.transaction) }
            try await live.submit(try definition.commit())
            for round in 1...3 { #expect(try await live.submit(NodeNetwork.call("set", "k", "\(round)")).code == .valid) }
            try await live.settle()
            for peer in live.peers {
                #expect(try self.block(1, on: peer).envelopes.count == 1)
                let change = try self.block(2, on: peer)
                #expect(ConfigurationBlock.configEnvelope(in: change) != nil)
                #expect(change.storedCodes == [.valid])
                let header = try Payload(serialized: Envelope(serialized: change.envelopes[0]).payload)
                #expect(try SignatureHeader(serialized: header.signatureHeaderBytes).creator == network.orderer.serialized)
                for number in 3...6 as ClosedRange<UInt64> { #expect(try self.block(number, on: peer).envelopes.count == 1) }
                let bundle = try self.bundle(peer, network)
                #expect(bundle.sequence == 1)
                #expect(bundle.batch.maxMessageCount == 1)
            }
        }
        // Everybody starts again from the files, under the configuration that was agreed.
        try await network.live(Self.unhurried, isNew: false) { live in
            #expect(try await live.submit(NodeNetwork.call("set", "k", "after")).code == .valid)
            let again = try network.request(
                on: try self.bundle(live.peers[0], network), signers: [network.ordererAdmin], NodeNetwork.maxMessageCount(2))
            #expect(live.orderer.broadcast(again).status == 200)
            let (first, second) = (
                try await live.endorse(NodeNetwork.call("set", "a", "1")), try await live.endorse(NodeNetwork.call("set", "b", "1"))
            )
            try await live.gateway.broadcast(first.envelope, transaction: first.transaction)
            try await live.gateway.broadcast(second.envelope, transaction: second.transaction)
            for peer in live.peers {
                #expect(try await peer.commitStatus(of: second.transaction).code == .valid)
                #expect(try self.block(peer.height - 1, on: peer).envelopes.count == 2)
                #expect(try self.bundle(peer, network).sequence == 2)
            }
        }
    }

    @Test func `a stranger, a forgetful administrator and a late one are refused with the reason, and nothing is ordered`() async throws {
        let network = try NodeNetwork()
        try await network.live { live in
            let bundle = try ChannelBundle(block: network.genesis)
            let height = live.orderer.height
            func reply(_ envelope: Envelope) -> BroadcastReply { live.orderer.broadcast(envelope) }
            // Not of the channel: whatever he asks for, he may not speak.
            let stranger = reply(
                try network.request(on: bundle, signers: [network.ordererAdmin], sender: network.newClient, NodeNetwork.maxMessageCount(1)))
            #expect(stranger.status == 403)
            #expect(stranger.info.contains("/Channel/Writers"))
            // Of the channel, but nobody with a say has signed.
            for signers in [[], [network.client], [network.administrators[0], network.administrators[1]], [network.newClient]] {
                let answer = reply(try network.request(on: bundle, signers: signers, NodeNetwork.maxMessageCount(1)))
                #expect(answer.status == 400)
                #expect(answer.info.contains("value /Channel/Orderer/BatchSize is guarded by /Channel/Orderer/Admins"))
            }
            // A batch size that cannot be.
            let impossible = reply(try network.request(on: bundle, signers: [network.ordererAdmin], NodeNetwork.maxMessageCount(0)))
            #expect(impossible.status == 400)
            #expect(impossible.info.contains("/Channel/Orderer/BatchSize"))
            // The office of the only consenter cannot be given away.
            let takeover = reply(
                try network.request(on: bundle, signers: [network.orderer]) { group in
                    var mapping = try Common_Orderers.decode(group.groups["Orderer"]?.values["Orderers"]?.value.byteArray ?? [], as: "test")
                    mapping.consenterMapping[0].identity = network.ordererAdmin.certificate.pem.data
                    group.groups["Orderer"]?.values["Orderers"]?.value = mapping.encoded().data
                })
            #expect(takeover.status == 400)
            #expect(takeover.info.contains("/Channel/Orderer/"))
            // An unknown capability is refused by its name.
            let capability = reply(
                try network.request(on: bundle, signers: network.administrators + [network.ordererAdmin]) { group in
                    var message = Common_Capabilities()
                    message.capabilities["V9_9"] = Common_Capability()
                    group.values["Capabilities"]?.value = message.encoded().data
                })
            #expect(capability.status == 400)
            #expect(capability.info.contains("V9_9"))
            #expect(live.orderer.height == height)
            // A good one, and the same once more.
            let good = try network.request(on: bundle, signers: [network.ordererAdmin], NodeNetwork.maxMessageCount(7))
            #expect(reply(good).status == 200)
            let late = reply(good)
            #expect(late.status == 400)
            #expect(
                late.info.contains("value /Channel/Orderer/BatchSize is at version 1") || late.info.contains("must get version 2"), "\(late.info)")
            try await live.settle()
            #expect(try self.bundle(live.peers[1], network).sequence == 1)
        }
    }

    @Test func `an organisation comes and names its anchor peer, and a client that is revoked can no longer speak`() async throws {
        let network = try NodeNetwork()
        try await network.live { live in
            let first = try ChannelBundle(block: network.genesis)
            #expect(live.orderer.broadcast(try network.envelope(nonce: [1], by: network.newClient)).status == 403)
            let joining = try network.request(on: first, signers: network.administrators) { group in
                var organization = try #require(group.groups["Application"]?.groups["Org1MSP"])
                organization.values["MSP"]?.value = network.newcomer.mspConfiguration().message().encoded().data
                for (name, roles) in [("Readers", [Role.member]), ("Writers", [.admin, .client]), ("Admins", [.admin]), ("Endorsement", [.peer])] {
                    let policy = try SignaturePolicy(count: 1, of: roles.map { .role("Org3MSP", $0) })
                    organization.policies[name]?.policy.value = policy.envelope().data
                }
                var anchors = Protos_AnchorPeers()
                anchors.anchorPeers = [Protos_AnchorPeer()]
                anchors.anchorPeers[0].host = "peer0.org3.example"
                anchors.anchorPeers[0].port = 7051
                organization.values["AnchorPeers", default: Common_ConfigValue()].value = anchors.encoded().data
                organization.values["AnchorPeers"]?.modPolicy = "Admins"
                group.groups["Application"]?.groups["Org3MSP"] = organization
            }
            #expect(live.orderer.broadcast(joining).status == 200)
            // Known from the next envelope on, and his own.
            #expect(live.orderer.broadcast(try network.envelope(nonce: [2], by: network.newClient)).status == 200)
            try await live.settle()
            let second = try self.bundle(live.peers[0], network)
            #expect(second.applicationOrganization("Org3MSP")?.anchorPeers == [AnchorPeer(host: "peer0.org3.example", port: 7051)])

            // Endorsed while the client was good; its identity is in every cache by now.
            let endorsed = try await live.endorse(NodeNetwork.call("set", "late", "1"))
            let list = try CertificateIssuing.revocationList(
                revoked: [network.client.certificate.serialNumber], authority: network.authority.root,
                authorityKey: SigningKey(pem: network.authority.keyPEMs.identities), number: 1, thisUpdate: 1_700_000_000, nextUpdate: 2_000_000_000)
            let revoking = try network.request(on: second, signers: [network.administrators[0]], sender: network.administrators[0]) { group in
                var msp = network.authority.mspConfiguration()
                msp.revocationLists = [list.der]
                group.groups["Application"]?.groups["Org1MSP"]?.values["MSP"]?.value = msp.message().encoded().data
            }
            #expect(live.orderer.broadcast(revoking).status == 200)
            let refused = live.orderer.broadcast(endorsed.envelope)
            #expect(refused.status == 403)
            #expect(refused.info.contains("/Channel/Writers"))
            // Org3's client still can, and waits behind the configuration: when it is committed, so is that.
            let nonce = network.environment.randomBytes(count: 24)
            #expect(live.orderer.broadcast(try network.envelope(nonce: nonce, by: network.newClient)).status == 200)
            let id = Formulas.transactionID(nonce: nonce, creator: network.newClient.serialized)
            for peer in live.peers { _ = try await peer.commitStatus(of: id) }
            let third = try self.bundle(live.peers[0], network)
            #expect(third.sequence == 2)
            #expect(throws: IdentityError.self) { try third.membership.identity(network.client.serialized) }
            await #expect(throws: (any Error).self) { try await live.endorse(NodeNetwork.call("set", "later", "1")) }
        }
    }
}
