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
    /// Whether it shows a block of this number now.
    func has(_ number: UInt64) async throws -> Bool
}

/// Follows the ordering service of one channel: from one node at a time, the next one when it fails, lies, or withholds blocks.
///
/// Who takes the blocks verifies each of them. An ordering node that withholds blocks looks like one that has none, so when it is silent
/// more than a third of the others are asked whether they have the next block: of these one is honest as long as a quorum can be. A quiet
/// channel costs these questions for each `silence`.
package struct BlockFollower: Sendable {
    package struct Pace: Equatable, Sendable {
        /// How long a feed may give nothing, in milliseconds.
        package var silenceMs = NodeLimits.silenceMs
        /// How long others may take to say whether they have more.
        package var answerMs = NodeLimits.answerMs
        /// The pause after all feeds have failed.
        package var firstRetryMs = NodeLimits.firstRetryMs
        package var longestRetryMs = NodeLimits.longestRetryMs

        package init() {}
    }

    /// Why a feed is left.
    private enum Departure: Error {
        case withheld(number: UInt64, shownBy: String)
        case ended
    }

    private let node: String
    private let channel: ChannelID
    private let receiver: any BlockReceiver
    private let pace: Pace
    private let feeds: @Sendable () -> [any BlockFeed]
    private let report: @Sendable (NodeEvent) -> Void
    private let told = Told()

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
            if feeds.isEmpty { self.tell(.noOrderers(node: self.node, self.channel)) }
            let before = self.receiver.height
            for feed in Self.order(feeds, after: last) where !Task.isCancelled {
                last = feed.name
                try await self.follow(feed, others: Array(Self.order(feeds, after: feed.name).dropLast()))
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
    private func follow(_ feed: any BlockFeed, others: [any BlockFeed]) async throws(NodeError) {
        let height = self.receiver.height
        self.tell(.following(node: self.node, self.channel, orderer: feed.name, from: height))
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
                if !others.isEmpty { group.addTask { try await self.guardAgainstSilence(watch, from: height, asking: others) } }
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
            case .withheld(let number, let other): self.leave(feed, "it withholds block \(number), which \(other) has")
            case .ended: self.leave(feed, "it ended the stream")
            }
        } catch {
            self.leave(feed, "\(error)")
        }
    }

    private func leave(_ feed: any BlockFeed, _ reason: String) {
        guard !Task.isCancelled else { return }
        self.tell(.left(node: self.node, self.channel, orderer: feed.name, reason: reason))
    }

    private func tell(_ event: NodeEvent) {
        if self.told.isNew(event, height: self.receiver.height) { self.report(event) }
    }

    /// - Throws: `Departure.withheld` when the feed is waited for and gives nothing for the whole time, and another one has the next block.
    private func guardAgainstSilence(_ watch: Watch, from first: UInt64, asking others: [any BlockFeed]) async throws {
        var turn = 0
        while true {
            let seen = watch.state
            try await Task.sleep(for: .milliseconds(self.pace.silenceMs))
            // While the receiver works on a block the feed is not to blame.
            guard seen.isWaiting, watch.state == seen else { continue }
            // The receiver may not have committed all that it was given.
            let number = first + seen.blocks
            let count = others.count / 3 + 1
            let asked = (0..<count).map { others[(turn + $0) % others.count] }
            turn = (turn + count) % others.count
            guard let other = await Self.first(of: asked, having: number, within: self.pace.answerMs) else { continue }
            // It may have come meanwhile.
            if watch.state == seen { throw Departure.withheld(number: number, shownBy: other) }
        }
    }

    /// The name of a feed that shows a block; one that cannot be reached shows none.
    private static func first(of feeds: [any BlockFeed], having number: UInt64, within milliseconds: UInt64) async -> String? {
        await withTaskGroup(of: (String, Bool)?.self) { group in
            for feed in feeds { group.addTask { (feed.name, (try? await feed.has(number)) ?? false) } }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(milliseconds))
                return nil
            }
            defer { group.cancelAll() }
            var left = feeds.count
            while left > 0, case let (name, has)?? = await group.next() {
                if has { return name }
                left -= 1
            }
            return nil
        }
    }

    /// What was reported since the last block: nodes that stay away are asked every second or so, and an operator wants to read it once.
    private final class Told: Sendable {
        private let state = Mutex<(height: UInt64, lines: Set<String>)>((0, []))

        func isNew(_ event: NodeEvent, height: UInt64) -> Bool {
            self.state.withLock { state in
                if state.height != height || state.lines.count >= NodeLimits.rememberedEvents { state = (height, []) }
                return state.lines.insert(event.description).inserted
            }
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
