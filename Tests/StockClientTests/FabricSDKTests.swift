import TestSupport
import Testing

/// fabric-sdk-py 1.0.0, as it is published, against `selvage dev`.
@Suite(.enabled(if: PythonClient.isPresent, PythonClient.reason), .serialized)
struct FabricSDKTests {
    @Test func `the Python SDK invokes, queries, follows events, reads blocks by every key, and has a peer join`() async throws {
        let network = try await StockNetwork()
        let (newcomer, endpoint) = try await network.newcomer()
        defer { newcomer.end() }
        let lines = try await PythonClient.lines(
            of: "fabric_sdk", [network.path, StockNetwork.channel, network.orderer, network.peer(of: 1), network.peer(of: 2), endpoint],
            folder: network.folder)
        func found(_ step: String) -> [[String: JSONValue]] { lines.filter { $0["step"] == .text(step) } }

        #expect(found("query_channels").first?["channels"] == ["mychannel"])
        #expect(found("chaincode_invoke").first?["answer"] == "")
        #expect(found("chaincode_query").map { $0["answer"] } == ["written in Python", "written in Python"])
        #expect(found("chaincode_query of nothing").first?["refused"]?.text?.contains("the note does not exist") == true)
        #expect(found("chaincode_invoke by one").first?["refused"] == "['ENDORSEMENT_POLICY_FAILURE']")

        let height = try #require(found("query_info").first?["height"]?.number)
        #expect(found("query_block").first?["number"] == .number(height - 2))
        #expect(found("query_block").first?["codes"] == [0])
        #expect(found("query_block_by_hash").first?["number"] == .number(height - 1))
        #expect(found("query_block_by_txid").first?["found"] == true)
        #expect(found("query_transaction").first?["found"] == true)
        #expect(found("query_transaction").first?["channel"] == "mychannel")
        #expect(found("get_channel_config").first?["organizations"] == ["Org1MSP", "Org2MSP"])
        #expect(found("events").map { $0["filtered"] } == [true, false])
        for events in found("events") { #expect(events["numbers"] == .list((0..<height).map { .number($0) })) }

        #expect(found("channel_join").first?["statuses"] == [200])
        #expect(found("query_channels of the newcomer").first?["channels"] == ["mychannel"])
        #expect(found("channel_join again").first?["answer"]?.text?.contains("already exists") == true)
    }
}
