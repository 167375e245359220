import ChannelConfiguration
import LedgerModel

/// Why a block cannot be validated here. Unlike an invalid transaction this stops the channel: the block must not be committed.
package enum BlockValidationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The state or the transaction index could not be read.
    case state(StateReadError)
    /// The block changes the channel configuration in a way that was not authorised, or not as its update says.
    case configurationRefused(BlockNumber, ConfigurationUpdateError)
    /// A configuration stands beside other transactions, or is not the only one.
    case configurationNotAlone(BlockNumber)
    /// The configuration in the block cannot be used.
    case unusableConfiguration(BlockNumber, ConfigurationError)
    /// Block 0 came where a later one was expected, or the other way round.
    case notTheGenesisBlock(BlockNumber)

    package var description: String {
        switch self {
        case .state(let error): error.description
        case .configurationRefused(let number, let error): "block \(number): \(error); the channel stops before this block"
        case .configurationNotAlone(let number): "block \(number): a configuration must be alone in its block; the channel stops before this block"
        case .unusableConfiguration(let number, let error): "block \(number): \(error); the channel stops before this block"
        case .notTheGenesisBlock(let number): "block \(number): block 0, and only it, is accepted as a genesis block"
        }
    }
}
