import ChannelConfiguration
import FabricMessages
import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import ConfigurationText

/// The configuration blocks of two real networks, which other tests keep in the repository.
enum RealBlocks {
    static let names = [
        "fabric/genesis_block.pb", "fabric/block_064.pb", "fabric-bft/0000.pb", "fabric-bft/0019.pb", "fabric-bft/0032.pb", "fabric-bft/0036.pb",
        "fabric-bft/0040.pb", "fabric-bft/0044.pb",
    ]

    static func bytes(_ name: String) throws -> [UInt8] {
        let path = PackageRoot.path + "/Tests/ChannelConfigurationTests/Resources/" + name
        return [UInt8](try #require(FileManager.default.contents(atPath: path)))
    }

    /// The configuration in a block, with the channel's name.
    static func configuration(_ name: String) throws -> (config: Common_Config, channel: ChannelID, bytes: [UInt8]) {
        try self.configuration(in: OrderedBlock(serialized: self.bytes(name)))
    }

    static func configuration(in block: OrderedBlock) throws -> (config: Common_Config, channel: ChannelID, bytes: [UInt8]) {
        let payload = try Payload(serialized: Envelope(serialized: block.envelopes[0]).payload)
        let envelope = try Common_ConfigEnvelope.decode(payload.data, as: "test")
        return (envelope.config, try ChannelHeader(serialized: payload.channelHeaderBytes).channelID, envelope.config.encoded())
    }

    static func document(_ name: String) throws -> ConfigurationDocument {
        let found = try self.configuration(name)
        return ConfigurationDocument(.configuration(found.config), channelID: found.channel)
    }
}

extension ConfigurationDocument {
    var config: Common_Config {
        get throws {
            guard case .configuration(let config) = self.body else { throw NotAConfiguration() }
            return config
        }
    }
}

struct NotAConfiguration: Error {}
