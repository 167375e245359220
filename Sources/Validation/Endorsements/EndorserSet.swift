import Identity
import LedgerModel

/// The endorsers of one transaction whose signatures count; verified once, when first asked for.
final class EndorserSet {
    private let membership: MembershipService
    private let transaction: EndorserTransaction

    init(membership: MembershipService, transaction: EndorserTransaction) {
        self.membership = membership
        self.transaction = transaction
    }

    /// In the order of the transaction, each identity once.
    private(set) lazy var identities: [VerifiedIdentity] = self.membership.acceptedIdentities(
        self.transaction.endorsements.map { endorsement in
            SignedMessage(
                identity: endorsement.endorser, message: self.transaction.responsePayloadBytes + endorsement.endorser,
                signature: endorsement.signature)
        })
}
