import FabricMessages
import LedgerModel

/// The behaviour that a channel's members have agreed on, by version name.
package struct Capabilities: Hashable, Sendable {
    package let channel: Set<String>
    package let orderer: Set<String>
    package let application: Set<String>

    package init(channel: Set<String>, orderer: Set<String>, application: Set<String>) {
        self.channel = channel
        self.orderer = orderer
        self.application = application
    }

    /// What new channels get.
    package static let current = Capabilities(channel: ["V3_0"], orderer: ["V2_0"], application: ["V2_5"])

    private static let knownChannel = ["V1_1", "V1_3", "V1_4_2", "V1_4_3", "V2_0", "V3_0"]
    private static let knownOrderer = ["V1_1", "V1_4_2", "V2_0"]
    private static let knownApplication = ["V1_1", "V1_2", "V1_3", "V1_4_2", "V2_0", "V2_5"]

    /// Refuses what this node does not know, and channels older than the rules that it applies.
    func check() throws(ConfigurationError) {
        try Self.check(self.channel, group: "Channel", known: Self.knownChannel, oneOf: ["V1_4_3", "V2_0", "V3_0"])
        try Self.check(self.orderer, group: "Orderer", known: Self.knownOrderer, oneOf: [])
        try Self.check(self.application, group: "Application", known: Self.knownApplication, oneOf: ["V2_0", "V2_5"])
    }

    private static func check(_ names: Set<String>, group: String, known: [String], oneOf needed: [String]) throws(ConfigurationError) {
        for name in names.sorted() where !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
            throw .unsupportedCapability(group: group, reason: "'\(name)' is not known here: update this node")
        }
        guard needed.isEmpty || needed.contains(where: { names.contains($0) }) else {
            throw .unsupportedCapability(group: group, reason: "one of \(needed.joined(separator: ", ")) is needed: update the channel")
        }
    }

    /// Ed25519 identities and ordering by a committee came with V3_0.
    package var isVersion3: Bool { self.channel.contains("V3_0") }

    /// Private data can be purged from V2_5 on.
    package var allowsPurge: Bool { self.application.contains("V2_5") }

    static func message(_ names: Set<String>) -> Common_Capabilities {
        var message = Common_Capabilities()
        for name in names { message.capabilities[name] = Common_Capability() }
        return message
    }
}
