import CryptoPrimitives
import FabricMessages
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

/// Governance settings in the consensus metadata.
@Suite struct GovernanceCarriageTests {
    private let network: UpdateNetwork

    init() throws { self.network = try UpdateNetwork.shared.get() }

    private func profile(_ governance: [UInt8]) -> GenesisProfile {
        GenesisProfile(
            channelID: "records",
            applicationOrganizations: self.network.bundle.applicationOrganizations.map { .init(groupName: $0.groupName, msp: $0.msp) },
            ordererOrganizations: Array(self.network.organizations.prefix(4)), consenters: Array(self.network.consenters.prefix(4)),
            governance: governance, createdAt: UpdateNetwork.time)
    }

    private func consensusType(_ metadata: [UInt8]) -> [UInt8] {
        var message = Orderer_ConsensusType()
        message.type = "BFT"
        message.metadata = metadata.data
        return message.encoded()
    }

    @Test func `the field is written one way`() throws {
        #expect(try GovernanceCarriageFormat.metadata(options: [0x08, 0x01], governance: [7, 8]) == [0x08, 0x01, 0xA2, 0xF7, 0x04, 0x02, 7, 8])
        #expect(try GovernanceCarriageFormat.metadata(options: [0x08, 0x01], governance: []) == [0x08, 0x01])
        let long = try GovernanceCarriageFormat.metadata(options: [], governance: [UInt8](repeating: 5, count: 300))
        #expect(Hex.encode(long.prefix(6)) == "a2f704ac0205")
        #expect(long.count == 5 + 300)
    }

    @Test func `settings travel in a genesis block, and their absence leaves no trace`() throws {
        for settings: [UInt8] in [[], [0], Array("anything".utf8), [UInt8](repeating: 0xFF, count: Limits.governanceBytes)] {
            let bundle = try ChannelBundle(block: self.profile(settings).genesisBlock())
            #expect(bundle.governance == settings)
        }
        #expect(try self.profile([]).genesisBlock() == self.network.genesis)
        #expect(self.network.bundle.governance.isEmpty)
    }

    @Test func `who does not know the field reads the options all the same, and keeps it`() throws {
        let bundle = try ChannelBundle(block: self.profile([1, 2, 3]).genesisBlock())
        let options = try Orderer_Smartbft_Options.decode(bundle.consensusMetadata, as: "options")
        var known = options
        known.unknownFields = .init()
        #expect(known.encoded() == self.network.bundle.consensusMetadata)
        #expect(options.encoded() == bundle.consensusMetadata)
    }

    @Test func `settings that are repeated, empty, too long or of another type are refused`() throws {
        let tag: [UInt8] = [0xA2, 0xF7, 0x04]
        let path = GovernanceCarriageFormat.path
        #expect(throws: ConfigurationError.invalidValue(path: path, reason: "the governance settings appear twice")) {
            try GovernanceCarriageFormat.governance(in: tag + [1, 9] + tag + [1, 9])
        }
        #expect(throws: ConfigurationError.invalidValue(path: path, reason: "the governance settings are empty: leave them out")) {
            try GovernanceCarriageFormat.governance(in: tag + [0])
        }
        #expect(throws: ConfigurationError.invalidValue(path: path, reason: "the governance settings are not written as bytes")) {
            try GovernanceCarriageFormat.governance(in: [0xA0, 0xF7, 0x04, 0x01])
        }
        let limit = ConfigurationError.tooLarge(what: "bytes of governance settings", limit: Limits.governanceBytes)
        let tooLong = [UInt8](repeating: 1, count: Limits.governanceBytes + 1)
        // 256 KiB + 1 as a varint.
        #expect(throws: limit) { try GovernanceCarriageFormat.governance(in: tag + [0x81, 0x80, 0x10] + tooLong) }
        #expect(throws: limit) { try GovernanceCarriageFormat.metadata(options: [], governance: tooLong) }
        #expect(throws: limit) { try self.profile(tooLong).genesisBlock() }
        for broken: [UInt8] in [tag, tag + [5, 1], [0xA2, 0xF7], tag + [0x80], [0xFF]] {
            #expect(throws: ConfigurationError.self, "\(broken)") { try GovernanceCarriageFormat.governance(in: broken) }
        }
    }

    @Test func `other unknown fields are passed over`() throws {
        let others: [UInt8] = [0xA0, 0x06, 0x01, 0xA2, 0x06, 0x02, 1, 2, 0xA5, 0x06, 1, 2, 3, 4, 0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(try GovernanceCarriageFormat.governance(in: others) == [])
        #expect(try GovernanceCarriageFormat.governance(in: others + [0xA2, 0xF7, 0x04, 0x01, 9] + others) == [9])
    }

    @Test func `a crash-tolerant channel has no governance settings`() throws {
        var config = self.network.bundle.config
        var type = Orderer_ConsensusType()
        type.type = "etcdraft"
        type.metadata = [UInt8]([0xFF]).data
        config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value = type.encoded().data
        #expect(try ChannelBundle(config: config, channelID: "records").governance == [])
    }

    @Test func `an update may change the settings but not lose them`() throws {
        let bundle = try ChannelBundle(block: self.profile([1, 2, 3]).genesisBlock())
        func successor(_ metadata: [UInt8]) throws -> ChannelBundle {
            let update = try self.network.update(from: bundle, signers: self.network.memberAdmins) {
                $0.groups["Orderer"]?.values["ConsensusType"]?.value = self.consensusType(metadata).data
            }
            return try bundle.successor(applying: update)
        }
        let options = self.network.bundle.consensusMetadata
        #expect(try successor(GovernanceCarriageFormat.metadata(options: options, governance: [4])).governance == [4])
        #expect(
            throws: ConfigurationUpdateError.forbiddenChange(
                ConfigurationElement(.value, GovernanceCarriageFormat.path), reason: "the governance settings of the channel would be lost")
        ) { try successor(options) }
    }
}
