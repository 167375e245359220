import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import TestSupport
import Testing

@testable import Node

/// A node's file: what it says, and what is told about mistakes in it.
@Suite struct NodeConfigurationTests {
    private static let good = """
        name: peer0
        mspID: Org1MSP
        msp: keys/msp
        data: /var/node
        listen: 127.0.0.1:7051
        tls:
          certificate: keys/server.crt
          key: keys/server.key
          clientAuthorities: [keys/ca.crt]
        roles: [peer, orderer]
        admin:
          listen: 127.0.0.1:7053
          clientAuthorities: [keys/admins.crt]
        ordering: fabric
        channels:
          - a.block
          - /b.block
        address: peer0.example:7051
        peers:
          - address: peer1.example:7051
            mspID: Org1MSP
          - {address: 'peer0.other.example:9051', mspID: Org2MSP, tlsRoots: [keys/other.crt]}
        chaincode:
          takesUnsolicited: 127.0.0.1:7054
          values: {peername: one, host: goods.example}
        """

    @Test func `paths are seen from the folder of the file`() throws {
        let configuration = try NodeConfiguration(text: Self.good, file: "/etc/node/node.yaml")
        #expect(
            configuration
                == NodeConfiguration(
                    name: "peer0", mspID: "Org1MSP", mspFolder: "/etc/node/keys/msp", dataFolder: "/var/node",
                    listen: WireEndpoint(host: "127.0.0.1", port: 7051),
                    tls: NodeConfiguration.TLS(
                        certificate: "/etc/node/keys/server.crt", key: "/etc/node/keys/server.key",
                        clientAuthorities: ["/etc/node/keys/ca.crt"]),
                    roles: [.peer, .orderer],
                    admin: NodeConfiguration.Admin(
                        listen: WireEndpoint(host: "127.0.0.1", port: 7053), clientAuthorities: ["/etc/node/keys/admins.crt"]),
                    ordering: .fabric, genesisFiles: ["/etc/node/a.block", "/b.block"],
                    address: NodeAddress(host: "peer0.example", port: 7051),
                    peers: [
                        NodeConfiguration.KnownPeer(address: NodeAddress(host: "peer1.example", port: 7051), mspID: "Org1MSP"),
                        NodeConfiguration.KnownPeer(
                            address: NodeAddress(host: "peer0.other.example", port: 9051), mspID: "Org2MSP", tlsRoots: ["/etc/node/keys/other.crt"]),
                    ],
                    chaincode: NodeConfiguration.ChaincodeSection(
                        takesUnsolicited: WireEndpoint(host: "127.0.0.1", port: 7054), values: ["peername": "one", "host": "goods.example"])))
        #expect(try NodeConfiguration(text: Self.good, file: "node.yaml").mspFolder == "keys/msp")
    }

    @Test func `what may be left out is left out`() throws {
        let text = "{name: a, mspID: A, msp: m, data: d, listen: '[::1]:0', roles: orderer}"
        let configuration = try NodeConfiguration(text: text, file: "f")
        #expect(configuration.tls == nil && configuration.ordering == .selvage && configuration.genesisFiles.isEmpty)
        #expect(configuration.listen == WireEndpoint(host: "::1", port: 0) && configuration.roles == [.orderer])
        #expect(configuration.address == nil && configuration.peers.isEmpty && configuration.chaincode == NodeConfiguration.ChaincodeSection())
        // A package's placeholder for the peer has a value anyhow, and the file's own goes before it.
        #expect(configuration.processSettings.templateValues == ["peername": "a"] && !configuration.processSettings.takesUnsolicited)
        let own = try NodeConfiguration(text: Self.good, file: "f").processSettings
        #expect(own.templateValues == ["peername": "one", "host": "goods.example"] && own.takesUnsolicited)
    }

    @Test(arguments: [
        ("name: peer0", "", "node.yaml: line 2, column 1: name: is missing; add a line 'name: ...'"),
        ("mspID: Org1MSP", "mspID: [a]", "line 2, column 8: mspID: must be a text"),
        ("127.0.0.1:7051", "127.0.0.1:70510", "line 5, column 9: listen: '127.0.0.1:70510' is no address and port"),
        ("127.0.0.1:7051", "7051", "listen: '7051' is no address and port"),
        ("127.0.0.1:7051", "::1:7051", "listen: '::1:7051' is no address and port"),
        ("roles: [peer, orderer]", "roles: [pear]", "roles: 'pear' is no role; there are peer and orderer"),
        ("roles: [peer, orderer]", "roles: []", "roles: names no role"), ("roles: [peer, orderer]", "", "roles: is missing"),
        ("ordering: fabric", "ordering: raft", "ordering: 'raft' must be one of selvage, fabric"),
        ("  key: keys", "  keys: keys", "line 8, column 3: tls.keys: there is no such key; known are certificate, key, clientAuthorities"),
        ("  key: keys/server.key", "", "tls.key: is missing"), ("ordering", "colour", "colour: there is no such key; known are name, mspID"),
        ("channels:", "channels: [", "node.yaml: "), ("[peer, orderer]", "[peer]", "admin: is for ordering nodes; take it out"),
        ("  clientAuthorities: [keys/admins.crt]", "", "admin.clientAuthorities: is missing; name who issues"),
        ("peer0.example:7051", "peer0.example", "address: 'peer0.example' is no address and port; write such as"),
        ("    mspID: Org1MSP", "    msp: Org1MSP", "peers.msp: there is no such key; known are address, mspID, tlsRoots"),
        ("  - address: peer1.example:7051\n    mspID", "  - mspID", "peers.address: is missing; add a line"),
        ("127.0.0.1:7054", "0.0.0.0:7054", "chaincode.takesUnsolicited: 0.0.0.0:7054 can be reached from elsewhere"),
        ("127.0.0.1:7054", "127.example.com:7054", "can be reached from elsewhere"),
        ("{peername: one, host: goods.example}", "[peername]", "chaincode.values: must be a map"),
        ("{peername: one, host: goods.example}", "{peername: [one]}", "chaincode.values.peername: must be a text"),
    ])
    func `a mistake is told with its line and what to write`(_ old: String, _ new: String, _ message: String) throws {
        let pieces = Self.good.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        let text = pieces.joined(separator: new)
        let error = #expect(throws: NodeConfigurationError.self) { try NodeConfiguration(text: text, file: "node.yaml") }
        #expect(error?.description.contains(message) == true, "\(error.map(\.description) ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func `a file with more peers than are asked is refused`() throws {
        let peers = (0...NodeLimits.gatewayNodes).map { "{address: 'p\($0):1', mspID: A}" }.joined(separator: ", ")
        let text = "{name: a, mspID: A, msp: m, data: d, listen: '127.0.0.1:0', roles: peer, peers: [\(peers)]}"
        let error = #expect(throws: NodeConfigurationError.self) { try NodeConfiguration(text: text, file: "f") }
        #expect(error?.description.contains("peers: has more than \(NodeLimits.gatewayNodes) entries") == true)
    }

    @Test(arguments: ["peers: [{address: 'a:1', mspID: A}]", "chaincode: {}"])
    func `what only peers have is refused in the file of an ordering node`(_ line: String) throws {
        let text = "name: a\nmspID: A\nmsp: m\ndata: d\nlisten: 127.0.0.1:0\nroles: [orderer]\n\(line)\n"
        let error = #expect(throws: NodeConfigurationError.self) { try NodeConfiguration(text: text, file: "f") }
        #expect(error?.description.contains("is for peers; take it out") == true)
    }

    @Test func `a file that is not there, or no map, is named`() throws {
        let error = #expect(throws: NodeConfigurationError.self) { try NodeConfiguration(file: "/nowhere/node.yaml") }
        #expect(error?.description == "/nowhere/node.yaml: there is no such file; make one with: selvage network init")
        #expect(throws: NodeConfigurationError.self) { try NodeConfiguration(text: "peer", file: "f") }
        #expect(throws: NodeConfigurationError.self) { try NodeConfiguration(text: "", file: "f") }
    }

    @Test func `the files of a network are read back, and the identities in its folders are those of its channel`() throws {
        let bench = try ServerBench()
        for node in bench.plan.nodes {
            let configuration = try NodeConfiguration(file: bench.path("\(node.folder)/node.yaml"))
            #expect(configuration.name == node.name && configuration.listen.port == node.port && configuration.roles == [node.role])
            #expect(configuration.genesisFiles.count == 1 && configuration.tls != nil)
        }
        let peer = try bench.peer()
        #expect(peer.identity.certificate.subjectCommonName == "peer0.org1.example.com")
        #expect(peer.configuration.nodeOUs == .standard(certifiedBy: peer.configuration.roots.first))
        #expect(try peer.membership.identity(peer.identity.serialized).role == .peer)
        #expect(try peer.membership.identity(bench.user("Admin").identity.serialized).role == .admin)
        #expect(throws: (any Error).self) { try peer.membership.identity(bench.peer(of: 2).identity.serialized) }
    }

    /// What a node made from the first peer's file says that it cannot start.
    private static func refusal(_ bench: ServerBench, _ change: (inout NodeConfiguration) -> Void) throws -> String {
        var configuration = try NodeConfiguration(file: bench.path("nodes/peer0.org1.example.com/node.yaml"))
        change(&configuration)
        do {
            _ = try NodeServer(configuration)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `files that are missing or do not fit are named in one line`() throws {
        let bench = try ServerBench()
        let other = bench.path("organizations/peerOrganizations/org2.example.com/peers/peer0.org2.example.com")
        let cases: [((inout NodeConfiguration) -> Void, String)] = [
            ({ $0.mspFolder = "/nowhere" }, "/nowhere/signcerts (msp): no certificate is there; put the node's own into it"),
            ({ $0.tls?.key = "/nowhere.key" }, "/nowhere.key (tls.key): there is no such file; name one that is"),
            ({ $0.tls?.key = other + "/tls/server.key" }, "the TLS private key does not belong to the certificate"),
            ({ $0.tls?.certificate = other + "/tls/server.key" }, "the TLS certificate cannot be read"),
            ({ $0.genesisFiles = [other + "/tls/server.key"] }, "server.key (channels): "),
            (
                { $0.peers = [NodeConfiguration.KnownPeer(address: NodeAddress(host: "a", port: 1), mspID: "A", tlsRoots: ["/nowhere.crt"])] },
                "/nowhere.crt (peers.tlsRoots): there is no such file; name one that is"
            ),
            ({ $0.genesisFiles = ["/nowhere.block"] }, "/nowhere.block (channels): there is no such file"),
            ({ $0.dataFolder = "/proc/nowhere" }, "/proc/nowhere"), ({ $0.tls?.clientAuthorities = [bench.path("mychannel.block")] }, "no PEM text"),
        ]
        for (change, message) in cases {
            let refusal = try Self.refusal(bench, change)
            #expect(refusal.contains(message) && !refusal.contains("\n"), "\(refusal)")
        }
        // A key of somebody else in the key store.
        let key = try HostFiles.read(other + "/msp/keystore/priv_sk", limit: 4_096) ?? []
        try HostFiles.write(
            key, to: try NodeConfiguration(file: bench.path("nodes/peer0.org1.example.com/node.yaml")).mspFolder + "/keystore/priv_sk")
        let refusal = try Self.refusal(bench) { _ in }
        #expect(refusal.contains("/keystore (msp): no private key here belongs to "), "\(refusal)")
    }

    @Test func `certificates that are over are named with the time`() throws {
        let folder = try TemporaryFolder("selvage-expired")
        var random = SeededRandomSource(exactSeed: 7)
        let spec = OrganizationSpec(mspID: "OldMSP", domain: "old.example", kind: .peer)
        var authority = try DevelopmentAuthority(
            organization: spec, random: &random, validity: ValidityPeriod(notBefore: 1_000_000_000, notAfter: 1_100_000_000))
        try authority.issue(commonName: "peer0.old.example", role: .peer, random: &random)
        try authority.cryptogenFolder().write(to: folder.path)
        let home = folder.path(of: "peerOrganizations/old.example/peers/peer0.old.example")
        let old = #expect(throws: NodeConfigurationError.self) {
            try LocalMSP(folder: home + "/msp", mspID: "OldMSP", now: Timestamp(seconds: 1_100_000_001))
        }
        #expect(old?.description.contains("signcerts/peer0.old.example-cert.pem (msp): the certificate has been over since 1100000000") == true)
        let bench = try ServerBench()
        let refusal = try Self.refusal(bench) { configuration in
            configuration.tls?.certificate = home + "/tls/server.crt"
            configuration.tls?.key = home + "/tls/server.key"
        }
        #expect(refusal.contains("server.crt (tls.certificate): the certificate has been over since 1100000000"), "\(refusal)")
    }
}
