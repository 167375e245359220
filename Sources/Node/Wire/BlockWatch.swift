import GRPCCore
import LedgerModel

/// Waits on behalf of one stream for the next block, and for all that ends the waiting.
struct BlockWatch: Sendable {
    enum Event: Sendable {
        case block
        /// Perhaps: the clock is to be asked.
        case expiry
        /// The node does not follow the chain any more.
        case outage
        case stopping
        case clientGone
    }

    let context: WireContext
    let call: ServerContext

    /// Waits for whichever comes first.
    ///
    /// - Parameters:
    ///   - expiry: When the client's certificate is over, in seconds since 1970; nil when it is not known.
    ///   - heedsOutages: Whether the client wants to know when the node stops following the chain.
    func nextEvent(_ number: UInt64, _ source: any DeliverSource, _ expiry: Int64?, heedsOutages: Bool = false) async -> Event {
        let now = self.context.now()
        let seconds = expiry.map { min(max($0 - min(now.seconds, $0) + 1, 1), WireLimits.expirySleepSeconds) } ?? WireLimits.expirySleepSeconds
        return await withTaskGroup(of: Event.self) { group in
            group.addTask {
                _ = await source.waitForBlock(number)
                return .block
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return .expiry
            }
            if heedsOutages {
                group.addTask {
                    await source.waitForOutage()
                    return .outage
                }
            }
            group.addTask {
                _ = await self.context.stopping.wait()
                return .stopping
            }
            group.addTask {
                try? await self.call.cancellation.cancelled
                return .clientGone
            }
            let first = await group.next() ?? .clientGone
            // Whoever is cancelled from outside is told by a child that has ended for no other reason.
            defer { group.cancelAll() }
            return Task.isCancelled ? .clientGone : first
        }
    }
}
