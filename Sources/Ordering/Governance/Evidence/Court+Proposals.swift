import CryptoPrimitives
import LedgerModel

/// E4: proposals of blocks that break a rule anybody can check.
///
/// Fields that follow from the chain below a block have one value in all valid blocks of a height, so they are compared with the block that was
/// decided there. Only re-proposals and fresh proposals of the proposer itself are judged: whoever relays a block signs nothing.
extension Court {
    func refusal(of item: InvalidProposal) -> EvidenceRefusal? {
        let proposal = item.proposal.proposal
        guard item.blockHeader.count <= ConsensusLimits.blockHeaderBytes, item.id == proposal.id else { return .malformed }
        if let refusal = self.refusal(of: item.proposal) { return refusal }
        guard self.schedule.proposer(height: proposal.height, round: proposal.round) == proposal.signer else { return .notItsTurn }
        switch item.fault {
        case .field(let field): return self.refusal(of: field, in: item)
        case .transactionRoot(let envelopes): return self.refusal(ofRoot: item, envelopes)
        case .repeatedTransaction(let place):
            guard place.isIn(item.extendedHeader) else { return .notInBlock }
            guard let parts = EnvelopeParts(place.envelope) else { return .malformed }
            // A configuration has no id in its header and follows from the chain: the rule is not for it.
            guard parts.header.kind == .endorserTransaction, let earlier = self.decided.height(of: parts.header.transactionID),
                earlier < proposal.height, proposal.height - earlier <= UInt64(self.plane.settings.replayBlocks),
                self.isRemembered(earlier, at: proposal.height)
            else { return .notRepeated }
            return nil
        case .malformedGovernance(let place):
            guard place.isIn(item.extendedHeader) else { return .notInBlock }
            guard case .malformed = GovernanceEnvelope.read(place.envelope) else { return .noFault }
            return nil
        }
    }

    private func refusal(of field: HeaderField, in item: InvalidProposal) -> EvidenceRefusal? {
        let header = item.extendedHeader
        let height = item.proposal.proposal.height
        func verdict(_ isFaulty: Bool) -> EvidenceRefusal? { isFaulty ? nil : .noFault }
        switch field {
        case .chain: return verdict(header.chain != self.plane.chain)
        case .height: return verdict(header.height != height || !self.hasNumber(height, item))
        case .epoch: return verdict(header.epoch != self.term.epoch)
        case .emptyBlock: return verdict(header.txCount == 0)
        case .committeeHash:
            guard let hash = self.plane.committeeHash(at: height) else { return .unknownHeight }
            return verdict(header.committeeHash != hash)
        case .time:
            guard height > 1, let parent = self.decided.decided(height - 1) else { return .unknownHeight }
            return verdict(header.timeMs <= parent.header.timeMs)
        case .parentID, .previousHash, .nextCommitteeHash, .govRoot, .sequenceBase, .configSequence:
            guard let block = self.decided.decided(height) else { return .unknownHeight }
            switch field {
            case .parentID: return verdict(header.parentID != block.header.parentID)
            case .nextCommitteeHash: return verdict(header.nextCommitteeHash != block.header.nextCommitteeHash)
            case .govRoot: return verdict(header.govRoot != block.header.govRoot)
            case .sequenceBase: return verdict(header.txSeqBase != block.header.txSeqBase)
            case .configSequence: return verdict(header.configSeq != block.header.configSeq)
            default: return verdict(Self.previousHash(item.blockHeader) != Self.previousHash(block.blockHeader))
            }
        }
    }

    /// Whether the DER of Fabric's header is one of this number.
    private func hasNumber(_ height: UInt64, _ item: InvalidProposal) -> Bool {
        guard let parts = HeaderParts(item.blockHeader) else { return false }
        return BlockHeaderFormat.encode(number: BlockNumber(height), previousHash: parts.previousHash, dataHash: parts.dataHash) == item.blockHeader
    }

    private static func previousHash(_ blockHeader: [UInt8]) -> [UInt8]? { HeaderParts(blockHeader)?.previousHash }

    private func refusal(ofRoot item: InvalidProposal, _ envelopes: [[UInt8]]) -> EvidenceRefusal? {
        guard let parts = HeaderParts(item.blockHeader), parts.dataHash == Formulas.dataHash(of: envelopes) else { return .notInBlock }
        // The data hash is over the envelopes without their lengths: only whole envelopes in their one form can be cut from it in one way.
        guard envelopes.allSatisfy(Self.isWhole) else { return .malformed }
        let header = item.extendedHeader
        let isRight = UInt64(header.txCount) == UInt64(envelopes.count) && header.txRoot == TransactionTree.root(of: envelopes)
        return isRight ? .noFault : nil
    }

    private static func isWhole(_ serialized: [UInt8]) -> Bool {
        guard let envelope = try? Envelope(serialized: serialized) else { return false }
        return !envelope.payload.isEmpty && !envelope.signature.isEmpty && envelope.serialized() == serialized
    }

    /// Whether every member certainly remembers the transaction ids of a height: blocks may have been larger once than they may be now.
    private func isRemembered(_ earlier: UInt64, at height: UInt64) -> Bool {
        guard let first = self.decided.decided(earlier)?.header, let last = self.decided.decided(height - 1)?.header else { return false }
        let end = last.txSeqBase.addingReportingOverflow(UInt64(last.txCount))
        return !end.overflow && end.partialValue >= first.txSeqBase
            && end.partialValue - first.txSeqBase <= UInt64(OrderingLimits.replayTransactions)
    }
}

/// The two hashes at the end of a header's DER: 04 20 | previous hash | 04 20 | data hash.
private struct HeaderParts {
    let previousHash: [UInt8]
    let dataHash: [UInt8]

    init?(_ der: [UInt8]) {
        guard der.count >= 68 else { return nil }
        let tail = Array(der.suffix(68))
        guard tail[0] == 0x04, tail[1] == 0x20, tail[34] == 0x04, tail[35] == 0x20 else { return nil }
        self.previousHash = Array(tail[2..<34])
        self.dataHash = Array(tail[36...])
    }
}
