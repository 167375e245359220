import Identity
import LedgerModel
import SelvageClient
import Synchronization
import SystemContracts

/// The channels that a node orders, found by the channel that an envelope names.
package final class OrdererChannels: OrdererConnection {
    /// A channel that is to be run.
    package struct Arrival: Sendable {
        package let channel: ChannelID
        package let ordering: any ChannelOrdering
    }

    private struct State {
        var channels: [ChannelID: any ChannelOrdering] = [:]
        /// Fires when a channel is removed.
        var removals: [ChannelID: OneTimeSignal<Void>] = [:]
        /// Left, with files that are still in use.
        var leaving: Set<ChannelID> = []
        var isClosed = false
    }

    private let folder: ChannelFolder
    private let choice: OrderingChoice
    private let state = Mutex(State())
    /// One channel at a time, so that none is joined twice.
    private let joining = Mutex(())
    private let arrivalInput: AsyncStream<Arrival>.Continuation
    /// Every channel once it is open; one task reads it and runs them.
    package let arrivals: AsyncStream<Arrival>

    /// Opens all channels that the node ordered before, and those that are new.
    ///
    /// - Parameters:
    ///   - choice: Decides how each channel is ordered.
    ///   - folder: Of the node; block files are below it.
    ///   - genesis: The first blocks of channels that it orders from now on; one that is there already is passed over.
    package init(_ choice: OrderingChoice, folder: String, genesis: [OrderedBlock]) throws(NodeError) {
        self.choice = choice
        self.folder = ChannelFolder(root: folder + "/ordering")
        (self.arrivals, self.arrivalInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(NodeLimits.channels))
        do {
            try self.folder.finishRemovals()
            for block in try self.folder.joined() {
                let channel = try ChannelFolder.channel(of: block)
                self.add(try choice.open(block, folder: self.folder.folder(of: channel)), as: channel)
            }
            for block in genesis {
                let channel = try ChannelFolder.channel(of: block)
                if self.ordering(of: channel) == nil, try !self.folder.hasLeft(channel) { try self.join(genesis: block) }
            }
        } catch let error as NodeError {
            throw error
        } catch {
            throw .notJoined(node: choice.name, reason: "\(error)")
        }
    }

    /// The channels, in byte order.
    package var channelIDs: [ChannelID] { self.state.withLock { $0.channels.keys.sorted() } }

    package func ordering(of channel: ChannelID) -> (any ChannelOrdering)? { self.state.withLock { $0.channels[channel] } }

    /// Orders one more channel, durably; whoever reads `arrivals` runs it.
    ///
    /// - Returns: The channel that the block begins.
    @discardableResult
    package func join(genesis: OrderedBlock) throws(ChannelJoinError) -> ChannelID {
        let channel = try ChannelFolder.channel(of: genesis)
        try self.joining.withLock { (_: inout sending Void) throws(ChannelJoinError) in
            let (known, count, isClosed) = self.state.withLock { ($0.channels[channel] != nil, $0.channels.count, $0.isClosed) }
            if known { throw .alreadyJoined(channel) }
            guard count < NodeLimits.channels else { throw .tooMany(limit: NodeLimits.channels) }
            guard !isClosed else { throw .failed(channel, reason: "the node is being stopped") }
            guard !self.isLeaving(channel) else { throw .failed(channel, reason: ChannelRemovalError.isBeingRemoved.description) }
            do {
                try self.folder.forgetLeaving(channel)
                try self.folder.restoreSigned(genesis, of: channel)
                // Only a channel that opens is noted, and opened at every start from then on.
                let ordering = try self.choice.open(genesis, folder: self.folder.folder(of: channel))
                try self.folder.note(genesis, of: channel)
                self.add(ordering, as: channel)
            } catch {
                throw .failed(channel, reason: "\(error)")
            }
        }
        return channel
    }

    /// The blocks of a channel; streams of them end when it is removed.
    func source(of channel: ChannelID) -> OrderedChannel? {
        self.state.withLock { state in
            state.channels[channel].map { OrderedChannel(ordering: $0, removal: state.removals[channel] ?? OneTimeSignal()) }
        }
    }

    /// Whether a channel was removed and its files are still in use.
    func isLeaving(_ channel: ChannelID) -> Bool { self.state.withLock { $0.leaving.contains(channel) } }

    /// Stops ordering a channel, durably: it is not there after the next start either. Its files go when `ended(_:)` is called.
    func remove(_ channel: ChannelID) throws(ChannelRemovalError) {
        try self.joining.withLock { (_: inout sending Void) throws(ChannelRemovalError) in
            if self.isLeaving(channel) { throw .isBeingRemoved }
            guard let ordering = self.ordering(of: channel) else { throw .notThere }
            do throws(HostFileError) { try self.folder.leave(channel) } catch { throw .failed(reason: error.description) }
            let removal = self.state.withLock { state in
                state.channels[channel] = nil
                state.leaving.insert(channel)
                return state.removals.removeValue(forKey: channel)
            }
            ordering.stop()
            removal?.fire(())
        }
    }

    /// To be told that a channel's `run()` has ended: the files of one that was removed go then.
    ///
    /// - Throws: `HostFileError`; the next start tries again.
    func ended(_ channel: ChannelID) throws(HostFileError) {
        try self.joining.withLock { (_: inout sending Void) throws(HostFileError) in
            guard self.isLeaving(channel) else { return }
            try self.folder.removeFiles(of: channel)
            _ = self.state.withLock { $0.leaving.remove(channel) }
        }
    }

    private func add(_ ordering: any ChannelOrdering, as channel: ChannelID) {
        self.state.withLock { state in
            state.channels[channel] = ordering
            state.removals[channel] = OneTimeSignal()
        }
        self.arrivalInput.yield(Arrival(channel: channel, ordering: ordering))
    }

    /// No channel is joined any more, `arrivals` ends, and all channels are asked to end.
    package func close() {
        let channels = self.state.withLock { state in
            state.isClosed = true
            return state.channels
        }
        self.arrivalInput.finish()
        for channel in channels.keys.sorted() { channels[channel]?.stop() }
    }

    /// Hands an envelope to its channel's ordering service.
    package func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
        let channel: ChannelID
        do {
            channel = try ChannelHeader(serialized: Payload(serialized: envelope.payload).channelHeaderBytes).channelID
        } catch {
            return BroadcastReply(status: 400, info: "could not determine channel ID: \(error)")
        }
        // Fabric's orderers have the same status and words for it.
        guard let ordering = self.ordering(of: channel) else { return BroadcastReply(status: 400, info: "channel does not exist") }
        return try await ordering.broadcast(envelope)
    }
}
