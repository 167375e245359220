import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// E6, E7 and E8.
@Suite struct EvidenceServiceTests {
    /// A chain where member `ingress` gave a receipt at height 2 and went on for 8 turns of 4 without ordering the transaction.
    private struct Case {
        var world: GovernanceWorld
        let envelope: [UInt8]
        let receipt: SignedReceipt
        let ingress: UInt32
        let late: UInt64

        var item: Censorship { Censorship(receipt: self.receipt, envelope: self.envelope, proposedAt: self.late) }
    }

    private func makeCase(_ change: (inout GovernanceSettings) -> Void = { _ in }) throws -> Case {
        var world = try GovernanceWorld {
            $0.censorshipTurns = 2
            change(&$0)
        }
        try world.advance(to: 2)
        let envelope = try world.plainEnvelope()
        let ingress: UInt32 = 3
        let receipt = try world.receipt(for: envelope, by: ingress, at: 2)
        try world.advance(to: 16)
        let late = try found((10...15).first { world.decided.decided($0)?.header.proposer == ingress })
        return Case(world: world, envelope: envelope, receipt: receipt, ingress: ingress, late: UInt64(late))
    }

    @Test func `a receipt that was not honoured in the promised turns convicts its author`() throws {
        let made = try self.makeCase()
        #expect(try made.world.evidenceRefusal(.censorship(made.item)) == nil)
    }

    @Test func `a receipt that is forged, of another chain, or for another envelope proves nothing`() throws {
        var made = try self.makeCase()
        let world = made.world
        func charge(_ receipt: SignedReceipt, _ envelope: [UInt8]? = nil) throws -> EvidenceRefusal? {
            try world.evidenceRefusal(.censorship(Censorship(receipt: receipt, envelope: envelope ?? made.envelope, proposedAt: made.late)))
        }
        #expect(try charge(world.receipt(for: made.envelope, by: 3, at: 2, key: 2)) == .wrongSignature)
        #expect(try charge(world.receipt(for: made.envelope, by: 3, at: 2, chain: [UInt8](repeating: 1, count: 32))) == .wrongSignature)
        #expect(try charge(SignedReceipt(receipt: made.receipt.receipt, signature: made.receipt.signature + [0])) == .wrongSignature)
        let other = try made.world.plainEnvelope()
        #expect(try charge(made.receipt, other) == .malformed)
        #expect(try charge(world.receipt(for: made.envelope, by: 5, at: 2)) == .notInOffice)
    }

    @Test func `a block that is too early, another's, full, or not there proves nothing`() throws {
        let made = try self.makeCase()
        func charge(_ height: UInt64) throws -> EvidenceRefusal? {
            try made.world.evidenceRefusal(.censorship(Censorship(receipt: made.receipt, envelope: made.envelope, proposedAt: height)))
        }
        #expect(try charge(9) == .tooEarly)
        #expect(try charge(99) == .tooEarly)
        #expect(try charge(made.late + 1) == .notItsBlock)
        var full = made.world
        let block = try found(full.decided.decided(made.late))
        var header = block.header
        header.txCount = 10
        full.decided.heights[made.late] = DecidedHeight(
            id: block.id, header: header, blockHeader: block.blockHeader, payloadBytes: block.payloadBytes, isConfiguration: false)
        #expect(try full.evidenceRefusal(.censorship(made.item)) == .noRoom)
        full.decided.heights[made.late] = DecidedHeight(
            id: block.id, header: block.header, blockHeader: block.blockHeader, payloadBytes: 99_999, isConfiguration: false)
        #expect(try full.evidenceRefusal(.censorship(made.item)) == .noRoom)
        full.decided.heights[made.late] = DecidedHeight(
            id: block.id, header: block.header, blockHeader: block.blockHeader, payloadBytes: block.payloadBytes, isConfiguration: true)
        #expect(try full.evidenceRefusal(.censorship(made.item)) == .noRoom)
        header = block.header
        header.configSeq = 9
        full.decided.heights[made.late] = DecidedHeight(
            id: block.id, header: header, blockHeader: block.blockHeader, payloadBytes: 0, isConfiguration: false)
        #expect(try full.evidenceRefusal(.censorship(made.item)) == .otherConfiguration)
        full.decided.heights[made.late] = nil
        #expect(try full.evidenceRefusal(.censorship(made.item)) == .unknownHeight)
    }

    @Test func `a transaction that was ordered in time, or that nobody had to order, proves nothing`() throws {
        var made = try self.makeCase()
        var ordered = made.world
        ordered.decided.transactions[made.receipt.receipt.transactionID] = 5
        #expect(try ordered.evidenceRefusal(.censorship(made.item)) == .ordered)
        ordered.decided.transactions[made.receipt.receipt.transactionID] = made.late + 1
        #expect(try ordered.evidenceRefusal(.censorship(made.item)) == nil)
        func charge(_ envelope: [UInt8]) throws -> EvidenceRefusal? {
            let receipt = try made.world.receipt(for: envelope, by: made.ingress, at: 2)
            return try made.world.evidenceRefusal(.censorship(Censorship(receipt: receipt, envelope: envelope, proposedAt: made.late)))
        }
        let old = try made.world.plainEnvelope(time: made.world.timeMs(2) - 9_000_000)
        #expect(try charge(old) == .notOwed)
        let governance = try made.world.envelope(.heartbeat(height: 5))
        #expect(try charge(governance) == .notOwed)
        var unsigned = try Envelope(serialized: made.envelope)
        unsigned.signature = try Envelope(serialized: old).signature
        #expect(try charge(unsigned.serialized()) == .notOwed)
    }

    @Test func `below the service threshold nothing is owed`() throws {
        var made = try self.makeCase()
        made.world.plane.settings.serviceThreshold = 1_000
        #expect(try made.world.evidenceRefusal(.censorship(made.item)) == .notOwed)
    }

    // MARK: - E8

    @Test func `two attestations of one height with different roots convict producers and audit nodes`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 2)
        for signer in [UInt32(2), 5] {
            #expect(try world.evidenceRefusal(.conflictingAttestation(world.attestation(signer, root: 1), world.attestation(signer, root: 2))) == nil)
        }
        #expect(try world.evidenceRefusal(.conflictingAttestation(world.attestation(7, root: 1), world.attestation(7, root: 2))) == .notInOffice)
        #expect(try world.evidenceRefusal(.conflictingAttestation(world.attestation(2, root: 1), world.attestation(2, root: 1))) == .sameContent)
        #expect(
            try world.evidenceRefusal(.conflictingAttestation(world.attestation(2, root: 1), world.attestation(2, root: 2, height: 2)))
                == .noContradiction)
        #expect(try world.evidenceRefusal(.conflictingAttestation(world.attestation(2, root: 1), world.attestation(3, root: 2))) == .noContradiction)
        #expect(
            try world.evidenceRefusal(.conflictingAttestation(world.attestation(2, root: 1), world.attestation(2, root: 2, by: 3)))
                == .wrongSignature)
    }

    // MARK: - E7

    /// Knows the answer to one query, for the checks around the proof; proofs themselves come with the tree of the state.
    private struct OneAnswer: StateProofChecking {
        func provenResult(of query: [UInt8], height: UInt64, checkpoint: [UInt8], proof: [UInt8]) -> [UInt8]? { proof == [1] ? [42] : nil }
    }

    private func answer(_ world: GovernanceWorld, _ result: [UInt8], by key: UInt32 = 2) throws -> SignedStateAnswer {
        let item = StateAnswer(query: [1], height: 1, result: result, checkpoint: [UInt8](repeating: 0, count: 32))
        return SignedStateAnswer(answer: item, signer: 2, signature: try world.key(key).sign(AttestationFormat.signedBytes(item, chain: world.chain)))
    }

    @Test func `without proofs of the state no answer can be convicted`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 2)
        #expect(try world.evidenceRefusal(.wrongAnswer(self.answer(world, [41]), proof: [1])) == .notProvable)
    }

    @Test func `an answer convicts when a proof establishes another one, and only its author`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 2)
        let proofs = OneAnswer()
        #expect(try world.evidenceRefusal(.wrongAnswer(self.answer(world, [41]), proof: [1]), proofs: proofs) == nil)
        #expect(try world.evidenceRefusal(.wrongAnswer(self.answer(world, [42]), proof: [1]), proofs: proofs) == .rightAnswer)
        #expect(try world.evidenceRefusal(.wrongAnswer(self.answer(world, [41]), proof: [2]), proofs: proofs) == .rightAnswer)
        #expect(try world.evidenceRefusal(.wrongAnswer(self.answer(world, [41], by: 3), proof: [1]), proofs: proofs) == .wrongSignature)
    }
}
