import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel

/// The rules for blocks of our own ordering service, beyond Fabric's.
///
/// Value, identifier header and block header are signed back to back without lengths: a lenient reader would let a relay move bytes across
/// their borders, so each has exactly one form here.
extension BlockVerifier {
    func checkCanonical(
        _ block: OrderedBlock, _ signatures: BlockSignatures, after position: ChainPosition
    ) throws(BlockVerificationError) {
        func refuse(_ reason: String) -> BlockVerificationError { .notCanonical(block.number, reason: reason) }
        let (value, header) = try self.canonicalValue(of: block, signatures)
        let lastConfig = Self.isConfiguration(block) ? block.number.rawValue : position.lastConfig
        guard value.lastConfig == lastConfig else {
            throw refuse("it names block \(value.lastConfig) as the last configuration, which is \(lastConfig)")
        }
        try self.check(header, of: block, after: position, refuse)
        try self.checkParentCertificate(block.metadata(.orderer), after: position, refuse)
    }

    /// What the ordering service signed of a block beside its header, when all metadata is in the one form that it may have.
    func canonicalValue(
        of block: OrderedBlock, _ signatures: BlockSignatures
    ) throws(BlockVerificationError) -> (value: OrdererBlockMetadata, header: ExtendedHeader) {
        func refuse(_ reason: String) -> BlockVerificationError { .notCanonical(block.number, reason: reason) }
        guard block.metadata.count == BlockMetadataSlot.allCases.count else { throw refuse("has \(block.metadata.count) metadata slots, not 5") }
        guard signatures.slot() == block.metadata(.signatures) else { throw refuse("slot 0 is not in canonical form") }
        try self.checkSigners(signatures, refuse)
        let value: OrdererBlockMetadata
        let metadata: ConsenterMetadata
        do {
            value = try OrdererBlockMetadata(serialized: signatures.value)
            metadata = try ExtendedHeaderFormat.decode(value.consenterMetadata)
        } catch {
            throw .malformedSignatures(block.number, error)
        }
        guard value.serialized() == signatures.value else { throw refuse("the signed value is not in canonical form") }
        guard block.metadata(.lastConfig) == value.lastConfigSlot else { throw refuse("slot 1 contradicts slot 0") }
        return (value, metadata.header)
    }

    private func checkSigners(
        _ signatures: BlockSignatures, _ refuse: (String) -> BlockVerificationError
    ) throws(BlockVerificationError) {
        var last: UInt32 = 0
        for entry in signatures.entries {
            guard case .consenter(let id, let header) = entry.signer else { throw refuse("a signer carries its identity instead of its number") }
            var canonical = Common_IdentifierHeader()
            canonical.identifier = id
            guard header == canonical.encoded() else { throw refuse("the identifier header of consenter \(id) is not in canonical form") }
            // Ids begin at 1, so this also refuses 0.
            guard id > last else { throw refuse("its signers are not in ascending order of their numbers") }
            last = id
        }
    }

    private func check(
        _ header: ExtendedHeader, of block: OrderedBlock, after position: ChainPosition, _ refuse: (String) -> BlockVerificationError
    ) throws(BlockVerificationError) {
        let facts: [(String, Bool)] = [
            ("chain", header.chain == position.chain), ("parentID", header.parentID == position.blockID),
            ("txSeqBase", header.txSeqBase == position.nextSequence), ("timeMs", header.timeMs > position.timeMs),
        ]
        if let wrong = facts.first(where: { !$0.1 })?.0 ?? self.wrongOwnField(of: header, in: block) {
            throw refuse("\(wrong) of its extended header is wrong")
        }
        let wrong: String?
        do {
            // Whether the change is authorised is for the validator to see; here it decides who signs the next block.
            let successor = Self.isConfiguration(block) ? try ChannelBundle(block: block) : nil
            wrong = try CommitteeSuccession(after: position.metadata?.header, bundle: self.bundle).wrongField(of: header, successor: successor)
        } catch {
            throw refuse("its committee cannot be named: \(error)")
        }
        if let wrong { throw refuse("\(wrong) of its extended header is wrong") }
    }

    /// The first field of an extended header that block and configuration alone show to be wrong; nil when none is.
    func wrongOwnField(of header: ExtendedHeader, in block: OrderedBlock) -> String? {
        let facts: [(String, Bool)] = [
            ("height", header.height == block.number.rawValue),
            ("parentCommitHash", header.parentCommitHash == CommitCertificateFormat.hash(ofSlot: block.metadata(.orderer))),
            ("txCount", UInt64(header.txCount) == UInt64(block.envelopes.count)),
            ("txRoot", header.txRoot == TransactionTree.root(of: block.envelopes)),
            ("proposer", self.bundle.consenter(id: header.proposer) != nil), ("configSeq", header.configSeq == self.bundle.sequence),
            // Whoever follows governance compares the value; a channel without governance has none.
            ("govRoot", (header.govRoot == ExtendedHeader.zeroHash) == self.bundle.governance.isEmpty),
            // Without content in this version; a value here would be somebody's secret channel.
            ("evidenceRoot", header.evidenceRoot == ExtendedHeader.zeroHash),
            ("checkpointHeight", header.checkpointHeight == 0), ("checkpointRoot", header.checkpointRoot == ExtendedHeader.zeroHash),
        ]
        return facts.first { !$0.1 }?.0
    }

    /// The parent certificate must be complete and good: a block that passes on half a certificate would hide who signed.
    ///
    /// It is held against the committee that signed the parent, which after a configuration block is the former one.
    private func checkParentCertificate(
        _ slot: [UInt8], after position: ChainPosition, _ refuse: (String) -> BlockVerificationError
    ) throws(BlockVerificationError) {
        guard let parent = position.metadata else {
            guard slot.isEmpty else { throw refuse("slot 3 must be empty: block \(position.number) has no certificate") }
            return
        }
        guard let certificate = try? CommitCertificateFormat.decode(slot) else { throw refuse("slot 3 is not a certificate of the parent") }
        guard certificate.height == position.number.rawValue, certificate.blockID == position.blockID else {
            throw refuse("slot 3 is the certificate of another block")
        }
        let value = OrdererBlockMetadata(
            lastConfig: position.lastConfig,
            consenterMetadata: ExtendedHeaderFormat.encode(ConsenterMetadata(header: parent.header, round: certificate.round)))
        let valueBytes = value.serialized()
        let signers = self.authority.parentBundle
        var signed: [SignedMessage] = []
        for entry in certificate.entries {
            guard let consenter = signers.consenter(id: entry.consenter) else { throw refuse("slot 3 names a signer outside the committee") }
            var identifier = Common_IdentifierHeader()
            identifier.identifier = entry.consenter
            signed.append(
                SignedMessage(
                    identity: consenter.serializedIdentity, message: valueBytes + identifier.encoded() + position.headerBytes,
                    signature: entry.signature))
        }
        let accepted = signers.membership.acceptedIdentities(signed)
        guard accepted.count == signed.count else { throw refuse("slot 3 holds a wrong signature") }
        guard accepted.count >= CommitteeQuorum.size(of: signers.consenters.count) else { throw refuse("slot 3 lacks signatures of a quorum") }
    }
}
