import Identity
import LedgerModel

/// The endorsers of one transaction whose signatures count; verified once, when first asked for.
final class EndorserSet {
    private let membership: MembershipService
    private let transaction: ReadTransaction

    init(membership: MembershipService, transaction: ReadTransaction) {
        self.membership = membership
        self.transaction = transaction
    }

    /// In the order of the transaction, each identity once.
    private(set) lazy var identities: [VerifiedIdentity] = self.membership.acceptedIdentities(
        self.transaction.endorsements.map { endorsement in
            var message: [UInt8] = []
            message.reserveCapacity(self.transaction.responsePayloadBytes.count + endorsement.endorser.count)
            message.append(contentsOf: self.transaction.responsePayloadBytes)
            message.append(contentsOf: endorsement.endorser)
            return SignedMessage(identity: endorsement.endorser, message: message, signature: endorsement.signature)
        })
}
