import FabricMessages
import Identity
import LedgerModel

/// Everything that a channel's configuration says, checked and ready to be asked. A new configuration block makes a new bundle.
package struct ChannelBundle: Sendable {
    package let channelID: ChannelID
    /// How many configurations came before; 0 in the genesis block.
    package let sequence: UInt64
    /// The configuration itself, for updates.
    package let config: Common_Config
    /// Organisations that own peers, by group name in byte order.
    package let applicationOrganizations: [OrganizationConfiguration]
    /// Organisations that own ordering nodes, by group name in byte order.
    package let ordererOrganizations: [OrganizationConfiguration]
    /// The committee in the order of the configuration; empty unless the consensus type is "BFT".
    package let consenters: [Consenter]
    /// "BFT" or "etcdraft".
    package let consensusType: String
    /// Whether blocks are made by way of an etcd cluster and carry one orderer's signature (`EtcdCarriageFormat`).
    package let isOrderedOnEtcd: Bool
    /// The bytes that belong to the consensus type.
    package let consensusMetadata: [UInt8]
    /// The settings of elections and the committee, opaque here; empty when the channel has none.
    package let governance: [UInt8]
    package let batch: BatchConfiguration
    package let capabilities: Capabilities
    /// Judges the identities of all organisations.
    package let membership: MembershipService
    /// "host:port" of the ordering nodes.
    package let ordererEndpoints: [String]
    let policies: PolicyTree
    /// Goes on to the bundles that follow from this one.
    package let verifier: any SignatureVerifying
    /// Policy paths by resource name, for resources whose check the channel has changed.
    let accessControl: [[UInt8]: String]

    /// Reads the configuration of a channel.
    ///
    /// - Parameter verifier: Checks signatures; a host may remember answers.
    package init(
        config: Common_Config, channelID: ChannelID, verifier: any SignatureVerifying = DirectSignatureVerifier()
    ) throws(ConfigurationError) {
        try ConfigurationName.checkChannel(channelID)
        let reader = ConfigurationReader()
        let channel = config.channelGroup
        // First, because it checks all names and the size of the tree.
        self.policies = try PolicyTree(channel: channel)
        try reader.checkHashing(channel)
        guard let orderer = channel.groups["Orderer"] else { throw .missing(path: "/Channel/Orderer") }
        guard let application = channel.groups["Application"] else { throw .missing(path: "/Channel/Application") }
        self.channelID = channelID
        self.sequence = config.sequence
        self.config = config
        self.capabilities = Capabilities(
            channel: try reader.capabilities(channel, at: "/Channel"), orderer: try reader.capabilities(orderer, at: "/Channel/Orderer"),
            application: try reader.capabilities(application, at: "/Channel/Application"))
        try self.capabilities.check()
        self.applicationOrganizations = try reader.organizations(of: application, at: "/Channel/Application")
        self.ordererOrganizations = try reader.organizations(of: orderer, at: "/Channel/Orderer")
        let consensus = try reader.require(Orderer_ConsensusType.decode, "ConsensusType", of: orderer, at: "/Channel/Orderer")
        self.consensusType = consensus.type
        self.consensusMetadata = consensus.metadata.byteArray
        self.isOrderedOnEtcd =
            consensus.type.utf8.elementsEqual(EtcdCarriageFormat.consensusType.utf8) && EtcdCarriageFormat.isMarked(self.consensusMetadata)
        self.batch = try BatchConfiguration(
            size: try reader.require(Orderer_BatchSize.decode, "BatchSize", of: orderer, at: "/Channel/Orderer"),
            timeout: try reader.require(Orderer_BatchTimeout.decode, "BatchTimeout", of: orderer, at: "/Channel/Orderer"))
        let isCommittee = consensus.type.utf8.elementsEqual("BFT".utf8)
        self.consenters = isCommittee ? try reader.consenters(of: orderer) : []
        self.governance = isCommittee ? try GovernanceCarriageFormat.governance(in: self.consensusMetadata) : []
        let addresses = try reader.value(Common_OrdererAddresses.decode, "OrdererAddresses", of: channel, at: "/Channel")
        try reader.checkEndpoints(global: addresses, of: self.ordererOrganizations, isVersion3: self.capabilities.isVersion3)
        let ownEndpoints = self.ordererOrganizations.flatMap(\.endpoints)
        self.ordererEndpoints = ownEndpoints.isEmpty ? addresses?.addresses ?? [] : ownEndpoints
        self.accessControl = try reader.accessControl(application)
        self.verifier = verifier
        do {
            self.membership = try MembershipService(
                (self.applicationOrganizations + self.ordererOrganizations).map(\.msp), supportsEd25519: self.capabilities.isVersion3,
                verifier: verifier)
        } catch {
            throw .membership(error)
        }
    }

    /// Reads a serialised `common.ConfigEnvelope`.
    package init(
        configEnvelope bytes: [UInt8], channelID: ChannelID, verifier: any SignatureVerifying = DirectSignatureVerifier()
    ) throws(ConfigurationError) {
        let envelope: Common_ConfigEnvelope
        do {
            envelope = try Common_ConfigEnvelope.decode(bytes, as: "configuration envelope")
        } catch {
            throw .malformed(error)
        }
        guard envelope.hasConfig else { throw .missing(path: "/Channel") }
        try self.init(config: envelope.config, channelID: channelID, verifier: verifier)
    }

    /// Reads a configuration block: the genesis block or a later one.
    package init(block: OrderedBlock, verifier: any SignatureVerifying = DirectSignatureVerifier()) throws(ConfigurationError) {
        guard block.envelopes.count == 1 else {
            throw .notAConfigurationBlock(block.number, reason: "it holds \(block.envelopes.count) envelopes")
        }
        let payload: Payload
        let header: ChannelHeader
        do throws(MessageError) {
            payload = try Payload(serialized: Envelope(serialized: block.envelopes[0]).payload)
            header = try ChannelHeader(serialized: payload.channelHeaderBytes)
        } catch {
            throw .malformed(error)
        }
        guard header.kind == .config else {
            throw .notAConfigurationBlock(block.number, reason: "its envelope has type \(header.type), not 1")
        }
        try self.init(configEnvelope: payload.data, channelID: header.channelID, verifier: verifier)
    }
}
