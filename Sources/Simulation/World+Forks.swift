import Ordering

/// What honest members can prove together after a fork that more than f liars have brought about (1.4).
extension World {
    /// Keeps what an honest node keeps until evidence of the height expires; a crash does not take it away, it was there before the vote.
    mutating func archive(_ certificate: VoteCertificate) {
        if !self.archived.contains(certificate) { self.archived.append(certificate) }
    }

    /// Two blocks are decided at one height: n - 2f members have to be guilty by their own signatures, and nobody honest.
    mutating func convict(at height: UInt64) {
        self.isForked = true
        let proofs = ForkInquiry.evidence(in: self.archived.filter { $0.height == height })
        var culprits: [UInt32] = []
        for proof in proofs {
            self.judge(proof)
            let offender = proof.identity.offender
            if !culprits.contains(offender) { culprits.append(offender) }
        }
        let (least, found) = (Int(self.plan.members) - 2 * self.plan.faults, culprits.count)
        self.count { $0.culprits = found }
        self.say { "\($0.now) ms: a fork at height \(height) convicts \(culprits.sorted())" }
        if found < least { self.violate(.accountability, "a fork at height \(height) convicts \(found) members of at least \(least)") }
    }
}

/// Compares all votes of a height's certificates with each other.
enum ForkInquiry {
    /// One proof for each member and offence.
    static func evidence(in certificates: [VoteCertificate]) -> [Evidence] {
        var votes: [UInt32: [SignedVote]] = [:]
        for vote in certificates.flatMap(\.votes) where !votes[vote.vote.signer, default: []].contains(where: { $0.vote == vote.vote }) {
            votes[vote.vote.signer, default: []].append(vote)
        }
        var found: [Evidence] = []
        for signer in votes.keys.sorted() {
            let given = votes[signer] ?? []
            for (index, first) in given.enumerated() {
                for second in given[(index + 1)...] {
                    guard let proof = self.contradiction(first, second) else { continue }
                    if !found.contains(where: { $0.identity == proof.identity }) { found.append(proof) }
                }
            }
        }
        return found
    }

    private static func contradiction(_ first: SignedVote, _ second: SignedVote) -> Evidence? {
        if first.vote.round == second.vote.round, first.vote.kind == second.vote.kind { return .doubleVote(first, second) }
        let (earlier, later) = first.vote.round < second.vote.round ? (first, second) : (second, first)
        return earlier.vote.contradictsLock(of: later.vote) ? .lockViolation(precommit: earlier, prevote: later) : nil
    }
}
