import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration
@testable import Ordering

/// By which rule every member judges a configuration that a proposer says a client has asked for.
@Suite struct RequestPredicateTests {
    private let genesis: OrderedBlock
    private let blocks: CommitteeBlocks
    private let position: ChainPosition
    private let proposer: SigningIdentity

    init() throws {
        self.genesis = try MemberWorldPeople.plain.get()
        self.blocks = try CommitteeBlocks(genesis: ChannelBundle(block: self.genesis), chain: self.genesis.headerHash)
        self.position = ChainPosition(genesis: self.genesis)
        self.proposer = try MemberWorldPeople.identity(1)
    }

    private var bundle: ChannelBundle { self.blocks.bundle }

    private func fault(_ envelopes: [CheckedEnvelope], rules: ReplayRules = ReplayRules(settings: OrderingSettings())) throws -> CandidateFault? {
        let candidate = try self.blocks.candidate(
            envelopes, after: self.position, parentCertificate: [], proposer: 1, now: Timestamp(seconds: 1_780_000_100))
        return self.blocks.fault(in: candidate, after: self.position, rules: rules)
    }

    private func configuration(_ config: Common_Config, _ request: Envelope?, by proposer: SigningIdentity? = nil) throws -> CheckedEnvelope {
        try RequestPeople.configuration(config, request: request, by: proposer ?? self.proposer, chain: self.genesis.headerHash)
    }

    private func right(_ request: Envelope) throws -> CheckedEnvelope {
        try RequestPeople.configuration(of: request, on: self.bundle, by: self.proposer, chain: self.genesis.headerHash)
    }

    @Test func `what a member makes of a request is what a right proposer makes, and every member takes it`() throws {
        let request = try RequestPeople.request(on: self.bundle, RequestPeople.batchSize(7))
        let checked = try self.blocks.checks.check(bytes: request.serialized())
        #expect(checked.isUpdate && checked.hasDerivedID)
        #expect(checked.transactionID == ConfigurationRequest.id(ofHash: checked.digest))
        #expect(self.blocks.refusal(ofRequest: checked) == nil)
        let made = try self.blocks.configuration(checked, by: self.proposer, now: Timestamp(seconds: 1_780_000_100))
        #expect(try Envelope(serialized: made.serialized).payload == Envelope(serialized: self.right(request).serialized).payload)
        #expect(try self.fault([made]) == nil)
        let block = OrderedBlock(number: 1, previousHash: [], envelopes: [made.serialized])
        let config = try #require(ConfigurationBlock.configEnvelope(in: block))
        let next = try self.bundle.successor(verifying: config)
        #expect(next.sequence == 1 && next.batch.maxMessageCount == 7)
        #expect(ConfigurationTransaction.request(in: config) == request)
        #expect(ConfigurationRequest.orderedID(in: made.serialized) == checked.transactionID)
    }

    @Test func `another configuration than the request leads to is refused, with the element`() throws {
        let request = try RequestPeople.request(on: self.bundle, RequestPeople.batchSize(7))
        var config = try self.bundle.successor(applying: ConfigurationUpdate(envelope: request)).config
        try RequestPeople.batchSize(9)(&config.channelGroup)
        let other = try self.fault([self.configuration(config, request)])
        #expect(other == .update(.differentResult(ConfigurationElement(.value, "/Channel/Orderer/BatchSize"))))
        var extended = try self.bundle.successor(applying: ConfigurationUpdate(envelope: request)).config
        extended.channelGroup.policies["Extra"] = extended.channelGroup.policies["Readers"]
        guard case .update(.differentResult)? = try self.fault([self.configuration(extended, request)]) else {
            Issue.record("an added policy was taken")
            return
        }
    }

    @Test func `a configuration without the client's authorised update is refused`() throws {
        let request = try RequestPeople.request(on: self.bundle, RequestPeople.batchSize(7))
        let config = try self.bundle.successor(applying: ConfigurationUpdate(envelope: request)).config
        #expect(try self.fault([self.configuration(config, nil)]) == .update(.noLastUpdate))
        for signers in [[], [1], [1, 2]] {
            let weak = try RequestPeople.request(on: self.bundle, signers: signers, RequestPeople.batchSize(7))
            guard case .update(.unauthorized(let element, let policy, _))? = try self.fault([self.configuration(config, weak)]) else {
                Issue.record("\(signers) were enough")
                continue
            }
            #expect(element.path == "/Channel/Orderer/BatchSize" && policy == "/Channel/Orderer/Admins")
        }
        // Authorised, and sent by somebody who may not speak; and one whose sender did not sign it.
        var outside = SeededRandomSource(exactSeed: 5)
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "ElsewhereMSP", domain: "elsewhere.example", kind: .peer), random: &outside,
            validity: .decade(from: GovernanceNetwork.now))
        let stranger = try authority.issue(commonName: "User1@elsewhere.example", role: .client, random: &outside)
        let foreign = try RequestPeople.request(on: self.bundle, sender: stranger, RequestPeople.batchSize(7))
        guard case .envelope(index: 0, .notWriter)? = try self.fault([self.configuration(config, foreign)]) else {
            Issue.record("a stranger's request was taken")
            return
        }
        var unsigned = request
        unsigned.signature = foreign.signature
        guard case .envelope(index: 0, .notWriter)? = try self.fault([self.configuration(config, unsigned)]) else {
            Issue.record("a request that its sender did not sign was taken")
            return
        }
        // A transaction in the place of the request.
        let transaction = try MemberWorldPeople.envelopes(1)[0]
        #expect(try self.fault([self.configuration(config, transaction)]) == .envelope(index: 0, .unknownType(3)))
    }

    @Test func `a configuration next to other envelopes, and a request that stands in a block itself, are refused`() throws {
        let request = try RequestPeople.request(on: self.bundle, RequestPeople.batchSize(7))
        let plain = try self.blocks.checks.check(bytes: MemberWorldPeople.envelopes(1)[0].serialized())
        #expect(try self.fault([self.right(request), plain]) == .wrongField("last configuration"))
        #expect(try self.fault([plain, self.right(request)]) == .envelope(index: 1, .notForClients(type: 1)))
        // With the number of the last configuration as in any other block.
        let hidden = try CommitteeBlocks.checked(Envelope(serialized: self.right(request).serialized), isConfiguration: false)
        #expect(try self.fault([hidden, plain]) == .envelope(index: 0, .notForClients(type: 1)))
        let second = try RequestPeople.request(on: self.bundle, nonce: 2, RequestPeople.batchTimeout("3s"))
        #expect(try self.fault([hidden, self.right(second)]) == .envelope(index: 0, .notForClients(type: 1)))
        #expect(try self.fault([hidden]) == .wrongField("last configuration"))
        let bare = try self.blocks.checks.check(bytes: request.serialized())
        #expect(try self.fault([bare]) == .envelope(index: 0, .unknownType(2)))
        #expect(try self.fault([plain, bare]) == .envelope(index: 1, .unknownType(2)))
    }

    @Test func `a configuration for an old or a later sequence is refused, and so is a request that was ordered before`() throws {
        let request = try RequestPeople.request(on: self.bundle, RequestPeople.batchSize(7))
        var config = try self.bundle.successor(applying: ConfigurationUpdate(envelope: request)).config
        for sequence in [0, 2, UInt64.max] as [UInt64] {
            config.sequence = sequence
            #expect(try self.fault([self.configuration(config, request)]) == .update(.outOfSequence(expected: 1, found: sequence)))
        }
        // In the chain, and again: the window knows it, and without the window its versions do.
        let made = try self.right(request)
        let next = try self.bundle.successor(applying: ConfigurationUpdate(envelope: request))
        var rules = ReplayRules(settings: OrderingSettings())
        rules.record(OrderedBlock(number: 1, previousHash: [], envelopes: [made.serialized]))
        #expect(try self.fault([made], rules: rules)?.isOfRequest == true)
        let old = RequestRules(bundle: next, plane: nil)
        #expect(throws: BroadcastRefusal.self) { try old.transaction(of: request) }
    }

    @Test func `headers that no member would write are refused, and so is another's signature`() throws {
        let request = try RequestPeople.request(on: self.bundle, RequestPeople.batchSize(7))
        let config = try self.bundle.successor(applying: ConfigurationUpdate(envelope: request)).config
        #expect(try self.fault([self.configuration(config, request, by: MemberWorldPeople.identity(2))]) == .foreignEnvelope)
        // Bytes that every reader skips are bytes that nobody has judged.
        let data = ConfigurationTransaction.configEnvelope(config, lastUpdate: request) + [0xA2, 0xF7, 0x04, 0x01, 0x00]
        let padded = try RequestPeople.configuration(data: data, by: self.proposer, chain: self.genesis.headerHash)
        #expect(try self.fault([padded]) == .envelopeForm(index: 0))
        let elsewhere = try RequestPeople.configuration(config, request: request, by: self.proposer, chain: [1])
        #expect(try self.fault([elsewhere]) == .envelopeForm(index: 0))
    }

    @Test func `who is in office is not for clients to change, whoever has signed`() throws {
        let keys = try (1...4).map { try MemberWorldPeople.identity($0) }
        let handOver = try RequestPeople.request(on: self.bundle, others: keys) { group in
            var mapping = try Common_Orderers.decode(try found(group.groups["Orderer"]?.values["Orderers"]?.value), as: "test")
            mapping.consenterMapping[0].host = "elsewhere.example"
            group.groups["Orderer"]?.values["Orderers"]?.value = mapping.encoded().data
        }
        #expect(throws: BroadcastRefusal.self) { try RequestRules(bundle: self.bundle, plane: nil).transaction(of: handOver) }
        let checked = try self.blocks.checks.check(bytes: handOver.serialized())
        let refusal = try #require(self.blocks.refusal(ofRequest: checked))
        #expect(refusal.status == 400)
        #expect(refusal.description.contains("/Channel/Orderer/Orderers"), "\(refusal)")
        #expect(refusal.description.contains("the committee stays as block 0 has it"), "\(refusal)")
        let made = try self.configuration(
            self.bundle.successor(applying: ConfigurationUpdate(envelope: handOver)).config, handOver)
        guard case .update(.forbiddenChange)? = try self.fault([made]) else {
            Issue.record("a change of the committee was taken")
            return
        }
        // An organisation's certificates may change, but not so that its member could sign no more.
        let cutOff = try RequestPeople.request(on: self.bundle, signers: [1, 2, 3, 4]) { group in
            let other = try found(group.groups["Orderer"]?.groups[GovernanceNetwork.id(2).text]?.values["MSP"]?.value)
            var msp = try Msp_MSPConfig.decode(other, as: "test")
            var fabric = try Msp_FabricMSPConfig.decode(msp.config, as: "test")
            fabric.name = GovernanceNetwork.id(1).text
            msp.config = fabric.encoded().data
            group.groups["Orderer"]?.groups[GovernanceNetwork.id(1).text]?.values["MSP"]?.value = msp.encoded().data
            group.groups["Application"]?.groups[GovernanceNetwork.id(1).text]?.values["MSP"]?.value = msp.encoded().data
        }
        let answer = try #require(self.blocks.refusal(ofRequest: self.blocks.checks.check(bytes: cutOff.serialized())))
        #expect(answer.description.contains("certificate that is refused"), "\(answer)")
    }

    @Test func `a request with very many signatures, or whose configuration is too large for a block, is refused`() throws {
        var update = try ConfigurationUpdate(envelope: RequestPeople.request(on: self.bundle, RequestPeople.batchSize(7)))
        update.signatures += [ConfigurationSignature](repeating: update.signatures[0], count: OrderingLimits.updateSignatures)
        let many = try update.envelope(channel: "records", sender: RequestPeople.client(), nonce: [3], timestamp: Timestamp(seconds: 1_780_000_100))
        let rules = RequestRules(bundle: self.bundle, plane: nil)
        #expect(throws: BroadcastRefusal.refusedUpdate(.tooManySignatures(limit: OrderingLimits.updateSignatures))) {
            try rules.transaction(of: many)
        }
        let tight = try self.bundle.successor(
            applying: ConfigurationUpdate(
                envelope: RequestPeople.request(on: self.bundle) { group in
                    var size = Orderer_BatchSize()
                    (size.maxMessageCount, size.absoluteMaxBytes, size.preferredMaxBytes) = (4, 16_000, 16_000)
                    group.groups["Orderer"]?.values["BatchSize"]?.value = size.encoded().data
                }))
        let request = try RequestPeople.request(on: tight, RequestPeople.batchSize(2))
        guard case .tooLarge(_, limit: 16_000)? = CommitteeRequestAnswer.refusal(request, on: tight) else {
            Issue.record("a configuration larger than a block was taken")
            return
        }
    }
}

enum CommitteeRequestAnswer {
    static func refusal(_ request: Envelope, on bundle: ChannelBundle, plane: ControlPlane? = nil) -> BroadcastRefusal? {
        do throws(BroadcastRefusal) {
            _ = try RequestRules(bundle: bundle, plane: plane).transaction(of: request)
            return nil
        } catch {
            return error
        }
    }
}
