import ChannelConfiguration
import ContractVM
import LedgerModel

extension ChannelTable {
    /// What the node's discovery tells of.
    ///
    /// - Parameters:
    ///   - listen: Where the node listens; the name under which clients reach it is that of the anchor peer with this port, where there is one.
    ///   - others: The peers of a channel besides this one; those that its configuration names unless somebody knows more.
    func discovery(
        listen: WireEndpoint, others: (@Sendable (ChannelBundle) -> [DiscoveryPeer])? = nil
    ) -> DiscoveryNode {
        let (mspID, machine) = (self.parts.msp.identity.mspID, self.machine)
        let endpoint: @Sendable (ChannelBundle?) -> String = { bundle in
            let bundles = bundle.map { [$0] } ?? self.channelIDs.compactMap { self.peer(of: $0)?.bundle }
            let anchors = bundles.lazy.compactMap { $0.applicationOrganization(mspID) }.flatMap(\.anchorPeers)
            return anchors.first { Int($0.port) == listen.port }.map { "\($0.host):\($0.port)" } ?? listen.description
        }
        return DiscoveryNode(
            identity: self.parts.msp.identity, membership: self.parts.msp.membership, started: self.parts.environment.now(), endpoint: endpoint,
            channel: { self.peer(of: $0) },
            runs: { channel, definition in
                if machine.contracts.userContractNames.contains(definition.name) { return true }
                guard let packages = machine.contracts.packages, let peer = self.peer(of: channel) else { return false }
                let node = NodeView(
                    organization: mspID, channel: channel, applicationOrganizations: peer.bundle.applicationOrganizations.map(\.mspID))
                return (try? packages.runtime(of: definition, node: node, state: peer.snapshot())) != nil
            }, others: others ?? { DiscoveryPeer.anchors(of: $0, except: endpoint($0)) })
    }
}
