import FabricMessages
import LedgerModel
import SelvageClient
import Synchronization

/// A call that is endorsed and ordered, as Fabric's command does it: proposals to the peers, the envelope to an ordering node, and filtered blocks
/// of the peers until the verdict is there.
struct PeerInvocation: Sendable {
    /// One peer's word on the transaction.
    struct Verdict: Sendable {
        let peer: String
        let block: UInt64
        let code: String
    }

    struct Outcome: Sendable {
        let transaction: TransactionID
        let result: [UInt8]
        /// One for each peer; empty when nobody waited.
        let verdicts: [Verdict]
    }

    let session: PeerSession
    let orderer: OrdererOptions
    /// Nil when the command returns as soon as the ordering node has the envelope.
    let waitMilliseconds: UInt64?

    func run(_ call: ChaincodeCall, transient: [TransientEntry] = []) async throws -> Outcome {
        let session = self.session
        return try await session.withOrderer(self.orderer) { connection in
            let gateway = session.gateway(orderer: GRPCOrderer(connection))
            let endorsed = try await gateway.endorse(call, transient: transient, by: session.peers.map(\.peer))
            guard let waitMilliseconds else {
                try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
                return Outcome(transaction: endorsed.transaction, result: endorsed.result, verdicts: [])
            }
            let verdicts = try await self.verdicts(on: endorsed.transaction, waitMilliseconds) {
                try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
            }
            return Outcome(transaction: endorsed.transaction, result: endorsed.result, verdicts: verdicts)
        }
    }

    /// Listens at all peers, sends when all of them answer, and waits for every verdict.
    private func verdicts(
        on transaction: TransactionID, _ milliseconds: UInt64, send: @escaping @Sendable () async throws -> Void
    ) async throws -> [Verdict] {
        let late = PeerProblem.unreachable(
            "transaction \(transaction) was sent, and after \(milliseconds / 1_000) s not every peer has a block with it; it may still come")
        let (session, listening) = (self.session, ListenerCount(session.peers.count))
        return try await Deadline.wait(.milliseconds(Int64(clamping: milliseconds))) {
            late
        } for: {
            try await withThrowingTaskGroup(of: Verdict?.self) { group in
                for peer in session.peers {
                    group.addTask {
                        try await Self.verdict(on: transaction, of: peer.connection, session) { listening.add() }
                    }
                }
                group.addTask {
                    // The newest block comes at once; then no later one can be missed.
                    await listening.wait()
                    try Task.checkCancellation()
                    try await send()
                    return nil
                }
                var verdicts: [Verdict] = []
                while let next = try await group.next() { if let next { verdicts.append(next) } }
                return verdicts.sorted { $0.peer < $1.peer }
            }
        }
    }

    private static func verdict(
        on transaction: TransactionID, of connection: NodeConnection, _ session: PeerSession, isListening: @Sendable () -> Void
    ) async throws -> Verdict {
        let found = Mutex<Verdict?>(nil)
        let isSilent = Mutex(true)
        try await GRPCDeliver(connection, .filtered).read(
            SeekRequest(from: .newest, to: .number(.max)), of: session.channel, by: session.identity, host: session.environment
        ) { item in
            switch item {
            case .filtered(let block):
                let isFirst = isSilent.withLock { silent in
                    defer { silent = false }
                    return silent
                }
                if isFirst { isListening() }
                isListening()
                guard let one = block.filteredTransactions.first(where: { $0.txid.utf8.elementsEqual(transaction.text.utf8) }) else { return .more }
                let code = UInt8(exactly: one.txValidationCode.rawValue).flatMap(ValidationCode.init(rawValue:))
                found.withLock {
                    $0 = Verdict(peer: connection.name, block: block.number, code: code?.name ?? "\(one.txValidationCode.rawValue)")
                }
                return .enough
            case .ended(let status): throw PeerProblem.refused("\(connection.name) gives no blocks of \(session.channel): status \(status)")
            case .block: return .more
            }
        }
        guard let verdict = found.withLock({ $0 }) else { throw PeerProblem.unreachable("\(connection.name) ended its stream of blocks") }
        return verdict
    }
}

/// Lets one task wait until all others have come so far.
private final class ListenerCount: Sendable {
    private let missing: Mutex<Int>
    private let (stream, input) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(_ count: Int) { self.missing = Mutex(count) }

    /// Each listener counts once, with its first block.
    func add() {
        let isLast = self.missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { self.input.finish() }
    }

    func wait() async {
        for await _ in self.stream {}
    }
}

extension PeerInvocation.Outcome {
    struct Document: Encodable {
        struct Verdict: Encodable {
            var peer: String
            var block: UInt64
            var code: String
        }

        var transactionID: String
        /// The chaincode's answer as text.
        var payload: String
        var payloadBase64: String
        var verdicts: [Verdict]
    }

    var document: Document {
        Document(
            transactionID: self.transaction.text, payload: String(decoding: self.result, as: UTF8.self),
            payloadBase64: ChaincodeInput.base64(self.result),
            verdicts: self.verdicts.map { Document.Verdict(peer: $0.peer, block: $0.block, code: $0.code) })
    }

    var lines: [String] {
        guard !self.verdicts.isEmpty else { return ["transaction \(self.transaction) was handed to the ordering service"] }
        return self.verdicts.map { "transaction \(self.transaction): \($0.code) in block \($0.block) at \($0.peer)" }
    }

    /// Prints it, and ends the command with code 1 if the transaction has no effect.
    func finish(_ output: OutputOptions) throws {
        try output.show(self.document) { self.lines + (self.result.isEmpty ? [] : ["result: " + String(decoding: self.result, as: UTF8.self)]) }
        guard self.verdicts.allSatisfy({ $0.code == ValidationCode.valid.name }) else {
            let verdict = self.verdicts.first { $0.code != ValidationCode.valid.name }
            throw PeerProblem.invalid(
                "transaction \(self.transaction) has no effect: \(verdict?.code ?? ""); "
                    + "after a conflict invoke again, after a policy failure name peers of more organisations")
        }
    }
}
