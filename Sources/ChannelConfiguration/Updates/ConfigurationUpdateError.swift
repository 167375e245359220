import LedgerModel

/// Why a configuration update, or a configuration that claims to follow from one, is refused. Elements are named by kind and path.
package enum ConfigurationUpdateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Bytes that do not parse.
    case malformed(MessageError)
    /// The envelope holds something else.
    case notAnUpdate(type: Int32)
    case tooManySignatures(limit: Int)
    /// The update was made for another channel.
    case otherChannel(ChannelID, expected: ChannelID)
    /// A name in the read or write set is not allowed, or the sets are too large.
    case invalidElement(ConfigurationElement, ConfigurationError)
    /// The update depends on something that does not exist.
    case unknownElement(ConfigurationElement)
    /// The update was made for another version of the configuration.
    case outdated(ConfigurationElement, required: UInt64, current: UInt64)
    /// Nothing would change.
    case noChange
    /// A changed or new element names no policy for its next change, or an impossible one.
    case invalidModificationPolicy(ConfigurationElement, String)
    /// A new element must begin with version 0.
    case newElementVersion(ConfigurationElement, found: UInt64)
    /// A changed element must have the next version.
    case changedElementVersion(ConfigurationElement, found: UInt64, expected: UInt64)
    /// The policy that guards an element does not exist, so nobody can change it.
    case unknownModificationPolicy(ConfigurationElement, policy: String)
    /// The signatures do not satisfy the policy that guards an element.
    case unauthorized(ConfigurationElement, policy: String, missing: String)
    /// The update writes an element whose group does not take it in.
    case withoutEffect(ConfigurationElement)
    /// An element may not change in this way.
    case forbiddenChange(ConfigurationElement, reason: String)
    /// The result is no configuration that a channel can have.
    case unusableResult(ConfigurationError)
    /// A configuration must tell which update led to it.
    case noLastUpdate
    case outOfSequence(expected: UInt64, found: UInt64)
    /// The configuration is not what its update leads to.
    case differentResult(ConfigurationElement)
    /// The configuration follows from another update than the one that was decided.
    case anotherUpdate

    /// The path of the element that is wrong, where there is one.
    package var path: String? {
        switch self {
        case .invalidElement(let element, _), .unknownElement(let element), .outdated(let element, _, _), .invalidModificationPolicy(let element, _),
            .newElementVersion(let element, _), .changedElementVersion(let element, _, _), .unknownModificationPolicy(let element, _),
            .unauthorized(let element, _, _), .withoutEffect(let element), .forbiddenChange(let element, _), .differentResult(let element):
            element.path
        case .unusableResult(let error): error.path
        case .malformed, .notAnUpdate, .tooManySignatures, .otherChannel, .noChange, .noLastUpdate, .outOfSequence, .anotherUpdate: nil
        }
    }

    package var description: String {
        "configuration update: \(self.reason)"
    }

    private var reason: String {
        switch self {
        case .malformed(let error): "\(error)"
        case .notAnUpdate(let type): "the envelope has type \(type), not 2"
        case .tooManySignatures(let limit): "more than \(limit) signatures"
        case .otherChannel(let found, let expected): "it is for channel '\(found)', not for '\(expected)'"
        case .invalidElement(let element, let error): "\(element): \(error)"
        case .unknownElement(let element): "\(element) does not exist, but the update depends on it: make it again from the current configuration"
        case .outdated(let element, let required, let current):
            "\(element) is at version \(current), the update was made for \(required): make it again from the current configuration"
        case .noChange: "it would change nothing"
        case .invalidModificationPolicy(let element, let policy):
            policy.isEmpty ? "\(element) must name its modification policy" : "\(element) has the impossible modification policy '\(policy)'"
        case .newElementVersion(let element, let found): "\(element) is new and must have version 0, not \(found)"
        case .changedElementVersion(let element, let found, let expected): "\(element) must get version \(expected), not \(found)"
        case .unknownModificationPolicy(let element, let policy):
            "\(element) is guarded by the policy '\(policy)', which does not exist: change a group around it"
        case .unauthorized(let element, let policy, let missing): "\(element) is guarded by \(policy), which is not satisfied: \(missing)"
        case .withoutEffect(let element): "\(element) is new, but its group stays as it is: raise the version of the group"
        case .forbiddenChange(let element, let reason): "\(element): \(reason)"
        case .unusableResult(let error): "the result cannot be used: \(error)"
        case .noLastUpdate: "the configuration does not say which update led to it"
        case .outOfSequence(let expected, let found): "the configuration has sequence \(found), \(expected) must follow"
        case .differentResult(let element): "\(element) is not what the update leads to"
        case .anotherUpdate: "it is not the update that was decided"
        }
    }
}
