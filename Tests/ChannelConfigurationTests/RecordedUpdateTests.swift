import FabricMessages
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

/// The updates that were sent to two real networks, and what those answered.
@Suite(.enabled(if: SharedData.contains("vectors/fabric-bft/updates"), SharedData.reason))
struct RecordedUpdateTests {
    private func read(_ path: String) throws -> [UInt8] { try #require(SharedData.read("vectors/\(path)")) }

    private func bundle(_ path: String) throws -> ChannelBundle { try ChannelBundle(block: OrderedBlock(serialized: self.read(path))) }

    /// The answer's text; empty where the ordering service took the update.
    private func answer(_ name: String) throws -> String { String(decoding: try self.read("fabric-bft/updates/\(name)/result.txt"), as: UTF8.self) }

    @Test(arguments: [
        ("batch", "0000", "0019"), ("rm4", "0019", "0032"), ("add5", "0032", "0036"), ("add4", "0036", "0040"), ("rmlead", "0040", "0044"),
    ])
    func `an update that the network took is taken here, and leads to its block`(name: String, before: String, after: String) throws {
        #expect(try !self.answer(name).contains("rror"))
        let old = try self.bundle("fabric-bft/blocks_peer1/\(before).pb")
        let new = try self.bundle("fabric-bft/blocks_peer1/\(after).pb")
        let recorded = try Common_ConfigUpdate.decode(self.read("fabric-bft/updates/\(name)/upd.pb"), as: "test")
        let computed = try ConfigurationUpdate.compute(from: old.config, to: new.config, channelID: old.channelID)
        #expect(computed.updateBytes == recorded.encoded())
        // The recorded envelope lacks the signature of whoever sent it, which the tool adds: all but those are there.
        let update = try ConfigurationUpdate(envelope: Envelope(serialized: self.read("fabric-bft/updates/\(name)/env.pb")))
        let review = try old.review(update, strictness: .replay)
        #expect(review.successor.config.encoded() == new.config.encoded())
        #expect(review.ignored.isEmpty)
    }

    @Test func `an update that the network refused is refused here, for the same reason`() throws {
        #expect(try self.answer("rm5bad").contains("block validation policy should be a signature policy"))
        let old = try self.bundle("fabric-bft/blocks_peer1/0044.pb")
        let update = try ConfigurationUpdate(envelope: Envelope(serialized: self.read("fabric-bft/updates/rm5bad/env.pb")))
        let policy = ConfigurationElement(.policy, "/Channel/Orderer/BlockValidation")
        #expect(throws: ConfigurationUpdateError.forbiddenChange(policy, reason: "it must ask for 3 of the consenters")) { try old.review(update) }
    }

    @Test func `the update of the single ordering node is the one that its tool computed`() throws {
        let before = try Common_Config.decode(self.read("fabric/configtx/config.pb"), as: "test")
        let after = try self.bundle("fabric/blocks_orderer/block_064.pb")
        let computed = try ConfigurationUpdate.compute(from: before, to: after.config, channelID: "labch")
        #expect(try computed.updateBytes == Common_ConfigUpdate.decode(self.read("fabric/configtx/upd.pb"), as: "test").encoded())
        let signed = try ConfigurationUpdate(envelope: Envelope(serialized: self.read("fabric/configtx/config_update_envelope_signed.pb")))
        let review = try self.bundle("fabric/genesis_block.pb").review(signed)
        #expect(review.isAuthorized)
        #expect(review.successor.config.encoded() == after.config.encoded())
    }
}
