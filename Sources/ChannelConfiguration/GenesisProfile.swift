import Identity
import LedgerModel

/// What a new channel shall look like; `genesisBlock()` writes it down.
///
/// The same profile always gives the same bytes.
package struct GenesisProfile: Sendable {
    /// An organisation that joins the channel from the start.
    package struct Organization: Hashable, Sendable {
        /// The name of its group in the configuration; the MSP id by custom.
        package var groupName: String
        package var msp: MSPConfiguration
        /// "host:port" of its ordering nodes; needed for organisations of the ordering service.
        package var endpoints: [String]
        package var anchorPeers: [AnchorPeer]
        /// Whether it has ordering nodes that may come into office, and read the channel until then.
        package var staysReady: Bool

        package init(
            groupName: String? = nil, msp: MSPConfiguration, endpoints: [String] = [], anchorPeers: [AnchorPeer] = [], staysReady: Bool = false
        ) {
            self.groupName = groupName ?? msp.name.text
            self.msp = msp
            self.endpoints = endpoints
            self.anchorPeers = anchorPeers
            self.staysReady = staysReady
        }
    }

    /// How the channel's blocks come about.
    package enum Ordering: Hashable, Sendable {
        /// By a quorum of the consenters' signatures.
        case committee
        /// By one orderer's signature, and the word of an etcd cluster.
        case etcd
    }

    package var channelID: ChannelID
    package var applicationOrganizations: [Organization]
    /// One for each member of the committee in office.
    package var ordererOrganizations: [Organization]
    /// The committee; ids begin at 1.
    package var consenters: [Consenter]
    package var batch: BatchConfiguration
    package var capabilities: Capabilities
    /// Who endorses chaincode that has no policy of its own, and changes of chaincode definitions; nil: a majority of the organisations.
    package var endorsement: SignaturePolicy?
    /// The settings of elections and the committee, opaque here; empty when the channel has none. See `GovernanceCarriageFormat`.
    package var governance: [UInt8]
    package var ordering: Ordering
    /// Written into the genesis block's header.
    package var createdAt: Timestamp

    package init(
        channelID: ChannelID, applicationOrganizations: [Organization], ordererOrganizations: [Organization], consenters: [Consenter],
        batch: BatchConfiguration = BatchConfiguration(), capabilities: Capabilities = .current,
        endorsement: SignaturePolicy? = nil, governance: [UInt8] = [], ordering: Ordering = .committee, createdAt: Timestamp
    ) {
        self.channelID = channelID
        self.applicationOrganizations = applicationOrganizations
        self.ordererOrganizations = ordererOrganizations
        self.consenters = consenters
        self.batch = batch
        self.capabilities = capabilities
        self.endorsement = endorsement
        self.governance = governance
        self.ordering = ordering
        self.createdAt = createdAt
    }

    /// Refuses what would make a channel that does not work.
    func check() throws(ConfigurationError) {
        try ConfigurationName.checkChannel(self.channelID)
        try self.batch.check()
        try self.capabilities.check()
        for (path, organizations) in [
            ("/Channel/Application", self.applicationOrganizations), ("/Channel/Orderer", self.ordererOrganizations),
        ] {
            guard !organizations.isEmpty else { throw .invalidValue(path: path, reason: "it needs at least one organisation") }
            var names: Set<[UInt8]> = []
            for organization in organizations {
                try ConfigurationName.check(organization.groupName)
                guard names.insert(Array(organization.groupName.utf8)).inserted else {
                    throw .invalidValue(path: path, reason: "the group '\(organization.groupName)' appears twice")
                }
            }
        }
        for organization in self.ordererOrganizations where organization.endpoints.isEmpty {
            throw .missing(path: "/Channel/Orderer/\(organization.groupName)/Endpoints")
        }
        guard self.ordering == .committee || self.governance.isEmpty else {
            throw .invalidValue(path: "/Channel/Orderer/ConsensusType", reason: "a channel on etcd has no committee to be governed")
        }
        for consenter in self.consenters {
            guard consenter.id > 0 else { throw .invalidValue(path: "/Channel/Orderer/Orderers", reason: "consenter ids begin at 1") }
            guard self.ordererOrganizations.contains(where: { $0.msp.name == consenter.mspID }) else {
                throw .invalidValue(
                    path: "/Channel/Orderer/Orderers",
                    reason: "consenter \(consenter.id) is of '\(consenter.mspID)', which is no organisation of the ordering service")
            }
        }
    }
}
