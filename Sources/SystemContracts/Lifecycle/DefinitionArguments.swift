import Chaincode
import FabricMessages
import LedgerModel

/// Reads the messages and checks names.
enum DefinitionArguments {
    /// Names that belong to the node itself, and the one that belongs to the ordering nodes.
    private static let systemNames = ["_lifecycle", "lscc", "escc", "vscc", "cscc", "qscc", ChaincodeDefinition.governanceNamespace.text]

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

    /// A chaincode name: groups of letters and digits joined by single hyphens or underscores, and not one of the node's own.
    static func name(_ text: String) throws(ContractError) -> Namespace {
        guard text.utf8.count <= Limits.chaincodeNameBytes, isName(text) else {
            throw .failure("invalid-name", "a chaincode name is letters and digits, joined by single hyphens or underscores")
        }
        guard !systemNames.contains(where: { sameBytes($0, text) }) else {
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

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }
}

/// Reads of committed definitions through the context, so that they enter the read set.
enum CommittedDefinitions {
    private static let metadataPrefix = "namespaces/metadata/"

    /// The committed sequence, or 0.
    static func sequence(_ name: Namespace, _ context: Context) throws(ContractError) -> Int64 {
        guard let value = try context.getState(ChaincodeDefinitionFormat.sequenceKey(name).text) else { return 0 }
        do throws(MessageError) {
            return try ChaincodeDefinitionFormat.sequence(value)
        } catch {
            throw unreadable(name, error)
        }
    }

    static func read(_ name: Namespace, _ context: Context) throws(ContractError) -> ChaincodeDefinition? {
        let sequence = try sequence(name, context)
        guard sequence > 0 else { return nil }
        let endorsementField = try field("EndorsementInfo", name, context)
        let validationField = try field("ValidationInfo", name, context)
        let collections = try field("Collections", name, context)
        do throws(MessageError) {
            let endorsement = try Lifecycle_ChaincodeEndorsementInfo.decode(endorsementField, as: "endorsement info")
            let validation = try Lifecycle_ChaincodeValidationInfo.decode(validationField, as: "validation info")
            return ChaincodeDefinition(
                name: name, version: endorsement.version, sequence: sequence, validationParameter: validation.validationParameter.byteArray,
                collections: collections, initRequired: endorsement.initRequired, endorsementPlugin: endorsement.endorsementPlugin,
                validationPlugin: validation.validationPlugin)
        } catch {
            throw unreadable(name, error)
        }
    }

    /// All definitions in the byte order of their names.
    static func all(_ context: Context) throws(ContractError) -> [ChaincodeDefinition] {
        let keys = try context.stateRange(from: metadataPrefix, to: Paging.end(of: metadataPrefix))
        var definitions: [ChaincodeDefinition] = []
        while let entry = try keys.next() {
            guard let name = String(entry.key.utf8.dropFirst(metadataPrefix.utf8.count)) else { continue }
            if let definition = try read(Namespace(name), context) { definitions.append(definition) }
        }
        return definitions
    }

    private static func field(_ field: String, _ name: Namespace, _ context: Context) throws(ContractError) -> [UInt8] {
        guard let value = try context.getState(ChaincodeDefinitionFormat.fieldKey(name, field).text) else { return [] }
        do throws(MessageError) {
            return try ChaincodeDefinitionFormat.fieldBytes(value)
        } catch {
            throw unreadable(name, error)
        }
    }

    private static func unreadable(_ name: Namespace, _ error: MessageError) -> ContractError {
        .failure("state-corrupt", "the definition of chaincode \(name) cannot be read: \(error); rebuild the state of this node from the blocks")
    }
}
