import TestSupport
import Testing

@testable import SelvageClient

struct ConnectionProfileTests {
    private static let yaml = """
        name: net
        version: 1.0.0
        client:
          organization: Org1
          connection: {timeout: {peer: {endorser: '300'}}}
        organizations:
          Org1:
            mspid: Org1MSP
            peers: [peer0.org1.example.com]
            certificateAuthorities: [ca]
          Org2: {mspid: Org2MSP, peers: [peer0.org2.example.com]}
        peers:
          peer0.org1.example.com:
            url: grpcs://localhost:7051
            tlsCACerts: {path: ca.pem}
            grpcOptions: {ssl-target-name-override: peer0.org1.example.com}
          peer0.org2.example.com:
            url: grpc://[::1]:9051
        orderers:
          orderer.example.com:
            url: grpcs://localhost:7050
            tlsCACerts:
              pem: |
                -----BEGIN CERTIFICATE-----
                AA==
                -----END CERTIFICATE-----
        """

    @Test func `organisations, peers and ordering nodes are read, with their TLS`() throws {
        let folder = try TemporaryFolder("profile")
        try folder.write(Array("root".utf8), to: "ca.pem")
        try folder.write(Array(Self.yaml.utf8), to: "net.yaml")
        let profile = try ConnectionProfile(file: folder.path(of: "net.yaml"))
        #expect(profile.name == "net" && profile.clientOrganization == "Org1" && profile.organizations.map(\.mspID) == ["Org1MSP", "Org2MSP"])
        let own = try profile.peers()
        #expect(own.map(\.endpoint) == [NodeEndpoint("localhost:7051", tlsRoots: ["root"], serverName: "peer0.org1.example.com")])
        #expect(try profile.peers(of: "Org2MSP").map(\.endpoint) == [NodeEndpoint("[::1]:9051")])
        #expect(profile.orderers[0].endpoint.tlsRoots[0].hasPrefix("-----BEGIN CERTIFICATE-----\nAA=="))
        #expect(throws: ConnectionProfile.Failure.unknown(what: "peer", name: "x")) { try profile.peer("x") }
        #expect(throws: ConnectionProfile.Failure.unknown(what: "organization", name: "Org3")) { try profile.peers(of: "Org3") }
    }

    @Test func `JSON with a list of roots is read too`() throws {
        let text = #"{"name":"n","peers":{"p":{"url":"grpcs://h:1","tlsCACerts":{"pem":["a","b"]}}}}"#
        let profile = try ConnectionProfile(text: text)
        #expect(profile.peers.map(\.endpoint) == [NodeEndpoint("h:1", tlsRoots: ["a", "b"])] && profile.organizations.isEmpty)
        #expect(throws: ConnectionProfile.Failure.unknown(what: "key", name: "client.organization")) { try profile.peers() }
    }

    @Test(arguments: [
        ("", "it must be a map"), ("name: n", "neither peers nor orderers"), ("peers: [a]", "'peers' must be a map"),
        ("peers: {p: {}}", "'p' has no url"), ("peers: {p: {url: 'http://h:1'}}", "is no url of a node"),
        ("peers: {p: {url: 'grpc://h:0'}}", "is no url of a node"), ("peers: {p: {url: 'grpcs://h:1'}}", "no tlsCACerts"),
        ("peers: {p: {url: 'grpcs://h:1', tlsCACerts: {}}}", "neither pem nor path"),
        ("peers: {p: {url: 'grpcs://h:1', tlsCACerts: {path: none.pem}}}", "none.pem, cannot be read"),
        ("organizations: {o: {}}\npeers: {p: {url: 'grpc://h:1'}}", "'o' has no mspid"), ("{", "connection profile"),
    ])
    func `what is wrong is told with its place`(_ text: String, _ reason: String) {
        do {
            _ = try ConnectionProfile(text: text)
            Issue.record("it was read: \(text)")
        } catch {
            #expect("\(error)".hasPrefix("connection profile: ") && "\(error)".contains(reason))
        }
    }

    @Test func `a profile that is not there is named`() {
        #expect(throws: ConnectionProfile.Failure.unreadable(path: "/nowhere")) { try ConnectionProfile(file: "/nowhere") }
    }
}
