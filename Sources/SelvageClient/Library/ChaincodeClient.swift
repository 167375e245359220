import LedgerModel

/// What a client asks a chaincode to do.
public struct ChaincodeRequest: Hashable, Sendable {
    /// The function, then its arguments.
    public var arguments: [[UInt8]]
    /// Private input by name; it reaches the endorsers and never the ledger.
    public var transient: [String: [UInt8]]
    /// Who has to run it; empty for those that the policies ask for.
    public var organizations: [String]
    /// Whether this is the chaincode's initialisation.
    public var isInit: Bool

    /// Arguments as bytes.
    public init(
        _ function: String, bytes arguments: [[UInt8]], transient: [String: [UInt8]] = [:], organizations: [String] = [], isInit: Bool = false
    ) {
        self.arguments = [Array(function.utf8)] + arguments
        self.transient = transient
        self.organizations = organizations
        self.isInit = isInit
    }

    /// Arguments as texts.
    public init(
        _ function: String, _ arguments: [String] = [], transient: [String: [UInt8]] = [:], organizations: [String] = [], isInit: Bool = false
    ) {
        self.init(function, bytes: arguments.map { Array($0.utf8) }, transient: transient, organizations: organizations, isInit: isInit)
    }
}

/// One chaincode of one channel for one client.
public struct ChaincodeClient: Sendable {
    let channel: ChannelClient
    let name: Namespace

    /// Runs a function without ordering anything, and returns what it answers.
    ///
    /// - Throws: `ClientFailure`; `CancellationError` when the task is cancelled.
    public func evaluate(_ function: String, _ arguments: String...) async throws -> [UInt8] {
        try await self.evaluate(ChaincodeRequest(function, arguments))
    }

    /// Runs a function without ordering anything, and returns what it answers.
    public func evaluate(_ request: ChaincodeRequest) async throws -> [UInt8] {
        let proposal = self.propose(request)
        return try await self.channel.evaluate(try self.sign(proposal))
    }

    /// Endorses, orders and waits for the verdict, once.
    ///
    /// - Returns: With the outcome, which may be that the transaction has no effect.
    /// - Throws: `ClientFailure` when it did not get so far; `CancellationError` when the task is cancelled.
    public func submit(_ function: String, _ arguments: String...) async throws -> SubmittedTransaction {
        try await self.submit(ChaincodeRequest(function, arguments))
    }

    /// Endorses, orders and waits for the verdict, once.
    public func submit(_ request: ChaincodeRequest) async throws -> SubmittedTransaction {
        try await Submission(self, request, businessID: nil).run(SubmissionCourse(.none))
    }

    /// Has a deed done once: endorses it again after a conflict, under new transaction ids that follow from the business id.
    ///
    /// The same identity that asks for the same business id again, after an hour or after its process was killed, asks for the same transactions:
    /// what is in the ledger is found there and not done a second time. Choose one id for one deed with its arguments, such as an order's number.
    ///
    /// - Parameter businessID: Names the deed, for this chaincode on this channel; it does not appear in the ledger.
    public func submit(_ request: ChaincodeRequest, businessID: String, retry: RetryPolicy = RetryPolicy()) async throws -> SubmittedTransaction {
        try await Submission(self, request, businessID: businessID).run(SubmissionCourse(retry))
    }

    /// Drafts a proposal that is signed elsewhere.
    public func propose(_ request: ChaincodeRequest) -> OfflineProposal {
        self.propose(request, nonce: self.channel.settings.host.randomBytes(count: ProposalDraft.nonceBytes))
    }

    func propose(_ request: ChaincodeRequest, nonce: [UInt8]) -> OfflineProposal {
        let transient = request.transient.map { TransientEntry(name: $0.key, value: $0.value) }
        let draft = ProposalDraft(
            channel: self.channel.channel, call: ChaincodeCall(chaincode: self.name, arguments: request.arguments, isInit: request.isInit),
            transient: transient, creator: self.channel.identity.serialized, nonce: nonce, timestamp: self.channel.settings.host.now())
        return OfflineProposal(draft, channel: self.channel.channel, organizations: request.organizations)
    }

    func sign(_ proposal: OfflineProposal) throws(ClientFailure) -> OfflineProposal {
        let identity = self.channel.identity
        return try self.channel.sign(proposal.transactionID) { () throws(ClientIdentityError) in try proposal.signed(by: identity) }
    }
}

/// One deed on its way: does what its course decides.
struct Submission: Sendable {
    private let chaincode: ChaincodeClient
    private let request: ChaincodeRequest
    private let businessID: String?
    private let nonces: BusinessNonceFormat?

    init(_ chaincode: ChaincodeClient, _ request: ChaincodeRequest, businessID: String?) {
        self.chaincode = chaincode
        self.request = request
        self.businessID = businessID
        self.nonces = businessID == nil ? nil : chaincode.channel.identity.signer.flatMap { BusinessNonceFormat($0) }
    }

    func run(_ decide: some SubmissionDeciding) async throws -> SubmittedTransaction {
        let (channel, host) = (self.chaincode.channel, self.chaincode.channel.settings.host)
        var course = decide
        var (id, result, attempts): (String, [UInt8], Int) = ("", [], 0)
        var (transaction, trouble, failure): (OfflineTransaction?, String?, ClientFailure?)
        var event = SubmissionCourse.Event.begun
        while true {
            switch course.next(after: event, random: host.randomNumber()) {
            case .endorse(let attempt, let pause):
                if pause > 0 { try await host.pause(milliseconds: pause) }
                let proposal = try self.chaincode.sign(self.proposal(attempt))
                (id, result, attempts, transaction) = (proposal.transactionID, [], attempt, nil)
                do {
                    let endorsed = try await channel.endorse(proposal)
                    let identity = channel.identity
                    transaction = try channel.sign(id) { () throws(ClientIdentityError) in try endorsed.signed(by: identity) }
                    result = endorsed.result
                    event = .endorsed
                } catch let known as ClientFailure where self.nonces != nil && known.isKnownTransaction {
                    event = .known
                } catch let apart as ClientFailure where apart.kind == .disagreement {
                    (event, failure) = (.disagreed, apart)
                }
            case .send(let pause):
                if pause > 0 { try await host.pause(milliseconds: pause) }
                guard let transaction else { throw self.broken(id) }
                switch try await channel.route.submit(transaction.envelope, transaction: TransactionID(id), channel: channel.channel) {
                case .taken: event = .taken
                case .unclear(let reason): (event, trouble) = (.unclear, reason)
                }
            case .askForVerdict: event = .verdict(try await channel.outcome(of: id))
            case .giveUp: throw failure ?? self.broken(id)
            case .finish(let outcome):
                return SubmittedTransaction(id: id, outcome: outcome, result: result, attempts: attempts, trouble: trouble)
            }
        }
    }

    private func proposal(_ attempt: Int) -> OfflineProposal {
        guard let nonces, let businessID else { return self.chaincode.propose(self.request) }
        let nonce = nonces.nonce(
            channel: self.chaincode.channel.channel.utf8, chaincode: self.chaincode.name.utf8, businessID: businessID, attempt: attempt)
        return self.chaincode.propose(self.request, nonce: nonce)
    }

    /// A course that sends before anything is endorsed; ours does not.
    private func broken(_ id: String) -> ClientFailure {
        ClientFailure(.submit, .setup, peer: "the client", transaction: id, cause: "nothing was endorsed yet", nextStep: "report this")
    }
}
