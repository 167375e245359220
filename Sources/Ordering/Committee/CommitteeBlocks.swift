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
    /// Consenter ids of the audit nodes, which hear what members say.
    package let auditors: [UInt32]
    /// Who signed the last block: another committee right after a change.
    package let parentCommittee: Committee
    private let parentKeys: CommitteeKeys
    /// What the committee's own contract demands of the next block.
    package let governance: any BlockGovernance
    private let identities: [UInt32: IdentityID]
    private let committeeHash: [UInt8]

    /// - Parameter chain: The header hash of block 0.
    /// - Throws: `OrderingError.notTheCommittee` when the configuration's consenters cannot be a committee whose quorum makes blocks valid.
    package init(
        bundle: ChannelBundle, chain: [UInt8], governance: any BlockGovernance = NoGovernance()
    ) throws(OrderingError) {
        try self.init(bundle: bundle, chain: chain, height: 1, governance: governance, parent: nil)
    }

    /// The rules for block 1 of a channel, under the governance that its configuration asks for.
    package init(genesis bundle: ChannelBundle, chain: [UInt8]) throws(OrderingError) {
        let governance: any BlockGovernance =
            bundle.governance.isEmpty ? NoGovernance() : try ElectedGovernance(bundle: bundle, chain: chain)
        try self.init(bundle: bundle, chain: chain, governance: governance)
    }

    /// - Parameter height: The height of the next block.
    init(
        bundle: ChannelBundle, chain: [UInt8], height: UInt64, governance: any BlockGovernance,
        parent: (committee: Committee, keys: CommitteeKeys)?
    ) throws(OrderingError) {
        let term = governance.term(at: height)
        guard let committee = Committee(epoch: term?.epoch ?? 0, members: bundle.consenters.map(\.id)),
            let schedule = term.map({ $0.schedule }) ?? ProposerSchedule(committee: committee, seed: chain, firstHeight: 1)
        else { throw .notTheCommittee(reason: "its consenters have no ids, equal ids, or are too many") }
        if let term, term.committee != committee { throw .governance("the configuration and the election name different committees") }
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
        self.auditors = term?.auditors ?? []
        self.keys = CommitteeKeys(chain: chain, keys: keys, verifier: bundle.verifier)
        self.checks = BroadcastChecks(bundle: bundle, officeHolders: governance.officeHolders(at: height), takesUpdates: true)
        self.identities = identities
        self.committeeHash = CommitteeHashFormat.hash(epoch: committee.epoch, members: members)
        self.governance = governance
        self.parentCommittee = parent?.committee ?? committee
        self.parentKeys = parent?.keys ?? self.keys
    }

    /// The rules for the block that follows a decided one.
    ///
    /// - Throws: `OrderingError.notTheCommittee` when a configuration in the block cannot come into office; the block is valid all the same.
    package func successor(after block: OrderedBlock) throws(OrderingError) -> CommitteeBlocks {
        let governance = try self.governance.successor(after: block)
        let next = block.number.rawValue.addingReportingOverflow(1)
        guard !next.overflow else { throw .exhausted(block.number) }
        let parent = (committee: self.committee, keys: self.keys)
        guard let bytes = ConfigurationBlock.configEnvelope(in: block) else {
            let (before, after) = (self.governance.term(at: block.number.rawValue), governance.term(at: next.partialValue))
            if before == after { return CommitteeBlocks(self, governance: governance) }
            return try CommitteeBlocks(
                bundle: self.bundle, chain: self.keys.chain, height: next.partialValue, governance: governance, parent: parent)
        }
        let bundle: ChannelBundle
        do {
            bundle = try self.bundle.successor(verifying: bytes, strictness: .ordering)
        } catch {
            throw .notTheCommittee(reason: "\(error)")
        }
        return try CommitteeBlocks(
            bundle: bundle, chain: self.keys.chain, height: next.partialValue, governance: governance, parent: parent)
    }

    /// The same committee, one block later.
    private init(_ before: CommitteeBlocks, governance: any BlockGovernance) {
        self.bundle = before.bundle
        self.committee = before.committee
        self.schedule = before.schedule
        self.keys = before.keys
        self.checks = before.checks
        self.auditors = before.auditors
        self.parentCommittee = before.committee
        self.parentKeys = before.keys
        self.governance = governance
        self.identities = before.identities
        self.committeeHash = before.committeeHash
    }

    /// Whether an identity is a member's.
    package func isMember(_ consenter: UInt32, _ identity: VerifiedIdentity) -> Bool { self.identities[consenter] == identity.id }

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

    /// The number of a consensus key: of a consenter, or of somebody whose key is registered; nil when the chain does not know it.
    package func number(of identity: SigningIdentity) -> UInt32? {
        if let id = try? self.consenter(of: identity) { return id }
        guard let plane = (self.governance as? ElectedGovernance)?.plane else { return nil }
        return plane.number(ofKey: identity.certificate.publicKey.x963)
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
            chain: position.chain, epoch: self.committee.epoch, height: number.rawValue, parentID: position.blockID,
            parentCommitHash: CommitCertificateFormat.hash(ofSlot: parentCertificate), txRoot: TransactionTree.root(of: block.envelopes),
            txCount: count, txSeqBase: sequence, timeMs: max(now.millisecondsSince1970, position.timeMs + 1), proposer: proposer,
            committeeHash: self.committeeHash, nextCommitteeHash: self.governance.nextCommitteeHash, govRoot: self.governance.root,
            configSeq: self.bundle.sequence)
        let lastConfig = envelopes.first?.isConfiguration == true ? number.rawValue : position.lastConfig
        do {
            return try CandidateBlock(unsigned: block, header: header, lastConfig: lastConfig, parentCertificate: parentCertificate)
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
        let lastConfig = ConfigurationBlock.configEnvelope(in: block) == nil ? position.lastConfig : block.number.rawValue
        let facts: [(String, Bool)] = [
            ("number", block.number == position.number.next), ("previous hash", block.previousHash == position.headerHash),
            ("last configuration", candidate.form.lastConfig == lastConfig), ("chain", header.chain == position.chain),
            ("height", header.height == block.number.rawValue), ("parentID", header.parentID == position.blockID),
            ("parentCommitHash", header.parentCommitHash == CommitCertificateFormat.hash(ofSlot: block.metadata(.orderer))),
            ("txCount", UInt64(header.txCount) == UInt64(block.envelopes.count)), ("txSeqBase", header.txSeqBase == position.nextSequence),
            ("timeMs", header.timeMs > position.timeMs), ("proposer", self.committee.index(of: header.proposer) != nil),
            ("committeeHash", header.committeeHash == self.committeeHash), ("configSeq", header.configSeq == self.bundle.sequence),
            ("epoch", header.epoch == self.committee.epoch), ("nextCommitteeHash", header.nextCommitteeHash == self.governance.nextCommitteeHash),
            ("govRoot", header.govRoot == self.governance.root), ("evidenceRoot", header.evidenceRoot == zero),
            ("checkpointHeight", header.checkpointHeight == 0), ("checkpointRoot", header.checkpointRoot == zero),
        ]
        if let wrong = facts.first(where: { !$0.1 }) { throw .wrongField(wrong.0) }
        guard !block.envelopes.isEmpty, block.envelopes.count <= Self.maxCount(self.bundle.batch) else {
            throw .size(envelopes: block.envelopes.count, bytes: 0)
        }
        guard block.dataHash == Formulas.dataHash(of: block.envelopes) else { throw .wrongField("data hash") }
        guard header.txRoot == TransactionTree.root(of: block.envelopes) else { throw .wrongField("txRoot") }
    }

    func checkParentCertificate(_ slot: [UInt8], after position: ChainPosition) throws(CandidateFault) {
        guard let parent = position.metadata else {
            guard slot.isEmpty else { throw .parentCertificate }
            return
        }
        guard let certificate = try? CommitCertificateFormat.decode(slot), let round = Round(exactly: certificate.round),
            let id = BlockID(certificate.blockID), certificate.height == position.number.rawValue, certificate.blockID == position.blockID,
            certificate.entries.count == self.parentCommittee.quorum
        else { throw .parentCertificate }
        let form = BlockForm(
            lastConfig: position.lastConfig, blockHeader: position.headerBytes, extendedHeader: ExtendedHeaderFormat.encode(parent.header))
        let commit = VoteCertificate(
            height: certificate.height, round: round, kind: .precommit, choice: .precommit(id, lastConfig: position.lastConfig), form: form,
            entries: certificate.entries)
        guard commit.flaw(committee: self.parentCommittee, verifier: self.parentKeys) == nil else { throw .parentCertificate }
    }

    private func checkEnvelopes(_ candidate: CandidateBlock, after position: ChainPosition, rules: ReplayRules) throws(CandidateFault) {
        let time = Self.judgedAt(position)
        if try self.checkOwnEnvelope(candidate, after: position, rules: rules) { return }
        var ids: Set<TransactionID> = []
        var bytes = 0
        for (index, serialized) in candidate.block.envelopes.enumerated() {
            guard let envelope = try? Envelope(serialized: serialized) else { throw .envelopeForm(index: index) }
            let item: CheckedEnvelope
            do throws(BroadcastRefusal) {
                item = try self.checks.check(envelope, now: time)
                // What stands in a block is the configuration that a request leads to, alone.
                if item.isUpdate { throw .unknownType(ChannelHeader.Kind.configUpdate.rawValue) }
                try rules.check(item, parentMs: position.timeMs, latestMs: candidate.header.timeMs)
                try rules.checkWarmUp(item, after: position.number)
                if item.isGovernance, HeartbeatEnvelope(serialized) != nil { throw .governance(reason: "a heartbeat is alone in its block") }
            } catch {
                throw .envelope(index: index, error)
            }
            guard item.serialized == serialized, !envelope.signature.isEmpty else { throw .envelopeForm(index: index) }
            guard ids.insert(item.transactionID).inserted || rules.window.isOff else { throw .repeated(index: index) }
            bytes += item.sizeBytes
        }
        let fault = self.governance.fault(in: candidate.block.envelopes, height: candidate.height, proposer: candidate.header.proposer)
        if let fault { throw .envelope(index: fault.index, .governance(reason: fault.reason)) }
        guard candidate.block.envelopes.count == 1 || bytes <= Self.preferredBytes(self.bundle.batch) else {
            throw .size(envelopes: candidate.block.envelopes.count, bytes: bytes)
        }
    }

    /// Certificates expire by the parent's time: members' clocks differ.
    static func judgedAt(_ position: ChainPosition) -> Timestamp {
        Timestamp(seconds: Int64(clamping: position.timeMs / 1_000), nanoseconds: Int32(position.timeMs % 1_000) * 1_000_000)
    }

    static func maxCount(_ batch: BatchConfiguration) -> Int { max(1, Int(batch.maxMessageCount)) }

    static func preferredBytes(_ batch: BatchConfiguration) -> Int { min(Int(batch.preferredMaxBytes), OrderingLimits.blockPayloadBytes) }

    /// As `CheckedEnvelope.digest`.
    static func digest(of envelope: [UInt8]) -> [UInt8] { SHA256.hash(envelope) }
}
