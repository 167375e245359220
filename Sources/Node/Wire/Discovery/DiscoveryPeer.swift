import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// A peer as discovery tells of it.
package struct DiscoveryPeer: Hashable, Sendable {
    /// What the peer itself has signed.
    struct Statements: Hashable, Sendable {
        var alive: Gossip_Envelope
        /// Nil where no channel was asked about.
        var state: Gossip_Envelope?
    }

    package let mspID: MSPID
    /// host:port under which clients reach it.
    package let endpoint: String
    /// Serialised; empty when nobody has told it, and then the organisation alone is named.
    package let identity: [UInt8]
    /// Of the peer that answers; nil for others, of which nothing but their address is known without gossip.
    var statements: Statements?

    /// A peer that others have named.
    package init(mspID: MSPID, endpoint: String, identity: [UInt8] = []) {
        self.mspID = mspID
        self.endpoint = endpoint
        self.identity = identity
    }

    /// The name that gossip has for an identity: SHA-256 of its organisation and its certificate.
    var gossipID: [UInt8] {
        guard let parts = try? Msp_SerializedIdentity.decode(self.identity, as: "identity of a peer") else {
            return SHA256.hash(self.mspID.utf8 + Array(self.endpoint.utf8))
        }
        return SHA256.hash(Array(parts.mspid.utf8) + parts.idBytes.byteArray)
    }

    /// As in an answer. What others have not told is in messages that nobody signed: their height is 0, and they run nothing that is known.
    ///
    /// - Parameter channel: Nil when no channel was asked about.
    func message(of channel: ChannelID?) -> Discovery_Peer {
        var peer = Discovery_Peer()
        var bare = Msp_SerializedIdentity()
        bare.mspid = self.mspID.text
        peer.identity = (self.identity.isEmpty ? bare.encoded() : self.identity).data
        var silent = Gossip_Envelope()
        silent.payload = GossipStatement(id: self.gossipID, started: 0, count: 0).alive(endpoint: self.endpoint, identity: self.identity).data
        peer.membershipInfo = self.statements?.alive ?? silent
        if let channel {
            silent.payload = GossipStatement(id: self.gossipID, started: 0, count: 0).state(of: channel, height: 0, chaincodes: []).data
            peer.stateInfo = self.statements?.state ?? silent
        }
        return peer
    }

    /// The peers that the configuration names, without one; an organisation names some of its own, seldom all.
    package static func anchors(of bundle: ChannelBundle, except own: String) -> [DiscoveryPeer] {
        bundle.applicationOrganizations.flatMap { organization in
            organization.anchorPeers.map { DiscoveryPeer(mspID: organization.mspID, endpoint: "\($0.host):\($0.port)") }
        }.filter { !$0.endpoint.utf8.elementsEqual(own.utf8) }
    }
}

/// What a peer says of itself in gossip's messages.
struct GossipStatement {
    let id: [UInt8]
    /// When it was started, in nanoseconds since 1970; 0 when it is not known.
    let started: UInt64
    /// Grows with each statement.
    let count: UInt64

    private var time: Gossip_PeerTime {
        var time = Gossip_PeerTime()
        (time.incNum, time.seqNum) = (self.started, self.count)
        return time
    }

    /// That it is there.
    func alive(endpoint: String, identity: [UInt8]) -> [UInt8] {
        var message = Gossip_GossipMessage()
        message.tag = .empty
        message.aliveMsg.membership.endpoint = endpoint
        message.aliveMsg.membership.pkiID = self.id.data
        message.aliveMsg.timestamp = self.time
        message.aliveMsg.identity = identity.data
        return message.encoded()
    }

    /// What it has of a channel.
    ///
    /// - Parameter chaincodes: Those that it runs, with the sequences of their definitions, which Fabric gives as versions.
    func state(of channel: ChannelID, height: UInt64, chaincodes: [(name: Namespace, sequence: Int64)]) -> [UInt8] {
        var message = Gossip_GossipMessage()
        message.tag = .chanOrOrg
        message.stateInfo.timestamp = self.time
        message.stateInfo.pkiID = self.id.data
        message.stateInfo.channelMac = SHA256.hash(self.id + channel.utf8).data
        message.stateInfo.properties.ledgerHeight = height
        message.stateInfo.properties.chaincodes = chaincodes.map { chaincode in
            var message = Gossip_Chaincode()
            message.name = chaincode.name.text
            message.version = "\(chaincode.sequence)"
            return message
        }
        return message.encoded()
    }
}
