import FabricMessages
import LedgerModel

/// The peer's side of one stream to a chaincode process: the handshake, and which message belongs to which transaction (interop 10.1 and 10.2).
///
/// A value: whoever has the stream feeds it what arrives and does what comes out. What a transaction asks for is answered by its `ShimExchange`.
package struct ShimSession: Sendable {
    /// What is to be done about a message.
    package enum Step: Equatable, Sendable {
        /// The chaincode asks to be known under a name: `accept` or end the stream.
        case register(String)
        /// A request or the end of an open transaction, for its exchange.
        case deliver(ShimTransactionID, ShimMessage)
        /// An answer that needs no transaction.
        case reply(ShimMessage)
        case nothing
        /// The stream is of no use any more.
        case end(reason: String)
    }

    /// Why a transaction is not opened.
    package enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        case notReady
        /// The same transaction runs on this stream: a chaincode has called itself, perhaps under another name.
        case alreadyOpen(ShimTransactionID)
        case tooMany(limit: Int)

        package var description: String {
            switch self {
            case .notReady: "the chaincode has not registered"
            case .alreadyOpen(let id): "txid: \(id.transaction)(\(id.channel)) exists"
            case .tooMany(let limit): "the chaincode runs \(limit) transactions, which is the limit; try again later"
            }
        }
    }

    private enum Phase {
        /// Nothing has come yet.
        case created
        /// A name was given, and nobody has decided about it.
        case asked
        case ready
    }

    private var phase = Phase.created
    /// The open transactions, with whether a request of each is being answered.
    private var open: [ShimTransactionID: Bool] = [:]

    package init() {}

    /// How many transactions are open.
    package var openCount: Int { self.open.count }

    /// Takes what has arrived.
    package mutating func receive(_ message: ShimMessage) -> Step {
        if message.type == .keepalive { return .nothing }
        switch self.phase {
        case .created: return self.register(message)
        case .asked: return .end(reason: Self.unexpected(message, in: "established"))
        case .ready: return self.route(message)
        }
    }

    /// The name was accepted; the result is what the chaincode is told.
    package mutating func accept() -> [ShimMessage] {
        guard self.phase == .asked else { return [] }
        self.phase = .ready
        return ShimMessage.welcome
    }

    /// Opens a transaction, so that its messages are delivered.
    package mutating func begin(_ id: ShimTransactionID) throws(Refusal) {
        guard self.phase == .ready else { throw .notReady }
        guard self.open[id] == nil else { throw .alreadyOpen(id) }
        guard self.open.count < ShimLimits.transactions else { throw .tooMany(limit: ShimLimits.transactions) }
        self.open[id] = false
    }

    /// The last request of a transaction is about to be answered; it may ask again.
    package mutating func answered(_ id: ShimTransactionID) {
        if self.open[id] != nil { self.open[id] = false }
    }

    /// Forgets a transaction; what still comes of it is from nobody.
    package mutating func end(_ id: ShimTransactionID) {
        self.open[id] = nil
    }

    private mutating func register(_ message: ShimMessage) -> Step {
        guard message.type == .register else { return .end(reason: Self.unexpected(message, in: "created")) }
        guard let name = try? Protos_ChaincodeID.decode(message.payload, as: "registration").name else {
            return .end(reason: "the registration of the chaincode does not parse")
        }
        guard !name.utf8.isEmpty else { return .end(reason: "error in handling register chaincode, chaincodeID name is empty") }
        guard name.utf8.count <= ShimLimits.nameBytes else {
            return .end(reason: "the name under which the chaincode registers has more than \(ShimLimits.nameBytes) bytes")
        }
        self.phase = .asked
        return .register(name)
    }

    private mutating func route(_ message: ShimMessage) -> Step {
        let id = ShimTransactionID(message)
        if message.type == .completed || message.type == .error {
            // From a transaction that has run out of time, for example.
            return self.open[id] == nil ? .nothing : .deliver(id, message)
        }
        guard message.type.isRequest else { return .end(reason: Self.unexpected(message, in: "ready")) }
        guard let isBusy = self.open[id] else {
            let reason = message.type == .invokeChaincode ? "could not get valid transaction" : "no ledger context"
            return .reply(id.failure(of: message.type, reason))
        }
        // A second request at the same time is dropped, as Fabric's peers do.
        if isBusy { return .nothing }
        self.open[id] = true
        return .deliver(id, message)
    }

    private static func unexpected(_ message: ShimMessage, in phase: String) -> String {
        let id = String(decoding: message.txid.utf8.prefix(64), as: UTF8.self)
        return "error handling message, ending stream: [\(id)] Fabric side handler cannot handle message (\(message.type.wireName)) "
            + "while in \(phase) state"
    }
}
