import ArgumentParser
import FabricMessages
import Foundation
import Identity
import LedgerModel

/// A chaincode definition; Fabric's flags.
struct DefinitionOptions: ParsableArguments {
    /// No file of collections is larger.
    private static let collectionsBytes = 1 << 20

    @Option(name: [.customShort("C"), .customLong("channelID")], help: "The channel.")
    var channel: String

    @Option(name: [.customShort("n"), .customLong("name")], help: "The chaincode.")
    var name: String

    @Option(name: [.customShort("v"), .customLong("version")], help: "Its version.")
    var definitionVersion: String

    @Option(help: "The number of this definition: 1 for the first, one more for each that follows.")
    var sequence: Int64

    @Option(
        name: .customLong("signature-policy"),
        help: ArgumentHelp("Who has to endorse, such as \"AND('Org1MSP.peer','Org2MSP.peer')\".", valueName: "policy"))
    var signaturePolicy: String?

    @Option(
        name: .customLong("channel-config-policy"),
        help: ArgumentHelp("Who has to endorse, as a policy of the channel; /Channel/Application/Endorsement by default.", valueName: "path"))
    var channelPolicy: String?

    @Option(name: .customLong("collections-config"), help: ArgumentHelp("Private data collections, JSON.", valueName: "file"))
    var collectionsFile: String?

    @Flag(name: .customLong("init-required"), help: "The chaincode has to be initialised before it takes calls.")
    var initRequired = false

    @Option(name: [.customShort("E"), .customLong("endorsement-plugin")], help: "The endorsement plugin.")
    var endorsementPlugin = ""

    @Option(name: [.customShort("V"), .customLong("validation-plugin")], help: "The validation plugin.")
    var validationPlugin = ""

    func validate() throws {
        if self.signaturePolicy != nil, self.channelPolicy != nil {
            throw ValidationError("give --signature-policy or --channel-config-policy, not both")
        }
        if self.sequence < 1 { throw ValidationError("--sequence must be at least 1") }
    }

    func definition() throws -> ChaincodeDefinition {
        var collections: [UInt8] = []
        if let collectionsFile {
            let bytes = try PeerTargetOptions.bytes(collectionsFile, limit: Self.collectionsBytes)
            collections = try CollectionsFile(bytes, path: collectionsFile).package()
        }
        return ChaincodeDefinition(
            name: Namespace(self.name), version: self.definitionVersion, sequence: self.sequence,
            validationParameter: try Self.policy(signature: self.signaturePolicy, channel: self.channelPolicy)?.encoded() ?? [],
            collections: collections, initRequired: self.initRequired, endorsementPlugin: self.endorsementPlugin,
            validationPlugin: self.validationPlugin)
    }

    /// Nil for the channel's own policy.
    static func policy(signature: String?, channel: String?) throws -> Protos_ApplicationPolicy? {
        var policy = Protos_ApplicationPolicy()
        if let signature {
            policy.signaturePolicy = try self.envelope(signature)
        } else if let channel {
            policy.channelConfigPolicyReference = channel
        } else {
            return nil
        }
        return policy
    }

    static func envelope(_ text: String) throws -> Common_SignaturePolicyEnvelope {
        do {
            return try Common_SignaturePolicyEnvelope.decode(SignaturePolicy(text: text).envelope(), as: "policy")
        } catch {
            throw PeerProblem.usage("the policy \"\(text)\": \(error)")
        }
    }
}

/// Private data collections as Fabric's command reads them: a JSON list.
struct CollectionsFile {
    private struct Collection: Decodable {
        var name: String
        var policy: String
        var requiredPeerCount: Int32?
        var maxPeerCount: Int32?
        var blockToLive: UInt64?
        var memberOnlyRead: Bool?
        var memberOnlyWrite: Bool?
        var endorsementPolicy: Policy?
    }

    private struct Policy: Decodable {
        var signaturePolicy: String?
        var channelConfigPolicy: String?
    }

    private let collections: [Collection]
    private let path: String

    init(_ bytes: [UInt8], path: String) throws {
        self.path = path
        do {
            self.collections = try JSONDecoder().decode([Collection].self, from: Data(bytes))
        } catch {
            throw PeerProblem.unreadable("\(path): it is no list of collections: each needs the texts name and policy")
        }
    }

    /// A serialised `protos.CollectionConfigPackage`.
    func package() throws -> [UInt8] {
        var package = Protos_CollectionConfigPackage()
        for collection in self.collections {
            var config = Protos_StaticCollectionConfig()
            config.name = collection.name
            config.memberOrgsPolicy.signaturePolicy = try DefinitionOptions.envelope(collection.policy)
            // Fabric's command counts so what is not given.
            config.requiredPeerCount = collection.requiredPeerCount ?? 0
            config.maximumPeerCount = collection.maxPeerCount ?? 1
            config.blockToLive = collection.blockToLive ?? 0
            config.memberOnlyRead = collection.memberOnlyRead ?? false
            config.memberOnlyWrite = collection.memberOnlyWrite ?? false
            if let policy = collection.endorsementPolicy {
                guard (policy.signaturePolicy == nil) != (policy.channelConfigPolicy == nil),
                    let message = try DefinitionOptions.policy(signature: policy.signaturePolicy, channel: policy.channelConfigPolicy)
                else {
                    throw PeerProblem.unreadable(
                        "\(self.path): the endorsementPolicy of \(collection.name) needs signaturePolicy or channelConfigPolicy, and one of them only"
                    )
                }
                config.endorsementPolicy = message
            }
            var entry = Protos_CollectionConfig()
            entry.staticCollectionConfig = config
            package.config.append(entry)
        }
        return package.encoded()
    }
}
