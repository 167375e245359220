import EtcdServices
import GRPCCore
import LedgerModel
import Ordering
import SelvageClient

extension EtcdClient {
    /// What happened to a key.
    package enum Happening: Sendable {
        case put(EtcdKeyValue)
        case deleted(key: [UInt8])
    }

    /// Watches a range of keys from a revision on, until the watch ends, for whatever reason, or the task is cancelled.
    ///
    /// A member that has no leader ends the watch instead of keeping silent ("hasleader").
    ///
    /// - Parameter take: Gets what happened, whole revisions at a time.
    package func watch(from revision: Int64, key: [UInt8], end: [UInt8], _ take: @escaping @Sendable ([Happening]) async -> Void) async {
        let connection = self.first
        var request = Etcdserverpb_WatchRequest()
        request.createRequest.key = key.data
        request.createRequest.rangeEnd = end.data
        request.createRequest.startRevision = revision
        request.createRequest.progressNotify = true
        request.createRequest.fragment = true
        let message = request
        let isOver = OneTimeSignal<Void>()
        do {
            try await connection.call { client in
                try await Etcdserverpb_Watch.Client(wrapping: client).watch(
                    metadata: ["hasleader": "true"], options: connection.options(hasDeadline: false),
                    requestProducer: { writer in
                        try await writer.write(message)
                        // The end of the requests would be the end of the watch.
                        _ = await isOver.wait()
                    }
                ) { response in
                    defer { isOver.fire(()) }
                    var happenings: [Happening] = []
                    for try await answer in response.messages {
                        if answer.canceled || answer.compactRevision != 0 { return }
                        happenings += answer.events.map { event in
                            event.type == .delete ? .deleted(key: [UInt8](event.kv.key)) : .put(EtcdKeyValue(event.kv))
                        }
                        guard !answer.fragment, !happenings.isEmpty else { continue }
                        await take(happenings)
                        happenings = []
                    }
                }
            }
        } catch {
            isOver.fire(())
            // Why it ended makes no difference: the chain is read anew. The next watch is another member's.
            if !Task.isCancelled { self.passOver(connection) }
        }
    }
}
