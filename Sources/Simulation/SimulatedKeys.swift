import Ordering

/// Signatures that cost nothing and that nobody can forge here: eight bytes mixed from the content and from a secret of the signer.
///
/// The world signs for honest members only what their replicas ask for, and for liars whatever they want; so it always knows who signed what.
struct SimulatedKeys: VoteVerifying {
    /// Drawn from the seed of the world.
    let secret: UInt64

    func isSigned(_ vote: SignedVote, epoch: UInt64) -> Bool {
        self.isSignature(vote.signature, Self.content(of: vote.vote, epoch: epoch), vote.vote.signer)
    }

    func isSigned(_ proposal: SignedBlockProposal, epoch: UInt64) -> Bool {
        self.isSignature(proposal.signature, Self.content(of: proposal.proposal, epoch: epoch), proposal.proposal.signer)
    }

    func signature(of content: UInt64, by signer: UInt32) -> [UInt8] {
        let word = self.word(content, signer)
        return (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 &* 8)) }
    }

    /// What is signed, in 64 bits.
    static func content(of request: SignRequest, epoch: UInt64) -> UInt64 {
        switch request {
        case .proposal(let proposal, _): self.content(of: proposal, epoch: epoch)
        case .vote(let vote, _): self.content(of: vote, epoch: epoch)
        }
    }

    static func content(of vote: Vote, epoch: UInt64) -> UInt64 {
        var word = self.mix(vote.height &* 4 &+ UInt64(vote.kind.rawValue), epoch)
        word = self.mix(word, UInt64(UInt32(bitPattern: vote.round)) << 32 | UInt64(UInt32(bitPattern: vote.choice.validRound)))
        return self.mix(self.mix(word, vote.choice.id.map { self.word(of: $0) } ?? .max), vote.choice.lastConfig)
    }

    static func content(of proposal: BlockProposal, epoch: UInt64) -> UInt64 {
        var word = self.mix(proposal.height &* 4, epoch)
        word = self.mix(word, UInt64(UInt32(bitPattern: proposal.round)) << 32 | UInt64(UInt32(bitPattern: proposal.validRound)))
        return self.mix(word, self.word(of: proposal.id))
    }

    /// Ids of blocks that exist are numbers; one that a liar has changed elsewhere is another id.
    private static func word(of id: BlockID) -> UInt64 {
        id == BlockID(number: id.number) ? id.number : id.bytes.reduce(0) { self.mix($0, UInt64($1)) }
    }

    private func isSignature(_ bytes: [UInt8], _ content: UInt64, _ signer: UInt32) -> Bool {
        guard bytes.count == 8 else { return false }
        var word: UInt64 = 0
        for byte in bytes.reversed() { word = word << 8 | UInt64(byte) }
        return word == self.word(content, signer)
    }

    private func word(_ content: UInt64, _ signer: UInt32) -> UInt64 { Self.mix(content ^ self.secret, UInt64(signer)) }

    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        var word = (left ^ (right &+ 0x9E37_79B9_7F4A_7C15 &+ (left << 6))) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 29)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 32)
    }
}
