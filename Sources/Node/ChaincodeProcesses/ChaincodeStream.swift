import Chaincode
import ChaincodeShim
import ContractVM
import LedgerModel
import Synchronization

/// One stream to a chaincode process, whoever dialled: owns the session, the mailboxes of its transactions and what is to be sent.
final class ChaincodeStream: Sendable {
    /// What came of a message.
    enum Outcome: Equatable {
        case goesOn
        /// A name to decide about.
        case register(String)
        case over
    }

    private struct State {
        var session = ShimSession()
        var mailboxes: [ShimTransactionID: ChaincodeMailbox] = [:]
        var name: String?
        var queuedBytes = 0
        var queuedMessages = 0
        var isOver = false
        var reason = ""
    }

    /// What is to be sent, in this order; ends when the stream is over.
    let outgoing: AsyncStream<WireFrame>
    private let queue: AsyncStream<WireFrame>.Continuation
    private let state = Mutex(State())
    private let limits: ChaincodeProcessLimits

    init(limits: ChaincodeProcessLimits) {
        self.limits = limits
        // Bounded by what `send` counts.
        (self.outgoing, self.queue) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    /// The name that the chaincode has asked for.
    var name: String? { self.state.withLock { $0.name } }

    /// Why it is over; nil while it is not.
    var endReason: String? { self.state.withLock { $0.isOver ? $0.reason : nil } }

    /// Takes what the chaincode has sent.
    func receive(_ message: ShimMessage) -> Outcome {
        let step = self.state.withLock { state -> ShimSession.Step in
            if state.isOver { return .end(reason: state.reason) }
            let step = state.session.receive(message)
            if case .deliver(let id, let message) = step { state.mailboxes[id]?.put(message) }
            if case .register(let name) = step { state.name = name }
            return step
        }
        switch step {
        case .deliver, .nothing: return .goesOn
        case .register(let name): return .register(name)
        case .reply(let answer):
            self.send(answer)
            return self.endReason == nil ? .goesOn : .over
        case .end(let reason):
            self.end(reason)
            return .over
        }
    }

    /// Tells the chaincode that its name was accepted.
    func welcome() {
        for message in self.state.withLock({ $0.session.accept() }) { self.send(message) }
    }

    /// Ends the stream; transactions under way fail.
    func end(_ reason: String) {
        let mailboxes = self.state.withLock { state -> [ChaincodeMailbox] in
            guard !state.isOver else { return [] }
            state.isOver = true
            state.reason = reason
            return Array(state.mailboxes.values)
        }
        self.queue.finish()
        for mailbox in mailboxes { mailbox.close() }
    }

    /// A frame has left.
    func sent(_ frame: WireFrame) {
        self.state.withLock { state in
            state.queuedBytes -= frame.head.count
            state.queuedMessages -= 1
        }
    }

    /// Runs one transaction; waits for the chaincode on the calling thread.
    func execute(_ host: any ProcessHost) throws(ProcessFailure) -> Response {
        let id = ShimTransactionID(channel: ChannelID(host.channelID), transaction: TransactionID(host.transactionID))
        let mailbox = try self.open(id)
        defer { self.close(id) }
        var exchange = ShimExchange(id)
        self.send(exchange.start(host))
        while true {
            switch mailbox.take(nanoseconds: host.remainingNanoseconds) {
            case .ended: throw Self.failure(id, "error sending: chaincode stream terminated")
            case .outOfTime: throw Self.failure(id, "error sending: timeout expired while executing transaction")
            case .message(let message):
                switch exchange.take(message, host) {
                case .completed(let response): return response
                case .failed(let failure): throw failure
                case .reply(let answer):
                    self.state.withLock { $0.session.answered(id) }
                    self.send(answer)
                }
            }
        }
    }

    static func failure(_ id: ShimTransactionID, _ reason: String) -> ProcessFailure {
        ProcessFailure("failed to execute transaction \(id.transaction): \(reason)")
    }

    private func open(_ id: ShimTransactionID) throws(ProcessFailure) -> ChaincodeMailbox {
        let mailbox = ChaincodeMailbox()
        do throws(ShimSession.Refusal) {
            let isOver = try self.state.withLock { state throws(ShimSession.Refusal) in
                guard !state.isOver else { return true }
                try state.session.begin(id)
                state.mailboxes[id] = mailbox
                return false
            }
            if isOver { mailbox.close() }
        } catch {
            throw Self.failure(id, "error sending: \(error)")
        }
        return mailbox
    }

    private func close(_ id: ShimTransactionID) {
        self.state.withLock { state in
            state.session.end(id)
            state.mailboxes[id] = nil
        }
    }

    private func send(_ message: ShimMessage) {
        let frame = WireFrame(head: message.encoded())
        let isTooMuch = self.state.withLock { state in
            guard !state.isOver else { return false }
            // A single message goes out however large it is: its sender has looked at its size.
            let fits = state.queuedMessages == 0 || state.queuedBytes + frame.head.count <= self.limits.queuedBytes
            guard fits, state.queuedMessages < self.limits.queuedMessages else { return true }
            state.queuedBytes += frame.head.count
            state.queuedMessages += 1
            self.queue.yield(frame)
            return false
        }
        if isTooMuch { self.end("the chaincode does not read what it is sent") }
    }
}
