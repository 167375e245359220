import LedgerModel

/// Why a block is refused as a whole. Nothing of it may be stored; ask another source for the block.
package enum BlockVerificationError: Error, Equatable, Sendable, CustomStringConvertible {
    case wrongNumber(expected: BlockNumber, found: BlockNumber)
    /// The chain cannot grow further.
    case numbersExhausted
    case wrongPreviousHash(BlockNumber)
    case wrongDataHash(BlockNumber)
    /// The header hash is known, and the block has another one.
    case wrongHash(BlockNumber)
    /// An envelope does not parse, has an empty part, or is not written the one way it may be.
    case malformedEnvelope(BlockNumber, index: Int, reason: String)
    /// Slot 0 does not parse.
    case malformedSignatures(BlockNumber, MessageError)
    /// The signers that count do not satisfy the channel's policy for blocks.
    case unmetBlockValidation(BlockNumber, missing: String)
    /// The policy for blocks cannot be evaluated.
    case unusablePolicy(BlockNumber, reason: String)
    /// A rule for blocks of our own ordering service is broken.
    case notCanonical(BlockNumber, reason: String)

    package var description: String {
        switch self {
        case .wrongNumber(let expected, let found): "block \(found) came where block \(expected) was expected: ask for block \(expected)"
        case .numbersExhausted: "the chain has reached the last block number there is"
        case .wrongPreviousHash(let number): "block \(number) does not continue this chain: its previous hash is another block's"
        case .wrongDataHash(let number): "block \(number): the data hash in its header is not that of its envelopes"
        case .wrongHash(let number): "this is another block \(number): its header does not have the hash that is known"
        case .malformedEnvelope(let number, let index, let reason): "block \(number), envelope \(index): \(reason)"
        case .malformedSignatures(let number, let error): "block \(number): its signatures cannot be read: \(error)"
        case .unmetBlockValidation(let number, let missing): "block \(number) is not signed as /Channel/Orderer/BlockValidation asks: \(missing)"
        case .unusablePolicy(let number, let reason): "block \(number) cannot be judged: \(reason)"
        case .notCanonical(let number, let reason): "block \(number): \(reason)"
        }
    }
}
