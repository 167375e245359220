import Identity
import LedgerModel
import SelvageClient
import Testing

@testable import Node

/// What a node's file says of etcd, and what a channel demands of it; no etcd is needed.
struct EtcdConfigurationTests {
    private func read(_ etcd: String, roles: String = "orderer") throws -> NodeConfiguration {
        try NodeConfiguration(
            text: """
                name: orderer1
                mspID: ClinicMSP
                msp: msp
                data: data
                listen: 127.0.0.1:7050
                roles: [\(roles)]
                \(etcd)
                """, file: "/etc/selvage/node.yaml")
    }

    @Test func `a file names the cluster, and paths are seen from it`() throws {
        let full = """
            etcd:
              endpoints: [etcd1.example.com:2379, "[::1]:2379"]
              address: orderer1.example.com:7050
              certificate: client.crt
              key: client.key
              authorities: [ca.crt]
              root: clinic
              compaction: etcd
            """
        let etcd = try #require(self.read(full).etcd)
        #expect(etcd.endpoints == [WireEndpoint(host: "etcd1.example.com", port: 2379), WireEndpoint(host: "::1", port: 2379)])
        #expect(etcd.address == WireEndpoint(host: "orderer1.example.com", port: 7050))
        #expect(etcd.certificate == "/etc/selvage/client.crt" && etcd.key == "/etc/selvage/client.key")
        #expect(etcd.authorities == ["/etc/selvage/ca.crt"])
        #expect(etcd.root == "clinic" && etcd.compaction == .etcd)
        let short = try #require(self.read("etcd:\n  endpoints: 127.0.0.1:2379\n  address: a.example:7050").etcd)
        #expect(short.root == "selvage" && short.compaction == .selvage && short.certificate == nil)
        #expect(try self.read("").etcd == nil)
    }

    @Test(arguments: [
        ("etcd:\n  address: a.example:7050", "etcd.endpoints"), ("etcd:\n  endpoints: [nowhere]\n  address: a.example:7050", "etcd.endpoints"),
        ("etcd:\n  endpoints: []\n  address: a.example:7050", "etcd.endpoints"), ("etcd:\n  endpoints: [a.example:2379]", "etcd.address"),
        ("etcd:\n  endpoints: [a.example:2379]\n  address: a.example:7050\n  certificate: c", "etcd.key"),
        ("etcd:\n  endpoints: [a.example:2379]\n  address: a.example:7050\n  certificate: c\n  key: k", "etcd.authorities"),
        ("etcd:\n  endpoints: [a.example:2379]\n  address: a.example:7050\n  compaction: never", "etcd.compaction"),
        ("etcd:\n  endpoints: [a.example:2379]\n  address: a.example:7050\n  password: x", "etcd.password"),
    ])
    func `a mistake is named with its key`(text: String, key: String) throws {
        do {
            _ = try self.read(text)
            Issue.record("the file was taken")
        } catch let error as NodeConfigurationError {
            #expect(error.description.contains(key))
        }
    }

    @Test func `a node that orders nothing has no use for a cluster`() {
        #expect(throws: NodeConfigurationError.self) {
            try self.read("etcd:\n  endpoints: [a.example:2379]\n  address: a.example:7050", roles: "peer")
        }
    }

    @Test func `a channel on etcd is opened with a cluster and refused without`() throws {
        let bench = try EtcdBench()
        func channels(_ folder: String, _ etcd: EtcdSettings?) throws -> OrdererChannels {
            try OrdererChannels(
                OrderingChoice(
                    name: "orderer1", identity: bench.orderers[0], environment: bench.environment,
                    signatures: SignatureMemory(capacity: 100), etcd: etcd), folder: bench.folder.path(of: folder), genesis: [bench.genesis])
        }
        let opened = try channels("with", bench.settings(0, [NodeAddress(host: "127.0.0.1", port: 1)]))
        #expect(opened.ordering(of: "records") is EtcdOrdering)
        #expect(throws: NodeError.self) { try channels("without", nil) }
    }
}
