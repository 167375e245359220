import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import Testing

@testable import Ordering

/// Requests for another configuration in the ordering service (interop 7.1 and 7.3).
struct ConfigurationOrderingTests {
    let network: TestNetwork
    let admin: SigningIdentity

    init() throws {
        self.network = try TestNetwork.shared.get()
        self.admin = self.network.clinicAdmin
    }

    private func service(_ bundle: ChannelBundle? = nil) throws -> OrderingService<CommitteeOfOne> {
        let bundle = bundle ?? self.network.bundle
        let consenter = try CommitteeOfOne(
            identity: self.network.orderer, bundle: bundle, after: self.network.genesis, chain: self.network.chain, signingGuard: nil)
        return OrderingService(bundle: bundle, consenter: consenter, settings: OrderingSettings(cutsWhenIdle: false), recent: [])
    }

    private func request(
        on bundle: ChannelBundle? = nil, signers: [SigningIdentity]? = nil, sender: SigningIdentity? = nil,
        _ change: (inout Common_ConfigGroup) throws -> Void
    ) throws -> Envelope {
        let bundle = bundle ?? self.network.bundle
        var config = bundle.config
        try change(&config.channelGroup)
        var update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: "records")
        for signer in signers ?? [self.admin] { try update.sign(by: signer, nonce: [1]) }
        return try update.envelope(channel: "records", sender: sender ?? self.network.client, nonce: [2], timestamp: TestNetwork.now)
    }

    private static func batchSize(_ count: UInt32, preferred: UInt32 = 8_000) -> (inout Common_ConfigGroup) throws -> Void {
        { group in
            var size = Orderer_BatchSize()
            (size.maxMessageCount, size.absoluteMaxBytes, size.preferredMaxBytes) = (count, 20_000, preferred)
            group.groups["Orderer"]?.values["BatchSize"]?.value = size.encoded().data
        }
    }

    private func step(_ service: inout OrderingService<CommitteeOfOne>, _ envelope: Envelope) -> (BroadcastVerdict?, [OrderedBlock]) {
        let outputs = service.step(.broadcast(envelope, now: TestNetwork.now))
        var verdict: BroadcastVerdict?
        var blocks: [OrderedBlock] = []
        for output in outputs {
            switch output {
            case .reply(let answer): verdict = answer
            case .block(let decision): blocks.append(decision.block)
            case .startTimer, .cancelTimer, .halted: break
            }
        }
        return (verdict, blocks)
    }

    @Test func `a request cuts what is pending, becomes a configuration block, and the next blocks follow it`() throws {
        var service = try self.service()
        for number in 1...2 as ClosedRange<UInt8> { #expect(self.step(&service, try self.network.envelope(number)).1.isEmpty) }
        let request = try self.request(Self.batchSize(1))
        let (verdict, blocks) = self.step(&service, request)
        #expect(verdict == .accepted)
        #expect(blocks.map(\.envelopes.count) == [2, 1])
        let change = try #require(blocks.last)
        let configuration = try #require(ConfigurationBlock.configEnvelope(in: change))
        let next = try self.network.bundle.successor(verifying: configuration, strictness: .ordering)
        #expect(next.batch.maxMessageCount == 1)
        #expect(try ConfigurationTransaction.update(in: configuration) == ConfigurationUpdate(envelope: request))
        let metadata = try OrdererBlockMetadata(serialized: BlockSignatures(slot: change.metadata(.signatures)).value)
        #expect(metadata.lastConfig == 2)
        // The header is one of the old configuration, the next block's one of the new.
        #expect(try ExtendedHeaderFormat.decode(metadata.consenterMetadata).header.configSeq == 0)
        let (_, after) = self.step(&service, try self.network.envelope(3))
        #expect(after.map(\.envelopes.count) == [1])
        let value = try OrdererBlockMetadata(serialized: BlockSignatures(slot: try #require(after.first).metadata(.signatures)).value)
        #expect(value.lastConfig == 2)
        #expect(try ExtendedHeaderFormat.decode(value.consenterMetadata).header.configSeq == 1)
        #expect(service.waitingCount == 0)
    }

    @Test func `an envelope that was checked under the old configuration is checked again under the new one`() throws {
        var service = try self.service()
        let old = service.checks
        let late = try old.check(self.network.envelope(9), now: TestNetwork.now)
        // The hospital's clients may no longer write.
        let request = try self.request(signers: [self.network.hospitalAdmin]) { group in
            let policy = try SignaturePolicy(count: 1, of: [.role("HospitalMSP", .admin)])
            group.groups["Application"]?.groups["HospitalMSP"]?.policies["Writers"]?.policy.value = policy.envelope().data
        }
        #expect(self.step(&service, request).0 == .accepted)
        let outputs = service.step(.checked(late, now: TestNetwork.now))
        guard case .reply(let verdict)? = outputs.first else { throw BroadcastRefusal.emptyPayload }
        #expect(verdict.status == 403)
        #expect(self.step(&service, try self.network.envelope(10)).0?.status == 403)
    }

    @Test func `refusals have Fabric's status and name the element`() throws {
        var service = try self.service()
        let cases: [(Envelope, Int32, String)] = [
            (try self.request(sender: self.network.stranger, Self.batchSize(1)), 403, "/Channel/Writers"),
            (try self.request(signers: [], Self.batchSize(1)), 400, "value /Channel/Orderer/BatchSize is guarded by /Channel/Orderer/Admins"),
            (try self.request(signers: [self.network.client], Self.batchSize(1)), 400, "'ClinicMSP.admin'"),
            (try self.request(Self.batchSize(0)), 400, "/Channel/Orderer/BatchSize"),
            (try self.network.envelope(4, type: 2), 400, "configuration update"),
        ]
        for (envelope, status, text) in cases {
            let (verdict, blocks) = self.step(&service, envelope)
            #expect(verdict?.status == status)
            #expect(verdict?.info.contains(text) == true, "\(verdict?.info ?? "")")
            #expect(blocks.isEmpty)
        }
        let request = try self.request(Self.batchSize(2))
        #expect(self.step(&service, request).0 == .accepted)
        let again = self.step(&service, request).0
        #expect(again?.status == 400)
        #expect(again?.info.contains("must get version 2, not 1") == true)
        #expect(service.position.number == 1)
    }

    @Test func `a configuration that is too large for a block of the channel is refused`() throws {
        // The complete configuration goes into the block, not only the change.
        let tight = try self.network.bundle.successor(
            applying: try ConfigurationUpdate(
                envelope: try self.request { group in
                    var size = Orderer_BatchSize()
                    (size.maxMessageCount, size.absoluteMaxBytes, size.preferredMaxBytes) = (3, 6_000, 6_000)
                    group.groups["Orderer"]?.values["BatchSize"]?.value = size.encoded().data
                }))
        var service = try self.service(tight)
        let (verdict, blocks) = self.step(
            &service, try self.request(on: tight) { $0.groups["Orderer"]?.values["BatchTimeout"]?.modPolicy = "Readers" })
        #expect(verdict?.status == 400)
        #expect(verdict?.info.contains("exceeds maximum allowed 6000 bytes") == true, "\(verdict?.info ?? "")")
        #expect(blocks.isEmpty)
    }

    @Test func `in maintenance the administrators of the ordering service can still change the configuration`() throws {
        let closed = try self.network.bundle { $0.state = .maintenance }
        var service = try self.service(closed)
        #expect(self.step(&service, try self.network.envelope(1)).0?.status == 403)
        #expect(self.step(&service, try self.request(on: closed, sender: self.network.client, Self.batchSize(1))).0?.status == 403)
        #expect(self.step(&service, try self.request(on: closed, sender: self.admin, Self.batchSize(1))).0 == .accepted)
    }

    @Test func `the only member cannot be replaced, nor its key`() throws {
        var service = try self.service()
        let other = self.network.otherOrderer
        let request = try self.request(signers: [self.network.orderer]) { group in
            var mapping = try Common_Orderers.decode(group.groups["Orderer"]?.values["Orderers"]?.value.byteArray ?? [], as: "test")
            mapping.consenterMapping[0].identity = other.certificate.pem.data
            group.groups["Orderer"]?.values["Orderers"]?.value = mapping.encoded().data
            let consenter = Consenter(id: 1, host: "localhost", port: 7050, mspID: "ClinicMSP", identity: other.certificate.pem)
            group.groups["Orderer"]?.policies["BlockValidation"]?.policy.value = try CommitteeQuorum.policy(of: [consenter]).envelope().data
        }
        let (verdict, blocks) = self.step(&service, request)
        #expect(verdict?.status == 400)
        #expect(verdict?.info.contains("value /Channel/Orderer/Orderers: this ordering service has one member") == true)
        #expect(blocks.isEmpty)
    }
}
