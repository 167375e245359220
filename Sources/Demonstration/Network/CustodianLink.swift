import CryptoPrimitives
import Node
import Synchronization

/// The way to a custodian, which can be cut.
final class CustodianLink: Sendable {
    let custodian: Custodian
    /// The certificate of the organisation that the custodian signs receipts with.
    let certificate: Certificate
    private let isCut = Mutex(false)

    init(_ custodian: Custodian, certificate: Certificate) {
        self.custodian = custodian
        self.certificate = certificate
    }

    var name: String { self.custodian.name }

    /// Takes the custodian off the network, or brings it back.
    func setReachable(_ reachable: Bool) {
        self.isCut.withLock { $0 = !reachable }
    }

    func hold(_ share: [UInt8], record: String, version: UInt64) throws(CustodianError) {
        try self.requireReachable()
        try self.custodian.hold(share, record: record, version: version)
    }

    func release(_ request: ShareRequest, signature: [UInt8]) async throws(CustodianError) -> ReleasedShare {
        try self.requireReachable()
        return try await self.custodian.release(request, signature: signature)
    }

    /// The receipt must be this custodian's, about this very request, and signed with its certificate's key.
    func checkReceipt(of released: ReleasedShare, for signedRequest: [UInt8]) throws {
        let isSigned = self.certificate.publicKey.isValid(
            signature: released.signature, for: ReleaseReceiptFormat.encode(released.receipt))
        guard isSigned, released.receipt.custodian.utf8.elementsEqual(self.name.utf8),
            released.receipt.requestHash == SHA256.hash(signedRequest)
        else { throw StoryError.unexpectedAnswer(self.name) }
    }

    private func requireReachable() throws(CustodianError) {
        if self.isCut.withLock({ $0 }) { throw .unavailable(custodian: self.name) }
    }
}
