import Identity
import LedgerModel
import SelvageClient
import Synchronization
import SystemContracts

/// A channel's ordering service on this node: takes envelopes, gives blocks, and runs until it is stopped.
package protocol ChannelOrdering: OrdererConnection, DeliverSource {
    func run() async throws(NodeError)
    func stop()
}

extension OrderingNode: ChannelOrdering {}

/// The channels that a node orders, found by the channel that an envelope names.
package final class OrdererChannels: OrdererConnection {
    /// A channel that is to be run.
    package struct Arrival: Sendable {
        package let channel: ChannelID
        package let ordering: any ChannelOrdering
    }

    private struct State {
        var channels: [ChannelID: any ChannelOrdering] = [:]
        var isClosed = false
    }

    private let name: String
    private let folder: ChannelFolder
    private let open: @Sendable (OrderedBlock, _ folder: String) throws(NodeError) -> any ChannelOrdering
    private let state = Mutex(State())
    /// One channel at a time, so that none is joined twice.
    private let joining = Mutex(())
    private let arrivalInput: AsyncStream<Arrival>.Continuation
    /// Every channel once it is open; one task reads it and runs them.
    package let arrivals: AsyncStream<Arrival>

    /// Opens all channels that the node ordered before, and those that are new.
    ///
    /// - Parameters:
    ///   - folder: Of the node; block files are below it.
    ///   - genesis: The first blocks of channels that it orders from now on; one that is there already is passed over.
    package init(
        name: String, identity: SigningIdentity, folder: String, genesis: [OrderedBlock], environment: SystemEnvironment,
        signatures: any SignatureVerifying
    ) throws(NodeError) {
        self.name = name
        self.folder = ChannelFolder(root: folder + "/ordering")
        self.open = { (genesis, folder) throws(NodeError) in
            try OrderingNode(name: name, identity: identity, folder: folder, genesis: genesis, environment: environment, signatures: signatures)
        }
        (self.arrivals, self.arrivalInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(NodeLimits.channels))
        do {
            for block in try self.folder.joined() {
                let channel = try ChannelFolder.channel(of: block)
                self.add(try self.open(block, self.folder.folder(of: channel)), as: channel)
            }
            for block in genesis where self.ordering(of: try ChannelFolder.channel(of: block)) == nil { try self.join(genesis: block) }
        } catch let error as NodeError {
            throw error
        } catch {
            throw .notJoined(node: name, reason: "\(error)")
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
            do {
                // Only a channel that opens is noted, and opened at every start from then on.
                let ordering = try self.open(genesis, self.folder.folder(of: channel))
                try self.folder.note(genesis, of: channel)
                self.add(ordering, as: channel)
            } catch {
                throw .failed(channel, reason: "\(error)")
            }
        }
        return channel
    }

    private func add(_ ordering: any ChannelOrdering, as channel: ChannelID) {
        self.state.withLock { $0.channels[channel] = ordering }
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
