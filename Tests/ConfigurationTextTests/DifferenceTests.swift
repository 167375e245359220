import ChannelConfiguration
import FabricMessages
import LedgerModel
import Testing

@testable import ConfigurationText

/// What differs between two configurations, in words.
struct DifferenceTests {
    private func difference(_ old: String, _ new: String) throws -> ConfigurationDifference {
        ConfigurationDifference(from: try RealBlocks.document(old), to: try RealBlocks.document(new))
    }

    @Test(arguments: RealBlocks.names) func `a configuration equals itself, and its own text`(name: String) throws {
        let document = try RealBlocks.document(name)
        #expect(ConfigurationDifference(from: document, to: document).isEmpty)
        #expect(ConfigurationDifference(from: document, to: try ConfigurationDocument(text: document.yaml)).isEmpty)
    }

    @Test func `a change of the batch size is three lines`() throws {
        #expect(
            try self.difference("fabric/genesis_block.pb", "fabric/block_064.pb").changes.map(\.description) == [
                "document: sequence: 0 -> 1", "/Channel/Orderer/BatchSize: max_message_count: 10 -> 9",
                "/Channel/Orderer/BatchSize: version: added 1",
            ])
    }

    @Test func `a consenter that goes is named in all three places`() throws {
        let lines = try self.difference("fabric-bft/0019.pb", "fabric-bft/0032.pb").changes.map(\.description)
        #expect(lines.contains("policy /Channel/Orderer/BlockValidation: rule: OutOf(3, $0, $1, $2, $3) -> OutOf(2, $0, $1, $2)"))
        #expect(lines.contains { $0.hasPrefix("/Channel/Orderer/Orderers: consenter_mapping: removed (id 4, host 127.0.0.1, port 6104") })
        #expect(lines.contains { $0.hasPrefix("policy /Channel/Orderer/BlockValidation: principals: removed") })
    }

    @Test func `an organisation that comes is one line at its group`() throws {
        let changes = try self.difference("fabric-bft/0032.pb", "fabric-bft/0036.pb").changes
        #expect(changes.contains { $0.path == "/Channel/Orderer/Ord5" && $0.kind == .added && $0.field.isEmpty })
        #expect(
            try self.difference("fabric-bft/0036.pb", "fabric-bft/0032.pb").changes.contains {
                $0.path == "/Channel/Orderer/Ord5" && $0.kind == .removed
            })
    }

    @Test func `certificates are told by their subjects, and lists by what comes and goes`() throws {
        var document = try RealBlocks.document("fabric/genesis_block.pb")
        let before = document
        var config = try document.config
        var value = try Msp_MSPConfig.decode(
            #require(config.channelGroup.groups["Application"]?.groups["Org1MSP"]?.values["MSP"]).value.byteArray, as: "test")
        var msp = try Msp_FabricMSPConfig.decode(value.config.byteArray, as: "test")
        let root = try #require(msp.rootCerts.first)
        msp.admins = [root]
        value.config = msp.encoded().data
        config.channelGroup.groups["Application"]?.groups["Org1MSP"]?.values["MSP"]?.value = value.encoded().data
        config.channelGroup.policies["Admins"]?.modPolicy = "Readers"
        document.body = .configuration(config)
        let lines = ConfigurationDifference(from: before, to: document).changes.map(\.description)
        #expect(lines.contains { $0.hasPrefix("/Channel/Application/Org1MSP/MSP: admins: added") })
        #expect(lines.contains("policy /Channel/Admins: mod_policy: added Readers"))
        msp.admins = [root, root]
        value.config = msp.encoded().data
        config.channelGroup.groups["Application"]?.groups["Org1MSP"]?.values["MSP"]?.value = value.encoded().data
        let first = document
        document.body = .configuration(config)
        let certificate = try #require(CertificateText.comment(root.byteArray))
        #expect(
            ConfigurationDifference(from: first, to: document).changes.map(\.description) == [
                "/Channel/Application/Org1MSP/MSP: admins: added (\(certificate))"
            ])
        #expect(ConfigurationDifference(from: first, to: document).json.contains("\"equal\": false"))
    }
}
