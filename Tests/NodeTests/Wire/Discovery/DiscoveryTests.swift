import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import FabricServices
import GRPCCore
import Identity
import LedgerModel
import Synchronization
import Testing

@testable import Node

/// What clients learn of a network, and who may ask.
@Suite(.timeLimit(.minutes(10))) struct DiscoveryTests {
    private static let channel: ChannelID = "tallies"

    private static func node(_ bench: NodeNetwork, _ network: LiveNetwork, runs: Bool = true, others: [DiscoveryPeer]? = nil) throws -> DiscoveryNode
    {
        let peer = network.peers[0]
        return DiscoveryNode(
            identity: bench.peers[0], membership: try MembershipService([bench.authority.mspConfiguration()], supportsEd25519: true),
            started: Timestamp(seconds: 1_000, nanoseconds: 7), endpoint: { _ in "peer0.org1.example:7051" },
            channel: { $0 == Self.channel ? peer : nil }, runs: { _, _ in runs },
            others: { _ in others ?? [DiscoveryPeer(mspID: "Org2MSP", endpoint: "peer0.org2.example:7051")] })
    }

    private static func request(
        _ queries: [Discovery_Query], by identity: SigningIdentity, hash: [UInt8] = [], signedBy signer: SigningIdentity? = nil
    ) throws -> Discovery_SignedRequest {
        var request = Discovery_Request()
        request.authentication.clientIdentity = identity.serialized.data
        request.authentication.clientTlsCertHash = hash.data
        request.queries = queries
        var signed = Discovery_SignedRequest()
        signed.payload = request.encoded().data
        signed.signature = try (signer ?? identity).sign(signed.payload.byteArray).data
        return signed
    }

    private static func query(_ channel: ChannelID, _ query: Discovery_Query.OneOf_Query?) -> Discovery_Query {
        var message = Discovery_Query()
        message.channel = channel.text
        message.query = query
        return message
    }

    private static func query(_ query: Discovery_Query.OneOf_Query?) -> Discovery_Query { self.query(self.channel, query) }

    private static func interest(_ names: String..., change: (inout Protos_ChaincodeCall) -> Void = { _ in }) -> Protos_ChaincodeInterest {
        var interest = Protos_ChaincodeInterest()
        for name in names {
            var call = Protos_ChaincodeCall()
            call.name = name
            change(&call)
            interest.chaincodes.append(call)
        }
        return interest
    }

    private static func endorsers(_ interests: Protos_ChaincodeInterest...) -> Discovery_Query.OneOf_Query {
        var query = Discovery_ChaincodeQuery()
        query.interests = interests
        return .ccQuery(query)
    }

    private static let config = Discovery_Query.OneOf_Query.configQuery(Discovery_ConfigQuery())
    private static let peers = Discovery_Query.OneOf_Query.peerQuery(Discovery_PeerMembershipQuery())
    private static let local = Discovery_Query.OneOf_Query.localPeers(Discovery_LocalPeerQuery())

    private static func ask(
        _ node: DiscoveryNode, _ queries: [Discovery_Query], by identity: SigningIdentity, signedBy signer: SigningIdentity? = nil,
        now: Timestamp? = nil
    ) throws -> [Discovery_QueryResult] {
        let request = try self.request(queries, by: identity, signedBy: signer)
        return node.answer(try CheckedRequest(request, certificateHashes: nil), now: now ?? SystemEnvironment().now()).results
    }

    private static func statement(_ envelope: Gossip_Envelope) throws -> Gossip_GossipMessage {
        try Gossip_GossipMessage(serializedBytes: envelope.payload)
    }

    @Test func `peers of a channel are told, this one with what it signs, others with their address alone`() async throws {
        let bench = try NodeNetwork()
        try await bench.live { network in
            let result = try #require(
                try Self.ask(try Self.node(bench, network), [Self.query(Self.peers)], by: bench.client).first?.members.peersByOrg)
            #expect(result.keys.sorted() == ["Org1MSP", "Org2MSP"])
            let own = try #require(result["Org1MSP"]?.peers.first)
            #expect(own.identity.byteArray == bench.peers[0].serialized)
            let alive = try Self.statement(own.membershipInfo)
            #expect(alive.aliveMsg.membership.endpoint == "peer0.org1.example:7051" && alive.tag == .empty)
            #expect(alive.aliveMsg.timestamp.incNum == 1_000_000_000_007)
            let id = SHA256.hash(Array("Org1MSP".utf8) + bench.peers[0].certificate.pem)
            #expect(alive.aliveMsg.membership.pkiID.byteArray == id)
            let state = try Self.statement(own.stateInfo).stateInfo
            #expect(state.properties.ledgerHeight == network.peers[0].height && state.pkiID.byteArray == id)
            #expect(state.properties.chaincodes.map { "\($0.name) \($0.version)" } == ["tally 1"])
            #expect(state.channelMac.byteArray == SHA256.hash(id + Array("tallies".utf8)))
            for envelope in [own.membershipInfo, own.stateInfo] {
                #expect(bench.peers[0].certificate.publicKey.isValid(signature: envelope.signature.byteArray, for: envelope.payload.byteArray))
            }
            let other = try #require(result["Org2MSP"]?.peers.first)
            #expect(try Msp_SerializedIdentity(serializedBytes: other.identity).mspid == "Org2MSP")
            #expect(try Self.statement(other.membershipInfo).aliveMsg.membership.endpoint == "peer0.org2.example:7051")
            let unknown = try Self.statement(other.stateInfo).stateInfo
            #expect(unknown.hasProperties && unknown.hasTimestamp && unknown.properties.ledgerHeight == 0 && unknown.properties.chaincodes.isEmpty)
            #expect(other.membershipInfo.signature.isEmpty && other.stateInfo.signature.isEmpty)
        }
    }

    @Test func `the configuration's organisations and ordering nodes are told`() async throws {
        let bench = try NodeNetwork()
        try await bench.live(isNew: false) { network in
            let result = try #require(try Self.ask(try Self.node(bench, network), [Self.query(Self.config)], by: bench.client).first?.configResult)
            #expect(result.msps.keys.sorted() == ["OrdererMSP", "Org1MSP", "Org2MSP"])
            #expect(result.msps["Org1MSP"]?.rootCerts.first?.byteArray == bench.authority.mspConfiguration().roots.first?.pem)
            #expect(result.orderers.mapValues { $0.endpoint.map { "\($0.host):\($0.port)" } } == ["OrdererMSP": ["localhost:7050"]])
        }
    }

    @Test func `endorsers are told as groups and the ways to satisfy the policy`() async throws {
        let bench = try NodeNetwork()
        try await bench.live { network in
            let node = try Self.node(bench, network)
            let answer = try #require(
                try Self.ask(node, [Self.query(Self.endorsers(Self.interest("tally"), Self.interest("tally", "tally")))], by: bench.client).first)
            let descriptors = answer.ccQueryRes.content
            #expect(descriptors.map(\.chaincode) == ["tally", "tally"])
            let first = try #require(descriptors.first)
            #expect(first.layouts.map(\.quantitiesByGroup) == [["G0": 1, "G1": 1]])
            #expect(try first.endorsersByGroups.keys.sorted().map { try #require(first.endorsersByGroups[$0]).peers.count } == [1, 1])
            let peer = try #require(first.endorsersByGroups["G0"]?.peers.first)
            #expect(peer.identity.byteArray == bench.peers[0].serialized && peer.hasStateInfo && peer.hasMembershipInfo)
        }
    }

    private static func failure(_ node: DiscoveryNode, _ query: Discovery_Query.OneOf_Query?, by identity: SigningIdentity) throws -> String {
        try #require(try self.ask(node, [self.query(query)], by: identity).first).error.content
    }

    @Test func `interests that nobody can endorse are answered with the reason`() async throws {
        let bench = try NodeNetwork()
        try await bench.live { network in
            let node = try Self.node(bench, network)
            let cases: [(Discovery_Query.OneOf_Query?, String)] = [
                (Self.endorsers(), "chaincode query must have at least one chaincode interest"),
                (Self.endorsers(Protos_ChaincodeInterest()), "chaincode interest must contain at least one chaincode"),
                (Self.endorsers(Self.interest("")), "chaincode name in interest cannot be empty"),
                (
                    Self.endorsers(Self.interest("nothing")),
                    "failed constructing descriptor for chaincodes:{name:\"nothing\"}: chaincode nothing is not"
                ),
                (Self.endorsers(Self.interest("tally") { $0.collectionNames = ["none"] }), "collection none of chaincode tally is not defined"),
                (Self.endorsers(Self.interest("tally") { $0.disregardNamespacePolicy = true }), "requested to disregard"),
                (nil, "unknown or missing"),
                (Self.local, "unknown or missing request type"),
            ]
            for (query, reason) in cases {
                let text = try Self.failure(node, query, by: bench.client)
                #expect(text.contains(reason), "\(text)")
            }
            // The other organisation's peer is not known, or this one does not have the chaincode.
            let alone = try Self.node(bench, network, others: [])
            #expect(try Self.failure(alone, Self.endorsers(Self.interest("tally")), by: bench.client).contains("no peer combination can satisfy"))
            let without = try Self.node(bench, network, runs: false)
            #expect(try Self.failure(without, Self.endorsers(Self.interest("tally")), by: bench.client).contains("no peer combination can satisfy"))
            var filter = Discovery_PeerMembershipQuery()
            filter.filter = Self.interest("tally")
            #expect(
                try Self.ask(without, [Self.query(.peerQuery(filter))], by: bench.client).first?.members.peersByOrg.keys.sorted() == ["Org2MSP"])
            filter.filter = Self.interest("nothing")
            #expect(try Self.failure(node, .peerQuery(filter), by: bench.client).hasPrefix("No metadata was found for chaincode nothing"))
        }
    }

    @Test func `a channel is told about to its writers, the peer itself to its administrators, and everything else is denied`() async throws {
        let bench = try NodeNetwork()
        try await bench.live(isNew: false) { network in
            let node = try Self.node(bench, network)
            func answers(_ queries: [Discovery_Query], by identity: SigningIdentity, signedBy: SigningIdentity? = nil, now: Timestamp? = nil) throws
                -> [String]
            {
                try Self.ask(node, queries, by: identity, signedBy: signedBy, now: now).map { $0.error.content }
            }
            let both = [Self.query(Self.config), Self.query("", Self.local)]
            #expect(try answers(both, by: bench.administrators[0]) == ["", ""])
            #expect(try answers(both, by: bench.client) == ["", "access denied"])
            #expect(try answers(both, by: bench.administrators[1]) == ["", "access denied"])
            #expect(try answers(both, by: bench.newClient) == ["access denied", "access denied"])
            #expect(try answers(both, by: bench.administrators[0], signedBy: bench.client) == ["access denied", "access denied"])
            #expect(try answers([Self.query("nowhere", Self.config)], by: bench.client) == ["access denied"])
            #expect(
                try answers([Self.query("", Self.config), Self.query("", nil)], by: bench.administrators[0]).allSatisfy { $0.hasPrefix("unknown") })
            let late = Timestamp(seconds: bench.administrators[0].certificate.notAfter + 1)
            #expect(try answers(both, by: bench.administrators[0], now: late) == ["access denied", "access denied"])
        }
    }

    private static func refusal(_ message: Discovery_SignedRequest, hashes: [[UInt8]]? = nil) -> DiscoveryRefusal? {
        do throws(DiscoveryRefusal) {
            _ = try CheckedRequest(message, certificateHashes: hashes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `requests that are not whole, not of their connection or too many at once are refused`() throws {
        let bench = try NodeNetwork()
        let good = try Self.request([], by: bench.client, hash: [1, 2])
        #expect(Self.refusal(good) == nil && Self.refusal(good, hashes: [[3], [1, 2]]) == nil)
        #expect(Self.refusal(good, hashes: []) == .noCertificate && Self.refusal(good, hashes: [[1, 3], [1]]) == .otherCertificate)
        var message = Discovery_SignedRequest()
        #expect(Self.refusal(message) == .noAuthentication)
        message.payload = [0xFF].data
        guard case .malformed? = Self.refusal(message) else {
            Issue.record("bytes were taken for a request")
            return
        }
        var request = Discovery_Request()
        request.authentication = Discovery_AuthInfo()
        message.payload = request.encoded().data
        #expect(Self.refusal(message) == .noIdentity)
        let many = Array(repeating: Self.query(Self.config), count: DiscoveryLimits.queries + 1)
        #expect(Self.refusal(try Self.request(many, by: bench.client)) == .tooManyQueries)
        var query = Discovery_ChaincodeQuery()
        query.interests = Array(repeating: Self.interest("tally"), count: DiscoveryLimits.interests + 1)
        #expect(Self.refusal(try Self.request([Self.query(.ccQuery(query))], by: bench.client)) == .tooManyInterests)
    }

    @Test func `over TLS a request has to name the certificate of its connection`() async throws {
        let (bench, pairs) = (try NodeNetwork(), try WirePairs())
        let (node, requests) = try await bench.live(isNew: false) { network in
            (
                try Self.node(bench, network),
                try [SHA256.hash(pairs.client.certificate.der), [], SHA256.hash(pairs.client.certificate.pem)].map {
                    try Self.request([Self.query(Self.config)], by: bench.client, hash: $0)
                }
            )
        }
        let server = try WireServer(
            listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: pairs.tls(.requested), clock: { SystemEnvironment().now() }
        ) { [DiscoveryService($0, node: node)] }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { server.stop() }
            let endpoint = try await server.endpoint()
            func ask(_ request: Discovery_SignedRequest, shows: Bool) async throws -> String {
                do {
                    return try await WireCalls.withClient(
                        of: endpoint, security: pairs.security(as: shows ? pairs.client : nil), authority: WirePairs.name
                    ) {
                        client async throws in
                        let response = try await Discovery_Discovery.Client(wrapping: client).discover(request)
                        return "\(response.results.map { $0.configResult.msps.count })"
                    }
                } catch let error as RPCError {
                    return "\(error.code): \(error.message)"
                }
            }
            #expect(try await ask(requests[0], shows: true) == "[3]")
            // As Fabric's `discover` command computes it.
            #expect(try await ask(requests[2], shows: true) == "[3]")
            #expect(try await ask(requests[1], shows: true) == "unknown: \(DiscoveryRefusal.otherCertificate)")
            #expect(try await ask(requests[0], shows: false) == "unknown: \(DiscoveryRefusal.noCertificate)")
        }
    }
}
