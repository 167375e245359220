import CryptoPrimitives
import LedgerModel

/// What an audit node knows from watching: it is fed what an observer of the mesh sees, and gives evidence that is ready to be submitted.
///
/// It believes nothing: every message is judged by the same rules that the chain will judge the evidence by, so what it gives convicts. What
/// it keeps is bounded in heights, rounds, receipts and bytes.
package struct AuditWatch: Sendable {
    private struct Slot: Hashable {
        let signer: UInt32
        let round: Round
        let kind: VoteKind
    }

    /// What members said about one height.
    private struct Seen: Sendable {
        /// The first vote of each kind in each round.
        var votes: [Slot: SignedVote] = [:]
        /// The first proposal of each signer and round.
        var proposals: [Slot: SignedBlockProposal] = [:]
        var candidates: [BlockID: CandidateBlock] = [:]
    }

    private struct Promise: Sendable {
        let receipt: SignedReceipt
        let envelope: [UInt8]
        /// The transaction's own time: so long after it no block may hold it any more.
        let timeMs: UInt64
    }

    private var seen: [UInt64: Seen] = [:]
    private var attestations: [UInt64: [UInt32: SignedAttestation]] = [:]
    private var promises: [TransactionID: [Promise]] = [:]
    private var candidateBytes = 0
    private var promiseCount = 0
    private var promiseBytes = 0
    /// Found and not on the chain yet.
    private var found: [Evidence.Identity: Misbehaviour] = [:]

    package init() {}

    /// Evidence that is not on the chain yet, in a fixed order; it is submitted again until it is there or too old.
    package var pending: [Misbehaviour] {
        self.found.sorted {
            ($0.key.height, $0.key.offender, $0.key.code, $0.key.round, $0.key.kind) < (
                $1.key.height, $1.key.offender, $1.key.code, $1.key.round, $1.key.kind
            )
        }.map(\.value)
    }

    // MARK: - Consensus messages

    /// Looks at a message of the mesh, whoever relayed it.
    package mutating func observe(_ message: ConsensusMessage, plane: ControlPlane, decided: any DecidedChain) {
        switch message {
        case .proposal(let proposal, let polka):
            self.observe(proposal, plane, decided)
            for vote in polka?.votes ?? [] { self.observe(vote, plane, decided) }
        case .vote(let vote): self.observe(vote, plane, decided)
        case .certificate(let certificate): for vote in certificate.votes { self.observe(vote, plane, decided) }
        case .round(let certificate): for vote in certificate.votes { self.observe(vote, plane, decided) }
        case .bundle(let bundle):
            for proposal in bundle.proposals { self.observe(proposal, plane, decided) }
            let votes = bundle.votes + bundle.polkas.flatMap(\.votes) + (bundle.roundCertificate?.votes ?? [])
            for vote in votes { self.observe(vote, plane, decided) }
        }
    }

    private mutating func observe(_ vote: SignedVote, _ plane: ControlPlane, _ decided: any DecidedChain) {
        guard self.isWatched(vote.vote.height, vote.vote.round, plane), let term = plane.term(at: vote.vote.height), let committee = term.committee
        else { return }
        let slot = Slot(signer: vote.vote.signer, round: vote.vote.round, kind: vote.vote.kind)
        let others = self.seen[vote.vote.height]?.votes ?? [:]
        if others[slot]?.vote == vote.vote { return }
        // Keys are looked up only now: copies of known votes, which are most, cost nothing.
        guard vote.flaw(committee: committee) == nil, plane.verifier(of: vote.vote.signer).isSigned(vote, epoch: term.epoch) else { return }
        if let first = others[slot] {
            self.find(.consensus(.doubleVote(first, vote)), plane, decided)
        } else {
            self.seen[vote.vote.height, default: Seen()].votes[slot] = vote
        }
        // In a fixed order: several precommits may contradict one prevote, and the first of them becomes the evidence.
        let own = others.values.filter { $0.vote.signer == vote.vote.signer }.sorted { $0.vote.round < $1.vote.round }
        for other in own {
            if other.vote.contradictsLock(of: vote.vote) {
                self.find(.consensus(.lockViolation(precommit: other, prevote: vote)), plane, decided)
            } else if vote.vote.contradictsLock(of: other.vote) {
                self.find(.consensus(.lockViolation(precommit: vote, prevote: other)), plane, decided)
            }
        }
    }

    private mutating func observe(_ item: SignedBlockProposal, _ plane: ControlPlane, _ decided: any DecidedChain) {
        let proposal = item.proposal
        guard self.isWatched(proposal.height, proposal.round, plane), proposal.isWellFormed, let term = plane.term(at: proposal.height),
            let committee = term.committee, let schedule = term.schedule, committee.index(of: proposal.signer) != nil
        else { return }
        let slot = Slot(signer: proposal.signer, round: proposal.round, kind: .prevote)
        let first = self.seen[proposal.height]?.proposals[slot]
        if first?.proposal == proposal { return }
        guard plane.verifier(of: proposal.signer).isSigned(item, epoch: term.epoch) else { return }
        guard schedule.proposer(height: proposal.height, round: proposal.round) == proposal.signer else {
            self.find(.wrongProposer(item), plane, decided)
            return
        }
        if let first {
            self.find(.consensus(.doubleProposal(first, item)), plane, decided)
        } else {
            self.seen[proposal.height, default: Seen()].proposals[slot] = item
        }
        if let candidate = self.seen[proposal.height]?.candidates[proposal.id] { self.judge(item, candidate, plane, decided) }
    }

    // MARK: - Blocks

    /// Looks at a block that was proposed.
    package mutating func observe(_ candidate: CandidateBlock, plane: ControlPlane, decided: any DecidedChain) {
        // The height that it was proposed for is what the proposal says; the block itself may lie about it.
        for height in self.seen.keys.sorted() {
            let proposals = self.seen[height]?.proposals.values.filter { $0.proposal.id == candidate.id } ?? []
            guard !proposals.isEmpty else { continue }
            self.keep(candidate, at: height)
            for item in proposals.sorted(by: { $0.proposal.round < $1.proposal.round }) { self.judge(item, candidate, plane, decided) }
        }
        if self.isWatched(candidate.height, 0, plane) { self.keep(candidate, at: candidate.height) }
    }

    private mutating func keep(_ candidate: CandidateBlock, at height: UInt64) {
        var seen = self.seen[height] ?? Seen()
        guard seen.candidates.count < ConsensusLimits.members, seen.candidates[candidate.id] == nil else { return }
        let bytes = Self.bytes(of: candidate)
        // Old heights are decided, and their candidates have been compared with the decided ones.
        for old in self.seen.keys.sorted() where old < height && self.candidateBytes > GovernanceLimits.watchedCandidateBytes - bytes {
            self.dropCandidates(at: old)
        }
        guard bytes <= GovernanceLimits.watchedCandidateBytes - self.candidateBytes else { return }
        seen.candidates[candidate.id] = candidate
        self.candidateBytes += bytes
        self.seen[height] = seen
    }

    private mutating func dropCandidates(at height: UInt64) {
        guard let dropped = self.seen[height]?.candidates else { return }
        self.candidateBytes -= dropped.values.reduce(0) { $0 + Self.bytes(of: $1) }
        self.seen[height]?.candidates = [:]
    }

    private static func bytes(of candidate: CandidateBlock) -> Int { candidate.block.envelopes.reduce(1_024) { $0 + $1.count } }

    /// Bytes of candidates and of envelopes of receipts that are kept.
    var keptBytes: Int { self.candidateBytes + self.promiseBytes }

    private mutating func judge(
        _ item: SignedBlockProposal, _ candidate: CandidateBlock, _ plane: ControlPlane, _ decided: any DecidedChain
    ) {
        for fault in candidate.suspectedFaults(decided) {
            let charge = InvalidProposal(
                proposal: item, blockHeader: candidate.form.blockHeader, extendedHeader: candidate.header, fault: fault)
            if self.find(.invalidProposal(charge), plane, decided) { return }
        }
    }

    // MARK: - Receipts and attestations

    /// Keeps a receipt until its transaction is ordered or too old to be.
    package mutating func observe(_ receipt: SignedReceipt, envelope: [UInt8], plane: ControlPlane) {
        let id = receipt.receipt.transactionID
        guard let key = plane.key(receipt.receipt.ingress).flatMap({ try? PublicKey(x963: $0.publicKey) }),
            receipt.isSigned(by: key, chain: plane.chain),
            SHA256.hash(envelope) == receipt.receipt.envelopeHash, self.promiseCount < GovernanceLimits.watchedReceipts,
            self.promiseBytes + envelope.count <= GovernanceLimits.watchedReceiptBytes,
            self.promises[id]?.contains(where: { $0.receipt.receipt == receipt.receipt }) != true,
            let timeMs = Self.timeOfDebt(envelope, receipt.receipt, plane)
        else { return }
        self.promises[id, default: []].append(Promise(receipt: receipt, envelope: envelope, timeMs: timeMs))
        self.promiseCount += 1
        self.promiseBytes += envelope.count
    }

    /// The time of a transaction whose ingress could be convicted for it; nil for anything else.
    ///
    /// A liar may sign receipts for what no block can hold. They would never be settled, and keep out the complaints about it.
    private static func timeOfDebt(_ envelope: [UInt8], _ receipt: Receipt, _ plane: ControlPlane) -> UInt64? {
        guard let parts = EnvelopeParts(envelope), parts.promisedID(hash: receipt.envelopeHash) == receipt.transactionID,
            let time = parts.header.timestamp, case .other = GovernanceEnvelope.read(envelope),
            let checked = try? BroadcastChecks(bundle: plane.bundle, takesUpdates: true).check(parts.envelope, now: time), checked.hasDerivedID,
            !checked.isUpdate || RequestRules(bundle: plane.bundle, plane: plane).isOwed(parts.envelope)
        else { return nil }
        return time.millisecondsSince1970
    }

    private mutating func forgetPromises(where isOver: (Promise) -> Bool) {
        for id in self.promises.keys.sorted() { self.forget(id, where: isOver) }
    }

    private mutating func forget(_ id: TransactionID, where isOver: (Promise) -> Bool) {
        let kept = self.promises[id] ?? []
        let left = kept.filter { !isOver($0) }
        guard left.count < kept.count else { return }
        self.promises[id] = left.isEmpty ? nil : left
        self.promiseCount -= kept.count - left.count
        self.promiseBytes -= kept.reduce(0) { $0 + $1.envelope.count } - left.reduce(0) { $0 + $1.envelope.count }
    }

    /// Looks at what a member attests of the state.
    package mutating func observe(_ item: SignedAttestation, plane: ControlPlane, decided: any DecidedChain) {
        let height = item.attestation.height
        guard self.isWatched(height, 0, plane), let term = plane.term(at: height), (term.order + term.auditors).contains(item.signer),
            let key = plane.key(item.signer).flatMap({ try? PublicKey(x963: $0.publicKey) }),
            key.isValid(signature: item.signature, for: AttestationFormat.signedBytes(item.attestation, chain: plane.chain))
        else { return }
        if let first = self.attestations[height]?[item.signer] {
            if first.attestation != item.attestation { self.find(.conflictingAttestation(first, item), plane, decided) }
        } else {
            self.attestations[height, default: [:]][item.signer] = item
        }
    }

    // MARK: - The chain

    /// Looks at a decided block; `plane` and `decided` are those after it.
    package mutating func decided(_ block: OrderedBlock, plane: ControlPlane, decided: any DecidedChain) {
        for envelope in block.envelopes {
            guard let id = ConfigurationRequest.orderedID(in: envelope), self.promises[id] != nil else { continue }
            self.forget(id) { _ in true }
        }
        // A receipt binds under the configuration in which it was given.
        if ConfigurationBlock.configEnvelope(in: block) != nil { self.forgetPromises { $0.receipt.receipt.height < plane.height } }
        // What follows from the chain below a block can be told only now, by comparison with the one that was decided.
        if let seen = self.seen[plane.height] {
            for item in seen.proposals.values.sorted(by: { ($0.proposal.round, $0.proposal.signer) < ($1.proposal.round, $1.proposal.signer) }) {
                if let candidate = seen.candidates[item.proposal.id] { self.judge(item, candidate, plane, decided) }
            }
        }
        if let header = try? DecidedHeight(block).header {
            self.chargeCensorship(by: header.proposer, at: plane.height, plane, decided)
            let oldest = header.timeMs - min(header.timeMs, plane.settings.transactionMaxAgeMs)
            self.forgetPromises { $0.timeMs < oldest }
        }
        let judged = plane.height.addingReportingOverflow(1).partialValue
        self.found = self.found.filter { plane.refusal(of: $0.value, at: judged, on: decided) == nil }
        let oldest = plane.height - min(plane.height, UInt64(GovernanceLimits.watchedHeights))
        // A proposal for a decided height comes a little late at most.
        for height in self.seen.keys.sorted() where height < plane.height { self.dropCandidates(at: height) }
        self.seen = self.seen.filter { $0.key >= oldest }
        self.attestations = self.attestations.filter { $0.key >= oldest }
    }

    private mutating func chargeCensorship(by proposer: UInt32, at height: UInt64, _ plane: ControlPlane, _ decided: any DecidedChain) {
        for id in self.promises.keys.sorted() {
            for promise in self.promises[id] ?? [] where promise.receipt.receipt.ingress == proposer {
                self.find(
                    .censorship(Censorship(receipt: promise.receipt, envelope: promise.envelope, proposedAt: height)), plane, decided)
            }
        }
    }

    private func isWatched(_ height: UInt64, _ round: Round, _ plane: ControlPlane) -> Bool {
        let low = plane.height - min(plane.height, UInt64(GovernanceLimits.watchedHeights))
        return height > 0 && height >= low && height <= plane.height.addingReportingOverflow(2).partialValue && round >= 0
            && round < Round(GovernanceLimits.watchedRounds)
    }

    /// Keeps evidence that would convict in the next block.
    @discardableResult
    private mutating func find(_ item: Misbehaviour, _ plane: ControlPlane, _ decided: any DecidedChain) -> Bool {
        let identity = item.identity
        guard self.found[identity] == nil, self.found.count < GovernanceLimits.pendingEvidence else { return false }
        // A committee is known two heights ahead, so a lie may be seen before its height begins here.
        let judged = max(plane.height.addingReportingOverflow(1).partialValue, identity.height)
        guard plane.refusal(of: item, at: judged, on: decided) == nil else { return false }
        self.found[identity] = item
        return true
    }
}

extension CandidateBlock {
    /// Charges that may hold against who proposed the block; the chain's rules say which of them do.
    func suspectedFaults(_ decided: any DecidedChain) -> [ProposalFault] {
        var faults = HeaderField.allCases.map { ProposalFault.field($0) }
        let envelopes = self.block.envelopes
        if UInt64(self.header.txCount) != UInt64(envelopes.count) || self.header.txRoot != TransactionTree.root(of: envelopes) {
            faults.append(.transactionRoot(envelopes: envelopes))
        }
        for (index, envelope) in envelopes.enumerated() {
            // Ways to the root cost as much as the whole tree: only suspects get one.
            let isRepeated = EnvelopeParts(envelope).flatMap { decided.height(of: $0.header.transactionID) }.map { $0 < self.height } ?? false
            if isRepeated, let place = self.place(of: index, envelope) { faults.append(.repeatedTransaction(place)) }
            if case .malformed = GovernanceEnvelope.read(envelope), let place = self.place(of: index, envelope) {
                faults.append(.malformedGovernance(place))
            }
        }
        return faults
    }

    private func place(of index: Int, _ envelope: [UInt8]) -> EnvelopePlace? {
        guard envelope.count <= GovernanceLimits.envelopeBytes, let path = TransactionTree.path(to: index, in: self.block.envelopes) else {
            return nil
        }
        return EnvelopePlace(envelope: envelope, index: UInt32(clamping: index), path: path)
    }
}
