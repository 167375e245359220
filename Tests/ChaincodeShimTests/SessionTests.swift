import ChaincodeShim
import FabricMessages
import LedgerModel
import Testing

/// The handshake and the way of messages to transactions.
struct SessionTests {
    static let transaction = ShimTransactionID(channel: "trade", transaction: "a1b2")

    /// A session that has accepted a name.
    static func ready() -> ShimSession {
        var session = ShimSession()
        _ = session.receive(self.registration("goods:01"))
        _ = session.accept()
        return session
    }

    static func registration(_ name: String) -> ShimMessage {
        var id = Protos_ChaincodeID()
        id.name = name
        var message = ShimMessage()
        message.type = .register
        message.payload = id.encoded().data
        return message
    }

    static func message(_ type: ShimMessage.TypeEnum) -> ShimMessage {
        var message = ShimMessage()
        message.type = type
        return message
    }

    private static func isEnd(_ step: ShimSession.Step) -> Bool {
        if case .end = step { true } else { false }
    }

    @Test func `a chaincode that registers is told REGISTERED and READY, in this order and once`() throws {
        var session = ShimSession()
        #expect(session.receive(Self.registration("goods:01")) == .register("goods:01"))
        let welcome = session.accept()
        #expect(welcome.map(\.type) == [.registered, .ready])
        #expect(welcome[0].payload.isEmpty)
        let offers = try Protos_ChaincodeAdditionalParams.decode(welcome[1].payload, as: "offers")
        #expect(offers.useWriteBatch && offers.useGetMultipleKeys)
        #expect(offers.maxSizeWriteBatch == 1000 && offers.maxSizeGetMultipleKeys == 1000)
        #expect(session.accept().isEmpty)
    }

    @Test(arguments: ["", String(repeating: "n", count: 257)])
    func `a name that is empty or too long ends the stream`(name: String) {
        var session = ShimSession()
        #expect(Self.isEnd(session.receive(Self.registration(name))))
        #expect(session.accept().isEmpty)
    }

    @Test func `a registration that does not parse ends the stream`() {
        var session = ShimSession()
        var message = Self.message(.register)
        message.payload = [0xFF, 0xFF].data
        #expect(Self.isEnd(session.receive(message)))
    }

    @Test func `before the registration nothing else is taken, and after it no second one`() {
        for type in ShimMessage.TypeEnum.allCases where type != .register && type != .keepalive {
            var session = ShimSession()
            #expect(Self.isEnd(session.receive(Self.message(type))), "\(type)")
        }
        var session = Self.ready()
        guard case .end(let reason) = session.receive(Self.registration("goods:02")) else {
            Issue.record("a second registration was taken")
            return
        }
        #expect(reason.contains("Fabric side handler cannot handle message (REGISTER) while in ready state"))
    }

    @Test func `nothing is taken between the registration and its acceptance`() {
        var session = ShimSession()
        _ = session.receive(Self.registration("goods:01"))
        #expect(Self.isEnd(session.receive(Self.message(.getState))))
    }

    @Test func `keepalives are taken at any time and not answered`() {
        var session = ShimSession()
        #expect(session.receive(Self.message(.keepalive)) == .nothing)
        session = Self.ready()
        #expect(session.receive(Self.message(.keepalive)) == .nothing)
    }

    @Test func `a transaction begins only after the handshake`() {
        var session = ShimSession()
        #expect(throws: ShimSession.Refusal.notReady) { try session.begin(Self.transaction) }
        _ = session.receive(Self.registration("goods:01"))
        #expect(throws: ShimSession.Refusal.notReady) { try session.begin(Self.transaction) }
    }

    @Test func `types that a peer sends end the stream when a chaincode sends them`() throws {
        for type in [ShimMessage.TypeEnum.registered, .ready, .transaction, .init_, .response, .undefined, .UNRECOGNIZED(99)] {
            var session = Self.ready()
            try session.begin(Self.transaction)
            #expect(Self.isEnd(session.receive(Self.transaction.message(type))), "\(type)")
        }
    }

    @Test func `a request of an unknown transaction is answered with an error in Fabric's words`() {
        var session = Self.ready()
        #expect(
            session.receive(Self.transaction.message(.getState))
                == .reply(Self.transaction.message(.error, Array("GET_STATE failed: transaction ID: a1b2: no ledger context".utf8))))
        #expect(
            session.receive(Self.transaction.message(.invokeChaincode))
                == .reply(
                    Self.transaction.message(.error, Array("INVOKE_CHAINCODE failed: transaction ID: a1b2: could not get valid transaction".utf8))))
    }

    @Test func `the end of an unknown transaction is ignored`() {
        var session = Self.ready()
        #expect(session.receive(Self.transaction.message(.completed)) == .nothing)
        #expect(session.receive(Self.transaction.message(.error)) == .nothing)
    }

    @Test func `the same id on another channel is another transaction`() throws {
        var session = Self.ready()
        try session.begin(Self.transaction)
        let other = ShimTransactionID(channel: "other", transaction: "a1b2")
        guard case .reply(let answer) = session.receive(other.message(.getState)) else {
            Issue.record("a request of another channel was delivered")
            return
        }
        #expect(answer.type == .error && answer.channelID == "other")
        try session.begin(other)
        #expect(session.receive(other.message(.getState)) == .deliver(other, other.message(.getState)))
        #expect(session.receive(Self.transaction.message(.delState)) == .deliver(Self.transaction, Self.transaction.message(.delState)))
    }

    @Test func `a second request before the answer to the first is dropped, and the end is not`() throws {
        var session = Self.ready()
        try session.begin(Self.transaction)
        #expect(session.receive(Self.transaction.message(.getState)) == .deliver(Self.transaction, Self.transaction.message(.getState)))
        #expect(session.receive(Self.transaction.message(.putState)) == .nothing)
        #expect(session.receive(Self.transaction.message(.completed)) == .deliver(Self.transaction, Self.transaction.message(.completed)))
        session.answered(Self.transaction)
        #expect(session.receive(Self.transaction.message(.putState)) == .deliver(Self.transaction, Self.transaction.message(.putState)))
    }

    @Test func `one transaction cannot run twice on one stream, and can again when it is over`() throws {
        var session = Self.ready()
        try session.begin(Self.transaction)
        #expect(throws: ShimSession.Refusal.alreadyOpen(Self.transaction)) { try session.begin(Self.transaction) }
        #expect(ShimSession.Refusal.alreadyOpen(Self.transaction).description == "txid: a1b2(trade) exists")
        session.end(Self.transaction)
        try session.begin(Self.transaction)
    }

    @Test func `more transactions than the limit are refused`() throws {
        var session = Self.ready()
        for number in 0..<ShimLimits.transactions { try session.begin(ShimTransactionID(channel: "trade", transaction: TransactionID("\(number)"))) }
        #expect(throws: ShimSession.Refusal.tooMany(limit: ShimLimits.transactions)) { try session.begin(Self.transaction) }
        session.end(ShimTransactionID(channel: "trade", transaction: "7"))
        try session.begin(Self.transaction)
    }
}
