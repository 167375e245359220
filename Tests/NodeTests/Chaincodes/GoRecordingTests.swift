import Foundation
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// The calls of which the exchange with a real chaincode was recorded for the tests of `ChaincodeShim`, made again.
///
/// With `SELVAGE_CHAINCODE_RECORDING` the program is asked, by `RECORD` in its environment, to write all messages into that file:
/// "peer" or "chaincode", a space, and the message in Base64.
@Suite(.enabled(if: GoChaincode.program != nil, "needs SELVAGE_CHAINCODE, the path of a chaincode built with Fabric's shim"))
struct GoRecordingTests {
    private static let calls: [[String]] = [
        ["put", "a", "1", "b", "2", "c", "3"], ["create", "asset1", "red"], ["create", "asset1", "blue"], ["get", "a"], ["get", "absent"],
        ["getm", "a", "absent", "c"], ["del", "c"], ["inc", "n"], ["event", "ev", "payload", "e1", "x"],
        ["composite", "color~name", "blue", "n1", "v"], ["putbatch", "r1", "1", "r3", "3", "r5", "5"], ["rangeput", "r0", "r9", "sum", "s"],
        ["range", "r0", "r9"], ["page", "r0", "r9", "2", ""], ["page", "r0", "r9", "2", "r5"], ["query", "{}"], ["put", "a", "2"], ["del", "a"],
        ["history", "a"], ["setep", "b", "policy"], ["getep", "b"], ["putpvt", "_implicit_org_Org1MSP", "p", "secret"],
        ["getpvt", "_implicit_org_Org1MSP", "p"], ["hashpvt", "_implicit_org_Org1MSP", "p"], ["putpvt", "traders", "p", "secret"],
        ["call", "goods", "get", "a"], ["call", "absent", "get", "a"], ["status", "404"], ["fill", "k", "102"], ["range", "k", "l"],
        ["range", "k", "l", "3"],
    ]

    @Test func `the calls of the recording are answered`() async throws {
        let package = PackageMaker.service(label: "goods_1.0", connection: #"{"address": "127.0.0.1:17053", "dial_timeout": "10s"}"#)
        let program = Process()
        program.executableURL = URL(fileURLWithPath: try #require(GoChaincode.program))
        program.arguments = [try ChaincodePackage(package).id, "127.0.0.1:17053"]
        if let path = ProcessInfo.processInfo.environment["SELVAGE_CHAINCODE_RECORDING"] { program.environment = ["RECORD": path] }
        try program.run()
        defer { program.terminate() }
        for _ in 0..<200 {
            if (try? await ClientProbe.connect(port: 17_053)) == true { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        let answers = try await ProcessBench.run(package, Self.calls)
        for (call, answer) in zip(Self.calls, answers) { #expect(answer.hasPrefix(call.joined(separator: " ")), "\(answer)") }
        #expect(answers.filter { $0.contains(": 200 ") }.count == Self.calls.count - 6, "\(answers.joined(separator: "\n"))")
    }
}
