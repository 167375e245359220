import Chaincode
import FabricMessages
import LedgerModel

/// Fabric's messages in cases, in the JSON form of protobuf: lower camel case, 64-bit numbers as text, bytes in Base64.
enum SpecMessages {
    private typealias Codec = (encode: @Sendable (String) throws -> [UInt8], decode: @Sendable ([UInt8]) throws -> String)

    private static let codecs: [String: Codec] = [
        "ApproveChaincodeDefinitionForMyOrgArgs": (
            { try Lifecycle_ApproveChaincodeDefinitionForMyOrgArgs(jsonString: $0).encoded() },
            { try Lifecycle_ApproveChaincodeDefinitionForMyOrgArgs(serializedBytes: $0).jsonString() }
        ),
        "CommitChaincodeDefinitionArgs": (
            { try Lifecycle_CommitChaincodeDefinitionArgs(jsonString: $0).encoded() },
            { try Lifecycle_CommitChaincodeDefinitionArgs(serializedBytes: $0).jsonString() }
        ),
        "CheckCommitReadinessResult": (
            { try Lifecycle_CheckCommitReadinessResult(jsonString: $0).encoded() },
            { try Lifecycle_CheckCommitReadinessResult(serializedBytes: $0).jsonString() }
        ),
        "QueryApprovedChaincodeDefinitionArgs": (
            { try Lifecycle_QueryApprovedChaincodeDefinitionArgs(jsonString: $0).encoded() },
            { try Lifecycle_QueryApprovedChaincodeDefinitionArgs(serializedBytes: $0).jsonString() }
        ),
        "QueryApprovedChaincodeDefinitionResult": (
            { try Lifecycle_QueryApprovedChaincodeDefinitionResult(jsonString: $0).encoded() },
            { try Lifecycle_QueryApprovedChaincodeDefinitionResult(serializedBytes: $0).jsonString() }
        ),
        "QueryApprovedChaincodeDefinitionsResult": (
            { try Lifecycle_QueryApprovedChaincodeDefinitionsResult(jsonString: $0).encoded() },
            { try Lifecycle_QueryApprovedChaincodeDefinitionsResult(serializedBytes: $0).jsonString() }
        ),
        "QueryChaincodeDefinitionArgs": (
            { try Lifecycle_QueryChaincodeDefinitionArgs(jsonString: $0).encoded() },
            { try Lifecycle_QueryChaincodeDefinitionArgs(serializedBytes: $0).jsonString() }
        ),
        "QueryChaincodeDefinitionResult": (
            { try Lifecycle_QueryChaincodeDefinitionResult(jsonString: $0).encoded() },
            { try Lifecycle_QueryChaincodeDefinitionResult(serializedBytes: $0).jsonString() }
        ),
        "QueryChaincodeDefinitionsResult": (
            { try Lifecycle_QueryChaincodeDefinitionsResult(jsonString: $0).encoded() },
            { try Lifecycle_QueryChaincodeDefinitionsResult(serializedBytes: $0).jsonString() }
        ),
        "InstallChaincodeArgs": (
            { try Lifecycle_InstallChaincodeArgs(jsonString: $0).encoded() },
            { try Lifecycle_InstallChaincodeArgs(serializedBytes: $0).jsonString() }
        ),
        "QueryInstalledChaincodeArgs": (
            { try Lifecycle_QueryInstalledChaincodeArgs(jsonString: $0).encoded() },
            { try Lifecycle_QueryInstalledChaincodeArgs(serializedBytes: $0).jsonString() }
        ),
        "QueryInstalledChaincodesResult": (
            { try Lifecycle_QueryInstalledChaincodesResult(jsonString: $0).encoded() },
            { try Lifecycle_QueryInstalledChaincodesResult(serializedBytes: $0).jsonString() }
        ),
        "BlockchainInfo": (
            { try Common_BlockchainInfo(jsonString: $0).encoded() }, { try Common_BlockchainInfo(serializedBytes: $0).jsonString() }
        ),
        "Block": ({ try Common_Block(jsonString: $0).encoded() }, { try Common_Block(serializedBytes: $0).jsonString() }),
        "Config": ({ try Common_Config(jsonString: $0).encoded() }, { try Common_Config(serializedBytes: $0).jsonString() }),
        "ProcessedTransaction": (
            { try Protos_ProcessedTransaction(jsonString: $0).encoded() }, { try Protos_ProcessedTransaction(serializedBytes: $0).jsonString() }
        ),
        "ChannelQueryResponse": (
            { try Protos_ChannelQueryResponse(jsonString: $0).encoded() }, { try Protos_ChannelQueryResponse(serializedBytes: $0).jsonString() }
        ),
    ]

    static func encode(_ json: JSONValue, as name: String) throws -> [UInt8] {
        try codec(name).encode(String(decoding: json.encoded(), as: UTF8.self))
    }

    static func decode(_ bytes: [UInt8], as name: String) throws -> JSONValue {
        try JSONValue(parsing: Array(try codec(name).decode(bytes).utf8))
    }

    private static func codec(_ name: String) throws -> Codec {
        guard let codec = codecs[name] else { throw SpecFormatError("there is no message \(name)") }
        return codec
    }
}

extension JSONValue {
    /// The object without one member.
    func removing(_ name: String) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.0 != name })
    }
}
