import CryptoPrimitives
import LedgerModel

/// Proof that a member broke a rule, complete in itself but for what the chain holds (consensus 2.6).
package enum Misbehaviour: Hashable, Sendable {
    /// E1, E2, E3.
    case consensus(Evidence)
    /// E4.
    case invalidProposal(InvalidProposal)
    /// E5.
    case wrongProposer(SignedBlockProposal)
    /// E6.
    case censorship(Censorship)
    /// E7.
    case wrongAnswer(SignedStateAnswer, proof: [UInt8])
    /// E8.
    case conflictingAttestation(SignedAttestation, SignedAttestation)

    package var code: OffenceCode {
        switch self {
        case .consensus(.doubleVote): .doubleVote
        case .consensus(.doubleProposal): .doubleProposal
        case .consensus(.lockViolation): .lockViolation
        case .invalidProposal: .invalidProposal
        case .wrongProposer: .wrongProposer
        case .censorship: .censorship
        case .wrongAnswer: .wrongAnswer
        case .conflictingAttestation: .conflictingAttestation
        }
    }

    /// One fact is one offence, however often and with whatever signature bytes it is submitted: offender, code, height, round, type.
    package var identity: Evidence.Identity {
        switch self {
        case .consensus(let evidence): evidence.identity
        case .invalidProposal(let item): Self.identity(item.proposal.proposal, code: 4)
        case .wrongProposer(let item): Self.identity(item.proposal, code: 5)
        case .censorship(let item):
            Evidence.Identity(offender: item.receipt.receipt.ingress, code: 6, height: item.receipt.receipt.height, round: 0, kind: 0)
        case .wrongAnswer(let item, _): Evidence.Identity(offender: item.signer, code: 7, height: item.answer.height, round: 0, kind: 0)
        case .conflictingAttestation(let item, _):
            Evidence.Identity(offender: item.signer, code: 8, height: item.attestation.height, round: 0, kind: 0)
        }
    }

    private static func identity(_ proposal: BlockProposal, code: UInt8) -> Evidence.Identity {
        Evidence.Identity(offender: proposal.signer, code: code, height: proposal.height, round: proposal.round, kind: 0)
    }

    /// The height of the offence, from which its age counts.
    package var height: UInt64 { self.identity.height }
    /// Consenter id of the accused.
    package var offender: UInt32 { self.identity.offender }
}

/// E4: a signed proposal of a block that breaks a rule anybody can check.
package struct InvalidProposal: Hashable, Sendable {
    package let proposal: SignedBlockProposal
    /// The DER of Fabric's header; with the extended header it gives the proposal's id.
    package let blockHeader: [UInt8]
    package let extendedHeader: ExtendedHeader
    package let fault: ProposalFault

    package init(proposal: SignedBlockProposal, blockHeader: [UInt8], extendedHeader: ExtendedHeader, fault: ProposalFault) {
        self.proposal = proposal
        self.blockHeader = blockHeader
        self.extendedHeader = extendedHeader
        self.fault = fault
    }

    /// The id that the headers give.
    package var id: BlockID? { BlockID(ExtendedHeaderFormat.blockID(blockHeader: self.blockHeader, header: self.extendedHeader)) }
}

/// Which rule a proposed block breaks, with what it takes to see it.
package enum ProposalFault: Hashable, Sendable {
    /// A field of the headers that follows from the chain before the block.
    case field(HeaderField)
    /// The envelopes hash to the data hash, but not to the root or the count of the extended header.
    case transactionRoot(envelopes: [[UInt8]])
    /// The block holds a transaction that the chain held already.
    case repeatedTransaction(EnvelopePlace)
    /// The block holds an envelope for the contract `committee` that is no governance transaction.
    case malformedGovernance(EnvelopePlace)

    var number: UInt8 {
        switch self {
        case .field(let field): field.rawValue
        case .transactionRoot: 64
        case .repeatedTransaction: 65
        case .malformedGovernance: 66
        }
    }
}

/// The fields that have one right value for every valid block of a height; the time has a bound.
package enum HeaderField: UInt8, CaseIterable, Hashable, Sendable {
    case chain = 1
    case height = 2
    case epoch = 3
    case parentID = 4
    case previousHash = 5
    case committeeHash = 6
    case nextCommitteeHash = 7
    case govRoot = 8
    case sequenceBase = 9
    case configSequence = 10
    /// Not after the parent's.
    case time = 11
    /// A block always holds an envelope.
    case emptyBlock = 12
}

/// An envelope and its way to the root of its block.
package struct EnvelopePlace: Hashable, Sendable {
    package let envelope: [UInt8]
    package let index: UInt32
    package let path: [TransactionTree.Step]

    package init(envelope: [UInt8], index: UInt32, path: [TransactionTree.Step]) {
        self.envelope = envelope
        self.index = index
        self.path = path
    }

    func isIn(_ header: ExtendedHeader) -> Bool {
        TransactionTree.verify(self.envelope, at: Int(self.index), of: Int(header.txCount), path: self.path, root: header.txRoot)
    }
}

/// E6: a receipt that was not honoured although its author made a block with room for the transaction.
package struct Censorship: Hashable, Sendable {
    package let receipt: SignedReceipt
    /// The envelope that the receipt is for, serialised.
    package let envelope: [UInt8]
    /// The height of a decided block of the accused, late enough.
    package let proposedAt: UInt64

    package init(receipt: SignedReceipt, envelope: [UInt8], proposedAt: UInt64) {
        self.receipt = receipt
        self.envelope = envelope
        self.proposedAt = proposedAt
    }
}
