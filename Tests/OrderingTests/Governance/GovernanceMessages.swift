import CryptoPrimitives
import LedgerModel

@testable import Ordering

/// What members sign, truly and falsely.
extension GovernanceWorld {
    static func block(_ number: UInt64) -> BlockID { BlockID(number: number) }

    func key(_ id: UInt32) throws -> SigningKey { try found(self.keys[id]) }

    func signed(_ vote: Vote, form: BlockForm? = nil, by signer: UInt32? = nil, chain: [UInt8]? = nil, epoch: UInt64? = nil) throws -> SignedVote {
        let epoch = epoch ?? self.plane.term(at: vote.height)?.epoch ?? 0
        let bytes = try found(SignedVote(vote: vote, form: form, signature: []).signedBytes(chain: chain ?? self.chain, epoch: epoch))
        return SignedVote(vote: vote, form: form, signature: try self.key(signer ?? vote.signer).sign(bytes))
    }

    func prevote(
        _ signer: UInt32, _ block: UInt64?, height: UInt64 = 1, round: Round = 0, valid: Round = -1, by key: UInt32? = nil, chain: [UInt8]? = nil
    ) throws -> SignedVote {
        let choice = block.map { VoteChoice.prevote(Self.block($0), validRound: valid) } ?? .nil
        return try self.signed(Vote(height: height, round: round, kind: .prevote, choice: choice, signer: signer), by: key, chain: chain)
    }

    /// A precommit for a made-up block; equal numbers give equal blocks.
    func precommit(_ signer: UInt32, _ block: UInt8, height: UInt64 = 1, round: Round = 0, lastConfig: UInt64 = 0) throws -> SignedVote {
        let form = self.form(block, height: height, lastConfig: lastConfig)
        let id = try found(PrecommitFormat.blockID(of: form)).id
        return try self.signed(
            Vote(height: height, round: round, kind: .precommit, choice: .precommit(id, lastConfig: lastConfig), signer: signer), form: form)
    }

    func form(_ block: UInt8, height: UInt64, lastConfig: UInt64 = 0) -> BlockForm {
        let header = self.header([[block]], height: height, proposer: 1)
        return BlockForm(
            lastConfig: lastConfig,
            blockHeader: BlockHeaderFormat.encode(
                number: BlockNumber(height), previousHash: [UInt8](repeating: 1, count: 32), dataHash: [UInt8](repeating: block, count: 32)),
            extendedHeader: ExtendedHeaderFormat.encode(header))
    }

    func signed(_ proposal: BlockProposal, by signer: UInt32? = nil, chain: [UInt8]? = nil) throws -> SignedBlockProposal {
        let bytes = VoteFormat.signedBytes(proposal, chain: chain ?? self.chain, epoch: self.plane.term(at: proposal.height)?.epoch ?? 0)
        return SignedBlockProposal(proposal: proposal, signature: try self.key(signer ?? proposal.signer).sign(bytes))
    }

    func proposer(_ height: UInt64, _ round: Round = 0) throws -> UInt32 {
        try found(self.plane.term(at: height)?.schedule).proposer(height: height, round: round)
    }

    func proposal(_ id: BlockID, height: UInt64 = 1, round: Round = 0, valid: Round = -1, by signer: UInt32? = nil) throws -> SignedBlockProposal {
        try self.signed(
            BlockProposal(height: height, round: round, id: id, validRound: valid, signer: try signer ?? self.proposer(height, round)))
    }

    func attestation(_ signer: UInt32, root: UInt8, height: UInt64 = 1, by key: UInt32? = nil) throws -> SignedAttestation {
        let item = Attestation(
            height: height, blockID: Self.block(1), stateRoot: [UInt8](repeating: root, count: 32), validityRoot: [UInt8](repeating: 0, count: 32))
        return SignedAttestation(
            attestation: item, signer: signer, signature: try self.key(key ?? signer).sign(AttestationFormat.signedBytes(item, chain: self.chain)))
    }

    func receipt(for envelope: [UInt8], by ingress: UInt32, at height: UInt64, key: UInt32? = nil, chain: [UInt8]? = nil) throws -> SignedReceipt {
        let key = try self.key(key ?? ingress)
        return try found(
            try GovernanceSigning.receipt(
                for: envelope, ingress: ingress, height: height, deadline: height + 10, chain: chain ?? self.chain
            ) { (bytes) throws(CryptoError) in try key.sign(bytes) })
    }

    /// Two prevotes of one member in one round.
    func doublePrevote(_ signer: UInt32, height: UInt64 = 1, round: Round = 0) throws -> Misbehaviour {
        .consensus(.doubleVote(try self.prevote(signer, 1, height: height, round: round), try self.prevote(signer, 2, height: height, round: round)))
    }

    /// A consenter's member.
    func member(_ id: UInt32) throws -> MSPID { try found(self.plane.key(id)).member }
}
