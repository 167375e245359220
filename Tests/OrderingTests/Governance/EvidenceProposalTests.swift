import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct EvidenceProposalTests {
    private func world() throws -> GovernanceWorld {
        var world = try GovernanceWorld()
        try world.advance(to: 4)
        return world
    }

    /// A proposal by height 3's proposer of a block that would be right but for `change`.
    private func charge(
        _ world: GovernanceWorld, _ fault: ProposalFault, envelopes: [[UInt8]]? = nil, number: UInt64 = 3, previous: [UInt8]? = nil,
        by signer: UInt32? = nil, change: (inout ExtendedHeader) -> Void
    ) throws -> Misbehaviour {
        let real = world.blocks[2]
        let envelopes = envelopes ?? real.envelopes
        var header = try found(world.decided.decided(3)).header
        header.txRoot = TransactionTree.root(of: envelopes)
        header.txCount = UInt32(envelopes.count)
        change(&header)
        let der = BlockHeaderFormat.encode(
            number: BlockNumber(number), previousHash: previous ?? real.previousHash, dataHash: Formulas.dataHash(of: envelopes))
        let id = try found(BlockID(ExtendedHeaderFormat.blockID(blockHeader: der, header: header)))
        let proposal = try world.proposal(id, height: 3, by: signer)
        return .invalidProposal(InvalidProposal(proposal: proposal, blockHeader: der, extendedHeader: header, fault: fault))
    }

    private static let other = [UInt8](repeating: 0xEE, count: 32)

    @Test func `each header field that does not follow from the chain convicts under its own name, and a right one does not`() throws {
        let world = try self.world()
        let changes: [(HeaderField, (inout ExtendedHeader) -> Void)] = [
            (.chain, { $0.chain = Self.other }), (.height, { $0.height = 4 }), (.epoch, { $0.epoch = 7 }), (.parentID, { $0.parentID = Self.other }),
            (.committeeHash, { $0.committeeHash = Self.other }), (.nextCommitteeHash, { $0.nextCommitteeHash = Self.other }),
            (.govRoot, { $0.govRoot = Self.other }), (.sequenceBase, { $0.txSeqBase += 1 }), (.configSequence, { $0.configSeq += 1 }),
            (.time, { $0.timeMs -= 1_000 }), (.emptyBlock, { $0.txCount = 0 }),
        ]
        for (field, change) in changes {
            #expect(try world.evidenceRefusal(self.charge(world, .field(field), change: change)) == nil, "\(field)")
            #expect(try world.evidenceRefusal(self.charge(world, .field(field)) { $0.proposer = 2 }) == .noFault, "\(field)")
        }
        #expect(try world.evidenceRefusal(self.charge(world, .field(.previousHash), previous: Self.other) { _ in }) == nil)
        #expect(try world.evidenceRefusal(self.charge(world, .field(.previousHash)) { _ in }) == .noFault)
        #expect(try world.evidenceRefusal(self.charge(world, .field(.height), number: 9) { _ in }) == nil)
    }

    @Test func `a charge needs the accused's own signature in its own turn, over these headers`() throws {
        let world = try self.world()
        let proposer = try world.proposer(3)
        guard case .invalidProposal(let item) = try self.charge(world, .field(.epoch), change: { $0.epoch = 7 }) else { throw NotFound() }
        let forged = try world.signed(item.proposal.proposal, by: proposer % 4 + 1)
        let stolen = InvalidProposal(proposal: forged, blockHeader: item.blockHeader, extendedHeader: item.extendedHeader, fault: item.fault)
        #expect(try world.evidenceRefusal(.invalidProposal(stolen)) == .wrongSignature)
        let elsewhere = try world.signed(item.proposal.proposal, chain: Self.other)
        let replayed = InvalidProposal(proposal: elsewhere, blockHeader: item.blockHeader, extendedHeader: item.extendedHeader, fault: item.fault)
        #expect(try world.evidenceRefusal(.invalidProposal(replayed)) == .wrongSignature)
        var header = item.extendedHeader
        header.epoch = 8
        let swapped = InvalidProposal(proposal: item.proposal, blockHeader: item.blockHeader, extendedHeader: header, fault: item.fault)
        #expect(try world.evidenceRefusal(.invalidProposal(swapped)) == .malformed)
        let padded = InvalidProposal(
            proposal: item.proposal, blockHeader: item.blockHeader + [0], extendedHeader: item.extendedHeader, fault: item.fault)
        #expect(try world.evidenceRefusal(.invalidProposal(padded)) == .malformed)
        #expect(
            try world.evidenceRefusal(self.charge(world, .field(.epoch), by: proposer % 4 + 1) { $0.epoch = 7 }) == .notItsTurn)
    }

    @Test func `what can only be compared with the decided block waits until there is one`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 2)
        let envelopes = [try world.plainEnvelope()]
        var header = world.header(envelopes, height: 3, proposer: try world.proposer(3))
        header.parentID = Self.other
        let der = BlockHeaderFormat.encode(number: 3, previousHash: world.blocks[1].headerHash, dataHash: Formulas.dataHash(of: envelopes))
        let id = try found(BlockID(ExtendedHeaderFormat.blockID(blockHeader: der, header: header)))
        let item = Misbehaviour.invalidProposal(
            InvalidProposal(proposal: try world.proposal(id, height: 3), blockHeader: der, extendedHeader: header, fault: .field(.parentID)))
        #expect(try world.evidenceRefusal(item) == .unknownHeight)
        try world.advance(to: 3)
        #expect(try world.evidenceRefusal(item) == nil)
    }

    @Test func `a root or a count that is not the envelopes' convicts`() throws {
        var world = try self.world()
        let envelopes = [try world.plainEnvelope(), try world.plainEnvelope()]
        let wrong = try self.charge(world, .transactionRoot(envelopes: envelopes), envelopes: envelopes) { $0.txRoot = Self.other }
        #expect(try world.evidenceRefusal(wrong) == nil)
        #expect(try world.evidenceRefusal(self.charge(world, .transactionRoot(envelopes: envelopes), envelopes: envelopes) { $0.txCount = 3 }) == nil)
        #expect(try world.evidenceRefusal(self.charge(world, .transactionRoot(envelopes: envelopes), envelopes: envelopes) { _ in }) == .noFault)
        let others = try self.charge(world, .transactionRoot(envelopes: [envelopes[0]]), envelopes: envelopes) { $0.txRoot = Self.other }
        #expect(try world.evidenceRefusal(others) == .notInBlock)
    }

    @Test func `an honest proposer is not framed by cutting its envelopes elsewhere`() throws {
        var world = try self.world()
        let whole = try world.plainEnvelope()
        let envelope = try Envelope(serialized: whole)
        // The data hash has no lengths: these two pieces hash to the same.
        let pieces = [
            Envelope(payload: envelope.payload, signature: []).serialized(), Envelope(payload: [], signature: envelope.signature).serialized(),
        ]
        #expect(pieces[0] + pieces[1] == whole)
        let framing = try self.charge(world, .transactionRoot(envelopes: pieces), envelopes: [whole]) { _ in }
        #expect(try world.evidenceRefusal(framing) == .malformed)
        #expect(
            try world.evidenceRefusal(self.charge(world, .transactionRoot(envelopes: [pieces[0] + pieces[1]]), envelopes: [whole]) { _ in })
                == .noFault)
    }

    @Test func `a transaction that the chain held already convicts, with its way to the root`() throws {
        var world = try self.world()
        let old = world.blocks[0].envelopes[0]
        let envelopes = [try world.plainEnvelope(), old, try world.plainEnvelope()]
        func place(_ index: Int, _ envelope: [UInt8]) throws -> EnvelopePlace {
            EnvelopePlace(envelope: envelope, index: UInt32(index), path: try found(TransactionTree.path(to: index, in: envelopes)))
        }
        #expect(try world.evidenceRefusal(self.charge(world, .repeatedTransaction(place(1, old)), envelopes: envelopes) { _ in }) == nil)
        #expect(
            try world.evidenceRefusal(self.charge(world, .repeatedTransaction(place(0, envelopes[0])), envelopes: envelopes) { _ in }) == .notRepeated
        )
        #expect(try world.evidenceRefusal(self.charge(world, .repeatedTransaction(place(0, old)), envelopes: envelopes) { _ in }) == .notInBlock)
    }

    @Test func `a repetition beyond the replay window is no offence`() throws {
        var world = try GovernanceWorld { $0.replayBlocks = 1 }
        try world.advance(to: 4)
        let envelopes = [world.blocks[0].envelopes[0]]
        let place = EnvelopePlace(envelope: envelopes[0], index: 0, path: [])
        #expect(try world.evidenceRefusal(self.charge(world, .repeatedTransaction(place), envelopes: envelopes) { _ in }) == .notRepeated)
    }

    @Test func `a malformed governance envelope in a proposal convicts, a right one or another contract's does not`() throws {
        var world = try self.world()
        func fault(_ envelope: [UInt8]) -> ProposalFault { .malformedGovernance(EnvelopePlace(envelope: envelope, index: 0, path: [])) }
        let malformed = try world.plainEnvelope("committee")
        #expect(try world.evidenceRefusal(self.charge(world, fault(malformed), envelopes: [malformed]) { _ in }) == nil)
        let right = try world.envelope(.heartbeat(height: 3))
        #expect(try world.evidenceRefusal(self.charge(world, fault(right), envelopes: [right]) { _ in }) == .noFault)
        let plain = try world.plainEnvelope()
        #expect(try world.evidenceRefusal(self.charge(world, fault(plain), envelopes: [plain]) { _ in }) == .noFault)
    }

    @Test func `a member that proposes in another's turn convicts itself`() throws {
        let world = try self.world()
        let proposer = try world.proposer(2)
        let other = proposer % 4 + 1
        #expect(try world.evidenceRefusal(.wrongProposer(world.proposal(BlockID(number: 1), height: 2, by: other))) == nil)
        #expect(try world.evidenceRefusal(.wrongProposer(world.proposal(BlockID(number: 1), height: 2))) == .itsOwnTurn)
        let forged = try world.signed(BlockProposal(height: 2, round: 0, id: BlockID(number: 1), validRound: -1, signer: other), by: proposer)
        #expect(try world.evidenceRefusal(.wrongProposer(forged)) == .wrongSignature)
        #expect(try world.evidenceRefusal(.wrongProposer(world.proposal(BlockID(number: 1), height: 2, by: 5))) == .notInOffice)
        let malformed = try world.signed(BlockProposal(height: 2, round: -1, id: BlockID(number: 1), validRound: -1, signer: other))
        #expect(try world.evidenceRefusal(.wrongProposer(malformed)) == .malformed)
        #expect(try world.evidenceRefusal(.wrongProposer(world.proposal(BlockID(number: 1), height: 6, by: other))) == .inTheFuture)
    }
}
