import ChannelConfiguration
import CommitteeTestSupport
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ConfigurationText

/// Configurations as text, there and back.
struct DocumentTests {
    @Test(arguments: RealBlocks.names)
    func `the text of a real configuration reads back to the same bytes`(name: String) throws {
        let (config, channel, bytes) = try RealBlocks.configuration(name)
        let document = ConfigurationDocument(.configuration(config), channelID: channel, comments: ["from \(name)"])
        for text in [document.yaml, document.json] {
            let again = try ConfigurationDocument(text: text)
            #expect(try again.config.encoded() == bytes)
            #expect(again.channelID == channel)
            #expect(again.node.isSame(as: document.node))
        }
        #expect(try ConfigurationDocument(text: document.yaml).yaml == ConfigurationDocument(.configuration(config), channelID: channel).yaml)
        // Everything that Fabric's tools write has a readable form.
        #expect(!document.yaml.contains(" bytes: "))
    }

    @Test(
        .enabled(if: SharedData.contains("vectors/fabric-bft/blocks_peer1"), SharedData.reason),
        arguments: ["fabric/blocks", "fabric/blocks_orderer", "fabric-bft/blocks_peer1", "fabric-bft/blocks_peer2", "fabric-bft/blocks_orderer1"])
    func `every configuration block of a ledger reads back`(folder: String) throws {
        var count = 0
        for name in SharedData.list("vectors/\(folder)") where name.hasSuffix(".pb") {
            let block = try OrderedBlock(serialized: #require(SharedData.read("vectors/\(folder)/\(name)")))
            let payload = try Payload(serialized: Envelope(serialized: block.envelopes[0]).payload)
            guard (try? ChannelHeader(serialized: payload.channelHeaderBytes))?.kind == .config else { continue }
            let (config, channel, bytes) = try RealBlocks.configuration(in: block)
            let again = try ConfigurationDocument(text: ConfigurationDocument(.configuration(config), channelID: channel).yaml)
            #expect(try again.config.encoded() == bytes)
            count += 1
        }
        #expect(count == (folder.hasPrefix("fabric/") ? 2 : 6))
    }

    @Test func `a genesis block of ours reads back, with its settings of elections`() throws {
        let genesis = try CommitteeMembers(count: 4).genesis(committee: [1, 2, 3, 4])
        var (config, channel, bytes) = try RealBlocks.configuration(in: genesis)
        // The bytes of the tree as they stand in the block too, because our blocks are written in one order only.
        #expect(try Payload(serialized: Envelope(serialized: genesis.envelopes[0]).payload).data.suffix(bytes.count) == bytes[...])
        var document = ConfigurationDocument(.configuration(config), channelID: channel)
        #expect(try ConfigurationDocument(text: document.yaml).config.encoded() == bytes)
        #expect(document.yaml.contains("consenter: 1"))
        #expect(document.yaml.contains("rule: OutOf(3, $0, $1, $2, $3)"))
        var consensus = try Orderer_ConsensusType.decode(
            #require(config.channelGroup.groups["Orderer"]?.values["ConsensusType"]).value.byteArray, as: "test")
        // Field 10100 with three bytes.
        consensus.metadata = (consensus.metadata.byteArray + [0xA2, 0xF7, 0x04, 3, 1, 2, 3]).data
        config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value = consensus.encoded().data
        document = ConfigurationDocument(.configuration(config), channelID: channel)
        bytes = config.encoded()
        #expect(try ConfigurationDocument(text: document.yaml).config.encoded() == bytes)
        #expect(document.yaml.contains("other_fields: "))
    }

    @Test func `the text is what people expect to read`() throws {
        let yaml = try RealBlocks.document("fabric/genesis_block.pb").yaml
        for line in [
            "kind: configuration", "channel: labch", "sequence: 0", "default_mod_policy: Admins", "    Admins: MAJORITY Admins",
            "        max_message_count: 10", "        absolute_max_bytes: 10 MiB", "        preferred_max_bytes: 2 MiB", "          - V2_0",
            "        Endorsement: MAJORITY Endorsement", "            certificate: root_certs[0]", "-----BEGIN CERTIFICATE-----",
        ] {
            #expect(yaml.contains(line + "\n") || yaml.contains(line), "\(line)")
        }
        #expect(yaml.contains("# CN=ca.org1.lab"))
        #expect(yaml.contains(", valid to 20"))
        #expect(yaml.contains("OR('Org1MSP.admin', 'Org1MSP.peer', 'Org1MSP.client')"))
    }

    @Test func `an update reads back, with its signatures`() throws {
        for name in ["fabric-bft/update_0019.pb", "fabric-bft/update_0036.pb", "fabric/update_064.pb"] {
            let message = try Common_ConfigUpdate.decode(RealBlocks.bytes(name), as: "test")
            let document = ConfigurationDocument(
                .update(message, signatures: [ConfigurationSignature(signatureHeader: [1, 2], signature: [3])]),
                channelID: ChannelID(message.channelID))
            let again = try ConfigurationDocument(text: document.yaml)
            guard case .update(let found, let signatures) = again.body else { throw NotAConfiguration() }
            #expect(found.encoded() == message.encoded())
            #expect(signatures == [ConfigurationSignature(signatureHeader: [1, 2], signature: [3])])
        }
    }

    // MARK: - Nothing gets lost

    @Test func `unknown values, unknown fields and bytes in another order are kept as bytes`() throws {
        var (config, channel, _) = try RealBlocks.configuration("fabric/genesis_block.pb")
        func set(_ name: String, _ bytes: [UInt8]) {
            var value = Common_ConfigValue()
            value.value = bytes.data
            value.modPolicy = "Admins"
            config.channelGroup.values[name] = value
        }
        set("Nobody-Knows-This", [1, 2, 3])
        set("Empty-And-Unknown", [])
        set("no: name # at\n\u{0} all'\"", [4])
        set("- true", [5])
        // A batch size with its fields in another order, and one with a field that nobody knows.
        set("HashingAlgorithm", try #require(config.channelGroup.values["HashingAlgorithm"]).value.byteArray + [0x98, 0x06, 0x07])
        config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.value = ([0x18, 5, 0x08, 3] as [UInt8]).data
        config.channelGroup = try Common_ConfigGroup.decode(config.channelGroup.encoded() + [0xA2, 0x06, 0x01, 0x09], as: "test")
        config = try Common_Config.decode(config.encoded() + [0xA0, 0x06, 0x01], as: "test")
        let bytes = config.encoded()
        let document = ConfigurationDocument(.configuration(config), channelID: channel)
        #expect(try ConfigurationDocument(text: document.yaml).config.encoded() == bytes)
        #expect(document.yaml.contains("unknown_fields:"))
        #expect(document.yaml.contains("bytes: AQID"))
    }

    @Test func `capabilities and access rules keep the order of their bytes`() throws {
        var (config, channel, _) = try RealBlocks.configuration("fabric/genesis_block.pb")
        func entry(_ name: String) -> [UInt8] { [0x0A, UInt8(name.utf8.count + 4), 0x0A, UInt8(name.utf8.count)] + Array(name.utf8) + [0x12, 0] }
        config.channelGroup.values["Capabilities"]?.value = (entry("V3_0") + entry("V1_1") + entry("V2_0")).data
        var access = Protos_ACLs()
        access.acls["peer/Propose", default: Protos_APIResource()].policyRef = "Writers"
        var value = Common_ConfigValue()
        value.value = access.encoded().data
        config.channelGroup.groups["Application"]?.values["ACLs"] = value
        let document = ConfigurationDocument(.configuration(config), channelID: channel)
        let again = try ConfigurationDocument(text: document.yaml)
        #expect(try again.config.encoded() == config.encoded())
        #expect(document.yaml.contains("- V3_0\n        - V1_1\n        - V2_0\n"))
        #expect(document.yaml.contains("peer/Propose: Writers"))
    }

    /// The tree with values of every kind changed at random, valid or not.
    @Test func `whatever the values hold, the text reads back`() throws {
        var random = SeededGenerator(seed: 5_017)
        for round in 0..<20 {
            var (config, channel, _) = try RealBlocks.configuration(RealBlocks.names.randomElement(using: &random) ?? "")
            Self.damage(&config.channelGroup, &random)
            let bytes = config.encoded()
            let document = ConfigurationDocument(.configuration(config), channelID: channel)
            #expect(try ConfigurationDocument(text: document.yaml).config.encoded() == bytes, "seed 5017, round \(round)")
            #expect(try ConfigurationDocument(text: document.json).config.encoded() == bytes, "seed 5017, round \(round)")
        }
    }

    private static func damage(_ group: inout Common_ConfigGroup, _ random: inout SeededGenerator) {
        if Int.random(in: 0..<4, using: &random) == 0 { group.version = .random(in: 0 ... .max, using: &random) }
        if Int.random(in: 0..<4, using: &random) == 0 {
            group.modPolicy = ["", "a: b", "# x", "/Channel/Admins", "true", "\u{7}\u{2028}ä"].randomElement(using: &random) ?? ""
        }
        for name in group.values.keys.sorted() where Int.random(in: 0..<3, using: &random) == 0 {
            var bytes = group.values[name]?.value.byteArray ?? []
            self.damage(&bytes, &random)
            group.values[name]?.value = bytes.data
        }
        for name in group.policies.keys.sorted() where Int.random(in: 0..<3, using: &random) == 0 {
            var bytes = group.policies[name]?.policy.value.byteArray ?? []
            self.damage(&bytes, &random)
            group.policies[name]?.policy.value = bytes.data
            if Int.random(in: 0..<3, using: &random) == 0 { group.policies[name]?.policy.type = .random(in: -1...4, using: &random) }
            if Int.random(in: 0..<9, using: &random) == 0 { group.policies[name]?.clearPolicy() }
        }
        for name in group.groups.keys.sorted() {
            var child = group.groups[name] ?? Common_ConfigGroup()
            self.damage(&child, &random)
            group.groups[name] = child
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.append(.random(in: 0...255, using: &random))
        case 1: bytes = Array(bytes.dropLast(Int.random(in: 0...bytes.count, using: &random)))
        default:
            guard !bytes.isEmpty else { return }
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
        }
    }

    /// The twin of the property: a writer that forgets to look whether the bytes come back is caught by it.
    @Test func `a text that drops what it cannot say would be noticed`() throws {
        var (config, channel, _) = try RealBlocks.configuration("fabric/genesis_block.pb")
        config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.value = ([0x18, 5, 0x08, 3, 0x20, 1] as [UInt8]).data
        let careless = try FieldCoder(writing: "").written(Orderer_BatchSize.decode([0x18, 5, 0x08, 3, 0x20, 1], as: "test"))
        var fields = try FieldCoder(reading: .map(careless), path: "")
        #expect(try ValueText.bytes("BatchSize", &fields) != [0x18, 5, 0x08, 3, 0x20, 1])
        let document = ConfigurationDocument(.configuration(config), channelID: channel)
        #expect(try ConfigurationDocument(text: document.yaml).config.encoded() == config.encoded())
    }
}
