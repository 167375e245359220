import Identity
import LedgerModel

/// Why a channel configuration, or something that refers to it, is refused.
package enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Bytes that do not parse.
    case malformed(MessageError)
    /// The block holds something else than one configuration.
    case notAConfigurationBlock(BlockNumber, reason: String)
    /// The channel's name has characters or a length that are not allowed.
    case invalidChannelName(String)
    /// A group, value or policy has a name that is not allowed.
    case invalidName(String)
    /// A part that every channel needs is not there.
    case missing(path: String)
    /// A value does not parse or makes no sense.
    case invalidValue(path: String, reason: String)
    /// A policy cannot be used.
    case invalidPolicy(path: String, reason: String)
    /// The channel wants behaviour that this node does not have, or lacks what this node needs.
    case unsupportedCapability(group: String, reason: String)
    /// No such policy in the channel.
    case unknownPolicy(path: String)
    /// An organisation's identities cannot be judged.
    case membership(IdentityError)
    /// The configuration exceeds a limit of this implementation.
    case tooLarge(what: String, limit: Int)

    /// The element that is wrong, where the error names one by its path.
    package var path: String? {
        switch self {
        case .missing(let path), .invalidValue(let path, _), .invalidPolicy(let path, _), .unknownPolicy(let path): path
        case .unsupportedCapability(let group, _): group == "Channel" ? "/Channel/Capabilities" : "/Channel/\(group)/Capabilities"
        case .malformed, .notAConfigurationBlock, .invalidChannelName, .invalidName, .membership, .tooLarge: nil
        }
    }

    package var description: String {
        switch self {
        case .malformed(let error): "channel configuration: \(error)"
        case .notAConfigurationBlock(let number, let reason): "block \(number) is not a configuration block: \(reason)"
        case .invalidChannelName(let name):
            "channel name '\(name)': it must begin with a-z and hold only a-z, 0-9, '.' and '-', at most \(Limits.nameBytes) characters"
        case .invalidName(let name): "channel configuration: the name '\(name)' holds characters other than letters, digits, '.' and '-'"
        case .missing(let path): "channel configuration: \(path) is missing"
        case .invalidValue(let path, let reason): "channel configuration: value \(path): \(reason)"
        case .invalidPolicy(let path, let reason): "channel configuration: policy \(path): \(reason)"
        case .unsupportedCapability(let group, let reason): "channel configuration: capabilities of \(group): \(reason)"
        case .unknownPolicy(let path): "the channel has no policy '\(path)': check the path, for example /Channel/Application/Endorsement"
        case .membership(let error): "channel configuration: \(error)"
        case .tooLarge(let what, let limit): "channel configuration: more than \(limit) \(what)"
        }
    }
}
