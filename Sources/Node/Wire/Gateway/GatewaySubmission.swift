import FabricMessages
import GRPCCore
import LedgerModel
import SelvageClient
import Synchronization

/// Hands a signed transaction to the ordering service: `gateway.Gateway/Submit`.
///
/// One ordering node is enough, another is tried after a 5xx. Of a committee (BFT) one member alone may drop what it took. Ours passes on what it
/// takes, so f + 1 members are enough, of which one is honest; a stock committee gets it all at once, and a quorum must have taken it.
final class GatewaySubmission: Sendable {
    /// What one ordering node said.
    private enum Outcome: Sendable {
        case taken
        /// It said what is wrong with the transaction, so every other node would too.
        case refused(String)
        case failed(String)
    }

    /// What a member of a committee says that has the transaction already.
    private static let isKnown = "failed to submit request: request already exists"

    private let channel: @Sendable (ChannelID) -> GatewayChannel?
    private let limits: WireLimits
    /// Who is tried first next time: all get their share.
    private let turn = Mutex(0)

    init(channel: @escaping @Sendable (ChannelID) -> GatewayChannel?, limits: WireLimits) {
        self.channel = channel
        self.limits = limits
    }

    func answer(_ request: Gateway_SubmitRequest) async throws -> WireFrame {
        guard request.hasPreparedTransaction else { throw GatewayFailure(.invalidArgument, "a prepared transaction is required") }
        let envelope = Envelope(
            payload: request.preparedTransaction.payload.byteArray, signature: request.preparedTransaction.signature.byteArray)
        guard !envelope.signature.isEmpty else { throw GatewayFailure(.invalidArgument, "prepared transaction must be signed") }
        guard let channel = self.channel(ChannelID(request.channelID)) else {
            throw GatewayFailure(.failedPrecondition, "failed to get config for channel [\(request.channelID)]: this peer has not joined it")
        }
        guard !channel.orderers.isEmpty else { throw GatewayFailure(.unavailable, "no orderer nodes available") }
        let bundle = channel.ledger.bundle
        if bundle.consensusType.utf8.elementsEqual("BFT".utf8) {
            if channel.passesOn {
                try await self.sendToEnough(channel.orderers, envelope, members: bundle.consenters.count)
            } else {
                try await self.sendToAll(channel.orderers, envelope, members: bundle.consenters.count)
            }
        } else {
            try await self.sendToOne(channel.orderers, envelope)
        }
        return WireFrame(head: [])
    }

    /// All of them, beginning with the one whose turn it is; those without an office are the last.
    private func inTurn(_ orderers: [GatewayOrderer]) -> ArraySlice<GatewayOrderer> {
        let isAnybody = !orderers.contains(where: \.isInOffice)
        let asked = orderers.filter { $0.isInOffice || isAnybody }
        let first = self.turn.withLock { turn in
            turn = (turn + 1) % asked.count
            return turn
        }
        return asked[first...] + asked[..<first] + orderers.filter { !$0.isInOffice && !isAnybody }
    }

    private func sendToOne(_ orderers: [GatewayOrderer], _ envelope: Envelope) async throws {
        var details: [Gateway_ErrorDetail] = []
        for orderer in self.inTurn(orderers) {
            switch try await self.send(envelope, to: orderer) {
            case .taken: return
            case .refused(let reason): throw GatewayFailure(.aborted, reason)
            case .failed(let reason): details.append(orderer.detail(reason))
            }
        }
        throw GatewayFailure(.unavailable, "no orderers could successfully process transaction", details: details)
    }

    private func sendToAll(_ orderers: [GatewayOrderer], _ envelope: Envelope, members: Int) async throws {
        let quorum = Self.quorum(of: members)
        let details = try await withThrowingTaskGroup(of: Gateway_ErrorDetail?.self) { group -> [Gateway_ErrorDetail]? in
            for orderer in orderers {
                group.addTask { try await self.detail(envelope, to: orderer) }
            }
            // Whoever has not answered when it is decided is not waited for.
            defer { group.cancelAll() }
            var (taken, details): (Int, [Gateway_ErrorDetail]) = (0, [])
            for try await detail in group {
                if let detail { details.append(detail) } else { taken += 1 }
                if taken >= quorum { return nil }
                if details.count > orderers.count - quorum { break }
            }
            return details
        }
        if let details { throw Self.tooFew(details) }
    }

    /// f + 1 members at first, another one for each that fails, and all when one is silent.
    ///
    /// Of those without an office more than f may be faulty: what they have taken counts only where nobody is known to be in office, or once all have
    /// answered and too few in office have taken it. The list may then be that of an earlier committee; or those who pass on are the faulty ones.
    private func sendToEnough(_ orderers: [GatewayOrderer], _ envelope: Envelope, members: Int) async throws {
        enum Event: Sendable {
            case taken(counts: Bool)
            case failed(Gateway_ErrorDetail)
            case late
        }
        let needed = max(0, members - 1) / 3 + 1
        let isAnybody = !orderers.contains(where: \.isInOffice)
        if let only = orderers.first, orderers.count == 1, needed == 1 {
            guard let detail = try await self.detail(envelope, to: only) else { return }
            throw Self.tooFew([detail])
        }
        let details = try await withThrowingTaskGroup(of: Event.self) { group -> [Gateway_ErrorDetail]? in
            var rest = self.inTurn(orderers)
            func send(to count: Int) {
                for orderer in rest.prefix(count) {
                    group.addTask {
                        try await self.detail(envelope, to: orderer).map { .failed($0) } ?? .taken(counts: orderer.isInOffice || isAnybody)
                    }
                }
                rest = rest.dropFirst(count)
            }
            send(to: needed)
            group.addTask {
                try await Deadline.sleep(.milliseconds(self.limits.patienceMilliseconds))
                return .late
            }
            // Whoever has not answered when it is decided is not waited for.
            defer { group.cancelAll() }
            // By those that count, by others, and by nobody.
            var (taken, passedOn, details): (Int, Int, [Gateway_ErrorDetail]) = (0, 0, [])
            for try await event in group {
                switch event {
                case .taken(true): taken += 1
                case .taken(false):
                    passedOn += 1
                    send(to: 1)
                case .failed(let detail):
                    details.append(detail)
                    send(to: 1)
                case .late: send(to: rest.count)
                }
                if taken >= needed { return nil }
                // Where the list of who is in office is not the last one, those who pass on are all there is.
                if taken + passedOn + details.count == orderers.count { return taken + passedOn >= needed ? nil : details }
                if details.count > orderers.count - needed { break }
            }
            return details
        }
        if let details { throw Self.tooFew(details) }
    }

    /// Why a node has not taken it; nil when it has.
    private func detail(_ envelope: Envelope, to orderer: GatewayOrderer) async throws -> Gateway_ErrorDetail? {
        switch try await self.send(envelope, to: orderer) {
        case .taken: nil
        case .refused(let reason), .failed(let reason): orderer.detail(reason)
        }
    }

    private static func tooFew(_ details: [Gateway_ErrorDetail]) -> GatewayFailure {
        GatewayFailure(
            .unavailable, "insufficient number of orderers could successfully process transaction to satisfy quorum requirement", details: details)
    }

    /// How many of a committee's members must have taken it (interop 13.1).
    static func quorum(of members: Int) -> Int {
        let faulty = max(0, members - 1) / 3
        return (members + faulty + 2) / 2
    }

    /// - Throws: `CancellationError` alone.
    private func send(_ envelope: Envelope, to orderer: GatewayOrderer) async throws -> Outcome {
        let seconds = self.limits.broadcastSeconds
        let reply: BroadcastReply
        do {
            reply = try await Deadline.wait(.seconds(seconds), unless: orderer.connection.answerSeconds) {
                NodeConnectionError.timedOut(node: orderer.address, address: NodeAddress(host: orderer.address, port: 0))
            } for: {
                try await orderer.connection.broadcast(envelope)
            }
        } catch let error as CancellationError {
            throw error
        } catch NodeConnectionError.timedOut {
            return .failed("no answer in \(seconds) s")
        } catch {
            return .failed("\(error)")
        }
        if reply.isSuccess { return .taken }
        if reply.status == 503, reply.info.utf8.elementsEqual(Self.isKnown.utf8) { return .taken }
        let reason = "received unsuccessful response from orderer: status=\(Self.name(of: reply.status)), info=\(reply.info)"
        return (400..<500).contains(reply.status) ? .refused(reason) : .failed(reason)
    }

    /// Fabric's name of a `common.Status`.
    static func name(of status: Int32) -> String {
        switch status {
        case 200: "SUCCESS"
        case 400: "BAD_REQUEST"
        case 403: "FORBIDDEN"
        case 404: "NOT_FOUND"
        case 413: "REQUEST_ENTITY_TOO_LARGE"
        case 500: "INTERNAL_SERVER_ERROR"
        case 501: "NOT_IMPLEMENTED"
        case 503: "SERVICE_UNAVAILABLE"
        default: "\(status)"
        }
    }
}

extension GatewayOrderer {
    fileprivate func detail(_ message: String) -> Gateway_ErrorDetail {
        Gateway_ErrorDetail(address: self.address, mspID: self.mspID.text, message: message)
    }
}
