import ContractVM
import CryptoPrimitives
import Endorsement
import FabricMessages
import GRPCCore
import Identity
import LedgerModel
import SelvageClient
import Synchronization
import SystemContracts
import Testing

@testable import Node

/// The recorded network as it was when a request came: both peers with their keys, and ordering nodes that take what they get.
struct RecordedNetwork: Sendable {
    /// A peer of one organisation; both have the same ledger here, as both had it in the recording.
    private struct Peer: PeerConnection {
        let name: String
        let chain: RecordedChain
        let identity: SigningIdentity
        let now: Timestamp
        private let endorser: Endorser

        init(_ number: Int, _ chain: RecordedChain, now: Timestamp) throws {
            self.name = "peer0.org\(number).example.com"
            self.chain = chain
            self.identity = try SigningIdentity(
                mspID: MSPID("Org\(number)MSP"), certificate: try Certificate(pem: RecordedExchange.file("peers/org\(number).pem")),
                key: try SigningKey(pem: String(decoding: RecordedExchange.file("peers/org\(number).key"), as: UTF8.self)))
            self.endorser = Endorser(
                identity: self.identity, bundle: chain.bundle,
                machine: ContractMachine(catalogue: SystemContracts.catalogue(contracts: NodeContracts.all), now: { 0 }))
            self.now = now
        }

        var mspID: MSPID { self.identity.mspID }

        func process(_ proposal: SignedProposal) async throws -> ProposalResponse {
            try self.endorser.process(proposal, on: self.chain.snapshot(), now: self.now)
        }

        func commitStatus(of transaction: TransactionID) async throws -> CommitStatus { try await self.chain.commitStatus(of: transaction) }
    }

    /// Takes every envelope and keeps it.
    private final class Orderer: OrdererConnection {
        let taken = Mutex<[Envelope]>([])

        func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
            self.taken.withLock { $0.append(envelope) }
            return BroadcastReply(status: 200)
        }
    }

    private let exchange: RecordedExchange
    private let chain: RecordedChain
    private let peers: [Peer]
    private let orderers: [Orderer]
    private let now: Timestamp
    private let started: Timestamp

    /// - Parameter height: Where the peers are behind, or ahead of, where they were.
    init(for exchange: RecordedExchange, height: UInt64? = nil) throws {
        let chain = try RecordedChain(height: height ?? exchange.height)
        // What a peer says of itself has the time in it, in its own count.
        let spoken = try RecordedStatement.first(in: exchange)
        let now = spoken?.now ?? exchange.now
        self.now = now
        self.started = spoken?.started ?? exchange.now
        self.exchange = exchange
        self.chain = chain
        self.peers = try [1, 2].map { try Peer($0, chain, now: now) }
        self.orderers = chain.bundle.consenters.map { _ in Orderer() }
    }

    /// What the ordering nodes got.
    var submitted: [Envelope] { self.orderers.flatMap { orderer in orderer.taken.withLock { $0 } } }

    private var gateway: GatewayChannel {
        GatewayChannel(
            ledger: self.chain, local: GatewayPeer(self.peers[0], address: "localhost:9211"),
            others: [GatewayPeer(self.peers[1], address: "localhost:9212")],
            orderers: self.orderers.enumerated().map { GatewayOrderer($1, address: "orderer\($0 + 1)", mspID: "OrdererMSP") })
    }

    private func discovery() throws -> DiscoveryNode {
        let (chain, own) = (self.chain, "localhost:9211")
        let organization = try #require(chain.bundle.applicationOrganizations.first { $0.mspID == self.peers[0].mspID })
        let contracts = Set(NodeContracts.all.map { Namespace($0.name) })
        return DiscoveryNode(
            identity: self.peers[0].identity, membership: try MembershipService([organization.msp], supportsEd25519: true), started: self.started,
            endpoint: { _ in own }, channel: { $0 == RecordedChain.channel ? chain : nil }, runs: { contracts.contains($1.name) },
            others: { DiscoveryPeer.anchors(of: $0, except: own) })
    }

    /// Serves what the recorded peer served, sends it the recorded request, and gives as many messages as were recorded.
    func ask() async throws -> RecordedAnswer {
        let (gateway, discovery, chain, now) = (self.gateway, try self.discovery(), self.chain, self.now)
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { now }) { context in
            [
                GatewayService(context) { $0 == RecordedChain.channel ? gateway : nil },
                DeliverService(context) { $0 == RecordedChain.channel ? chain : nil },
                DiscoveryService(context, node: discovery),
            ]
        }
        return try await withThrowingTaskGroup(of: Void.self) { group async throws in
            group.addTask { try await server.run() }
            defer { server.stop() }
            let endpoint = try await server.endpoint()
            let exchange = self.exchange
            return try await WireCalls.withClient(of: endpoint, security: .plaintext) { try await Self.send(exchange, by: $0) }
        }
    }

    private static func send(_ exchange: RecordedExchange, by client: WireWorld.Client) async throws -> RecordedAnswer {
        let recorded = exchange.answer
        return try await client.bidirectionalStreaming(
            request: StreamingClientRequest { try await $0.write(exchange.requestBytes) }, descriptor: exchange.descriptor,
            serializer: BytesCoding(), deserializer: BytesCoding(), options: WireCalls.longMessages
        ) { response in
            var answer = RecordedAnswer(messages: [], end: nil)
            do {
                for try await message in response.messages {
                    answer.messages.append(message)
                    // As the client did, which left when it had seen enough.
                    if recorded.end == nil, answer.messages.count == recorded.messages.count { return answer }
                }
                answer.end = RecordedAnswer.End(code: 0, message: "", details: [])
            } catch let error as RPCError {
                let details = error.metadata[binaryValues: "grpc-status-details-bin"].first { _ in true }
                answer.end = RecordedAnswer.End(code: error.code.rawValue, message: error.message, details: details ?? [])
            }
            return answer
        }
    }
}

/// When a peer said something about itself, and when it was started.
struct RecordedStatement {
    let started: Timestamp
    let now: Timestamp

    /// The first statement in an answer of discovery; nil where there is none.
    static func first(in exchange: RecordedExchange) throws -> Self? {
        guard exchange.form == .discovered else { return nil }
        for bytes in exchange.answer.messages {
            for result in try Discovery_Response.decode(bytes, as: "answer").results {
                let groups = Array(result.members.peersByOrg.values) + result.ccQueryRes.content.flatMap { $0.endorsersByGroups.values }
                for peer in groups.flatMap(\.peers) where !peer.membershipInfo.signature.isEmpty {
                    let time = try Gossip_GossipMessage.decode(peer.membershipInfo.payload, as: "statement").aliveMsg.timestamp
                    return Self(
                        started: Timestamp(nanosecondsSince1970: Int64(time.incNum)), now: Timestamp(nanosecondsSince1970: Int64(time.seqNum)))
                }
            }
        }
        return nil
    }
}
