import Identity
import LedgerModel

/// What every proposal must pass before anybody asks what it wants: its form, its times, and who made it (interop chapter 6).
struct ProposalChecks: Sendable {
    /// Who may propose here: the members of a channel, or of the node's own organisation.
    let membership: MembershipService

    static func parse(_ signed: SignedProposal) throws(EndorsementRefusal) -> ReceivedProposal {
        guard signed.proposalBytes.count <= EndorsementLimits.proposalBytes else { throw .tooLarge(sizeBytes: signed.proposalBytes.count) }
        do {
            return try ReceivedProposal(signed)
        } catch {
            throw .malformed(error)
        }
    }

    /// - Parameter now: The endorser's clock.
    func checkTimes(of proposal: ReceivedProposal, now: Timestamp) throws(EndorsementRefusal) {
        try self.checkExpiry(of: proposal.signatureHeader.creator, now: now)
        try self.checkTime(of: proposal, now: now)
    }

    /// Comes first, so that a member hears of this and not of what else is wrong; strangers are refused further on.
    private func checkExpiry(of creator: [UInt8], now: Timestamp) throws(EndorsementRefusal) {
        guard let member = try? self.membership.identity(creator), member.isExpired(at: now) else { return }
        throw .creatorExpired(member.mspID)
    }

    private func checkTime(of proposal: ReceivedProposal, now: Timestamp) throws(EndorsementRefusal) {
        guard let time = proposal.channelHeader.timestamp else { throw .badHeader(reason: "the channel header has no timestamp") }
        guard (0..<1_000_000_000).contains(time.nanoseconds) else {
            throw .badHeader(reason: "the timestamp in the channel header has \(time.nanoseconds) nanoseconds")
        }
        let window = EndorsementLimits.timeWindowSeconds
        let (difference, overflow) = time.seconds.subtractingReportingOverflow(now.seconds)
        guard !overflow, difference.magnitude <= UInt64(window) else { throw .outsideTimeWindow }
        // At the edge the nanoseconds decide.
        if difference == window, time.nanoseconds > now.nanoseconds { throw .outsideTimeWindow }
        if difference == -window, time.nanoseconds < now.nanoseconds { throw .outsideTimeWindow }
    }

    /// Type, epoch, nonce, creator, transaction id, and the creator's signature over the proposal's bytes.
    func creator(of proposal: ReceivedProposal, _ signed: SignedProposal) throws(EndorsementRefusal) -> VerifiedIdentity {
        let header = proposal.channelHeader
        guard header.kind == .endorserTransaction || header.kind == .config else {
            throw .badHeader(reason: "invalid header type \(header.type), a proposal has 3")
        }
        guard header.epoch == 0 else { throw .badHeader(reason: "invalid epoch in the channel header: \(header.epoch), must be 0") }
        let signer = proposal.signatureHeader
        guard !signer.nonce.isEmpty else { throw .badHeader(reason: "the signature header has no nonce") }
        guard !signer.creator.isEmpty else { throw .badHeader(reason: "the signature header has no creator") }
        guard header.transactionID == Formulas.transactionID(nonce: signer.nonce, creator: signer.creator) else { throw .wrongTransactionID }
        do {
            return try self.membership.verify(signed.signature, of: signed.proposalBytes, by: signer.creator)
        } catch {
            let organization = (try? SerializedIdentity(serialized: signer.creator).mspID) ?? MSPID("")
            throw .accessDenied(header.channelID, organization)
        }
    }
}
