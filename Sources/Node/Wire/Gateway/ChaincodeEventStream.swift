import FabricMessages
import GRPCCore
import Identity
import LedgerModel

/// One stream of a chaincode's events: `gateway.Gateway/ChaincodeEvents`. A message holds the events of one block; invalid transactions have none.
///
/// It holds one block at a time. Access is asked for anew when the configuration has changed, and ends with the client's certificate.
struct ChaincodeEventStream: Sendable {
    static let rule = DeliverAccess.Rule(resource: "gateway/ChaincodeEvents", fallback: "/Channel/Application/Readers")

    let context: WireContext
    let call: ServerContext
    let channel: @Sendable (ChannelID) -> GatewayChannel?

    func serve(_ signed: Gateway_SignedChaincodeEventsRequest, to writer: RPCWriter<WireFrame>) async throws {
        guard !signed.request.isEmpty else { throw GatewayFailure(.invalidArgument, "a chaincode events request is required") }
        let request: Gateway_ChaincodeEventsRequest
        do {
            request = try Gateway_ChaincodeEventsRequest.decode(signed.request, as: "chaincode events request")
        } catch {
            throw GatewayFailure(.invalidArgument, "invalid chaincode events request: \(error)")
        }
        guard let ledger = self.channel(ChannelID(request.channelID))?.ledger else {
            // Fabric's peers ask for access first, and cannot judge it.
            throw GatewayFailure(.permissionDenied, "Failed to get policy manager for channel [\(request.channelID)]")
        }
        var access = DeliverAccess(
            rule: Self.rule,
            signed: SignedMessage(
                identity: request.identity.byteArray, message: signed.request.byteArray, signature: signed.signature.byteArray))
        try self.check(&access, ledger)
        let watch = BlockWatch(context: self.context, call: self.call)
        var reader = EventReader(chaincode: Namespace(request.chaincodeID), after: TransactionID(request.afterTransactionID))
        var number = try Self.start(of: request, ledger)
        while true {
            try await self.reach(number, ledger, access.expiry, watch)
            try self.check(&access, ledger)
            let events = try Self.events(of: number, ledger, &reader)
            if !events.isEmpty {
                var message = Gateway_ChaincodeEventsResponse()
                message.events = events
                message.blockNumber = number
                try await writer.write(WireFrame(head: message.encoded()))
            }
            number += 1
        }
    }

    private func check(_ access: inout DeliverAccess, _ ledger: any GatewayLedger) throws {
        do {
            try access.check(ledger.bundle, now: self.context.now())
        } catch {
            throw GatewayFailure(.permissionDenied, "\(error)")
        }
    }

    /// The block of the last transaction that the client has seen, else the one that it asks for, else the next one.
    private static func start(of request: Gateway_ChaincodeEventsRequest, _ ledger: any GatewayLedger) throws -> UInt64 {
        if !request.afterTransactionID.isEmpty, let block = try? ledger.blockNumber(of: TransactionID(request.afterTransactionID)) { return block }
        switch request.startPosition.type {
        case .specified(let position): return position.number
        case .nextCommit, nil: return ledger.deliverableHeight
        case .oldest: throw GatewayFailure(.invalidArgument, "invalid start position type: *orderer.SeekPosition_Oldest")
        case .newest: throw GatewayFailure(.invalidArgument, "invalid start position type: *orderer.SeekPosition_Newest")
        }
    }

    /// Returns when the block is there.
    private func reach(_ number: UInt64, _ ledger: any GatewayLedger, _ expiry: Int64?, _ watch: BlockWatch) async throws {
        while ledger.deliverableHeight <= number {
            switch await watch.nextEvent(number, ledger, expiry) {
            case .block, .outage: continue
            case .expiry:
                if let expiry, self.context.now() > Timestamp(seconds: expiry) {
                    throw GatewayFailure(.permissionDenied, "\(DeliverRefusal.expired)")
                }
            case .stopping: throw GatewayFailure(.unavailable, "\(DeliverRefusal.stopping)")
            case .clientGone: throw CancellationError()
            }
        }
        if self.context.stopping.value != nil { throw GatewayFailure(.unavailable, "\(DeliverRefusal.stopping)") }
        if self.call.cancellation.isCancelled { throw CancellationError() }
    }

    private static func events(of number: UInt64, _ ledger: any GatewayLedger, _ reader: inout EventReader) throws -> [Protos_ChaincodeEvent] {
        do {
            guard let stored = try ledger.blockBytes(number) else { throw GatewayFailure(.aborted, "block \(number) is not here") }
            return reader.events(of: try OrderedBlock(serialized: stored))
        } catch let failure as GatewayFailure {
            throw failure
        } catch {
            throw GatewayFailure(.aborted, "block \(number) cannot be read: \(error)")
        }
    }
}

/// Picks a chaincode's events out of blocks, from behind a transaction on.
struct EventReader {
    private let chaincode: Namespace
    private let after: TransactionID
    private var hasPassed: Bool

    /// - Parameter after: Everything up to this transaction and including it is left out; empty for nothing.
    init(chaincode: Namespace, after: TransactionID) {
        self.chaincode = chaincode
        self.after = after
        self.hasPassed = after.isEmpty
    }

    /// The events of valid transactions, in their order.
    mutating func events(of block: OrderedBlock) -> [Protos_ChaincodeEvent] {
        let codes = block.storedCodes ?? []
        var events: [Protos_ChaincodeEvent] = []
        for (index, envelope) in block.envelopes.enumerated() {
            guard let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
                let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
            else { continue }
            guard self.hasPassed else {
                self.hasPassed = header.transactionID == self.after
                continue
            }
            guard index < codes.count, codes[index] == .valid, header.kind == .endorserTransaction,
                let event = ChaincodeEvent(ofTransaction: payload.data), event.chaincode == self.chaincode
            else { continue }
            events.append(event.message)
        }
        return events
    }
}

extension ChaincodeEvent {
    /// The event in the body of an endorsed transaction, valid or not; nil when there is none or it cannot be read.
    init?(ofTransaction data: [UInt8]) {
        guard let transaction = try? EndorserTransaction(serialized: data),
            let payload = try? ProposalResponsePayload(serialized: transaction.responsePayloadBytes),
            let action = try? ChaincodeAction(serialized: payload.actionBytes), !action.events.isEmpty,
            let event = try? ChaincodeEvent(serialized: action.events), !event.chaincode.text.isEmpty
        else { return nil }
        self = event
    }

    var message: Protos_ChaincodeEvent {
        var message = Protos_ChaincodeEvent()
        message.chaincodeID = self.chaincode.text
        message.txID = self.transactionID.text
        message.eventName = self.name
        message.payload = self.payload.data
        return message
    }
}
