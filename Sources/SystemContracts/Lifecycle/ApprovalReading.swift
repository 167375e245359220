import LedgerModel
import Synchronization

/// What an organisation says to a chaincode definition.
package enum ApprovalVerdict: Hashable, Sendable {
    case approved
    /// It has approved nothing under this name and sequence.
    case missing
    /// It has approved other values of these fields, named as in the lifecycle messages.
    case differs([String])
}

/// The approvals of the organisation that a node belongs to; approving is a local operation of the node, not a transaction.
package protocol ApprovalReading: Sendable {
    /// The organisation whose approvals these are.
    var organization: MSPID { get }
    /// What it says to a definition on a channel.
    func verdict(on definition: ChaincodeDefinition, channel: ChannelID) -> ApprovalVerdict
}

/// Approves every definition: for re-execution by an auditor, who judges what a contract does and not what organisations want.
package struct ApproveAll: ApprovalReading {
    package let organization: MSPID

    package init(organization: MSPID) {
        self.organization = organization
    }

    package func verdict(on definition: ChaincodeDefinition, channel: ChannelID) -> ApprovalVerdict { .approved }
}

/// The approvals of one node, kept in memory by channel, name and sequence.
package final class LocalApprovals: ApprovalReading {
    private struct Key: Hashable {
        let channel: ChannelID
        let name: Namespace
        let sequence: Int64
    }

    package let organization: MSPID
    private let definitions = Mutex<[Key: ChaincodeDefinition]>([:])

    package init(organization: MSPID) {
        self.organization = organization
    }

    /// Approves a definition; a later approval of the same name and sequence replaces it.
    package func approve(_ definition: ChaincodeDefinition, channel: ChannelID) {
        definitions.withLock { $0[Key(channel: channel, name: definition.name, sequence: definition.sequence)] = definition }
    }

    package func verdict(on definition: ChaincodeDefinition, channel: ChannelID) -> ApprovalVerdict {
        let key = Key(channel: channel, name: definition.name, sequence: definition.sequence)
        guard let approved = definitions.withLock({ $0[key] }) else { return .missing }
        let fields = approved.fieldsDiffering(from: definition)
        return fields.isEmpty ? .approved : .differs(fields)
    }
}

extension ChaincodeDefinition {
    /// The stored fields whose values differ, in the order in which they are stored.
    fileprivate func fieldsDiffering(from other: ChaincodeDefinition) -> [String] {
        var fields: [String] = []
        let sameVersion = version.utf8.elementsEqual(other.version.utf8)
        let sameEndorsement = endorsementPlugin.utf8.elementsEqual(other.endorsementPlugin.utf8)
        if !sameVersion || !sameEndorsement || initRequired != other.initRequired { fields.append("EndorsementInfo") }
        let sameValidation = validationPlugin.utf8.elementsEqual(other.validationPlugin.utf8)
        if !sameValidation || validationParameter != other.validationParameter { fields.append("ValidationInfo") }
        if collections != other.collections { fields.append("Collections") }
        return fields
    }
}
