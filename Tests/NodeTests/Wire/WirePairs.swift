import CryptoPrimitives
import GRPCNIOTransportHTTP2Posix
import Identity
import Node
import TestSupport
import Testing

/// An organisation whose authority issued a server's pair and a client's, and another one's.
struct WirePairs {
    /// The name in the server's certificate.
    static let name = "orderer1.orderer.test"

    let authority: DevelopmentAuthority
    let server: DevelopmentAuthority.TLSIdentity
    let client: DevelopmentAuthority.TLSIdentity
    let stranger: DevelopmentAuthority.TLSIdentity

    init(validity: ValidityPeriod = .decade(from: SystemEnvironment().now())) throws {
        var random = SeededRandomSource(exactSeed: 24)
        func authority(_ domain: String) throws -> DevelopmentAuthority {
            var authority = try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: "OrdererMSP", domain: domain, kind: .orderer), random: &random, validity: validity)
            try authority.issue(commonName: "orderer1." + domain, role: .orderer, random: &random)
            try authority.issue(commonName: "User1@" + domain, role: .client, random: &random)
            return authority
        }
        self.authority = try authority("orderer.test")
        self.server = try #require(self.authority.tlsIdentity(of: Self.name))
        self.client = try #require(self.authority.tlsIdentity(of: "User1@orderer.test"))
        self.stranger = try #require(try authority("stranger.test").tlsIdentity(of: "User1@stranger.test"))
    }

    func tls(_ clients: ServerTLS.ClientCertificates) -> ServerTLS {
        ServerTLS(certificates: self.server.certificate.pem, key: Array(self.server.keyPEM.utf8), clients: clients)
    }

    /// How a client connects, with a pair of its own or none.
    func security(as pair: DevelopmentAuthority.TLSIdentity?) -> HTTP2ClientTransport.Posix.TransportSecurity {
        .tls { [root = self.authority.tlsRoot.pem] tls in
            tls.trustRoots = .certificates([.bytes(root, format: .pem)])
            if let pair {
                tls.certificateChain = [.bytes(pair.certificate.pem, format: .pem)]
                tls.privateKey = .bytes(Array(pair.keyPEM.utf8), format: .pem)
            }
        }
    }
}
