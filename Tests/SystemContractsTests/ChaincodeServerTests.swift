import TestSupport
import Testing

@testable import SystemContracts

/// `connection.json` of packages whose chaincode waits for peers.
struct ChaincodeServerTests {
    private static func server(_ json: String, _ values: [String: String] = [:]) throws -> ChaincodeServer {
        try ChaincodeServer(json: Array(json.utf8), values: values)
    }

    @Test func `an address alone means plain text and three seconds`() throws {
        let server = try Self.server(#"{"address": "goods.example:9999"}"#)
        #expect(server.host == "goods.example" && server.port == 9999 && server.dialMilliseconds == 3_000)
        #expect(server.rootCertificate == nil && server.client == nil && server.domain == nil)
    }

    @Test(arguments: [("\"10s\"", 10_000), ("\"1m30s\"", 90_000), ("\"1.5s\"", 1_500), ("\"300ms\"", 300), ("2000000000", 2_000), ("\"\"", 3_000)])
    func `durations are those of Go, or nanoseconds`(text: String, milliseconds: Int64) throws {
        #expect(try Self.server(#"{"address": "a:1", "dial_timeout": \#(text)}"#).dialMilliseconds == milliseconds)
    }

    @Test(arguments: ["\"10\"", "\"s\"", "\"-1s\"", "-5", "true", "\"99999999999s\"", "\"25h\"", "\"1s2\"", "\"0s\""])
    func `what is no duration is refused`(text: String) {
        #expect(throws: ChaincodePackageError.self) { try Self.server(#"{"address": "a:1", "dial_timeout": \#(text)}"#) }
    }

    @Test(arguments: ["", "a", "a:", ":1", "a:0", "a:65536", "a:x", "[]:1"])
    func `what is no address is refused`(address: String) {
        #expect(throws: ChaincodePackageError.self) { try Self.server(#"{"address": "\#(address)"}"#) }
    }

    @Test func `an IPv6 address stands in brackets`() throws {
        #expect(try Self.server(#"{"address": "[::1]:7052"}"#).host == "::1")
    }

    @Test func `TLS needs a root, and client authentication a certificate and a key`() throws {
        let full = try Self.server(
            #"""
            {"address": "a:1", "tls_required": true, "client_auth_required": true, "root_cert": "R", "client_cert": "C", "client_key": "K",
             "domain": "d"}
            """#)
        #expect(full.rootCertificate == Array("R".utf8) && full.client?.certificate == Array("C".utf8) && full.client?.key == Array("K".utf8))
        #expect(full.domain == "d")
        for json in [
            #"{"address": "a:1", "tls_required": true}"#, #"{"address": "a:1", "tls_required": "yes", "root_cert": "R"}"#,
            #"{"address": "a:1", "tls_required": true, "client_auth_required": true, "root_cert": "R", "client_cert": "C"}"#,
            #"{"address": 7}"#, "{", "[]", "{}",
        ] {
            #expect(throws: ChaincodePackageError.self, "\(json)") { try Self.server(json) }
        }
        // Without TLS the rest is not looked at.
        #expect(try Self.server(#"{"address": "a:1", "root_cert": "R", "client_auth_required": true}"#).rootCertificate == nil)
    }

    @Test func `placeholders are filled from the node's values, and an unknown one is an error`() throws {
        let json = #"{"address": "goods.{{.peername}}:{{ .port }}"}"#
        let server = try Self.server(json, ["peername": "org1", "port": "9"])
        #expect(server.host == "goods.org1" && server.port == 9)
        for bad in [#"{"address": "{{.other}}:1"}"#, #"{"address": "{{.port:1"}"#, #"{"address": "{{port}}:1"}"#, #"{"address": "{{}}:1"}"#] {
            #expect(throws: ChaincodePackageError.self, "\(bad)") { try Self.server(bad, ["port": "9"]) }
        }
    }

    @Test func `a package holds it, with or without a dot in front, and is of type ccaas`() throws {
        for name in ["connection.json", "./connection.json"] {
            let package = PackageMaker.service(label: "goods_1.0", connection: #"{"address": "a:1"}"#, codeFile: name)
            #expect(try ChaincodeServer(ChaincodePackage(package)).host == "a")
        }
        let capitals = PackageMaker.package(
            metadata: #"{"type": "CCAAS", "label": "goods"}"#,
            code: PackageMaker.gzip(PackageMaker.tar([("connection.json", "0", Array(#"{"address": "a:1"}"#.utf8))])))
        #expect(try ChaincodeServer(ChaincodePackage(capitals)).port == 1)
        for bad in [
            PackageMaker.package(metadata: #"{"type": "golang", "label": "goods"}"#), PackageMaker.package(),
            PackageMaker.service(label: "goods", connection: "{}", codeFile: "other.json"),
        ] {
            #expect(throws: ChaincodePackageError.self) { try ChaincodeServer(ChaincodePackage(bad)) }
        }
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric/package_id.txt"), SharedData.reason))
    func `the package of a Fabric network is read as its peers read it`() throws {
        let package = try ChaincodePackage(try #require(SharedData.read("vectors/fabric/labcc_ccaas_package.tar.gz")))
        let server = try ChaincodeServer(package, values: ["addr": "127.0.0.1:17000"])
        #expect(server.host == "127.0.0.1" && server.port == 17_000 && server.dialMilliseconds == 10_000 && server.rootCertificate == nil)
        #expect(throws: ChaincodePackageError.self) { try ChaincodeServer(package) }
    }
}
