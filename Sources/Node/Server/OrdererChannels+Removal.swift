import ChannelConfiguration
import LedgerModel

/// Why a channel is not removed from a node.
enum ChannelRemovalError: Error, Hashable, Sendable, CustomStringConvertible {
    case notThere
    case isBeingRemoved
    case failed(reason: String)

    var description: String {
        switch self {
        case .notThere: "channel does not exist"
        case .isBeingRemoved: "channel pending removal"
        case .failed(let reason): "\(reason); nothing was removed"
        }
    }
}

/// The blocks of a channel as long as the node orders it: streams end when it is removed.
struct OrderedChannel: DeliverSource {
    let ordering: any ChannelOrdering
    let removal: OneTimeSignal<Void>

    var deliverableHeight: UInt64 { self.ordering.deliverableHeight }
    var bundle: ChannelBundle { self.ordering.bundle }
    var isOut: Bool { self.removal.value != nil || self.ordering.isOut }

    func blockBytes(_ number: UInt64) throws -> [UInt8]? { try self.ordering.blockBytes(number) }

    func waitForBlock(_ number: UInt64) async -> Bool { await self.ordering.waitForBlock(number) }

    func waitForOutage() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.removal.wait() }
            group.addTask { await self.ordering.waitForOutage() }
            await group.next()
            group.cancelAll()
        }
    }
}
