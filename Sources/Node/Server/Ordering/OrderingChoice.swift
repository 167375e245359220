import ChannelConfiguration
import Identity
import LedgerModel
import Ordering

/// How a node orders a channel: the consensus type in the channel's first configuration decides.
package struct OrderingChoice: Sendable {
    let name: String
    let identity: SigningIdentity
    let environment: SystemEnvironment
    let signatures: any SignatureVerifying
    /// The node's links to other members of committees; nil on a node without TLS.
    let wire: CommitteeWire?
    /// The ways to members that are nodes of this process; nil where all are spoken to over the wire.
    let near: NearCommittees?
    let settings: CommitteeSettings
    let tls: ServerTLS?
    /// The cluster for channels that are ordered on one; such a channel cannot be joined without.
    let etcd: EtcdSettings?
    /// Where a node that is in no committee of a channel gets its blocks.
    let feeds: OrdererFeeds
    let report: @Sendable (NodeEvent) -> Void

    /// - Parameter tls: The pair of the node's own port.
    package init(
        name: String, identity: SigningIdentity, environment: SystemEnvironment, signatures: any SignatureVerifying,
        wire: CommitteeWire? = nil, near: NearCommittees? = nil, tls: ServerTLS? = nil,
        settings: CommitteeSettings = CommitteeSettings(), etcd: EtcdSettings? = nil, report: @escaping @Sendable (NodeEvent) -> Void = { _ in }
    ) {
        self.name = name
        self.identity = identity
        self.environment = environment
        self.signatures = signatures
        self.wire = wire
        self.near = near
        self.settings = settings
        self.tls = tls
        self.etcd = etcd
        self.feeds = OrdererFeeds(identity: identity, tls: tls, environment: environment)
        self.report = report
    }

    /// Opens a channel's ordering service in a folder, or begins it there. A new consensus type is one more case here.
    ///
    /// - Throws: `NodeError.notJoined` when the folder or the configuration cannot be used.
    func open(_ genesis: OrderedBlock, folder: String) throws(NodeError) -> any ChannelOrdering {
        let bundle: ChannelBundle
        do {
            bundle = try ChannelBundle(block: genesis, verifier: self.signatures)
        } catch {
            throw .notJoined(node: self.name, reason: "\(error)")
        }
        // Its type is the one that stock peers know, so it is the marker that tells.
        if bundle.isOrderedOnEtcd { return try self.onEtcd(genesis, bundle, folder: folder) }
        switch Array(bundle.consensusType.utf8) {
        case Array("BFT".utf8): return try self.committee(genesis, bundle, folder: folder)
        default:
            throw .notJoined(node: self.name, reason: "its consensus type is '\(bundle.consensusType)'; this node orders channels of type BFT")
        }
    }

    private func onEtcd(_ genesis: OrderedBlock, _ bundle: ChannelBundle, folder: String) throws(NodeError) -> any ChannelOrdering {
        guard let etcd = self.etcd else {
            throw .notJoined(
                node: self.name, reason: "channel \(bundle.channelID) is ordered on etcd: name the cluster under 'etcd' in the node's file")
        }
        let (name, report) = (self.name, self.report)
        return try EtcdOrdering(
            name: name, identity: self.identity, folder: folder, genesis: genesis, etcd: etcd, tls: self.tls, environment: self.environment,
            signatures: self.signatures, report: { report(.warning(node: name, $0)) })
    }

    /// Who is the whole committee orders alone; everybody else is a member, or follows.
    private func committee(_ genesis: OrderedBlock, _ bundle: ChannelBundle, folder: String) throws(NodeError) -> any ChannelOrdering {
        if bundle.consenters.count == 1, bundle.governance.isEmpty, bundle.names(self.identity) {
            return try OrderingNode(
                name: self.name, identity: self.identity, folder: folder, genesis: genesis, environment: self.environment,
                signatures: self.signatures)
        }
        return try CommitteeOrdering(self, genesis: genesis, folder: folder)
    }
}

extension ChannelBundle {
    /// Whether an identity is one of the consenters.
    fileprivate func names(_ identity: SigningIdentity) -> Bool {
        guard let own = try? self.membership.identity(identity.serialized).id else { return false }
        return self.consenters.contains { (try? self.membership.identity($0.serializedIdentity))?.id == own }
    }
}
