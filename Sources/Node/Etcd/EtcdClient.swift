import EtcdServices
import GRPCCore
import Ordering
import SelvageClient
import Synchronization

/// Why etcd did not do what it was asked.
package enum EtcdError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The space quota is used up.
    case noSpace
    /// A lease is over.
    case leaseGone
    /// No member answered; what was asked may have been done all the same.
    case noAnswer(reason: String)

    package var description: String {
        switch self {
        case .noSpace: "etcd has no space left: free some, then disarm the alarm NOSPACE"
        case .leaseGone: "the lease in etcd is over"
        case .noAnswer(let reason): "etcd does not answer: \(reason)"
        }
    }
}

/// The members of an etcd cluster: calls go to one of them, and to the next when it does not answer.
///
/// Somebody runs it: `run()` lasts until `close()`.
package final class EtcdClient: Sendable {
    let connections: [NodeConnection]
    private let callSeconds: Int64
    /// The member that answered last.
    private let preferred = Mutex(0)

    /// - Throws: `NodeConnectionError` when certificates or key cannot be used.
    package init(_ settings: EtcdSettings) throws(NodeConnectionError) {
        var limits = ClientWireLimits()
        limits.callSeconds = settings.callSeconds
        limits.pingSeconds = EtcdNodeLimits.pingSeconds
        limits.pingAnswerSeconds = EtcdNodeLimits.pingAnswerSeconds
        limits.lastRetryMilliseconds = 1_000
        var connections: [NodeConnection] = []
        for endpoint in settings.endpoints {
            connections.append(try NodeConnection(to: endpoint, name: "etcd", tls: settings.tls, limits: limits))
        }
        self.connections = connections
        self.callSeconds = settings.callSeconds
    }

    package func run() async {
        await withDiscardingTaskGroup { group in
            for connection in self.connections { group.addTask { await connection.run() } }
        }
    }

    package func close() {
        for connection in self.connections { connection.close() }
    }

    // MARK: - Keys

    /// Carries out a transaction, at most once.
    ///
    /// Only one member is asked: when it does not answer, what became of the transaction is not known.
    package func transact(_ transaction: EtcdTransaction) async -> EtcdOutcome {
        let request = transaction.message
        do {
            let response = try await self.once { client, options in
                try await Etcdserverpb_KV.Client(wrapping: client).txn(request, options: options)
            }
            return .answered(EtcdAnswer(response))
        } catch {
            return error == .noSpace ? .noSpace : .unknown
        }
    }

    /// Reads linearizably, from whichever member answers.
    package func read(_ transaction: EtcdTransaction) async throws(EtcdError) -> EtcdAnswer {
        let request = transaction.message
        return EtcdAnswer(
            try await self.anywhere { client, options in
                try await Etcdserverpb_KV.Client(wrapping: client).txn(request, options: options)
            })
    }

    /// Has etcd forget what keys were before a revision.
    package func compact(_ revision: Int64) async throws(EtcdError) {
        var request = Etcdserverpb_CompactionRequest()
        request.revision = revision
        let message = request
        _ = try await self.anywhere { client, options in
            try await Etcdserverpb_KV.Client(wrapping: client).compact(message, options: options)
        }
    }

    // MARK: - Leases

    package func grantLease(seconds: Int64) async throws(EtcdError) -> Int64 {
        var request = Etcdserverpb_LeaseGrantRequest()
        request.ttl = seconds
        let message = request
        return try await self.anywhere { client, options in
            try await Etcdserverpb_Lease.Client(wrapping: client).leaseGrant(message, options: options)
        }.id
    }

    /// - Throws: `EtcdError.leaseGone` when it is over.
    package func keepAlive(_ lease: Int64) async throws(EtcdError) {
        var request = Etcdserverpb_LeaseKeepAliveRequest()
        request.id = lease
        let message = request
        let left = try await self.anywhere { client, options in
            try await Etcdserverpb_Lease.Client(wrapping: client).leaseKeepAlive(
                options: options, requestProducer: { try await $0.write(message) }
            ) { response -> Int64? in
                for try await answer in response.messages { return answer.ttl }
                return nil
            }
        }
        guard let left else { throw .noAnswer(reason: "it ended the call") }
        if left <= 0 { throw .leaseGone }
    }

    /// Ends a lease and what is bound to it.
    package func revoke(_ lease: Int64) async throws(EtcdError) {
        var request = Etcdserverpb_LeaseRevokeRequest()
        request.id = lease
        let message = request
        _ = try await self.anywhere { client, options in
            try await Etcdserverpb_Lease.Client(wrapping: client).leaseRevoke(message, options: options)
        }
    }

    // MARK: - Maintenance

    /// Whether nothing can be written because the space quota is used up.
    package func isOutOfSpace() async throws(EtcdError) -> Bool {
        let answer = try await self.anywhere { client, options in
            try await Etcdserverpb_Maintenance.Client(wrapping: client).alarm(Etcdserverpb_AlarmRequest(), options: options)
        }
        return answer.alarms.contains { $0.alarm == .nospace }
    }

    /// Makes a member's file smaller when much of it is empty; the member answers nothing meanwhile.
    ///
    /// - Returns: Whether it was done.
    @discardableResult
    package func defragment(member index: Int) async throws(EtcdError) -> Bool {
        let connection = self.connections[index % self.connections.count]
        let status = try await self.ask(connection) { client, options in
            try await Etcdserverpb_Maintenance.Client(wrapping: client).status(Etcdserverpb_StatusRequest(), options: options)
        }
        let (empty, overflow) = status.dbSize.subtractingReportingOverflow(status.dbSizeInUse)
        guard !overflow, empty > EtcdNodeLimits.emptyFileBytes, empty > status.dbSize / 2 else { return false }
        _ = try await self.ask(connection) { client, options in
            var options = options
            options.timeout = .seconds(EtcdNodeLimits.defragmentSeconds)
            return try await Etcdserverpb_Maintenance.Client(wrapping: client).defragment(Etcdserverpb_DefragmentRequest(), options: options)
        }
        return true
    }

    // MARK: - Calling

    typealias Call<Answer> = @Sendable (NodeConnection.Client, CallOptions) async throws -> Answer

    /// The member that calls begin with.
    var first: NodeConnection { self.connections[self.preferred.withLock { $0 }] }

    /// Has the next calls begin with another member.
    func passOver(_ connection: NodeConnection) {
        self.preferred.withLock { index in
            if self.connections[index] === connection { index = (index + 1) % self.connections.count }
        }
    }

    private func once<Answer: Sendable>(_ call: Call<Answer>) async throws(EtcdError) -> Answer { try await self.ask(self.first, call) }

    private func anywhere<Answer: Sendable>(_ call: Call<Answer>) async throws(EtcdError) -> Answer {
        var last = EtcdError.noAnswer(reason: "it has no members")
        for _ in self.connections {
            do throws(EtcdError) {
                return try await self.ask(self.first, call)
            } catch {
                guard case .noAnswer = error, !Task.isCancelled else { throw error }
                last = error
            }
        }
        throw last
    }

    private func ask<Answer: Sendable>(_ connection: NodeConnection, _ call: Call<Answer>) async throws(EtcdError) -> Answer {
        do {
            return try await connection.call { try await call($0, connection.options()) }
        } catch {
            let reason = Self.reason(error)
            if case .noAnswer = reason { self.passOver(connection) }
            throw reason
        }
    }

    private static func reason(_ error: any Error) -> EtcdError {
        guard case NodeConnectionError.failed(_, _, let number, let message)? = error as? NodeConnectionError else {
            return .noAnswer(reason: "\(error)")
        }
        // etcd has the code for a full store and for too many requests at a time.
        if number == RPCError.Code.resourceExhausted.rawValue, message.contains("space exceeded") { return .noSpace }
        if number == RPCError.Code.notFound.rawValue, message.contains("lease") { return .leaseGone }
        return .noAnswer(reason: message)
    }
}
