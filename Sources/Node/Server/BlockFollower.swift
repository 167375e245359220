import LedgerModel
import Synchronization

/// An ordering node as a source of the blocks to come; what it gives is not believed.
package protocol BlockFeed: Sendable {
    /// Who is named when what it gives is wrong.
    var name: String { get }
    /// Has the blocks from a number on taken as they come, without end.
    ///
    /// - Parameter take: Called once; asks for block after block, and gets nil when the feed ends.
    func read(from number: UInt64, _ take: @Sendable (_ next: () async throws -> OrderedBlock?) async throws -> Void) async throws
}

/// Follows the ordering service of one channel: from one node at a time, the next one when it fails, lies, or gives nothing for a while.
///
/// Who takes the blocks verifies each of them. An ordering node that withholds blocks looks like one that has none, so silence alone makes
/// the follower move on; a quiet channel costs one connection for each `silence`.
package struct BlockFollower: Sendable {
    package struct Pace: Equatable, Sendable {
        /// How long a feed may give nothing, in milliseconds.
        package var silenceMs = NodeLimits.silenceMs
        /// The pause after all feeds have failed.
        package var firstRetryMs = NodeLimits.firstRetryMs
        package var longestRetryMs = NodeLimits.longestRetryMs

        package init() {}
    }

    /// Why a feed is left.
    private enum Departure: Error {
        case silent(milliseconds: UInt64)
        case ended
    }

    private let node: String
    private let channel: ChannelID
    private let receiver: any BlockReceiver
    private let pace: Pace
    private let feeds: @Sendable () -> [any BlockFeed]
    private let report: @Sendable (NodeEvent) -> Void

    /// - Parameters:
    ///   - receiver: Verifies and keeps the blocks.
    ///   - feeds: Whom to ask, in the order of preference; asked again for each round, since the configuration may change it.
    ///   - report: Hears what happens.
    package init(
        node: String, channel: ChannelID, receiver: any BlockReceiver, pace: Pace = Pace(), feeds: @escaping @Sendable () -> [any BlockFeed],
        report: @escaping @Sendable (NodeEvent) -> Void = { _ in }
    ) {
        self.node = node
        self.channel = channel
        self.receiver = receiver
        self.pace = pace
        self.feeds = feeds
        self.report = report
    }

    /// Follows until the task is cancelled.
    ///
    /// - Throws: `NodeError.storageFailed` when the receiver itself fails, with which no other feed would help.
    package func run() async throws(NodeError) {
        var pause = self.pace.firstRetryMs
        var last: String?
        while !Task.isCancelled {
            let feeds = self.feeds()
            if feeds.isEmpty { self.report(.noOrderers(node: self.node, self.channel)) }
            let before = self.receiver.height
            for feed in Self.order(feeds, after: last) where !Task.isCancelled {
                last = feed.name
                try await self.follow(feed, isAlone: feeds.count == 1)
            }
            if self.receiver.height > before {
                pause = self.pace.firstRetryMs
                continue
            }
            // A cancelled sleep ends the loop.
            try? await Task.sleep(for: .milliseconds(pause))
            pause = min(pause * 2, self.pace.longestRetryMs)
        }
    }

    /// The feeds from the one after the last that was asked.
    private static func order(_ feeds: [any BlockFeed], after last: String?) -> [any BlockFeed] {
        guard let last, let index = feeds.firstIndex(where: { $0.name.utf8.elementsEqual(last.utf8) }) else { return feeds }
        return Array(feeds[(index + 1)...] + feeds[...index])
    }

    /// Takes blocks from one feed until it is left.
    private func follow(_ feed: any BlockFeed, isAlone: Bool) async throws(NodeError) {
        let height = self.receiver.height
        self.report(.following(node: self.node, self.channel, orderer: feed.name, from: height))
        let watch = Watch()
        let failure = OneTimeSignal<NodeError>()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await feed.read(from: height) { next in
                        try await self.receiver.receive(each: { try await watch.wait(next) }, failed: { failure.fire($0) })
                    }
                    throw Departure.ended
                }
                // A block may be refused while the next one is waited for, which may never come.
                group.addTask { if let error = await failure.wait() { throw error } }
                // Nobody else could give more: a feed that is alone is not left for its silence.
                if !isAlone { group.addTask { try await self.guardAgainstSilence(watch) } }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch let error as NodeError {
            switch error {
            case .storageFailed: throw error
            default: self.leave(feed, error.description)
            }
        } catch is CancellationError {
            return
        } catch let departure as Departure {
            switch departure {
            case .silent(let milliseconds): self.leave(feed, "it gave nothing for \(milliseconds) ms")
            case .ended: self.leave(feed, "it ended the stream")
            }
        } catch {
            self.leave(feed, "\(error)")
        }
    }

    private func leave(_ feed: any BlockFeed, _ reason: String) {
        guard !Task.isCancelled else { return }
        self.report(.left(node: self.node, self.channel, orderer: feed.name, reason: reason))
    }

    /// - Throws: `Departure.silent` when the feed is waited for and gives nothing for the whole time.
    private func guardAgainstSilence(_ watch: Watch) async throws {
        while true {
            let seen = watch.state
            try await Task.sleep(for: .milliseconds(self.pace.silenceMs))
            // While the receiver works on a block the feed is not to blame.
            if seen.isWaiting, watch.state == seen { throw Departure.silent(milliseconds: self.pace.silenceMs) }
        }
    }

    /// Whether a feed is being waited for, and how many blocks it has given.
    private final class Watch: Sendable {
        struct State: Equatable {
            var isWaiting = true
            var blocks: UInt64 = 0
        }

        private let value = Mutex(State())

        var state: State { self.value.withLock { $0 } }

        func wait(_ next: () async throws -> OrderedBlock?) async throws -> OrderedBlock? {
            self.value.withLock { $0.isWaiting = true }
            let block = try await next()
            self.value.withLock { state in
                state.isWaiting = false
                state.blocks += 1
            }
            return block
        }
    }
}
