import CryptoPrimitives
import FabricMessages
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

/// Channels that are ordered on an etcd cluster.
@Suite struct EtcdChannelTests {
    private let network: UpdateNetwork

    init() throws { self.network = try UpdateNetwork.shared.get() }

    private func profile(_ ordering: GenesisProfile.Ordering, governance: [UInt8] = []) -> GenesisProfile {
        GenesisProfile(
            channelID: "records",
            applicationOrganizations: self.network.bundle.applicationOrganizations.map { .init(groupName: $0.groupName, msp: $0.msp) },
            ordererOrganizations: Array(self.network.organizations.prefix(4)), consenters: Array(self.network.consenters.prefix(4)),
            governance: governance, ordering: ordering, createdAt: UpdateNetwork.time)
    }

    private func bundle(metadata: [UInt8], type: String = "etcdraft") throws -> ChannelBundle {
        let genesis = try ChannelBundle(block: self.profile(.etcd).genesisBlock())
        var config = genesis.config
        var message = Orderer_ConsensusType()
        message.type = type
        message.metadata = metadata.data
        config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value = message.encoded().data
        return try ChannelBundle(config: config, channelID: "records")
    }

    @Test func `the mark stands behind the metadata of a Raft channel`() {
        #expect(Hex.encode(EtcdCarriageFormat.metadata(consenters: []).suffix(5)) == "aaf7040101")
        #expect(EtcdCarriageFormat.metadata(consenters: self.network.consenters).suffix(5) == [0xAA, 0xF7, 0x04, 0x01, 0x01])
    }

    @Test func `a genesis block says that it is ordered on etcd, and has no committee`() throws {
        let bundle = try ChannelBundle(block: self.profile(.etcd).genesisBlock())
        #expect(bundle.isOrderedOnEtcd)
        #expect(bundle.consensusType == "etcdraft" && bundle.consenters.isEmpty)
        #expect(bundle.config.channelGroup.groups["Orderer"]?.values["Orderers"] == nil)
        let metadata = try Etcdraft_ConfigMetadata.decode(bundle.consensusMetadata, as: "metadata")
        #expect(metadata.consenters.map(\.host) == self.network.consenters.prefix(4).map(\.host))
        #expect(try ChannelBundle(block: self.profile(.committee).genesisBlock()).isOrderedOnEtcd == false)
    }

    @Test func `a Raft channel of Fabric's own orderers is not taken for one`() throws {
        let marked = EtcdCarriageFormat.metadata(consenters: [])
        let bare = Array(marked.dropLast(5))
        #expect(try self.bundle(metadata: marked).isOrderedOnEtcd)
        let others = [
            bare, marked + [0xAA, 0xF7, 0x04, 0x01, 0x01], bare + [0xAA, 0xF7, 0x04, 0x01, 0x02], bare + [0xA8, 0xF7, 0x04, 0x01], [0xFF], [],
        ]
        for metadata in others { #expect(try !self.bundle(metadata: metadata).isOrderedOnEtcd) }
    }

    @Test func `a Raft channel's genesis block is marked, and nothing else in it changes`() throws {
        let wanted = try self.profile(.etcd).genesisBlock()
        let raft = try EtcdGenesis.changingMetadata(of: wanted) { Array($0.dropLast(5)) }
        #expect(try !ChannelBundle(block: raft).isOrderedOnEtcd)
        #expect(try EtcdGenesis.marked(raft) == wanted)
        #expect(try EtcdGenesis.marked(wanted) == wanted)
        let committee = try self.profile(.committee).genesisBlock()
        #expect(throws: ConfigurationError.self) { try EtcdGenesis.marked(committee) }
        let strange = try EtcdGenesis.changingMetadata(of: raft) { $0 + [0xA8, 0xF7, 0x04, 0x01] }
        #expect(throws: ConfigurationError.self) { try EtcdGenesis.marked(strange) }
        #expect(throws: ConfigurationError.self) { try EtcdGenesis.marked(OrderedBlock(number: 0, previousHash: [], envelopes: [[1]])) }
    }

    @Test func `a channel on etcd has no governance`() {
        #expect(throws: ConfigurationError.self) { try self.profile(.etcd, governance: [1]).genesisBlock() }
    }
}
