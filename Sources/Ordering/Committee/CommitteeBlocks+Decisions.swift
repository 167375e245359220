import LedgerModel

/// Decided blocks: a candidate with the signatures of exactly a quorum in slot 0.
extension CommitteeBlocks {
    /// Joins a candidate with its commit. Of more signatures than a quorum the first ones are taken, in ascending order of their signers.
    ///
    /// - Throws: `MessageError` when the commit is not the candidate's.
    package func block(_ candidate: CandidateBlock, commit: VoteCertificate) throws(MessageError) -> OrderedBlock {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "commit", reason: reason) }
        guard commit.kind == .precommit, commit.choice == .precommit(candidate.id, lastConfig: candidate.form.lastConfig),
            commit.form == candidate.form, commit.entries.count >= self.committee.quorum
        else { throw refuse("it is not a quorum's for this block") }
        guard let value = PrecommitFormat.value(of: candidate.form, round: commit.round) else { throw refuse("its round is out of range") }
        let entries = commit.entries.prefix(self.committee.quorum).map { entry in
            BlockSignatures.Entry(
                signer: .consenter(entry.consenter, header: PrecommitFormat.identifierHeader(of: entry.consenter)), signature: entry.signature)
        }
        return candidate.block.with(.signatures, BlockSignatures(value: value, entries: entries).slot())
    }

    /// Takes a decided block apart into candidate and commit; neither has been believed yet.
    ///
    /// - Throws: `MessageError` when it is not a block of a committee in its one form.
    package func decision(_ block: OrderedBlock) throws(MessageError) -> (candidate: CandidateBlock, commit: VoteCertificate) {
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        let value = try OrdererBlockMetadata(serialized: signatures.value)
        let metadata = try ExtendedHeaderFormat.decode(value.consenterMetadata)
        let first = OrdererBlockMetadata(
            lastConfig: value.lastConfig, consenterMetadata: ExtendedHeaderFormat.encode(ConsenterMetadata(header: metadata.header, round: 0)))
        let candidate = try CandidateBlock(
            block.with(.signatures, BlockSignatures(value: first.serialized(), entries: []).slot()))
        let certificate = try CommitCertificate(of: block)
        guard let round = Round(exactly: certificate.round) else { throw MessageError(part: "commit", reason: "its round is out of range") }
        let commit = VoteCertificate(
            height: certificate.height, round: round, kind: .precommit, choice: .precommit(candidate.id, lastConfig: candidate.form.lastConfig),
            form: candidate.form, entries: certificate.entries)
        // Whatever was dropped while taking it apart must not have been there.
        guard certificate.entries.count <= ConsensusLimits.members, try self.block(candidate, commit: commit) == block else {
            throw MessageError(part: "commit", reason: "the block's signatures are not exactly a quorum's in canonical form")
        }
        return (candidate, commit)
    }

    /// The signatures of a stored block as slot 3 of the next one; empty after block 0.
    package static func parentCertificate(of block: OrderedBlock) throws(MessageError) -> [UInt8] {
        guard block.number > 0 else { return [] }
        guard let bytes = CommitCertificateFormat.encode(try CommitCertificate(of: block)) else {
            throw MessageError(part: "block signatures", reason: "cannot be written as a certificate")
        }
        return bytes
    }
}
