import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel

/// Events of a channel over one connection to a peer.
struct WireEvents: Sendable {
    let connection: NodeConnection

    /// The events of one chaincode from the peer's gateway, block by block.
    ///
    /// - Parameter request: A `gateway.SignedChaincodeEventsRequest`.
    func chaincode(_ request: [UInt8], take: @Sendable (ChaincodeNotice) async throws -> EventDemand) async throws {
        let connection = self.connection
        try await withoutActuallyEscaping(take) { take in
            try await connection.stream { client in
                try await client.serverStreaming(
                    request: ClientRequest(message: request), descriptor: Gateway_Gateway.Method.ChaincodeEvents.descriptor,
                    serializer: BytesCoding(), deserializer: BytesCoding(), options: connection.options(hasDeadline: false)
                ) { response in
                    for try await bytes in response.messages {
                        let message = try Gateway_ChaincodeEventsResponse.decode(bytes, as: "chaincode events")
                        for event in message.events where try await take(ChaincodeNotice(block: message.blockNumber, event)) == .enough { return }
                    }
                }
            }
        }
    }

    /// The blocks of a channel.
    func blocks(
        _ seek: SeekRequest, of channel: ChannelID, by identity: ClientIdentity, host: ClientHost,
        take: @Sendable (CommittedBlock) async throws -> EventDemand
    ) async throws {
        let name = self.connection.name
        try await GRPCDeliver(self.connection, .block).read(seek, of: channel, by: identity, host: host) { item in
            switch item {
            case .block(let bytes): return try await take(CommittedBlock(serialized: bytes))
            case .ended(let status):
                throw ClientFailure(
                    .events, .refused, peer: name, cause: "status \(status)\(Self.words(of: status))", nextStep: "check the identity and the channel")
            case .filtered: throw MessageError(part: "deliver response", reason: "is not what was asked for")
            }
        }
    }

    private static func words(of status: Int) -> String {
        switch status {
        case 403: ": this identity may not read the channel"
        case 404: ": it does not know the channel or does not have the blocks"
        case 503: ": it cannot serve now"
        default: ""
        }
    }
}

extension ChannelClient {
    /// Hands over the events of one chaincode, one after the other, until the handler has enough or the task is cancelled.
    ///
    /// With a checkpointer it begins behind the last event that was handled, and notes each one after the handler has returned: an event may come
    /// twice after a crash, and none is left out. When the connection breaks it throws; call it again with the same checkpointer to go on.
    ///
    /// - Parameters:
    ///   - start: Where to begin when there is no checkpoint yet.
    ///   - handle: One call at a time, in the order of the chain; the next event waits for it.
    /// - Throws: `ClientFailure`, `CancellationError`, and whatever the handler or the checkpointer throws.
    public func chaincodeEvents(
        of chaincode: String, from start: EventPosition = .next, checkpointer: (any Checkpointer)? = nil,
        _ handle: @Sendable (ChaincodeNotice) async throws -> EventDemand
    ) async throws {
        let events = try self.listening()
        let checkpoint = try checkpointer?.load()
        var request = Gateway_ChaincodeEventsRequest()
        request.channelID = self.channel.text
        request.chaincodeID = chaincode
        request.identity = self.identity.serialized.data
        if let checkpoint {
            request.startPosition.specified.number = checkpoint.block
            request.afterTransactionID = checkpoint.transactionID ?? ""
        } else if case .block(let number) = start {
            request.startPosition.specified.number = number
        } else {
            request.startPosition.nextCommit = Orderer_SeekNextCommit()
        }
        var signed = Gateway_SignedChaincodeEventsRequest()
        signed.request = request.encoded().data
        let (identity, bytes) = (self.identity, signed.request.byteArray)
        signed.signature = try self.sign("") { () throws(ClientIdentityError) in try identity.sign(bytes) }.data
        let message = signed.encoded()
        try await self.tellingFailures(events) {
            try await events.chaincode(message) { notice in
                let demand = try await handle(notice)
                try checkpointer?.store(EventCheckpoint(block: notice.block, transactionID: notice.transactionID))
                return demand
            }
        }
    }

    /// Hands over the blocks of the channel, one after the other, until the handler has enough or the task is cancelled.
    ///
    /// Checkpoints are kept as for `chaincodeEvents`; they name the block after the one that was handled.
    public func blockEvents(
        from start: EventPosition = .next, checkpointer: (any Checkpointer)? = nil, _ handle: @Sendable (CommittedBlock) async throws -> EventDemand
    ) async throws {
        let events = try self.listening()
        let place: SeekRequest.Place
        if let checkpoint = try checkpointer?.load() {
            // A checkpoint of chaincode events names a block that was begun.
            place = .number(checkpoint.block)
        } else if case .block(let number) = start {
            place = .number(number)
        } else {
            place = .next
        }
        let (channel, identity, host) = (self.channel, self.identity, self.settings.host)
        try await self.tellingFailures(events) {
            try await events.blocks(SeekRequest(from: place), of: channel, by: identity, host: host) { block in
                let demand = try await handle(block)
                let (next, overflow) = block.number.addingReportingOverflow(1)
                if !overflow { try checkpointer?.store(EventCheckpoint(block: next)) }
                return demand
            }
        }
    }

    private func listening() throws(ClientFailure) -> WireEvents {
        if let events { return events }
        throw ClientFailure(
            .events, .setup, peer: self.route.name, cause: "nodes that are called one by one give no events here",
            nextStep: "connect to the gateway of a peer")
    }

    /// What goes wrong at the peer and on the way as `ClientFailure`; what a handler throws stays what it is.
    private func tellingFailures(_ events: WireEvents, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as RPCError {
            throw ClientFailure(error, .events, peer: events.connection.name, transaction: nil)
        } catch let error as NodeConnectionError {
            throw ClientFailure(error, .events, peer: events.connection.name, transaction: nil)
        } catch let error as ClientIdentityError {
            throw ClientFailure(error, .events, peer: events.connection.name, transaction: nil)
        } catch let error as MessageError {
            throw ClientFailure(
                .events, .badAnswer, peer: events.connection.name, cause: error.description, nextStep: "listen to another peer")
        }
    }
}
