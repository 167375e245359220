import ChannelConfiguration
import LedgerModel

/// Why a block is invalid: the first rule of the validity predicate that it breaks. All members come to the same answer.
package enum CandidateFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// A field of the block or of its extended header is not what the parent demands.
    case wrongField(String)
    /// Slot 3 is not a certificate of the parent with exactly a quorum of right signatures.
    case parentCertificate
    /// The block holds more than the channel allows, or nothing.
    case size(envelopes: Int, bytes: Int)
    /// An envelope may not be ordered, or not again.
    case envelope(index: Int, BroadcastRefusal)
    /// An envelope is not written the way it has to stand in a block.
    case envelopeForm(index: Int)
    /// A transaction is in the block twice.
    case repeated(index: Int)
    /// A change of the committee is due, and the block is not that change.
    case changeIsDue
    /// The block holds a configuration that is not the due one, or that too few members have signed.
    case configuration(reason: String)
    /// The block holds a configuration that does not follow from a client's authorised request and the configuration in force.
    case update(ConfigurationUpdateError)
    /// A heartbeat while there is none due.
    case heartbeatTooEarly
    /// An envelope that only the proposer may make is not signed by it.
    case foreignEnvelope
    /// No block can be put together from the parts that have this id.
    case contradictoryOutline

    /// Which envelope is at fault; nil when it is the block as a whole.
    package var envelopeIndex: Int? {
        switch self {
        case .envelope(let index, _), .envelopeForm(let index), .repeated(let index): index
        case .wrongField, .parentCertificate, .size, .changeIsDue, .configuration, .contradictoryOutline: nil
        case .heartbeatTooEarly, .foreignEnvelope, .update: 0
        }
    }

    /// Whether the configuration's request is to blame, and not who made the block of it.
    var isOfRequest: Bool {
        switch self {
        case .update, .envelope: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .wrongField(let name): "\(name) is not what follows from the parent block"
        case .parentCertificate: "slot 3 is not a certificate of the parent by exactly a quorum"
        case .size(let envelopes, let bytes): "\(envelopes) envelopes of \(bytes) bytes are not a block that the channel allows"
        case .envelope(let index, let refusal): "envelope \(index): \(refusal)"
        case .envelopeForm(let index): "envelope \(index) is not in canonical form"
        case .changeIsDue: "a change of the committee is due, and this is another block"
        case .configuration(let reason): "its configuration is not the due one: \(reason)"
        case .update(let error): "its configuration may not follow: \(error)"
        case .heartbeatTooEarly: "it is a heartbeat, and none is due"
        case .foreignEnvelope: "its envelope is not signed by the proposer"
        case .contradictoryOutline: "its hashes contradict each other"
        case .repeated(let index): "envelope \(index) holds a transaction that the block holds already"
        }
    }
}
