import CryptoPrimitives
import LedgerModel

/// E6: a receipt that was not honoured although its author made a block with room for the transaction.
///
/// A receipt binds under the configuration in which it was given: whatever the next one changes may have made its envelope one that no block
/// may hold, for a while or for good, and the member was right to drop it. Its client gets a new receipt for the asking.
extension Court {
    func refusal(of item: Censorship) -> EvidenceRefusal? {
        let receipt = item.receipt.receipt
        guard item.receipt.isSigned(by: self.key, chain: self.plane.chain) else { return .wrongSignature }
        guard SHA256.hash(item.envelope) == receipt.envelopeHash, let parts = EnvelopeParts(item.envelope),
            parts.promisedID(hash: receipt.envelopeHash) == receipt.transactionID
        else { return .malformed }
        let turns = self.plane.settings.censorshipTurns.multipliedReportingOverflow(by: UInt64(self.committee.members.count))
        let promised = receipt.height.addingReportingOverflow(turns.partialValue)
        guard !turns.overflow, !promised.overflow, item.proposedAt >= promised.partialValue, item.proposedAt < self.height else { return .tooEarly }
        guard let block = self.decided.decided(item.proposedAt), let parent = self.decided.decided(item.proposedAt - 1),
            let given = self.decided.decided(receipt.height &+ 1)
        else { return .unknownHeight }
        guard block.header.proposer == receipt.ingress else { return .notItsBlock }
        guard block.header.configSeq == self.plane.bundle.sequence, given.header.configSeq == block.header.configSeq else {
            return .otherConfiguration
        }
        if let included = self.decided.height(of: receipt.transactionID), included <= item.proposedAt { return .ordered }
        guard parts.header.kind != .configUpdate else { return self.refusal(ofRequest: parts, at: item.proposedAt, block, parent: parent) }
        return self.hasRoom(block, for: parts) ? self.refusal(ofDebt: parts, at: item.proposedAt, parent: parent) : .noRoom
    }

    private func hasRoom(_ block: DecidedHeight, for parts: EnvelopeParts) -> Bool {
        let batch = self.plane.bundle.batch
        return !block.isConfiguration && Int(block.header.txCount) < CommitteeBlocks.maxCount(batch)
            && block.payloadBytes + parts.envelope.sizeBytes <= CommitteeBlocks.preferredBytes(batch)
    }

    /// Whether the transaction could have stood in that block at all.
    private func refusal(ofDebt parts: EnvelopeParts, at height: UInt64, parent: DecidedHeight) -> EvidenceRefusal? {
        guard parts.hasDerivedID, case .other = GovernanceEnvelope.read(parts.envelope.serialized()) else { return .notOwed }
        return self.isTakenAtDoor(parts, at: height, parent) ? nil : .notOwed
    }

    /// Whether the block should have been the configuration that a request leads to.
    ///
    /// Requests go before all else, but after a configuration transactions have their turn.
    private func refusal(ofRequest parts: EnvelopeParts, at height: UInt64, _ block: DecidedHeight, parent: DecidedHeight) -> EvidenceRefusal? {
        guard !block.isConfiguration, !parent.isConfiguration else { return .noRoom }
        guard self.isTakenAtDoor(parts, at: height, parent),
            RequestRules(bundle: self.plane.bundle, plane: self.plane).isOwed(parts.envelope)
        else { return .notOwed }
        return nil
    }

    private func isTakenAtDoor(_ parts: EnvelopeParts, at height: UInt64, _ parent: DecidedHeight) -> Bool {
        guard !self.plane.isWarmingUp(height), let time = parts.header.timestamp?.millisecondsSince1970 else { return false }
        let parentMs = parent.header.timeMs
        let distance = time > parentMs ? time - parentMs : parentMs - time
        guard distance <= self.plane.settings.transactionMaxAgeMs else { return false }
        let now = Timestamp(seconds: Int64(clamping: parentMs / 1_000), nanoseconds: Int32(parentMs % 1_000) * 1_000_000)
        return (try? BroadcastChecks(bundle: self.plane.bundle, takesUpdates: true).check(parts.envelope, now: now)) != nil
    }
}
