import CryptoPrimitives
import FabricMessages
import LedgerModel

extension GenesisProfile {
    private static let nonceBytes = 24

    /// The channel's first block (interop 4.7). Throws when the profile would not give a channel that works.
    ///
    /// The nonce is made from the configuration instead of at random, so that everyone who holds the profile gets the same block.
    package func genesisBlock() throws(ConfigurationError) -> OrderedBlock {
        try self.check()
        var envelope = Common_ConfigEnvelope()
        envelope.config = try self.configuration()
        let data = envelope.encoded()
        let nonce = Array(SHA256.hash(concatenating: Array("selvage genesis nonce".utf8), data).prefix(Self.nonceBytes))
        let header = ChannelHeader(
            kind: .config, timestamp: self.createdAt, channelID: self.channelID,
            transactionID: Formulas.transactionID(nonce: nonce, creator: []), version: 1)
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: [], nonce: nonce).serialized(), data: data)
        let block = OrderedBlock(
            number: 0, previousHash: [], envelopes: [Envelope(payload: payload.serialized(), signature: []).serialized()]
        ).with(.signatures, Self.genesisSignatures())
        // Reading it back finds every mistake that a node would refuse later.
        _ = try ChannelBundle(block: block)
        return block
    }

    /// Slot 0 of a genesis block: the last configuration is block 0, and nobody has signed.
    private static func genesisSignatures() -> [UInt8] {
        var value = Common_OrdererBlockMetadata()
        value.lastConfig = Common_LastConfig()
        var metadata = Common_Metadata()
        metadata.value = value.encoded().data
        return metadata.encoded()
    }
}
