import CryptoPrimitives
import Identity
import LedgerModel
import Ordering

/// An institution of the pool, with the keys that it votes, stands and orders with; each key has one use.
struct Institution {
    let organization: OrganizationSpec
    /// Under this key the pool knows it: it asks for validation numbers and stands with it.
    let identityKey: SigningKey
    /// Hands in acts of elections, its own and those that others have closed and signed.
    let relay: SigningIdentity
    /// The consensus keys that it has had, newest last.
    var orderingKeys: [OrderingKey]

    /// Has the institution's authority certify its keys; the consensus key is the one for the time before the first election.
    init(_ organization: OrganizationSpec, authority: inout DevelopmentAuthority, random: inout some RandomSource) throws {
        self.organization = organization
        self.identityKey = SigningKey.generate()
        _ = try authority.issue(commonName: "delegate@\(organization.domain)", role: .client, key: self.identityKey, random: &random)
        self.relay = try authority.issue(commonName: "relay@\(organization.domain)", role: .client, random: &random)
        self.orderingKeys = [try OrderingKey(of: organization, epoch: 0, authority: &authority, random: &random)]
    }

    var id: MSPID { self.organization.mspID }
    var player: PlayedElection.Player { PlayedElection.Player(id: self.id, identityKey: self.identityKey) }
    var poolSeat: PoolSeat { PoolSeat(member: self.id, identityKey: self.identityKey.publicKey.x963) }
}

/// A key that signs blocks and nothing else, with its certificate and the name of the node that holds it.
struct OrderingKey {
    let node: String
    /// The epoch that it was made for.
    let epoch: UInt64
    let key: SigningKey
    let identity: SigningIdentity
    let tlsCertificate: [UInt8]

    init(of organization: OrganizationSpec, epoch: UInt64, authority: inout DevelopmentAuthority, random: inout some RandomSource) throws {
        self.node = Organizations.orderingNode(of: organization)
        self.epoch = epoch
        self.key = SigningKey.generate()
        self.identity = try authority.issue(commonName: self.node, role: .orderer, key: self.key, random: &random)
        guard let tls = authority.tlsIdentity(of: self.node) else { throw MissingAuthority(organization: organization.mspID) }
        self.tlsCertificate = tls.certificate.pem
    }

    /// Each key has a folder of its own below that of the node: a record of one key must never be taken for another's.
    var folder: String { "\(self.node)/epoch-\(self.epoch)" }
    var endpoint: Endpoint { Endpoint(host: self.node, port: Organizations.orderingPort) }
}
