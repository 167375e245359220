import Node
import Synchronization

/// The way to a custodian, which can be cut.
final class CustodianLink: Sendable {
    let custodian: Custodian
    private let isCut = Mutex(false)

    init(_ custodian: Custodian) {
        self.custodian = custodian
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

    private func requireReachable() throws(CustodianError) {
        if self.isCut.withLock({ $0 }) { throw .unavailable(custodian: self.name) }
    }
}
