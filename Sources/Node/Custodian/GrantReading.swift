import LedgerModel

/// What the ledger says about a grant, as a custodian needs it to decide.
package struct GrantFacts: Hashable, Sendable {
    package let record: String
    package let version: UInt64
    /// The grantee's subject.
    package let grantee: String
    /// Nil while the grant is good; otherwise why it is not: revoked, expired, record deleted.
    package let refusal: String?
    /// The grantee's current keys in the registry, X9.63 uncompressed points.
    package let granteeSigningKey: [UInt8]
    package let granteeSealingKey: [UInt8]

    package init(
        record: String, version: UInt64, grantee: String, refusal: String?, granteeSigningKey: [UInt8], granteeSealingKey: [UInt8]
    ) {
        self.record = record
        self.version = version
        self.grantee = grantee
        self.refusal = refusal
        self.granteeSigningKey = granteeSigningKey
        self.granteeSealingKey = granteeSealingKey
    }
}

/// A custodian's own view of the ledger: it believes no one else about a grant.
package protocol GrantReading: Sendable {
    /// Reads a grant as of now; nil when there is none.
    func grant(_ id: String) async throws -> GrantFacts?
    /// The channel whose ledger is read.
    var channel: ChannelID { get }
    /// Blocks of the ledger that was read.
    var height: UInt64 { get }
}
