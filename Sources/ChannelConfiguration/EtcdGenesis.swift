import FabricMessages
import LedgerModel

/// Makes the genesis block of a Raft channel, from Fabric's `configtxgen` for example, that of a channel on an etcd cluster.
package enum EtcdGenesis {
    /// The same channel with the mark of `EtcdCarriageFormat`; a block that has it is given back as it is.
    ///
    /// - Throws: `ConfigurationError` when it is not the genesis block of a channel of consensus type "etcdraft".
    package static func marked(_ genesis: OrderedBlock) throws(ConfigurationError) -> OrderedBlock {
        let bundle = try ChannelBundle(block: genesis)
        guard genesis.number == 0 else {
            throw .notAConfigurationBlock(genesis.number, reason: "it is not the first block: a channel's consensus never changes")
        }
        guard bundle.consensusType.utf8.elementsEqual(EtcdCarriageFormat.consensusType.utf8) else {
            throw .invalidValue(
                path: GovernanceCarriageFormat.path, reason: "its type is '\(bundle.consensusType)'; make the block with OrdererType: etcdraft")
        }
        if bundle.isOrderedOnEtcd { return genesis }
        let marked = try self.changingMetadata(of: genesis, EtcdCarriageFormat.marked)
        guard try ChannelBundle(block: marked).isOrderedOnEtcd else {
            throw .invalidValue(path: GovernanceCarriageFormat.path, reason: "its metadata holds fields that neither Fabric nor this engine knows")
        }
        return marked
    }

    /// The block with other consensus metadata.
    static func changingMetadata(of genesis: OrderedBlock, _ change: ([UInt8]) -> [UInt8]) throws(ConfigurationError) -> OrderedBlock {
        do throws(MessageError) {
            let envelope = try Envelope(serialized: genesis.envelopes.first ?? [])
            let payload = try Payload(serialized: envelope.payload)
            var config = try Common_ConfigEnvelope.decode(payload.data, as: "configuration envelope")
            let value = config.config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value ?? .init()
            var consensus = try Orderer_ConsensusType.decode(value, as: GovernanceCarriageFormat.path)
            consensus.metadata = change(consensus.metadata.byteArray).data
            config.config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value = consensus.encoded().data
            let changed = Payload(
                channelHeaderBytes: payload.channelHeaderBytes, signatureHeaderBytes: payload.signatureHeaderBytes, data: config.encoded())
            let block = OrderedBlock(
                number: genesis.number, previousHash: genesis.previousHash,
                envelopes: [Envelope(payload: changed.serialized(), signature: envelope.signature).serialized()])
            return OrderedBlock(
                number: block.number, previousHash: block.previousHash, dataHash: block.dataHash, envelopes: block.envelopes,
                metadata: genesis.metadata)
        } catch {
            throw .malformed(error)
        }
    }
}
