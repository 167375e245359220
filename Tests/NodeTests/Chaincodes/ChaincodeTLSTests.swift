import FabricMessages
import Identity
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// Peers that dial chaincodes over TLS, as `connection.json` asks for.
struct ChaincodeTLSTests {
    /// An authority that issued the pairs of a chaincode, under two names, and of a peer.
    private struct Pairs {
        let root: String
        let server: DevelopmentAuthority.TLSIdentity
        let client: DevelopmentAuthority.TLSIdentity

        init(seed: UInt64 = 27) throws {
            var random = SeededRandomSource(exactSeed: seed)
            var authority = try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: "GoodsMSP", domain: "goods.test", kind: .orderer), random: &random,
                validity: .decade(from: SystemEnvironment().now()))
            try authority.issue(commonName: "chaincode.goods.test", role: .orderer, hosts: ["localhost"], random: &random)
            try authority.issue(commonName: "User1@goods.test", role: .client, random: &random)
            self.root = Self.escaped(authority.tlsRoot.pem)
            self.server = try #require(authority.tlsIdentity(of: "chaincode.goods.test"))
            self.client = try #require(authority.tlsIdentity(of: "User1@goods.test"))
            self.rootPEM = authority.tlsRoot.pem
        }

        let rootPEM: [UInt8]

        /// PEM in a JSON text.
        static func escaped(_ pem: [UInt8]) -> String {
            String(decoding: pem, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
        }

        var clientFields: String {
            let key = Self.escaped(Array(self.client.keyPEM.utf8))
            return #""client_auth_required": true, "client_cert": "\#(Self.escaped(self.client.certificate.pem))", "client_key": "\#(key)""#
        }
    }

    /// What the chaincode answers to a call of a peer whose package has these fields of `connection.json` beside the address.
    private static func ask(_ pairs: Pairs, _ clients: ServerTLS.ClientCertificates, host: String, _ fields: String) async throws -> String {
        let chaincode = ShimChaincode(Goods.run)
        let environment = SystemEnvironment()
        let tls = ServerTLS(certificates: pairs.server.certificate.pem, key: Array(pairs.server.keyPEM.utf8), clients: clients)
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: tls, clock: { environment.now() }) { _ in [chaincode] }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { server.stop() }
            let port = try await server.endpoint().port
            let package = PackageMaker.service(
                label: "goods_1.0", connection: #"{"address": "\#(host):\#(port)", "dial_timeout": "30s", \#(fields)}"#)
            let id = try ChaincodePackage(package).id
            chaincode.name.withLock { $0 = id }
            return try await ProcessBench.run(package, [["status", "200"]])[0]
        }
    }

    @Test func `a chaincode is dialled over TLS and its certificate judged by the root in the package`() async throws {
        let pairs = try Pairs()
        let answer = try await Self.ask(pairs, .none, host: "localhost", #""tls_required": true, "root_cert": "\#(pairs.root)""#)
        #expect(answer.hasPrefix("status 200: 200 "), "\(answer)")
        let other = try Pairs(seed: 28)
        let refused = try await Self.ask(pairs, .none, host: "localhost", #""tls_required": true, "root_cert": "\#(other.root)""#)
        #expect(refused.contains("could not launch chaincode"), "\(refused)")
        let plain = try await Self.ask(pairs, .none, host: "localhost", #""tls_required": false"#)
        #expect(plain.contains("could not launch chaincode"), "\(plain)")
    }

    @Test func `where the chaincode demands a certificate the peer shows that of the package, and may be told another name`() async throws {
        let pairs = try Pairs()
        let demanded = ServerTLS.ClientCertificates.demanded(authorities: [pairs.rootPEM])
        let tls = #""tls_required": true, "root_cert": "\#(pairs.root)""#
        let answer = try await Self.ask(pairs, demanded, host: "127.0.0.1", #"\#(tls), \#(pairs.clientFields), "domain": "chaincode.goods.test""#)
        #expect(answer.hasPrefix("status 200: 200 "), "\(answer)")
        let without = try await Self.ask(pairs, demanded, host: "localhost", tls)
        #expect(without.contains("could not launch chaincode"), "\(without)")
    }
}
