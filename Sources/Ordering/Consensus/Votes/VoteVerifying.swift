import CryptoPrimitives
import Identity
import LedgerModel

/// Whether members signed what they are said to have signed; pure, and free of side effects.
package protocol VoteVerifying: Sendable {
    func isSigned(_ vote: SignedVote, epoch: UInt64) -> Bool
    func isSigned(_ proposal: SignedBlockProposal, epoch: UInt64) -> Bool
}

/// Checks signatures with the members' real keys.
package struct CommitteeKeys: VoteVerifying {
    /// The header hash of block 0.
    package let chain: [UInt8]
    private let keys: [UInt32: PublicKey]
    private let verifier: any SignatureVerifying

    /// - Parameters:
    ///   - keys: By consenter id; ids are never used twice, so keys of former members may stay.
    ///   - verifier: Does the arithmetic. A host may remember answers: the next block's certificate is made of votes that were seen before.
    package init(chain: [UInt8], keys: [UInt32: PublicKey], verifier: any SignatureVerifying = DirectSignatureVerifier()) {
        self.chain = chain
        self.keys = keys
        self.verifier = verifier
    }

    package func isSigned(_ vote: SignedVote, epoch: UInt64) -> Bool {
        guard let key = self.keys[vote.vote.signer], let bytes = vote.signedBytes(chain: self.chain, epoch: epoch) else { return false }
        return self.verifier.isValid(vote.signature, of: bytes, by: key)
    }

    package func isSigned(_ proposal: SignedBlockProposal, epoch: UInt64) -> Bool {
        guard let key = self.keys[proposal.proposal.signer] else { return false }
        let bytes = VoteFormat.signedBytes(proposal.proposal, chain: self.chain, epoch: epoch)
        return self.verifier.isValid(proposal.signature, of: bytes, by: key)
    }
}

extension SignedVote {
    /// The bytes that the signature is over; nil when a block's form does not belong to the vote, chain or epoch.
    package func signedBytes(chain: [UInt8], epoch: UInt64) -> [UInt8]? {
        guard self.vote.isBlockSignature else { return VoteFormat.signedBytes(self.vote, chain: chain, epoch: epoch) }
        guard let form = self.form else { return nil }
        return PrecommitFormat.signedBytes(self.vote, form: form, chain: chain, epoch: epoch)
    }
}
