import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import SelvageClient
import Validation

/// What a peer tells of itself, its channels and the peers that it knows of.
package struct DiscoveryNode: Sendable {
    let identity: SigningIdentity
    /// The peer's organisation alone: its administrators may ask about the peer itself.
    let membership: MembershipService
    /// When the peer was started.
    let started: Timestamp
    /// host:port under which clients reach the peer, as far as the channel says it.
    let endpoint: @Sendable (ChannelBundle?) -> String
    /// A channel's ledger; nil when the peer has not joined it.
    let channel: @Sendable (ChannelID) -> (any GatewayLedger)?
    /// Whether the peer has what it takes to run a chaincode that is defined on a channel.
    let runs: @Sendable (ChannelID, ChaincodeDefinition) -> Bool
    /// The peers of a channel besides this one.
    let others: @Sendable (ChannelBundle) -> [DiscoveryPeer]

    package init(
        identity: SigningIdentity, membership: MembershipService, started: Timestamp, endpoint: @escaping @Sendable (ChannelBundle?) -> String,
        channel: @escaping @Sendable (ChannelID) -> (any GatewayLedger)?, runs: @escaping @Sendable (ChannelID, ChaincodeDefinition) -> Bool,
        others: @escaping @Sendable (ChannelBundle) -> [DiscoveryPeer]
    ) {
        self.identity = identity
        self.membership = membership
        self.started = started
        self.endpoint = endpoint
        self.channel = channel
        self.runs = runs
        self.others = others
    }

    func answer(_ request: CheckedRequest, now: Timestamp) -> Discovery_Response {
        var response = Discovery_Response()
        response.results = request.queries.map { query in
            do {
                return try self.answer(query, request.signed, now: now)
            } catch {
                var result = Discovery_QueryResult()
                result.error.content = "\(error)"
                return result
            }
        }
        return response
    }

    /// - Throws: What the client reads in the place of an answer.
    private func answer(_ query: Discovery_Query, _ signed: SignedMessage, now: Timestamp) throws -> Discovery_QueryResult {
        var result = Discovery_QueryResult()
        guard !query.channel.isEmpty else {
            try self.checkAdministrator(signed, now: now)
            guard case .localPeers? = query.query else { throw DiscoveryFailure("unknown or missing request type") }
            result.members.peersByOrg = Self.byOrganization([try self.own(nil, now: now)], of: nil)
            return result
        }
        let id = ChannelID(query.channel)
        guard let ledger = self.channel(id) else { throw DiscoveryFailure.accessDenied }
        let bundle = ledger.bundle
        try Self.checkWriter(signed, bundle, now: now)
        switch query.query {
        case .configQuery: result.configResult = try Self.configuration(bundle)
        case .peerQuery(let query):
            let interest = query.filter.chaincodes.isEmpty ? nil : ChaincodeInterest(message: query.filter)
            let peers = try self.peers(ledger, bundle, now: now, running: interest?.touches.map(\.chaincode) ?? [])
            let members = try interest.map { try self.requirements($0, ledger, bundle) }?.organizations
            result.members.peersByOrg = Self.byOrganization(peers.filter { members?.contains($0.mspID) ?? true }, of: id)
        case .ccQuery(let query):
            try Self.check(query)
            result.ccQueryRes.content = try query.interests.map { interest in
                do {
                    return try self.endorsers(ChaincodeInterest(message: interest), ledger, bundle, now: now)
                } catch {
                    let names = interest.chaincodes.map { "chaincodes:{name:\"\($0.name)\"}" }.joined(separator: " ")
                    throw DiscoveryFailure("failed constructing descriptor for \(names): \(error)")
                }
            }
        case .localPeers, nil: throw DiscoveryFailure("unknown or missing request type")
        }
        return result
    }

    // MARK: - Who may ask

    /// Fabric's rule for a channel. That a signature was verified before, the channel's own memory knows.
    private static func checkWriter(_ signed: SignedMessage, _ bundle: ChannelBundle, now: Timestamp) throws {
        guard let member = try? bundle.membership.identity(signed.identity), !member.isExpired(at: now),
            case .satisfied? = try? bundle.evaluate(policy: "/Channel/Application/Writers", [signed])
        else { throw DiscoveryFailure.accessDenied }
    }

    private func checkAdministrator(_ signed: SignedMessage, now: Timestamp) throws {
        guard let member = try? self.membership.verify(signed.signature, of: signed.message, by: signed.identity), member.isAdmin,
            !member.isExpired(at: now)
        else { throw DiscoveryFailure.accessDenied }
    }

    // MARK: - Peers

    /// This peer, with what it signs about itself.
    private func own(_ ledger: (any GatewayLedger)?, now: Timestamp) throws -> DiscoveryPeer {
        let bundle = ledger?.bundle
        var own = DiscoveryPeer(mspID: self.identity.mspID, endpoint: self.endpoint(bundle), identity: self.identity.serialized)
        let statement = GossipStatement(id: own.gossipID, started: self.started.nanosecondsSince1970, count: now.nanosecondsSince1970)
        var statements = DiscoveryPeer.Statements(
            alive: try self.envelope(statement.alive(endpoint: own.endpoint, identity: own.identity)))
        if let ledger, let bundle {
            let chaincodes = try ChaincodeDefinition.names(in: ledger.worldState(), limit: DiscoveryLimits.chaincodes).compactMap { name in
                try ChaincodeDefinition.read(name, from: ledger.worldState())
            }.filter { self.runs(bundle.channelID, $0) }.map { (name: $0.name, sequence: $0.sequence) }
            statements.state = try self.envelope(
                statement.state(of: bundle.channelID, height: ledger.deliverableHeight, chaincodes: chaincodes))
        }
        own.statements = statements
        return own
    }

    private func envelope(_ payload: [UInt8]) throws -> Gossip_Envelope {
        var envelope = Gossip_Envelope()
        envelope.payload = payload.data
        envelope.signature = try self.identity.sign(payload).data
        return envelope
    }

    /// Those of a channel that run all of the chaincodes, or may: of others than this one it is not known.
    private func peers(_ ledger: any GatewayLedger, _ bundle: ChannelBundle, now: Timestamp, running names: [Namespace]) throws -> [DiscoveryPeer] {
        var runsAll = true
        for name in names {
            guard let definition = try ChaincodeDefinition.read(name, from: ledger.worldState()) else {
                throw DiscoveryFailure("No metadata was found for chaincode \(name) in channel \(bundle.channelID)")
            }
            runsAll = runsAll && self.runs(bundle.channelID, definition)
        }
        return (runsAll ? [try self.own(ledger, now: now)] : []) + self.others(bundle)
    }

    private static func byOrganization(_ peers: [DiscoveryPeer], of channel: ChannelID?) -> [String: Discovery_Peers] {
        var byOrganization: [String: Discovery_Peers] = [:]
        for peer in peers { byOrganization[peer.mspID.text, default: Discovery_Peers()].peers.append(peer.message(of: channel)) }
        return byOrganization
    }

    // MARK: - Endorsers

    private static func check(_ query: Discovery_ChaincodeQuery) throws {
        guard !query.interests.isEmpty else { throw DiscoveryFailure("chaincode query must have at least one chaincode interest") }
        for interest in query.interests {
            guard !interest.chaincodes.isEmpty else { throw DiscoveryFailure("chaincode interest must contain at least one chaincode") }
            for call in interest.chaincodes where call.name.isEmpty { throw DiscoveryFailure("chaincode name in interest cannot be empty") }
        }
    }

    private func requirements(
        _ interest: ChaincodeInterest, _ ledger: any GatewayLedger, _ bundle: ChannelBundle
    ) throws -> EndorsementRequirements {
        try EndorsementRequirements(interest, bundle: bundle, state: ledger.worldState())
    }

    private func endorsers(
        _ interest: ChaincodeInterest, _ ledger: any GatewayLedger, _ bundle: ChannelBundle, now: Timestamp
    ) throws -> Discovery_EndorsementDescriptor {
        let requirements = try self.requirements(interest, ledger, bundle)
        guard !requirements.policies.isEmpty else {
            throw DiscoveryFailure(
                "requested to disregard a chaincode's policy but key and collection policies are missing; name one, or do not disregard it")
        }
        let peers = try self.peers(ledger, bundle, now: now, running: interest.touches.map(\.chaincode)).filter {
            requirements.organizations?.contains($0.mspID) ?? true
        }
        var available: [MSPID: [DiscoveryPeer]] = [:]
        for peer in peers { available[peer.mspID, default: []].append(peer) }
        let layouts = EndorsementLayouts(policies: requirements.policies, bundle: bundle).layouts(available.mapValues(\.count))
        guard !layouts.isEmpty else { throw DiscoveryFailure("no peer combination can satisfy the endorsement policy") }
        var descriptor = Discovery_EndorsementDescriptor()
        descriptor.chaincode = interest.touches.first?.chaincode.text ?? ""
        // A group is an organisation, whose peers count alike.
        let groups = available.keys.sorted().filter { organization in layouts.contains { $0[organization] != nil } }
        for (index, organization) in groups.enumerated() {
            var group = Discovery_Peers()
            group.peers = available[organization, default: []].map { $0.message(of: bundle.channelID) }
            descriptor.endorsersByGroups["G\(index)"] = group
        }
        descriptor.layouts = layouts.map { counts in
            var layout = Discovery_Layout()
            for (index, organization) in groups.enumerated() { layout.quantitiesByGroup["G\(index)"] = counts[organization].map { UInt32($0) } }
            return layout
        }
        return descriptor
    }

    // MARK: - Configuration

    private static func configuration(_ bundle: ChannelBundle) throws -> Discovery_ConfigResult {
        var result = Discovery_ConfigResult()
        let channel = bundle.config.channelGroup
        for organizations in ["Application", "Orderer"].compactMap({ channel.groups[$0]?.groups.values }) {
            for organization in organizations {
                guard let value = organization.values["MSP"] else { continue }
                let msp = try Msp_FabricMSPConfig.decode(Msp_MSPConfig.decode(value.value, as: "MSP").config, as: "MSP")
                result.msps[msp.name] = msp
            }
        }
        let haveOwn = bundle.ordererOrganizations.contains { !$0.endpoints.isEmpty }
        for organization in bundle.ordererOrganizations {
            var endpoints = Discovery_Endpoints()
            for text in haveOwn ? organization.endpoints : bundle.ordererEndpoints {
                // One that is no address is left out, as by Fabric's peers.
                guard let address = try? NodeAddress(text) else { continue }
                var endpoint = Discovery_Endpoint()
                (endpoint.host, endpoint.port) = (address.host, UInt32(address.port))
                endpoints.endpoint.append(endpoint)
            }
            result.orderers[organization.mspID.text] = endpoints
        }
        return result
    }
}

/// What stands in an answer's place; words as from Fabric's peers where they have some.
struct DiscoveryFailure: Error, Equatable, CustomStringConvertible {
    static let accessDenied = DiscoveryFailure("access denied")

    let description: String

    init(_ description: String) { self.description = description }
}

extension Timestamp {
    /// 0 before 1970, the largest number after 2554.
    fileprivate var nanosecondsSince1970: UInt64 {
        let (whole, overflows) = UInt64(max(self.seconds, 0)).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(UInt64(max(self.nanoseconds, 0)))
        return overflows || isOver ? .max : sum
    }
}
