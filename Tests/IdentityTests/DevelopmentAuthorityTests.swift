import CryptoPrimitives
import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Identity

@Suite struct DevelopmentAuthorityTests {
    private static let validity = ValidityPeriod.decade(from: Timestamp(seconds: 1_780_000_000))

    private static func authority(seed: UInt64 = 61) throws -> DevelopmentAuthority {
        var random = TestRandom(seed: seed)
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "Org1MSP", domain: "org1.lab", kind: .peer), random: &random, validity: validity)
        try authority.issue(commonName: "peer0.org1.lab", role: .peer, hosts: ["localhost", "127.0.0.1"], random: &random)
        try authority.issue(commonName: "Admin@org1.lab", role: .admin, random: &random)
        try authority.issue(commonName: "User1@org1.lab", role: .client, random: &random)
        return authority
    }

    @Test func `its identities are members in their roles, by way of the configuration's message`() throws {
        let authority = try Self.authority()
        let configuration = try MSPConfiguration(message: authority.mspConfiguration().message())
        let service = try MembershipService([configuration], supportsEd25519: true)
        for issued in authority.issued {
            let signature = try issued.identity.sign([1])
            let identity = try service.verify(signature, of: [1], by: issued.identity.serialized)
            #expect(identity.role == issued.role)
            #expect(identity.certificate.subjectCommonName == issued.name)
        }
    }

    @Test func `a certificate for a foreign key is a member too`() throws {
        var random = TestRandom(seed: 62)
        let authority = try Self.authority()
        let key = try SigningKey(rawScalar: random.bytes(count: 32))
        let certificate = try authority.certificate(commonName: "User2@org1.lab", role: .client, publicKey: key.publicKey, random: &random)
        let signer = try SigningIdentity(mspID: "Org1MSP", certificate: certificate, key: key)
        let service = try MembershipService([authority.mspConfiguration()], supportsEd25519: true)
        #expect(try service.identity(signer.serialized).role == .client)
    }

    @Test func `names of nodes are in their connection certificates`() throws {
        let tls = try #require(Self.authority().tlsIdentity(of: "peer0.org1.lab"))
        #expect(tls.certificate.dnsNames == ["peer0.org1.lab", "localhost"])
        #expect(tls.certificate.extendedKeyUsages.count == 2)
    }

    @Test func `the same random bytes give the same keys`() throws {
        #expect(try Self.authority().root.publicKey == Self.authority().root.publicKey)
        #expect(try Self.authority().root.publicKey != Self.authority(seed: 63).root.publicKey)
    }

    @Test func `the folder is laid out as Fabric's tools lay it out`() throws {
        let tree = try Self.authority().cryptogenFolder()
        let base = "peerOrganizations/org1.lab"
        func member(_ folder: String, _ name: String, _ tls: String) -> [String] {
            [
                "msp/cacerts/ca.org1.lab-cert.pem", "msp/config.yaml", "msp/keystore/priv_sk", "msp/signcerts/\(name)-cert.pem",
                "msp/tlscacerts/tlsca.org1.lab-cert.pem", "tls/ca.crt", "tls/\(tls).crt", "tls/\(tls).key",
            ].map { "\(base)/\(folder)/\(name)/\($0)" }
        }
        let expected =
            [
                "\(base)/ca/ca.org1.lab-cert.pem", "\(base)/ca/priv_sk", "\(base)/msp/cacerts/ca.org1.lab-cert.pem", "\(base)/msp/config.yaml",
                "\(base)/msp/tlscacerts/tlsca.org1.lab-cert.pem",
            ] + member("peers", "peer0.org1.lab", "server")
            + ["\(base)/tlsca/priv_sk", "\(base)/tlsca/tlsca.org1.lab-cert.pem"] + member("users", "Admin@org1.lab", "client")
            + member("users", "User1@org1.lab", "client")
        #expect(tree.files.map(\.path) == expected)
        let secrets = tree.files.filter(\.isSecret).compactMap { $0.path.split(separator: "/").last.map(String.init) }
        #expect(Set(secrets) == ["priv_sk", "client.key", "server.key"])
        #expect(tree["\(base)/msp/config.yaml"] == (try resource("config.yaml")))
        let key = try #require(tree["\(base)/peers/peer0.org1.lab/msp/keystore/priv_sk"])
        let certificate = try #require(tree["\(base)/peers/peer0.org1.lab/msp/signcerts/peer0.org1.lab-cert.pem"])
        #expect(try SigningKey(pem: String(decoding: key, as: UTF8.self)).publicKey == Certificate(pem: certificate).publicKey)
        #expect(!tree.description.contains("PRIVATE"))
    }

    @Test(
        .enabled(if: SharedData.contains("vectors/fabric/crypto"), SharedData.reason))
    func `the folder of a real organisation has the same files`() throws {
        let base = "peerOrganizations/org1.lab"
        let root = SharedData.path(of: "vectors/fabric/crypto/\(base)")
        func isFile(_ path: String) -> Bool {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")
            return attributes?[.type] as? FileAttributeType == .typeRegular
        }
        let real = (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).filter {
            !$0.hasPrefix("peers/peer1.") && isFile($0)
        }
        let ours = try Self.authority().cryptogenFolder().files.map { String($0.path.dropFirst(base.count + 1)) }
        #expect(Set(real) == Set(ours))
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "needs /usr/bin/openssl"))
    func `openssl verifies its certificates`() throws {
        let tree = try Self.authority().cryptogenFolder()
        let folder = try TemporaryFolder("authority")
        for file in tree.files where !file.isSecret { try folder.write(file.bytes, to: file.path) }
        let base = folder.path(of: "peerOrganizations/org1.lab")
        let checks = [
            ["\(base)/msp/cacerts/ca.org1.lab-cert.pem", "\(base)/peers/peer0.org1.lab/msp/signcerts/peer0.org1.lab-cert.pem"],
            ["\(base)/msp/cacerts/ca.org1.lab-cert.pem", "\(base)/users/Admin@org1.lab/msp/signcerts/Admin@org1.lab-cert.pem"],
            ["-purpose", "sslserver", "\(base)/tlsca/tlsca.org1.lab-cert.pem", "\(base)/peers/peer0.org1.lab/tls/server.crt"],
            ["-purpose", "sslclient", "\(base)/tlsca/tlsca.org1.lab-cert.pem", "\(base)/users/User1@org1.lab/tls/client.crt"],
        ]
        for check in checks {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments =
                ["verify", "-x509_strict", "-attime", "1780000000"] + check.dropLast(2) + ["-CAfile", check[check.count - 2], check[check.count - 1]]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(check)")
        }
    }

    @Test func `a later file takes the place of an earlier one at the same path`() {
        var tree = FileTree()
        tree.add("b/2", "two")
        tree.add("a/1", "one")
        tree.add("b/2", "second")
        #expect(tree.files.map(\.path) == ["a/1", "b/2"])
        #expect(tree["b/2"] == Array("second".utf8))
        #expect(tree["b"] == nil)
    }
}
