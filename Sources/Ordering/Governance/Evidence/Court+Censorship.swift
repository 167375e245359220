import CryptoPrimitives
import LedgerModel

/// E6: a receipt that was not honoured although its author made a block with room for the transaction.
extension Court {
    func refusal(of item: Censorship) -> EvidenceRefusal? {
        let receipt = item.receipt.receipt
        guard item.receipt.isSigned(by: self.key, chain: self.plane.chain) else { return .wrongSignature }
        guard SHA256.hash(item.envelope) == receipt.envelopeHash, let parts = EnvelopeParts(item.envelope),
            parts.header.transactionID == receipt.transactionID
        else { return .malformed }
        let turns = self.plane.settings.censorshipTurns.multipliedReportingOverflow(by: UInt64(self.committee.members.count))
        let promised = receipt.height.addingReportingOverflow(turns.partialValue)
        guard !turns.overflow, !promised.overflow, item.proposedAt >= promised.partialValue, item.proposedAt < self.height else { return .tooEarly }
        guard let block = self.decided.decided(item.proposedAt), let parent = self.decided.decided(item.proposedAt - 1) else { return .unknownHeight }
        guard block.header.proposer == receipt.ingress else { return .notItsBlock }
        guard block.header.configSeq == self.plane.bundle.sequence else { return .otherConfiguration }
        if let included = self.decided.height(of: receipt.transactionID), included <= item.proposedAt { return .ordered }
        return self.hasRoom(block, for: parts) ? self.refusal(ofDebt: parts, at: item.proposedAt, parent: parent) : .noRoom
    }

    private func hasRoom(_ block: DecidedHeight, for parts: EnvelopeParts) -> Bool {
        let batch = self.plane.bundle.batch
        return !block.isConfiguration && Int(block.header.txCount) < CommitteeBlocks.maxCount(batch)
            && block.payloadBytes + parts.envelope.sizeBytes <= CommitteeBlocks.preferredBytes(batch)
    }

    /// Whether the transaction could have stood in that block at all.
    private func refusal(ofDebt parts: EnvelopeParts, at height: UInt64, parent: DecidedHeight) -> EvidenceRefusal? {
        guard parts.hasDerivedID, !self.plane.isWarmingUp(height), case .other = GovernanceEnvelope.read(parts.envelope.serialized()),
            let time = parts.header.timestamp?.millisecondsSince1970
        else { return .notOwed }
        let parentMs = parent.header.timeMs
        let distance = time > parentMs ? time - parentMs : parentMs - time
        guard distance <= self.plane.settings.transactionMaxAgeMs else { return .notOwed }
        let now = Timestamp(seconds: Int64(clamping: parentMs / 1_000), nanoseconds: Int32(parentMs % 1_000) * 1_000_000)
        guard (try? BroadcastChecks(bundle: self.plane.bundle).check(parts.envelope, now: now)) != nil else { return .notOwed }
        return nil
    }
}
