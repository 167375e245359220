import LedgerModel

extension MisbehaviourFormat {
    /// Reads evidence; it is well formed then, and nothing more.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> Misbehaviour {
        var fields = ElectionFieldReader(bytes, part: "evidence")
        guard bytes.count <= GovernanceLimits.transactionBytes else {
            throw fields.refusal("is longer than \(GovernanceLimits.transactionBytes) bytes")
        }
        let version = try fields.number(UInt8.self)
        guard version == self.version else { throw fields.refusal("has version \(version), only \(self.version) is known") }
        let code = try fields.number(UInt8.self)
        let place = Place(offender: try fields.number(UInt32.self), height: try fields.number(UInt64.self))
        let item = try self.body(code, place, &fields)
        try fields.finish()
        // The pairs have one order, and fields without a meaning one value.
        guard self.encode(item) == bytes else { throw fields.refusal("is not in its one form") }
        return item
    }

    /// What all parts of one evidence share.
    private struct Place {
        let offender: UInt32
        let height: UInt64
    }

    private static func body(_ code: UInt8, _ place: Place, _ fields: inout ElectionFieldReader) throws(MessageError) -> Misbehaviour {
        switch code {
        case 1:
            guard let kind = VoteKind(rawValue: try fields.number(UInt8.self)) else { throw fields.refusal("has a vote of no known type") }
            let round = try fields.round()
            let first = try self.vote(kind, round, place, &fields)
            return .consensus(.doubleVote(first, try self.vote(kind, round, place, &fields)))
        case 2:
            let round = try fields.round()
            let first = try self.proposal(round, place, &fields)
            return .consensus(.doubleProposal(first, try self.proposal(round, place, &fields)))
        case 3:
            let precommit = try self.vote(.precommit, try fields.round(), place, &fields)
            return .consensus(.lockViolation(precommit: precommit, prevote: try self.vote(.prevote, try fields.round(), place, &fields)))
        case 4: return .invalidProposal(try self.invalidProposal(place, &fields))
        case 5: return .wrongProposer(try self.proposal(try fields.round(), place, &fields))
        case 6: return .censorship(try self.censorship(place, &fields))
        case 7:
            let checkpoint = try fields.raw(32)
            let query = try fields.long(limit: GovernanceLimits.queryBytes)
            let result = try fields.long(limit: GovernanceLimits.answerBytes)
            let answer = StateAnswer(query: query, height: place.height, result: result, checkpoint: checkpoint)
            let signed = SignedStateAnswer(answer: answer, signer: place.offender, signature: try fields.signature())
            return .wrongAnswer(signed, proof: try fields.long(limit: GovernanceLimits.proofBytes))
        case 8:
            let first = try self.attestation(place, &fields)
            return .conflictingAttestation(first, try self.attestation(place, &fields))
        default: throw fields.refusal("is of code \(code), which is not known")
        }
    }

    private static func vote(
        _ kind: VoteKind, _ round: Round, _ place: Place, _ fields: inout ElectionFieldReader
    ) throws(MessageError) -> SignedVote {
        var choice = VoteChoice.nil
        var form: BlockForm?
        if try fields.flag() {
            switch kind {
            case .prevote: choice = .prevote(try fields.blockID(), validRound: try fields.round())
            case .precommit:
                let lastConfig = try fields.number(UInt64.self)
                let (der, _, extended) = try self.headers(&fields)
                let block = BlockForm(lastConfig: lastConfig, blockHeader: der, extendedHeader: extended)
                guard let id = PrecommitFormat.blockID(of: block)?.id else { throw fields.refusal("has headers of no block") }
                choice = .precommit(id, lastConfig: lastConfig)
                form = block
            }
        }
        let vote = Vote(height: place.height, round: round, kind: kind, choice: choice, signer: place.offender)
        return SignedVote(vote: vote, form: form, signature: try fields.signature())
    }

    private static func headers(
        _ fields: inout ElectionFieldReader
    ) throws(MessageError) -> (der: [UInt8], header: ExtendedHeader, extended: [UInt8]) {
        let der = try fields.variable(limit: ConsensusLimits.blockHeaderBytes)
        let extended = try fields.raw(ExtendedHeaderFormat.headerBytes)
        return (der, try ExtendedHeaderFormat.decode(extended + [0, 0, 0, 0]).header, extended)
    }

    private static func proposal(
        _ round: Round, _ place: Place, _ fields: inout ElectionFieldReader
    ) throws(MessageError) -> SignedBlockProposal {
        let proposal = BlockProposal(
            height: place.height, round: round, id: try fields.blockID(), validRound: try fields.round(), signer: place.offender)
        return SignedBlockProposal(proposal: proposal, signature: try fields.signature())
    }

    private static func invalidProposal(_ place: Place, _ fields: inout ElectionFieldReader) throws(MessageError) -> InvalidProposal {
        let (round, validRound) = (try fields.round(), try fields.round())
        let signature = try fields.signature()
        let (der, header, _) = try self.headers(&fields)
        guard let id = BlockID(ExtendedHeaderFormat.blockID(blockHeader: der, header: header)) else {
            throw fields.refusal("has headers of no block")
        }
        let proposal = BlockProposal(height: place.height, round: round, id: id, validRound: validRound, signer: place.offender)
        return InvalidProposal(
            proposal: SignedBlockProposal(proposal: proposal, signature: signature), blockHeader: der, extendedHeader: header,
            fault: try self.fault(&fields))
    }

    private static func fault(_ fields: inout ElectionFieldReader) throws(MessageError) -> ProposalFault {
        let number = try fields.number(UInt8.self)
        if let field = HeaderField(rawValue: number) { return .field(field) }
        switch number {
        case 64:
            var envelopes: [[UInt8]] = []
            for _ in 0..<(try fields.count(UInt16.self, limit: GovernanceLimits.envelopes)) {
                envelopes.append(try fields.long(limit: GovernanceLimits.envelopeBytes))
            }
            return .transactionRoot(envelopes: envelopes)
        case 65: return .repeatedTransaction(try self.place(&fields))
        case 66: return .malformedGovernance(try self.place(&fields))
        default: throw fields.refusal("names the fault \(number), which is not known")
        }
    }

    private static func place(_ fields: inout ElectionFieldReader) throws(MessageError) -> EnvelopePlace {
        let index = try fields.number(UInt32.self)
        var path: [TransactionTree.Step] = []
        for _ in 0..<(try fields.count(UInt8.self, limit: GovernanceLimits.pathSteps)) {
            let isLeft = try fields.flag()
            path.append(TransactionTree.Step(sibling: try fields.raw(32), isLeft: isLeft))
        }
        return EnvelopePlace(envelope: try fields.long(limit: GovernanceLimits.envelopeBytes), index: index, path: path)
    }

    private static func censorship(_ place: Place, _ fields: inout ElectionFieldReader) throws(MessageError) -> Censorship {
        let deadline = try fields.number(UInt64.self)
        let proposedAt = try fields.number(UInt64.self)
        let signature = try fields.signature()
        let envelope = try fields.long(limit: GovernanceLimits.envelopeBytes)
        guard let receipt = Receipt(of: envelope, ingress: place.offender, height: place.height, deadline: deadline) else {
            throw fields.refusal("has an envelope without a transaction id")
        }
        return Censorship(receipt: SignedReceipt(receipt: receipt, signature: signature), envelope: envelope, proposedAt: proposedAt)
    }

    private static func attestation(_ place: Place, _ fields: inout ElectionFieldReader) throws(MessageError) -> SignedAttestation {
        let attestation = Attestation(
            height: place.height, blockID: try fields.blockID(), stateRoot: try fields.raw(32), validityRoot: try fields.raw(32))
        return SignedAttestation(attestation: attestation, signer: place.offender, signature: try fields.signature())
    }
}
