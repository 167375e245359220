import FabricMessages
import LedgerModel
import Testing

@testable import ChannelConfiguration
@testable import Ordering

/// E6 where the promise was another configuration: kept by the block that has the request inside, void once any configuration came.
@Suite struct EvidenceRequestTests {
    /// Member 3 gave a receipt for a request at height 2 and went on for 8 turns of 4 with other blocks.
    private struct Case {
        var world: GovernanceWorld
        let request: Envelope
        let receipt: SignedReceipt
        let late: UInt64

        var item: Misbehaviour {
            .censorship(Censorship(receipt: self.receipt, envelope: self.request.serialized(), proposedAt: self.late))
        }
    }

    private func makeCase(
        signers: [Int] = [1, 2, 3], until height: UInt64 = 16, settings: (inout GovernanceSettings) -> Void = { _ in },
        meanwhile: (inout GovernanceWorld) throws -> Void = { _ in },
        asking change: ((GovernanceWorld) throws -> (inout Common_ConfigGroup) throws -> Void)? = nil
    ) throws -> Case {
        var world = try GovernanceWorld {
            $0.censorshipTurns = 2
            settings(&$0)
        }
        try world.advance(to: 2)
        let request = try RequestPeople.request(
            on: world.plane.bundle, signers: signers, seconds: Int64(world.timeMs(2) / 1_000), change?(world) ?? RequestPeople.batchSize(7))
        let receipt = try world.receipt(for: request.serialized(), by: 3, at: 2)
        try meanwhile(&world)
        try world.advance(to: height)
        let late = try found((10..<Int(height)).first { world.decided.decided(UInt64($0))?.header.proposer == 3 })
        return Case(world: world, request: request, receipt: receipt, late: UInt64(late))
    }

    /// Decides the configuration that a request leads to.
    private static func order(_ request: Envelope, in world: inout GovernanceWorld) throws {
        let proposer = try MemberWorldPeople.identity(1)
        let made = try RequestPeople.configuration(of: request, on: world.plane.bundle, by: proposer, chain: world.chain)
        try world.append(try world.makeBlock([made.serialized]))
    }

    @Test func `a request that its ingress passed over in the promised turns convicts`() throws {
        let made = try self.makeCase()
        #expect(try made.world.evidenceRefusal(made.item) == nil)
        #expect(made.receipt.receipt.transactionID == ConfigurationRequest.id(ofHash: made.receipt.receipt.envelopeHash))
    }

    @Test func `a receipt that names the request otherwise proves nothing`() throws {
        let made = try self.makeCase()
        let right = made.receipt.receipt
        let odd = Receipt(
            envelopeHash: right.envelopeHash, transactionID: ConfigurationRequest.id(ofHash: [UInt8](repeating: 3, count: 32)), ingress: 3, height: 2,
            deadline: 12)
        let bytes = try found(ReceiptFormat.signedBytes(odd, chain: made.world.chain))
        let signed = SignedReceipt(receipt: odd, signature: try made.world.key(3).sign(bytes))
        let item = Misbehaviour.censorship(Censorship(receipt: signed, envelope: made.request.serialized(), proposedAt: made.late))
        #expect(try made.world.evidenceRefusal(item) == .malformed)
    }

    @Test func `a request inside of a configuration has kept the promise`() throws {
        var made = try self.makeCase()
        let id = made.receipt.receipt.transactionID
        made.world.decided.transactions[id] = 5
        #expect(try made.world.evidenceRefusal(made.item) == .ordered)
        // In truth its configuration has moved the sequence on, too.
        var kept: Envelope?
        let after = try self.makeCase(meanwhile: { world in
            let request = try RequestPeople.request(
                on: world.plane.bundle, seconds: Int64(world.timeMs(2) / 1_000), RequestPeople.batchSize(7))
            kept = request
            try Self.order(request, in: &world)
        })
        #expect(kept != nil && after.world.plane.bundle.sequence == 1)
        #expect(try after.world.evidenceRefusal(after.item) == .otherConfiguration)
    }

    @Test func `whatever configuration comes first, receipts from before it bind nobody, for requests and transactions`() throws {
        var plain: [UInt8] = []
        let made = try self.makeCase(meanwhile: { world in
            plain = try world.plainEnvelope()
            let other = try RequestPeople.request(
                on: world.plane.bundle, nonce: 9, seconds: Int64(world.timeMs(2) / 1_000), RequestPeople.batchTimeout("3s"))
            try Self.order(other, in: &world)
        })
        // Still possible under the new configuration, and not owed by the old receipt; by a new one it is.
        #expect(try made.world.evidenceRefusal(made.item) == .otherConfiguration)
        let old = try made.world.receipt(for: plain, by: 3, at: 2)
        #expect(
            try made.world.evidenceRefusal(.censorship(Censorship(receipt: old, envelope: plain, proposedAt: made.late))) == .otherConfiguration)
        var later = made.world
        try later.advance(to: 20)
        let late = try found((11...19).first { later.decided.decided($0)?.header.proposer == 3 })
        let renewed = try later.receipt(for: made.request.serialized(), by: 3, at: 3)
        let item = Misbehaviour.censorship(Censorship(receipt: renewed, envelope: made.request.serialized(), proposedAt: late))
        #expect(try later.evidenceRefusal(item) == nil)
    }

    @Test func `after a configuration transactions have their turn, and a configuration is no omission`() throws {
        let made = try self.makeCase()
        for height in [made.late, made.late - 1] {
            var world = made.world
            let block = try found(world.decided.decided(height))
            world.decided.heights[height] = DecidedHeight(
                id: block.id, header: block.header, blockHeader: block.blockHeader, payloadBytes: block.payloadBytes, isConfiguration: true)
            #expect(try world.evidenceRefusal(made.item) == .noRoom)
        }
    }

    @Test func `what no member had to order is not owed`() throws {
        let unauthorised = try self.makeCase(signers: [1, 2])
        #expect(try unauthorised.world.evidenceRefusal(unauthorised.item) == .notOwed)
        let office = try self.makeCase(asking: { _ in { group in try RequestPeople.consensus(&group) { $0.state = .maintenance } } })
        #expect(try office.world.evidenceRefusal(office.item) == .notOwed)
        // Allowed, and the answer hangs on who may come into office, which changes with time.
        let settings = try self.makeCase(asking: { world in try RequestPeople.settings(world.plane.bundle) { $0.strikeLimit = 5 } })
        #expect(try settings.world.evidenceRefusal(settings.item) == .notOwed)
        var warm = try self.makeCase()
        warm.world.plane.settings.serviceThreshold = 1_000
        #expect(try warm.world.evidenceRefusal(warm.item) == .notOwed)
    }

    @Test func `an old request is not owed any more`() throws {
        let made = try self.makeCase(settings: { $0.transactionMaxAgeMs = 5_000 })
        #expect(try made.world.evidenceRefusal(made.item) == .notOwed)
    }

    // MARK: - Repetitions

    @Test func `larger blocks of a former configuration make the replay window shorter, and nobody is charged beyond it`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let old = world.blocks[0].envelopes[0]
        func charge(_ world: GovernanceWorld) throws -> EvidenceRefusal? {
            let header = world.header([old], height: 3, proposer: try world.proposer(3))
            let der = BlockHeaderFormat.encode(number: 3, previousHash: world.blocks[1].headerHash, dataHash: Formulas.dataHash(of: [old]))
            let id = try found(BlockID(ExtendedHeaderFormat.blockID(blockHeader: der, header: header)))
            let place = EnvelopePlace(envelope: old, index: 0, path: [])
            return try world.evidenceRefusal(
                .invalidProposal(
                    InvalidProposal(
                        proposal: world.proposal(id, height: 3), blockHeader: der, extendedHeader: header, fault: .repeatedTransaction(place))))
        }
        #expect(try charge(world) == nil)
        let second = try found(world.decided.decided(2))
        var header = second.header
        header.txCount = UInt32(OrderingLimits.replayTransactions)
        world.decided.heights[2] = DecidedHeight(
            id: second.id, header: header, blockHeader: second.blockHeader, payloadBytes: second.payloadBytes, isConfiguration: false)
        #expect(try charge(world) == .notRepeated)
    }
}
