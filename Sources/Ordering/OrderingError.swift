import CryptoPrimitives
import LedgerModel

/// Why no block can be made, or no consenter be started. Each needs a person: nothing gets better by trying again.
package enum OrderingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The identity is not the channel's committee of one.
    case notTheCommittee(reason: String)
    /// The last block does not belong to the chain, or its orderer metadata do not parse.
    case unusableLastBlock(BlockNumber, reason: String)
    /// The signing guard is of another chain or of another consenter.
    case foreignGuard
    /// The ledger ends below what was signed: it is an old copy.
    case ledgerBehindGuard(ledger: BlockNumber, signed: BlockNumber)
    /// The ledger holds another block than the one that was signed at its height.
    case ledgerContradictsGuard(BlockNumber)
    /// A second, different block of one height was asked for.
    case secondBlock(BlockNumber)
    /// Numbers or sequence numbers are used up.
    case exhausted(BlockNumber)
    /// A batch holds a configuration that does not follow from the one in force.
    case configurationUpdate
    /// A batch without envelopes.
    case emptyBatch
    /// The committee's governance cannot begin or go on.
    case governance(String)
    /// The key does not sign.
    case signing(CryptoError)

    package var description: String {
        switch self {
        case .notTheCommittee(let reason): "this node cannot sign blocks of the channel: \(reason)"
        case .unusableLastBlock(let number, let reason): "block \(number) cannot be continued: \(reason)"
        case .foreignGuard: "the signing guard is of another chain or consenter: give the file that belongs to this node's key"
        case .ledgerBehindGuard(let ledger, let signed):
            "this node has signed block \(signed), but its ledger ends at block \(ledger): restore the missing blocks before it may sign again"
        case .ledgerContradictsGuard(let number):
            "this node has signed another block \(number) than the one in its ledger: keep both and find out why"
        case .secondBlock(let number): "this node has already signed a different block \(number) or a later one, and signs no second one"
        case .exhausted(let number): "no block can follow block \(number): a counter is at its end"
        case .configurationUpdate: "the configuration that is to be ordered does not follow from the one in force"
        case .emptyBatch: "a block holds at least one envelope"
        case .governance(let reason): "the committee's governance cannot go on: \(reason)"
        case .signing(let error): "this node's key cannot sign: \(error)"
        }
    }
}
