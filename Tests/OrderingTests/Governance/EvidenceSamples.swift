import CryptoPrimitives
import LedgerModel
import TestSupport

@testable import Ordering

/// One piece of evidence of every code and variant, in a world where each of them convicts.
struct EvidenceSamples: Sendable {
    static let shared = Result { try EvidenceSamples() }
    static let names = [
        "E1 prevotes", "E1 precommits", "E1 nil", "E2", "E3", "E4 field", "E4 root", "E4 repeated", "E4 governance", "E5", "E6", "E7", "E8",
    ]

    /// Knows the answer to one query, for the rules around the proof; proofs themselves come with the tree of the state.
    struct OneAnswer: StateProofChecking {
        func provenResult(of query: [UInt8], height: UInt64, checkpoint: [UInt8], proof: [UInt8]) -> [UInt8]? { proof == [1] ? [42] : nil }
    }

    private(set) var world: GovernanceWorld
    private(set) var items: [String: Misbehaviour] = [:]
    let proofs = OneAnswer()

    init(_ change: (inout GovernanceSettings) -> Void = { _ in }) throws {
        var world = try GovernanceWorld {
            $0.censorshipTurns = 2
            change(&$0)
        }
        try world.advance(to: 2)
        let promised = try world.plainEnvelope()
        let receipt = try world.receipt(for: promised, by: 3, at: 2)
        try world.advance(to: 16)
        let late = try found((10...15 as ClosedRange<UInt64>).first { world.decided.decided($0)?.header.proposer == 3 })
        let answer = StateAnswer(query: [1], height: 1, result: [41], checkpoint: [UInt8](repeating: 0, count: 32))
        let old = world.blocks[0].envelopes[0]
        let pair = [try world.plainEnvelope(), old]
        let path = try found(TransactionTree.path(to: 1, in: pair))
        let malformed = try world.plainEnvelope("committee")
        self.items = [
            "E1 prevotes": try world.doublePrevote(2),
            "E1 precommits": .consensus(.doubleVote(try world.precommit(2, 1), try world.precommit(2, 2))),
            "E1 nil": .consensus(.doubleVote(try world.precommit(2, 1, height: 2), try world.nilPrecommit(2, height: 2))),
            "E2": .consensus(.doubleProposal(try world.proposal(BlockID(number: 1)), try world.proposal(BlockID(number: 2)))),
            "E3": .consensus(.lockViolation(precommit: try world.precommit(2, 1, round: 1), prevote: try world.prevote(2, 9, round: 2, valid: 0))),
            "E4 field": try world.charge(.field(.epoch)) { $0.epoch = 7 },
            "E4 root": try world.charge(.transactionRoot(envelopes: [old]), envelopes: [old]) { $0.txRoot = [UInt8](repeating: 1, count: 32) },
            "E4 repeated": try world.charge(.repeatedTransaction(EnvelopePlace(envelope: old, index: 1, path: path)), envelopes: pair),
            "E4 governance": try world.charge(
                .malformedGovernance(EnvelopePlace(envelope: malformed, index: 0, path: [])), envelopes: [malformed]),
            "E5": .wrongProposer(try world.proposal(BlockID(number: 1), height: 2, by: world.proposer(2) % 4 + 1)),
            "E6": .censorship(Censorship(receipt: receipt, envelope: promised, proposedAt: late)),
            "E7": .wrongAnswer(
                SignedStateAnswer(
                    answer: answer, signer: 2, signature: try world.key(2).sign(AttestationFormat.signedBytes(answer, chain: world.chain))),
                proof: [1]),
            "E8": .conflictingAttestation(try world.attestation(5, root: 1), try world.attestation(5, root: 2)),
        ]
        self.world = world
    }

    /// Why an item convicts nobody in the next block; nil when it does.
    func refusal(of item: Misbehaviour, in plane: ControlPlane? = nil) -> EvidenceRefusal? {
        let plane = plane ?? self.world.plane
        return plane.refusal(of: item, at: plane.height + 1, on: self.world.decided, proofs: self.proofs)
    }
}

extension GovernanceWorld {
    /// A precommit for nothing.
    func nilPrecommit(_ signer: UInt32, height: UInt64 = 1) throws -> SignedVote {
        try self.signed(Vote(height: height, round: 0, kind: .precommit, choice: .nil, signer: signer))
    }

    /// The charge that height 3's proposer proposed a block which would be right but for `change`.
    func charge(
        _ fault: ProposalFault, envelopes: [[UInt8]]? = nil, change: (inout ExtendedHeader) -> Void = { _ in }
    ) throws -> Misbehaviour {
        let real = self.blocks[2]
        let envelopes = envelopes ?? real.envelopes
        var header = try found(self.decided.decided(3)).header
        header.txRoot = TransactionTree.root(of: envelopes)
        header.txCount = UInt32(envelopes.count)
        change(&header)
        let der = BlockHeaderFormat.encode(number: 3, previousHash: real.previousHash, dataHash: Formulas.dataHash(of: envelopes))
        let id = try found(BlockID(ExtendedHeaderFormat.blockID(blockHeader: der, header: header)))
        return .invalidProposal(
            InvalidProposal(proposal: try self.proposal(id, height: 3), blockHeader: der, extendedHeader: header, fault: fault))
    }
}
