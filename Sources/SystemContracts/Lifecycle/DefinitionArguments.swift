import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// What the messages that carry a definition have in common.
protocol DefinitionMessage {
    var sequence: Int64 { get }
    var name: String { get }
    var version: String { get }
    var endorsementPlugin: String { get }
    var validationPlugin: String { get }
    var validationParameterBytes: [UInt8] { get }
    var collections: Protos_CollectionConfigPackage { get }
    var hasCollections: Bool { get }
    var initRequired: Bool { get }
}

extension Lifecycle_ApproveChaincodeDefinitionForMyOrgArgs: DefinitionMessage {
    var validationParameterBytes: [UInt8] { validationParameter.byteArray }
}

extension Lifecycle_CommitChaincodeDefinitionArgs: DefinitionMessage {
    var validationParameterBytes: [UInt8] { validationParameter.byteArray }
}

/// Reads the messages and checks names.
enum DefinitionArguments {
    /// Throws `invalid-arguments` (500).
    static func read<Message>(_ decode: () throws(MessageError) -> Message) throws(ContractError) -> Message {
        do throws(MessageError) {
            return try decode()
        } catch {
            throw .failure("invalid-arguments", "\(error)")
        }
    }

    /// The collections of a committed definition as a message.
    static func collections(_ definition: ChaincodeDefinition) throws(ContractError) -> Protos_CollectionConfigPackage {
        try read { () throws(MessageError) in try Protos_CollectionConfigPackage.decode(definition.collections, as: "stored collections") }
    }

    /// The definition in a message, with Fabric's defaults.
    static func definition(_ message: some DefinitionMessage) throws(ContractError) -> ChaincodeDefinition {
        let name = try name(message.name)
        guard isVersion(message.version) else {
            throw .failure("invalid-version", "the version of chaincode \(name) must be letters, digits, _ . + and -")
        }
        let policy = message.validationParameterBytes
        return ChaincodeDefinition(
            name: name, version: message.version, sequence: message.sequence,
            validationParameter: policy.isEmpty ? ChaincodeDefinition.defaultValidationParameter : policy,
            collections: message.hasCollections ? message.collections.encoded() : [], initRequired: message.initRequired,
            endorsementPlugin: message.endorsementPlugin.utf8.isEmpty ? "escc" : message.endorsementPlugin,
            validationPlugin: message.validationPlugin.utf8.isEmpty ? "vscc" : message.validationPlugin)
    }

    /// Checks the policies and collections of a definition that is approved or committed, also against the one that is committed.
    static func check(_ definition: ChaincodeDefinition, _ context: Context) throws(ContractError) {
        try DefinitionPolicies.require(definition)
        guard let committed = try CommittedDefinitions.read(definition.name, context) else {
            // Fabric's peers look here for definitions of before its version 2; the read is part of the endorsed bytes.
            _ = try SystemHost.of(context).getState(StateKey(utf8: definition.name.utf8), in: "lscc")
            return
        }
        try DefinitionCollections.requireKept(from: committed, in: definition)
    }

    /// A chaincode name: groups of letters and digits joined by single hyphens or underscores, and not one of the node's own.
    static func name(_ text: String) throws(ContractError) -> Namespace {
        guard text.utf8.count <= Limits.chaincodeNameBytes, isName(text) else {
            throw .failure("invalid-name", "a chaincode name is letters and digits, joined by single hyphens or underscores")
        }
        guard !ChaincodeDefinition.reservedNames.contains(Namespace(text)) else {
            throw .failure("invalid-name", "chaincode name \(text) is the name of a system chaincode")
        }
        return Namespace(text)
    }

    private static func isName(_ text: String) -> Bool {
        var follows = false
        for byte in text.utf8 {
            if isAlphanumeric(byte) {
                follows = true
            } else if follows, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") {
                follows = false
            } else {
                return false
            }
        }
        return follows
    }

    static func isVersion(_ text: String) -> Bool {
        (1...Limits.chaincodeNameBytes).contains(text.utf8.count) && text.utf8.allSatisfy { isAlphanumeric($0) || "_.+-".utf8.contains($0) }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }
}
