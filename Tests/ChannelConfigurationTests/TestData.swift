import FabricMessages
import Foundation
import Identity
import LedgerModel
import Testing

@testable import ChannelConfiguration

func resource(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: "Resources/\(name)", withExtension: nil))
    return [UInt8](try Data(contentsOf: url))
}

func block(_ name: String) throws -> OrderedBlock { try OrderedBlock(serialized: resource(name)) }

/// The two real networks: one with a single ordering node, one with a committee of four.
enum RealNetwork {
    static func single() throws -> ChannelBundle { try ChannelBundle(block: block("fabric/genesis_block.pb")) }
    static func committee() throws -> ChannelBundle { try ChannelBundle(block: block("fabric-bft/0000.pb")) }
}

/// The signature of an envelope, as its creator made it.
func creatorSignature(_ envelope: [UInt8]) throws -> SignedMessage {
    let envelope = try Envelope(serialized: envelope)
    let header = try SignatureHeader(serialized: Payload(serialized: envelope.payload).signatureHeaderBytes)
    return SignedMessage(identity: header.creator, message: envelope.payload, signature: envelope.signature)
}

/// The signatures of a transaction's endorsers.
func endorserSignatures(_ envelope: [UInt8]) throws -> [SignedMessage] {
    let payload = try Payload(serialized: Envelope(serialized: envelope).payload)
    let transaction = try EndorserTransaction(serialized: payload.data)
    return transaction.endorsements.map {
        SignedMessage(identity: $0.endorser, message: transaction.responsePayloadBytes + $0.endorser, signature: $0.signature)
    }
}

/// The committee's signatures of a block; signers are found by number in the given configuration.
func committeeSignatures(_ block: OrderedBlock, under bundle: ChannelBundle) throws -> [SignedMessage] {
    let metadata = try Common_Metadata.decode(block.metadata(.signatures), as: "signatures")
    return try metadata.signatures.compactMap { signature in
        let identifier = try Common_IdentifierHeader.decode(signature.identifierHeader, as: "identifier header").identifier
        guard let consenter = bundle.consenter(id: identifier) else { return nil }
        return SignedMessage(
            identity: consenter.serializedIdentity, message: metadata.value.byteArray + signature.identifierHeader.byteArray + block.headerBytes,
            signature: signature.signature.byteArray)
    }
}
