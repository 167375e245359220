import Identity
import LedgerModel

/// One channel for one client: its chaincodes, verdicts, blocks, and the steps of transactions that are signed elsewhere.
public struct ChannelClient: Sendable {
    /// The pause before a question for a verdict is asked again after its connection broke.
    private static let pauseMilliseconds: UInt64 = 250

    let channel: ChannelID
    let identity: ClientIdentity
    let route: any TransactionRoute
    let events: WireEvents?
    let settings: ClientSettings

    /// - Parameter events: Nil where nothing is listened to.
    init(_ channel: ChannelID, as identity: ClientIdentity, by route: any TransactionRoute, events: WireEvents?, settings: ClientSettings) {
        self.channel = channel
        self.identity = identity
        self.route = route
        self.events = events
        self.settings = settings
    }

    /// A channel whose nodes are called one by one: those of this process, or of networks without a gateway. It offers no events.
    package init(_ channel: ChannelID, as identity: SigningIdentity, by route: DirectRoute, settings: ClientSettings = ClientSettings()) {
        self.init(channel, as: ClientIdentity(identity), by: route, events: nil, settings: settings)
    }

    /// The channel's name.
    public var name: String { self.channel.text }

    /// A chaincode that is committed on the channel, or one of the peers' own such as `qscc`.
    public func chaincode(_ name: String) -> ChaincodeClient { ChaincodeClient(channel: self, name: Namespace(name)) }

    /// What became of a transaction; waits for it if it is in no block yet.
    ///
    /// - Throws: `ClientFailure` when the peer will not tell, `CancellationError` when the task is cancelled.
    public func outcome(of transactionID: String) async throws -> TransactionOutcome {
        let request = OfflineStatusRequest(TransactionID(transactionID), channel: self.channel, creator: self.identity.serialized)
        return try await self.outcome(of: try self.sign(transactionID) { () throws(ClientIdentityError) in try request.signed(by: self.identity) })
    }

    // MARK: Signed elsewhere

    /// Runs a signed proposal without ordering it, and returns the chaincode's payload.
    public func evaluate(_ proposal: OfflineProposal) async throws -> [UInt8] {
        try self.check(proposal.channel, proposal.transactionID)
        return try await self.route.evaluate(proposal.proposed, organizations: proposal.organizations.map { MSPID($0) })
    }

    /// Has a signed proposal endorsed; what comes back has to be signed in its turn.
    ///
    /// - Throws: `ClientFailure`; also when what comes back is not what was proposed, so that nobody signs something else.
    public func endorse(_ proposal: OfflineProposal) async throws -> OfflineTransaction {
        try self.check(proposal.channel, proposal.transactionID)
        let payload = try await self.route.endorse(proposal.proposed, organizations: proposal.organizations.map { MSPID($0) })
        do {
            let transaction = try OfflineTransaction(payload: payload)
            guard transaction.answers(try Proposal(serialized: proposal.proposed.signed.proposalBytes)) else {
                throw MessageError(part: "prepared transaction", reason: "is not what was proposed")
            }
            return transaction
        } catch {
            throw ClientFailure(
                .endorse, .badAnswer, peer: self.route.name, transaction: proposal.transactionID, cause: "\(error)",
                nextStep: "sign nothing of it, and use the gateway of another peer")
        }
    }

    /// Hands a signed transaction to the ordering service.
    ///
    /// - Throws: `ClientFailure`; of kind `unreachable` when it is not clear whether it arrived: ask for its outcome, or hand in the same bytes again.
    public func submit(_ transaction: OfflineTransaction) async throws {
        try self.check(transaction.channel, transaction.transactionID)
        let sending = try await self.route.submit(
            transaction.envelope, transaction: TransactionID(transaction.transactionID), channel: self.channel)
        if case .unclear(let reason) = sending {
            throw ClientFailure(
                .submit, .unreachable, peer: self.route.name, transaction: transaction.transactionID, cause: reason,
                nextStep: "ask for its outcome, or hand in the same transaction again")
        }
    }

    /// A question for the verdict on a transaction, to be signed.
    public func statusRequest(of transactionID: String) -> OfflineStatusRequest {
        OfflineStatusRequest(TransactionID(transactionID), channel: self.channel, creator: self.identity.serialized)
    }

    /// What became of a transaction, by a signed question.
    public func outcome(of request: OfflineStatusRequest) async throws -> TransactionOutcome {
        try self.check(request.channel, request.transactionID)
        let (route, host, signed) = (self.route, self.settings.host, request.signedRequest)
        do {
            return try await Deadline.wait(.milliseconds(Int64(clamping: self.settings.patienceMilliseconds))) {
                Late()
            } for: {
                while true {
                    do {
                        return TransactionOutcome(try await route.status(signed))
                    } catch let failure as ClientFailure where failure.kind == .unreachable {
                        // The question can be asked any number of times; a peer that is away may come back.
                        try await host.pause(milliseconds: Self.pauseMilliseconds)
                    }
                }
            }
        } catch is Late {
            return .expired
        }
    }

    private struct Late: Error {}

    /// Bytes of another channel are a mistake of the caller's.
    private func check(_ channel: ChannelID, _ transactionID: String) throws(ClientFailure) {
        guard channel == self.channel else {
            throw ClientFailure(
                .sign, .setup, peer: "the client", transaction: transactionID, cause: "it is of channel \(channel), not of \(self.channel)",
                nextStep: "use the channel that it was made for")
        }
    }

    func sign<Result>(_ transactionID: String, _ body: () throws(ClientIdentityError) -> Result) throws(ClientFailure) -> Result {
        do {
            return try body()
        } catch {
            throw ClientFailure(
                .sign, .setup, peer: "the client", transaction: transactionID, cause: error.description,
                nextStep: "give an identity with its private key, or sign each step elsewhere")
        }
    }
}
