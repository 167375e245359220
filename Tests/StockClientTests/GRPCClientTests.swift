import TestSupport
import Testing

/// The gRPC library for Python, as it is published, against `selvage dev`.
@Suite(.enabled(if: PythonClient.isPresent, PythonClient.reason), .serialized)
struct GRPCClientTests {
    /// Inputs that are a message of the methods tried, though one that says nothing of use.
    private static let messages: Set<String> = ["nothing", "two thousand levels", "a payload of noise", "a header of noise"]

    @Test func `every method answers bad input with the status of its kind, and the next call as if nothing had been`() async throws {
        let network = try await StockNetwork()
        let lines = try await PythonClient.lines(
            of: "bad_input", [network.path, network.orderer, network.peer(of: 1)], folder: network.folder)
        #expect(lines.count > 150)
        for line in lines {
            let (node, method, input) = (line["node"]?.text ?? "", line["method"]?.text ?? "", line["input"]?.text ?? "")
            let expected = Self.expected(node: node, method: method, input: input)
            #expect(line["code"] == .text(expected.code), "\(node) \(method) \(input): \(line)")
            #expect(line["messages"] == .number(expected.messages), "\(node) \(method) \(input): \(line)")
        }
    }

    /// The status code of the call, and how many messages come before it: what nodes of Fabric v3.1.5 answered to the same program.
    private static func expected(node: String, method: String, input: String) -> (code: String, messages: Int) {
        // These three begin with the name of a transaction, which noise is not.
        let isNamed = ["Evaluate", "Endorse", "Submit"].contains { method == "/gateway.Gateway/" + $0 }
        let isMessage = isNamed ? input == "nothing" : Self.messages.contains(input)
        let isOrderers = method.hasPrefix("/orderer.AtomicBroadcast/") && method != "/orderer.AtomicBroadcast/Nothing"
        switch method {
        case "plain text", "another root": return ("UNAVAILABLE", 0)
        case _ where (node == "orderer") != isOrderers: return ("UNIMPLEMENTED", 0)
        case "/no.such.Service/Method": return ("UNIMPLEMENTED", 0)
        // As grpc-go answers what it cannot read.
        case _ where !isMessage: return ("INTERNAL", 0)
        case "/protos.Endorser/ProcessProposal": return ("UNKNOWN", 0)
        case _ where method.hasPrefix("/gateway.Gateway/"): return ("INVALID_ARGUMENT", 0)
        // Streams say in a message of their own what is wrong with a request.
        default: return ("OK", 1)
        }
    }

    @Test func `a thousand streams on one connection hear of the same block, slow readers and large messages included`() async throws {
        let network = try await StockNetwork()
        let lines = try await PythonClient.lines(
            of: "many_streams", [network.path, StockNetwork.channel, network.orderer, network.peer(of: 1), network.peer(of: 2)],
            folder: network.folder)
        func found(_ step: String) -> [[String: JSONValue]] { lines.filter { $0["step"] == .text(step) } }

        #expect(found("many streams").first?["streams"] == 1_000)
        #expect(found("many streams").first?["same"] == true)
        #expect(found("many streams").first?["next"] == true)
        #expect(found("slow reader").first?["complete"] == true)
        #expect(found("end before the request").first?["code"] == "OK")
        #expect(found("end before the request").first?["ended"] == true)
        #expect(found("end behind the request").first?["found"] == ["block", "block", "status"])
        #expect(found("end behind the request").first?["code"] == "OK")
        // The first is read and refused for what it says, the second for its size, as by Fabric's nodes.
        #expect(found("large message").map { $0["code"] } == ["UNKNOWN", "RESOURCE_EXHAUSTED"])
        #expect(found("afterwards").first?["answer"] == "one for all")
    }
}
