import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import Synchronization
import Testing

@testable import Node

/// Our own client over real connections.
struct ClientConnectionTests {
    private static func address(_ endpoint: WireEndpoint, name: String? = nil) -> NodeAddress {
        NodeAddress(host: endpoint.host, port: endpoint.port, serverName: name)
    }

    private static func draft(_ world: WireWorld, _ call: ChaincodeCall) -> ProposalDraft {
        ProposalDraft(
            channel: world.channel, call: call, creator: world.user.serialized, nonce: SystemEnvironment().randomBytes(count: 24),
            timestamp: world.clock.now())
    }

    /// What a call of a server says: the status of an answer, or the error.
    private static func outcome(of connection: NodeConnection, _ world: WireWorld) async throws -> String {
        let orderer = GRPCOrderer(connection)
        return try await NodeConnection.whileOpen([connection]) {
            do {
                return "\(try await orderer.broadcast(Envelope(payload: [], signature: [])).status)"
            } catch {
                return "\(error)"
            }
        }
    }

    @Test func `a proposal and an envelope go over the wire`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            let first = try NodeConnection(to: Self.address(world.peer), name: "peer0", tls: nil)
            let ordering = try NodeConnection(to: Self.address(world.orderer), name: "orderer1", tls: nil)
            try await NodeConnection.whileOpen([first, ordering]) {
                let peer = GRPCPeer(first, mspID: "Org1MSP", channel: world.channel, identity: world.user)
                let gateway = Gateway(
                    identity: world.user, channel: world.channel, orderer: GRPCOrderer(ordering), environment: SystemEnvironment(),
                    patience: .seconds(1_200))
                let endorsed = try await gateway.endorse(NodeNetwork.call("set", "a", "1"), by: [peer, world.network.peers[1]])
                try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
                for peer in world.network.peers { #expect(try await peer.commitStatus(of: endorsed.transaction).isValid) }
                #expect(try await gateway.evaluate(NodeNetwork.call("get", "a"), on: peer) == Array("1".utf8))
                // A second time on the same connection, and refused.
                let empty = try await GRPCOrderer(ordering).broadcast(Envelope(payload: [], signature: []))
                #expect(empty.status == 400 && !empty.info.isEmpty)
            }
        }
    }

    @Test func `what an endorser does not run is told in its words`() async throws {
        try await NodeNetwork().served { world async throws in
            let connection = try NodeConnection(to: Self.address(world.peer), name: "peer0", tls: nil)
            let peer = GRPCPeer(connection, mspID: "Org1MSP", channel: world.channel, identity: world.user)
            try await NodeConnection.whileOpen([connection]) {
                let bytes = Self.draft(world, NodeNetwork.call("get", "a")).proposal.serialized()
                await #expect(
                    throws: NodeConnectionError.failed(
                        node: "peer0", code: "unknown", number: 2,
                        message: "error validating proposal: access denied: channel [\(world.channel)] creator org [Org1MSP]")
                ) { _ = try await peer.process(SignedProposal(proposalBytes: bytes, signature: [1])) }
            }
        }
    }

    @Test func `a node that is not there is named with its address`() async throws {
        let network = try NodeNetwork()
        // A port that was free a moment ago.
        let port = Mutex(0)
        try await network.served { world async throws in port.withLock { $0 = world.orderer.port } }
        let address = NodeAddress(host: "127.0.0.1", port: port.withLock { $0 })
        let connection = try NodeConnection(to: address, name: "orderer1", tls: nil)
        try await NodeConnection.whileOpen([connection]) {
            await #expect { () async throws in _ = try await GRPCOrderer(connection).broadcast(Envelope(payload: [], signature: [])) } throws: {
                guard case .unreachable("orderer1", address, let reason)? = $0 as? NodeConnectionError else { return false }
                return reason.contains("refused") && "\($0)".hasPrefix("orderer1 at \(address) cannot be reached: ")
            }
        }
    }

    @Test func `TLS is checked on both sides, and what is wrong is named`() async throws {
        let pairs = try WirePairs()
        let root = pairs.authority.tlsRoot.pem
        func own(_ pair: DevelopmentAuthority.TLSIdentity) -> ClientTLS.Certificate {
            ClientTLS.Certificate(chain: pair.certificate.pem, key: Array(pair.keyPEM.utf8))
        }
        let (client, stranger) = (own(pairs.client), own(pairs.stranger))
        let hash = SHA256.hash(pairs.client.certificate.der)
        try await NodeNetwork().served(tls: pairs.tls(.demanded(authorities: [root]))) { world async throws in
            func ask(_ tls: ClientTLS?, name: String? = WirePairs.name) async throws -> String {
                try await Self.outcome(of: NodeConnection(to: Self.address(world.orderer, name: name), name: "orderer1", tls: tls), world)
            }
            let good = ClientTLS(roots: [root], certificate: client)
            #expect(try NodeConnection(to: Self.address(world.orderer), tls: good).certificateHash == hash)
            #expect(try await ask(good) == "400")
            #expect(try await ask(ClientTLS(roots: [root])).contains("cannot be reached"))
            #expect(try await ask(ClientTLS(roots: [root], certificate: stranger)).contains("cannot be reached"))
            #expect(try await ask(ClientTLS(roots: [client.chain], certificate: client)).contains("was not issued by the given root"))
            #expect(try await ask(good, name: "peer0.orderer.test").contains("is for another name"))
            #expect(try await ask(good, name: nil).contains("is for another name"))
            #expect(try await ask(nil).contains("cannot be reached"))
            // No place of a source file is in what people read.
            for tls in [ClientTLS(roots: [root]), ClientTLS(roots: [root], certificate: stranger)] {
                #expect(try await !ask(tls).contains(".cc"))
            }
        }
    }

    @Test func `certificates that cannot be used are found before anybody is called`() throws {
        let pairs = try WirePairs()
        let root = pairs.authority.tlsRoot.pem
        func failure(_ tls: ClientTLS) -> NodeConnectionError? {
            do {
                _ = try NodeConnection(to: NodeAddress(host: "localhost", port: 1), tls: tls)
                return nil
            } catch {
                return error
            }
        }
        let key = Array(pairs.client.keyPEM.utf8)
        #expect(failure(ClientTLS(roots: [root], certificate: .init(chain: pairs.client.certificate.pem, key: key))) == nil)
        #expect(failure(ClientTLS(roots: [])) == .noRoots)
        #expect(failure(ClientTLS(roots: [Array("no PEM".utf8)])) == .certificateUnreadable("a TLS root"))
        #expect(failure(ClientTLS(roots: [root], certificate: .init(chain: [], key: key))) == .certificateUnreadable("the client's TLS certificate"))
        #expect(failure(ClientTLS(roots: [root], certificate: .init(chain: pairs.client.certificate.pem, key: [1]))) == .keyUnreadable)
        #expect(
            failure(ClientTLS(roots: [root], certificate: .init(chain: pairs.stranger.certificate.pem, key: key))) == .keyDoesNotFitCertificate)
    }

    @Test func `addresses are read as people write them`() throws {
        #expect(try NodeAddress("peer0.org1.example:7051") == NodeAddress(host: "peer0.org1.example", port: 7051))
        #expect(try NodeAddress("[::1]:7051") == NodeAddress(host: "::1", port: 7051))
        #expect(try NodeAddress("[::1]:7051").description == "[::1]:7051")
        for text in ["", "peer0", "peer0:", ":7051", "peer0:0", "peer0:65536", "peer0:x", "::1:7051", "[]:1"] {
            #expect(throws: NodeConnectionError.badAddress(text)) { _ = try NodeAddress(text) }
        }
    }
}
