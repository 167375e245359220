import LedgerModel

/// The bytes of evidence; all integers big-endian.
///
///     evidence  = version u8 (1) | code u8 (1 to 8 for E1 to E8) | offender u32 | height u64 | body
///     E1        = type u8 (1 prevote, 2 precommit) | round u32 | choice | signature | choice | signature     choices ascending by their bytes
///     E2        = round u32 | draft | signature | draft | signature                                          drafts ascending by their bytes
///     E3        = round u32 | choice of a precommit | signature | round u32 | choice of a prevote | signature
///     E4        = round u32 | valid round i32 | signature | headers | fault u8 | detail
///     E5        = round u32 | draft | signature
///     E6        = deadline u64 | proposed at u64 | signature of the receipt | long envelope
///     E7        = checkpoint[32] | long query | long result | signature | long proof
///     E8        = attested | signature | attested | signature                                                ascending by their bytes
///     choice    = 0 u8 for nil | prevote: 1 u8, id[32], valid round i32 | precommit: 1 u8, last config u64, headers
///     draft     = id[32] | valid round i32
///     headers   = length u16 | DER of Fabric's header | extended header[345]
///     detail    = fault 1 to 12: nothing | 64: count u16, count times long envelope
///               | 65, 66: index u32, steps u8, steps times (is left u8 (0 or 1), sibling[32]), long envelope
///     attested  = id[32] | state root[32] | validity root[32]
///     signature = length u16 | ECDSA over P-256, DER
///     long      = length u32 | bytes
///
/// What is signed is rebuilt from these fields: `VoteFormat`, `PrecommitFormat`, `ReceiptFormat`, `AttestationFormat`.
package enum MisbehaviourFormat {
    package static let version: UInt8 = 1

    package static func encode(_ item: Misbehaviour) -> [UInt8] {
        var fields = ElectionFieldWriter([self.version])
        let identity = item.identity
        fields.number(identity.code)
        fields.number(identity.offender)
        fields.number(identity.height)
        switch item {
        case .consensus(let evidence): self.write(evidence, to: &fields)
        case .invalidProposal(let item): self.write(item, to: &fields)
        case .wrongProposer(let item):
            fields.round(item.proposal.round)
            fields.raw(self.draft(item.proposal))
            fields.variable(item.signature)
        case .censorship(let item):
            fields.number(item.receipt.receipt.deadline)
            fields.number(item.proposedAt)
            fields.variable(item.receipt.signature)
            fields.long(item.envelope)
        case .wrongAnswer(let item, let proof):
            fields.raw(item.answer.checkpoint)
            fields.long(item.answer.query)
            fields.long(item.answer.result)
            fields.variable(item.signature)
            fields.long(proof)
        case .conflictingAttestation(let first, let second):
            for item in self.ordered(first, second, by: { self.attested($0.attestation) }) {
                fields.raw(self.attested(item.attestation))
                fields.variable(item.signature)
            }
        }
        return fields.bytes
    }

    private static func write(_ evidence: Evidence, to fields: inout ElectionFieldWriter) {
        switch evidence {
        case .doubleVote(let first, let second):
            fields.number(first.vote.kind.rawValue)
            fields.round(first.vote.round)
            for item in self.ordered(first, second, by: { self.choice($0) }) { self.write(item, to: &fields) }
        case .doubleProposal(let first, let second):
            fields.round(first.proposal.round)
            for item in self.ordered(first, second, by: { self.draft($0.proposal) }) {
                fields.raw(self.draft(item.proposal))
                fields.variable(item.signature)
            }
        case .lockViolation(let precommit, let prevote):
            for item in [precommit, prevote] {
                fields.round(item.vote.round)
                self.write(item, to: &fields)
            }
        }
    }

    private static func write(_ vote: SignedVote, to fields: inout ElectionFieldWriter) {
        fields.raw(self.choice(vote))
        fields.variable(vote.signature)
    }

    private static func write(_ item: InvalidProposal, to fields: inout ElectionFieldWriter) {
        fields.round(item.proposal.proposal.round)
        fields.round(item.proposal.proposal.validRound)
        fields.variable(item.proposal.signature)
        fields.variable(item.blockHeader)
        fields.raw(ExtendedHeaderFormat.encode(item.extendedHeader))
        fields.number(item.fault.number)
        switch item.fault {
        case .field: break
        case .transactionRoot(let envelopes):
            fields.number(UInt16(clamping: envelopes.count))
            for envelope in envelopes { fields.long(envelope) }
        case .repeatedTransaction(let place), .malformedGovernance(let place):
            fields.number(place.index)
            fields.number(UInt8(clamping: place.path.count))
            for step in place.path {
                fields.flag(step.isLeft)
                fields.raw(step.sibling)
            }
            fields.long(place.envelope)
        }
    }

    /// The two in ascending order of their contents: one fact has one form.
    private static func ordered<Item>(_ first: Item, _ second: Item, by bytes: (Item) -> [UInt8]) -> [Item] {
        bytes(second).lexicographicallyPrecedes(bytes(first)) ? [second, first] : [first, second]
    }

    static func choice(_ vote: SignedVote) -> [UInt8] {
        guard let id = vote.vote.choice.id else { return [0] }
        var fields = ElectionFieldWriter([1])
        if vote.vote.kind == .prevote {
            fields.raw(id.bytes)
            fields.round(vote.vote.choice.validRound)
        } else {
            fields.number(vote.vote.choice.lastConfig)
            fields.variable(vote.form?.blockHeader ?? [])
            fields.raw(vote.form?.extendedHeader ?? [])
        }
        return fields.bytes
    }

    static func draft(_ proposal: BlockProposal) -> [UInt8] {
        var fields = ElectionFieldWriter(proposal.id.bytes)
        fields.round(proposal.validRound)
        return fields.bytes
    }

    static func attested(_ attestation: Attestation) -> [UInt8] {
        attestation.blockID.bytes + attestation.stateRoot + attestation.validityRoot
    }
}
