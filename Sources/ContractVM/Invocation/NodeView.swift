import LedgerModel

/// What the contracts of a node see of their node beside the state: which channel and organisation it is of, and what it keeps.
package struct NodeView: Sendable {
    /// The organisation that owns the node.
    package var organization: MSPID
    /// The channel that the node has joined.
    package var channel: ChannelID
    /// The organisations that own peers of the channel, in byte order.
    package var applicationOrganizations: [MSPID]
    /// The blocks of the channel; nil on a node that has none to show, such as an auditor.
    package var blocks: (any BlockReading)?
    /// What the node holds in the clear of its organisation's private data.
    package var privateData: (any PrivateDataReading)?

    package init(
        organization: MSPID, channel: ChannelID, applicationOrganizations: [MSPID], blocks: (any BlockReading)? = nil,
        privateData: (any PrivateDataReading)? = nil
    ) {
        self.organization = organization
        self.channel = channel
        self.applicationOrganizations = applicationOrganizations.sorted()
        self.blocks = blocks
        self.privateData = privateData
    }
}
