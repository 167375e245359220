import CryptoPrimitives
import LedgerModel
import Validation

extension AuditFinding {
    /// Why a block does not continue the chain, with both sides.
    init(_ error: BlockVerificationError, block: OrderedBlock, after position: ChainPosition) {
        // The place in the chain counts, whatever number the block itself claims.
        let number = position.number.next?.rawValue
        switch error {
        case .wrongNumber(let expected, let found):
            self.init(.chain, block: number, expected: "block number \(expected)", found: "block number \(found)")
        case .numbersExhausted:
            self.init(.chain, block: number, expected: "the end of the chain", found: "another block")
        case .wrongPreviousHash:
            self.init(
                .chain, block: number, expected: "previous hash \(hex(position.headerHash)), the header hash of block \(position.number)",
                found: hex(block.previousHash))
        case .wrongDataHash:
            self.init(.chain, block: number, expected: "data hash \(hex(Formulas.dataHash(of: block.envelopes)))", found: hex(block.dataHash))
        case .wrongHash:
            self.init(.chain, block: number, expected: "another header hash", found: hex(block.headerHash))
        case .malformedEnvelope(_, let index, let reason):
            self.init(.chain, block: number, transaction: index, expected: "an envelope in its one form", found: reason)
        case .malformedSignatures(_, let reason):
            self.init(.quorum, block: number, expected: "signatures of the ordering service", found: "bytes that cannot be read: \(reason)")
        case .unmetBlockValidation(_, let missing):
            self.init(.quorum, block: number, expected: "signatures that satisfy /Channel/Orderer/BlockValidation", found: missing)
        case .unusablePolicy(_, let reason):
            self.init(.configuration, block: number, expected: "a policy for blocks that can be evaluated", found: reason)
        case .notCanonical(_, let reason):
            self.init(.quorum, block: number, expected: "a block in the form of this chain's ordering service", found: reason)
        }
    }
}

extension AuditFinding {
    /// Why peers refuse a block whose chain is not there.
    init(refused error: BlockVerificationError, block: OrderedBlock) {
        let expected = "a block that peers take; they refuse this one as a whole and give none of its transactions a code"
        switch error {
        case .malformedEnvelope(_, let index, let reason):
            self.init(
                .chain, block: block.number.rawValue, transaction: index, transactionID: Self.transactionID(of: block, index),
                expected: expected, found: "an envelope that \(reason)")
        case .wrongDataHash:
            self.init(.chain, block: block.number.rawValue, expected: expected, found: "a data hash that is not that of its envelopes")
        default: self.init(.chain, block: block.number.rawValue, expected: expected, found: error.description)
        }
    }

    private static func transactionID(of block: OrderedBlock, _ index: Int) -> TransactionID? {
        guard index < block.envelopes.count, let payload = try? Payload(serialized: Envelope(serialized: block.envelopes[index]).payload) else {
            return nil
        }
        return BlockEffects.transactionID(of: payload)
    }
}

/// A hash for people.
func hex(_ bytes: [UInt8]) -> String { bytes.isEmpty ? "nothing" : Base16.encode(bytes) }
