import FabricMessages
import Identity
import LedgerModel

extension GenesisProfile {
    private static let admins = "Admins"
    /// A quorum of the committee in office, and nobody else, may change the committee.
    static let committee = "/Channel/Orderer/BlockValidation"

    /// The configuration tree (interop 11.3, with the committee's modification policies of the ordering design).
    func configuration() throws(ConfigurationError) -> Common_Config {
        var channel = Common_ConfigGroup()
        channel.modPolicy = Self.admins
        channel.policies = Self.implicitPolicies()
        var algorithm = Common_HashingAlgorithm()
        algorithm.name = "SHA256"
        channel.values["HashingAlgorithm"] = Self.value(algorithm.encoded())
        var structure = Common_BlockDataHashingStructure()
        structure.width = .max
        channel.values["BlockDataHashingStructure"] = Self.value(structure.encoded())
        channel.values["Capabilities"] = Self.value(Capabilities.message(self.capabilities.channel).encoded())
        channel.groups["Orderer"] = try self.ordererGroup()
        channel.groups["Application"] = try self.applicationGroup()
        var config = Common_Config()
        config.channelGroup = channel
        return config
    }

    private func ordererGroup() throws(ConfigurationError) -> Common_ConfigGroup {
        var group = Common_ConfigGroup()
        group.policies = Self.implicitPolicies()
        var consensus = Orderer_ConsensusType()
        do {
            switch self.ordering {
            case .committee:
                group.modPolicy = Self.committee
                group.policies["BlockValidation"] = Self.policy(try CommitteeQuorum.policy(of: self.consenters), modPolicy: Self.committee)
                consensus.type = "BFT"
            case .etcd:
                group.modPolicy = Self.admins
                // As with a Raft orderer of Fabric, one orderer's signature makes a block valid.
                group.policies["BlockValidation"] = Self.policy(
                    try SignaturePolicy(count: 1, of: self.ordererOrganizations.map { .role($0.msp.name, .orderer) }))
                consensus.type = EtcdCarriageFormat.consensusType
            }
        } catch {
            throw .invalidPolicy(path: Self.committee, reason: error.description)
        }
        switch self.ordering {
        case .committee:
            consensus.metadata = try GovernanceCarriageFormat.metadata(
                options: Self.consensusOptions().encoded(), governance: self.governance
            ).data
        case .etcd: consensus.metadata = EtcdCarriageFormat.metadata(consenters: self.consenters).data
        }
        group.values["ConsensusType"] = Self.value(consensus.encoded())
        var size = Orderer_BatchSize()
        size.maxMessageCount = self.batch.maxMessageCount
        size.absoluteMaxBytes = self.batch.absoluteMaxBytes
        size.preferredMaxBytes = self.batch.preferredMaxBytes
        group.values["BatchSize"] = Self.value(size.encoded())
        var timeout = Orderer_BatchTimeout()
        timeout.timeout = DurationText.text(milliseconds: self.batch.timeoutMilliseconds)
        group.values["BatchTimeout"] = Self.value(timeout.encoded())
        group.values["ChannelRestrictions"] = Self.value(Orderer_ChannelRestrictions().encoded())
        group.values["Capabilities"] = Self.value(Capabilities.message(self.capabilities.orderer).encoded())
        if self.ordering == .committee {
            group.values["Orderers"] = Self.value(Consenter.mapping(self.consenters), modPolicy: Self.committee)
        }
        for organization in self.ordererOrganizations {
            group.groups[organization.groupName] = try Self.ordererOrganizationGroup(organization)
        }
        return group
    }

    /// The group of an organisation of the ordering service.
    static func ordererOrganizationGroup(_ organization: Organization) throws(ConfigurationError) -> Common_ConfigGroup {
        var group = try self.organizationGroup(organization, roles: [("Readers", [.member]), ("Writers", [.member]), ("Admins", [.admin])])
        var endpoints = Common_OrdererAddresses()
        endpoints.addresses = organization.endpoints
        group.values["Endpoints"] = self.value(endpoints.encoded())
        return group
    }

    private func applicationGroup() throws(ConfigurationError) -> Common_ConfigGroup {
        var group = Common_ConfigGroup()
        group.modPolicy = Self.admins
        group.policies = Self.implicitPolicies()
        let endorsement = self.endorsement.map { Self.policy($0) } ?? Self.implicitPolicy(.majority, "Endorsement")
        group.policies["Endorsement"] = endorsement
        group.policies["LifecycleEndorsement"] = endorsement
        group.values["Capabilities"] = Self.value(Capabilities.message(self.capabilities.application).encoded())
        for organization in self.applicationOrganizations {
            var child = try Self.organizationGroup(
                organization,
                roles: [
                    ("Readers", [.admin, .peer, .client] + (organization.staysReady ? [.orderer] : [])), ("Writers", [.admin, .client]),
                    ("Admins", [.admin]), ("Endorsement", [.peer]),
                ])
            if !organization.anchorPeers.isEmpty {
                var anchors = Protos_AnchorPeers()
                anchors.anchorPeers = organization.anchorPeers.map { peer in
                    var message = Protos_AnchorPeer()
                    message.host = peer.host
                    message.port = peer.port
                    return message
                }
                child.values["AnchorPeers"] = Self.value(anchors.encoded())
            }
            group.groups[organization.groupName] = child
        }
        return group
    }

    private static func organizationGroup(
        _ organization: Organization, roles: [(policy: String, roles: [Role])]
    ) throws(ConfigurationError) -> Common_ConfigGroup {
        var group = Common_ConfigGroup()
        group.modPolicy = admins
        group.values["MSP"] = value(organization.msp.message().encoded())
        for (name, roles) in roles {
            do {
                group.policies[name] = policy(try SignaturePolicy(count: 1, of: roles.map { .role(organization.msp.name, $0) }))
            } catch {
                throw .invalidPolicy(path: "\(organization.groupName)/\(name)", reason: error.description)
            }
        }
        return group
    }

    /// Options that Fabric's own nodes accept; only our committee's member count and batch settings matter to us.
    private static func consensusOptions() -> Orderer_Smartbft_Options {
        var options = Orderer_Smartbft_Options()
        options.requestBatchMaxInterval = "200ms"
        options.incomingMessageBufferSize = 200
        options.requestPoolSize = 1_000
        options.requestForwardTimeout = "2s"
        options.requestComplainTimeout = "10s"
        options.requestAutoRemoveTimeout = "3m0s"
        options.viewChangeResendInterval = "5s"
        options.viewChangeTimeout = "20s"
        options.leaderHeartbeatTimeout = "1m0s"
        options.leaderHeartbeatCount = 10
        options.collectTimeout = "1s"
        return options
    }

    // MARK: - Elements

    private static func value(_ bytes: [UInt8], modPolicy: String = admins) -> Common_ConfigValue {
        var value = Common_ConfigValue()
        value.value = bytes.data
        value.modPolicy = modPolicy
        return value
    }

    private static func policy(_ policy: SignaturePolicy, modPolicy: String = admins) -> Common_ConfigPolicy {
        var entry = Common_ConfigPolicy()
        entry.policy.type = Int32(Common_Policy.PolicyType.signature.rawValue)
        entry.policy.value = policy.envelope().data
        entry.modPolicy = modPolicy
        return entry
    }

    private static func implicitPolicy(_ rule: Common_ImplicitMetaPolicy.Rule, _ name: String) -> Common_ConfigPolicy {
        var message = Common_ImplicitMetaPolicy()
        message.rule = rule
        message.subPolicy = name
        var entry = Common_ConfigPolicy()
        entry.policy.type = Int32(Common_Policy.PolicyType.implicitMeta.rawValue)
        entry.policy.value = message.encoded().data
        entry.modPolicy = admins
        return entry
    }

    /// The three policies that every group above organisations has.
    private static func implicitPolicies() -> [String: Common_ConfigPolicy] {
        [
            "Readers": implicitPolicy(.any, "Readers"), "Writers": implicitPolicy(.any, "Writers"), "Admins": implicitPolicy(.majority, "Admins"),
        ]
    }
}
