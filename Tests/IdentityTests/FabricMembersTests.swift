import CryptoPrimitives
import LedgerModel
import Testing

@testable import Identity

/// Certificates that Fabric's cryptogen made for a real network.
@Suite struct FabricMembersTests {
    private static let org: MSPID = "Org1MSP"

    private func service() throws -> MembershipService {
        let root = try Certificate(pem: resource("ca.org1.lab-cert.pem"))
        return try MembershipService(
            [MSPConfiguration(name: Self.org, roots: [root], nodeOUs: .standard(certifiedBy: root))], supportsEd25519: true)
    }

    @Test(arguments: [
        ("peer0.org1.lab-cert.pem", NodeRole.peer), ("Admin@org1.lab-cert.pem", .admin), ("User1@org1.lab-cert.pem", .client),
    ])
    func `members have the roles that their certificates name`(file: String, role: NodeRole) throws {
        let bytes = SerializedIdentity.bytes(mspID: Self.org, pem: try resource(file))
        #expect(try self.service().identity(bytes).role == role)
    }

    @Test func `a member of the other organisation and a connection certificate are refused`() throws {
        let service = try self.service()
        for file in ["peer0.org2.lab-cert.pem", "server.crt", "ca.org1.lab-cert.pem"] {
            let bytes = SerializedIdentity.bytes(mspID: Self.org, pem: try resource(file))
            #expect(throws: IdentityError.self) { try service.identity(bytes) }
        }
    }

    @Test func `PEM is written as Fabric's tools write it`() throws {
        let pem = try resource("peer0.org1.lab-cert.pem")
        #expect(try Certificate(pem: pem).pem == pem)
    }
}
