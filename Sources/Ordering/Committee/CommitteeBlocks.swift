import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// The blocks of one committee: makes candidates, judges them, and joins them with the committee's signatures (consensus 0.1).
///
/// Everything here is a pure function of the channel configuration, the parent block and the bytes; the clock only enters a new block's time.
package struct CommitteeBlocks: Sendable {
    private static let validationPolicy = "/Channel/Orderer/BlockValidation"

    package let bundle: ChannelBundle
    package let committee: Committee
    package let schedule: ProposerSchedule
    package let keys: CommitteeKeys
    package let checks: BroadcastChecks
    private let identities: [UInt32: IdentityID]
    private let committeeHash: [UInt8]

    /// - Parameter chain: The header hash of block 0.
    /// - Throws: `OrderingError.notTheCommittee` when the configuration's consenters cannot be a committee whose quorum makes blocks valid.
    package init(bundle: ChannelBundle, chain: [UInt8]) throws(OrderingError) {
        guard let committee = Committee(epoch: 0, members: bundle.consenters.map(\.id)), let schedule = ProposerSchedule(order: committee.members)
        else { throw .notTheCommittee(reason: "its consenters have no ids, equal ids, or are too many") }
        var members: [CommitteeHashFormat.Member] = []
        var keys: [UInt32: PublicKey] = [:]
        var identities: [UInt32: IdentityID] = [:]
        var verified: [VerifiedIdentity] = []
        let result: PolicyResult
        do {
            for consenter in bundle.consenters {
                let identity = try bundle.membership.identity(consenter.serializedIdentity)
                members.append(CommitteeHashFormat.Member(consenter: consenter.id, mspID: consenter.mspID, publicKey: identity.publicKey.spkiDER))
                keys[consenter.id] = identity.publicKey
                identities[consenter.id] = identity.id
                if verified.count < committee.quorum { verified.append(identity) }
            }
            result = try bundle.evaluate(policy: Self.validationPolicy, identities: verified)
        } catch {
            throw .notTheCommittee(reason: "\(error)")
        }
        if case .unsatisfied(let missing) = result { throw .notTheCommittee(reason: "its quorum does not satisfy BlockValidation: \(missing)") }
        self.bundle = bundle
        self.committee = committee
        self.schedule = schedule
        self.keys = CommitteeKeys(chain: chain, keys: keys)
        self.checks = BroadcastChecks(bundle: bundle)
        self.identities = identities
        self.committeeHash = CommitteeHashFormat.hash(epoch: 0, members: members)
    }

    /// The consenter id of a member.
    package func consenter(of identity: SigningIdentity) throws(OrderingError) -> UInt32 {
        let verified: VerifiedIdentity
        do {
            verified = try self.bundle.membership.identity(identity.serialized)
        } catch {
            throw .notTheCommittee(reason: "\(error)")
        }
        guard let id = self.committee.members.first(where: { self.identities[$0] == verified.id }) else {
            throw .notTheCommittee(reason: "\(identity) is no consenter of the channel")
        }
        return id
    }

    /// Makes a candidate.
    ///
    /// - Parameters:
    ///   - parentCertificate: The parent's signatures as slot 3 has them; see `parentCertificate(of:)`.
    ///   - now: Becomes the block's time if it is later than the parent's.
    package func candidate(
        _ envelopes: [CheckedEnvelope], after position: ChainPosition, parentCertificate: [UInt8], proposer: UInt32, now: Timestamp
    ) throws(OrderingError) -> CandidateBlock {
        guard !envelopes.isEmpty else { throw .emptyBatch }
        guard let number = position.number.next, let sequence = position.nextSequence, position.timeMs < .max,
            let count = UInt32(exactly: envelopes.count)
        else { throw .exhausted(position.number) }
        let block = OrderedBlock(number: number, previousHash: position.headerHash, envelopes: envelopes.map(\.serialized))
        let header = ExtendedHeader(
            chain: position.chain, height: number.rawValue, parentID: position.blockID,
            parentCommitHash: CommitCertificateFormat.hash(ofSlot: parentCertificate), txRoot: TransactionTree.root(of: block.envelopes),
            txCount: count, txSeqBase: sequence, timeMs: max(now.millisecondsSince1970, position.timeMs + 1), proposer: proposer,
            committeeHash: self.committeeHash, configSeq: self.bundle.sequence)
        do {
            return try CandidateBlock(unsigned: block, header: header, lastConfig: position.lastConfig, parentCertificate: parentCertificate)
        } catch {
            throw .unusableLastBlock(position.number, reason: error.description)
        }
    }

    /// The validity predicate: the first rule that a candidate breaks; nil when it may follow the parent.
    package func fault(in candidate: CandidateBlock, after position: ChainPosition, rules: ReplayRules) -> CandidateFault? {
        do throws(CandidateFault) {
            try self.checkHeaders(candidate, after: position)
            try self.checkParentCertificate(candidate.block.metadata(.orderer), after: position)
            try self.checkEnvelopes(candidate, after: position, rules: rules)
            return nil
        } catch {
            return error
        }
    }

    private func checkHeaders(_ candidate: CandidateBlock, after position: ChainPosition) throws(CandidateFault) {
        let (block, header) = (candidate.block, candidate.header)
        let zero = ExtendedHeader.zeroHash
        let facts: [(String, Bool)] = [
            ("number", block.number == position.number.next), ("previous hash", block.previousHash == position.headerHash),
            ("last configuration", candidate.form.lastConfig == position.lastConfig), ("chain", header.chain == position.chain),
            ("height", header.height == block.number.rawValue), ("parentID", header.parentID == position.blockID),
            ("parentCommitHash", header.parentCommitHash == CommitCertificateFormat.hash(ofSlot: block.metadata(.orderer))),
            ("txCount", UInt64(header.txCount) == UInt64(block.envelopes.count)), ("txSeqBase", header.txSeqBase == position.nextSequence),
            ("timeMs", header.timeMs > position.timeMs), ("proposer", self.committee.index(of: header.proposer) != nil),
            ("committeeHash", header.committeeHash == self.committeeHash), ("configSeq", header.configSeq == self.bundle.sequence),
            ("epoch", header.epoch == self.committee.epoch), ("nextCommitteeHash", header.nextCommitteeHash == zero),
            ("govRoot", header.govRoot == zero), ("evidenceRoot", header.evidenceRoot == zero),
            ("checkpointHeight", header.checkpointHeight == 0), ("checkpointRoot", header.checkpointRoot == zero),
        ]
        if let wrong = facts.first(where: { !$0.1 }) { throw .wrongField(wrong.0) }
        guard !block.envelopes.isEmpty, block.envelopes.count <= Self.maxCount(self.bundle.batch) else {
            throw .size(envelopes: block.envelopes.count, bytes: 0)
        }
        guard block.dataHash == Formulas.dataHash(of: block.envelopes) else { throw .wrongField("data hash") }
        guard header.txRoot == TransactionTree.root(of: block.envelopes) else { throw .wrongField("txRoot") }
    }

    private func checkParentCertificate(_ slot: [UInt8], after position: ChainPosition) throws(CandidateFault) {
        guard let parent = position.metadata else {
            guard slot.isEmpty else { throw .parentCertificate }
            return
        }
        guard let certificate = try? CommitCertificateFormat.decode(slot), let round = Round(exactly: certificate.round),
            let id = BlockID(certificate.blockID), certificate.height == position.number.rawValue, certificate.blockID == position.blockID,
            certificate.entries.count == self.committee.quorum
        else { throw .parentCertificate }
        let form = BlockForm(
            lastConfig: position.lastConfig, blockHeader: position.headerBytes, extendedHeader: ExtendedHeaderFormat.encode(parent.header))
        let commit = VoteCertificate(
            height: certificate.height, round: round, kind: .precommit, choice: .precommit(id, lastConfig: position.lastConfig), form: form,
            entries: certificate.entries)
        guard commit.flaw(committee: self.committee, verifier: self.keys) == nil else { throw .parentCertificate }
    }

    private func checkEnvelopes(_ candidate: CandidateBlock, after position: ChainPosition, rules: ReplayRules) throws(CandidateFault) {
        // Certificates expire by the parent's time: members' clocks differ.
        let time = Timestamp(seconds: Int64(clamping: position.timeMs / 1_000), nanoseconds: Int32(position.timeMs % 1_000) * 1_000_000)
        var ids: Set<TransactionID> = []
        var bytes = 0
        for (index, serialized) in candidate.block.envelopes.enumerated() {
            guard let envelope = try? Envelope(serialized: serialized) else { throw .envelopeForm(index: index) }
            let checked: CheckedEnvelope
            do throws(BroadcastRefusal) {
                checked = try self.checks.check(envelope, now: time)
                try rules.check(checked, parentMs: position.timeMs, latestMs: candidate.header.timeMs)
            } catch {
                throw .envelope(index: index, error)
            }
            guard checked.serialized == serialized, !envelope.signature.isEmpty else { throw .envelopeForm(index: index) }
            guard ids.insert(checked.transactionID).inserted || rules.window.isOff else { throw .repeated(index: index) }
            bytes += checked.sizeBytes
        }
        guard candidate.block.envelopes.count == 1 || bytes <= Self.preferredBytes(self.bundle.batch) else {
            throw .size(envelopes: candidate.block.envelopes.count, bytes: bytes)
        }
    }

    static func maxCount(_ batch: BatchConfiguration) -> Int { max(1, Int(batch.maxMessageCount)) }

    static func preferredBytes(_ batch: BatchConfiguration) -> Int { min(Int(batch.preferredMaxBytes), OrderingLimits.blockPayloadBytes) }

    /// As `CheckedEnvelope.digest`.
    static func digest(of envelope: [UInt8]) -> [UInt8] { SHA256.hash(envelope) }
}
