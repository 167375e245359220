import Identity
import LedgerModel

/// Someone in office at a height, by the consensus key under which it is known: a member of the committee or an audit node.
package struct OfficeHolder: Hashable, Sendable {
    package let member: MSPID
    /// A P-256 point of 65 bytes.
    package let publicKey: [UInt8]

    package init(member: MSPID, publicKey: [UInt8]) {
        self.member = member
        self.publicKey = publicKey
    }

    /// Whether a verified identity is this one's; a renewed certificate of the same key is as good.
    func isHeld(by identity: VerifiedIdentity) -> Bool { identity.mspID == self.member && identity.publicKey.x963 == self.publicKey }
}
