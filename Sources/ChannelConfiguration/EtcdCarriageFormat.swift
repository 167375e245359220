import FabricMessages
import LedgerModel

/// How a channel says that it is ordered on an etcd cluster: the consensus type "etcdraft", and one more field in its metadata.
///
///     metadata = etcdraft.ConfigMetadata | mark      consenters and options as a Raft orderer of Fabric has them
///     mark     = AA F7 04 01 01                      field 10101, one byte: version 1
///
/// Fabric's nodes skip a field that they do not know. A stock peer accepts the channel, because its blocks are signed as those of a Raft
/// orderer; without the mark such a channel is one of Fabric's own orderers and none that this engine orders.
enum EtcdCarriageFormat {
    static let consensusType = "etcdraft"
    private static let mark: [UInt8] = [0xAA, 0xF7, 0x04, 0x01, 0x01]

    static func metadata(consenters: [Consenter]) -> [UInt8] {
        var metadata = Etcdraft_ConfigMetadata()
        metadata.consenters = consenters.map { consenter in
            var message = Etcdraft_Consenter()
            message.host = consenter.host
            message.port = consenter.port
            message.clientTlsCert = consenter.clientTLSCertificate.data
            message.serverTlsCert = consenter.serverTLSCertificate.data
            return message
        }
        // Nobody reads them here; Fabric's tools want them to be there.
        metadata.options.tickInterval = "500ms"
        metadata.options.electionTick = 10
        metadata.options.heartbeatTick = 1
        metadata.options.maxInflightBlocks = 5
        metadata.options.snapshotIntervalSize = 16 << 20
        return self.marked(metadata.encoded())
    }

    /// Metadata of a Raft channel, with the mark behind it.
    static func marked(_ metadata: [UInt8]) -> [UInt8] { metadata + self.mark }

    /// Whether consensus metadata of the type carries the mark, once and in this form.
    static func isMarked(_ metadata: [UInt8]) -> Bool {
        guard let message = try? Etcdraft_ConfigMetadata.decode(metadata, as: "consensus metadata") else { return false }
        return message.unknownFields.data.byteArray == self.mark
    }
}
