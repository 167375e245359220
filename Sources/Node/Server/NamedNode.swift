import ChannelConfiguration
import Identity
import LedgerModel
import SelvageClient

/// A node that a channel's configuration or another node's file names: where it is, whose it is, and who issues its TLS certificate.
struct NamedNode: Hashable, Sendable {
    let address: NodeAddress
    /// Empty where the configuration does not say whose node it is.
    let mspID: MSPID
    /// PEM texts; not needed without TLS.
    let roots: [[UInt8]]
}

extension ChannelBundle {
    /// The ordering nodes, in the order of the configuration and each once.
    ///
    /// - Parameter skipped: Is told of an address that is none.
    func orderingNodes(_ skipped: (_ address: String, _ reason: String) -> Void = { _, _ in }) -> [NamedNode] {
        let ofOrganizations = self.ordererOrganizations.flatMap { organization in
            organization.endpoints.map { ($0, organization.mspID, organization.msp.connectionRoots) }
        }
        // Channels of an earlier kind have one list for all organisations.
        let allRoots = self.ordererOrganizations.flatMap(\.msp.connectionRoots)
        let anyone = self.ordererOrganizations.count == 1 ? self.ordererOrganizations[0].mspID : ""
        let endpoints = ofOrganizations.isEmpty ? self.ordererEndpoints.map { ($0, anyone, allRoots) } : ofOrganizations
        var nodes: [NamedNode] = []
        var known: Set<NodeAddress> = []
        for (text, mspID, roots) in endpoints {
            do throws(NodeConnectionError) {
                let address = try NodeAddress(text)
                if known.insert(address).inserted { nodes.append(NamedNode(address: address, mspID: mspID, roots: roots)) }
            } catch {
                skipped(text, "\(error)")
            }
        }
        return nodes
    }

    /// The peers by which organisations are found, in the order of the configuration.
    ///
    /// - Parameter skipped: Is told of an address that is none.
    func anchorPeers(_ skipped: (_ address: String, _ reason: String) -> Void = { _, _ in }) -> [NamedNode] {
        var nodes: [NamedNode] = []
        for organization in self.applicationOrganizations {
            for anchor in organization.anchorPeers {
                guard !anchor.host.utf8.isEmpty, (1...65_535).contains(anchor.port) else {
                    skipped("\(anchor.host):\(anchor.port)", "an anchor peer needs a host and a port")
                    continue
                }
                let address = NodeAddress(host: anchor.host, port: Int(anchor.port))
                nodes.append(NamedNode(address: address, mspID: organization.mspID, roots: organization.msp.connectionRoots))
            }
        }
        return nodes
    }
}

extension MSPConfiguration {
    /// PEM texts of all that may have issued certificates of the organisation's connections.
    var connectionRoots: [[UInt8]] { (self.tlsRoots + self.tlsIntermediates).map(\.pem) }
}
