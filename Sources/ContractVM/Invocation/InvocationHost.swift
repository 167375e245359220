import Chaincode
import CryptoPrimitives
import LedgerModel

/// The host of one contract inside one transaction: checks limits, then passes on to the simulator under the contract's namespace.
final class InvocationHost: ContractHost {
    private struct OpenRange {
        let cursor: RangeCursor
        /// The result beyond the last batch, already recorded.
        var lookAhead: StateEntry?
    }

    let session: InvocationSession
    let namespace: Namespace
    let arguments: [[UInt8]]
    /// Whether the contract belongs to the node itself.
    let isSystem: Bool
    let isInit: Bool
    /// The last event that the contract set.
    private(set) var event: ChaincodeEvent?
    private var openRanges: [UInt32: OpenRange] = [:]
    private var lastIterator: UInt32 = 0

    init(session: InvocationSession, chaincode: Namespace, arguments: [[UInt8]], isSystem: Bool, isInit: Bool) {
        self.session = session
        self.isInit = isInit
        self.isSystem = isSystem
        namespace = chaincode
        self.arguments = arguments
    }

    var transactionID: String { session.invocation.transaction.text }
    var channelID: String { session.invocation.channel.text }
    var chaincodeName: String { namespace.text }
    var caller: Caller { session.invocation.caller }
    var timestamp: TransactionTime { TransactionTime(session.invocation.timestamp) }

    func transient(_ name: String) throws(ContractError) -> [UInt8]? {
        try session.meter.checkTime()
        session.note(.transient)
        return session.invocation.transient.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    // MARK: State

    func getState(_ key: String) throws(ContractError) -> [UInt8]? {
        try beginRead(key)
        do throws(SimulationError) {
            return try session.simulator.value(of: StateKey(key), in: namespace)?.value
        } catch {
            throw contractError(error)
        }
    }

    func putState(_ key: String, _ value: [UInt8]) throws(ContractError) {
        try beginWrite(key, value)
        do throws(SimulationError) {
            try session.simulator.put(value, at: StateKey(key), in: namespace)
        } catch {
            throw contractError(error)
        }
    }

    func deleteState(_ key: String) throws(ContractError) {
        try putState(key, [])
    }

    func validationParameter(of key: String) throws(ContractError) -> [UInt8]? {
        try beginRead(key)
        do throws(SimulationError) {
            let entries = try session.simulator.metadata(of: StateKey(key), in: namespace)
            let name = MetadataEntry.validationParameter
            guard let policy = entries.first(where: { $0.name.utf8.elementsEqual(name.utf8) })?.value, !policy.isEmpty else { return nil }
            return policy
        } catch {
            throw contractError(error)
        }
    }

    func setValidationParameter(of key: String, _ policy: [UInt8]) throws(ContractError) {
        try beginWrite(key, policy)
        do throws(SimulationError) {
            let entry = MetadataEntry(name: MetadataEntry.validationParameter, value: policy)
            try session.simulator.setMetadata([entry], of: StateKey(key), in: namespace)
        } catch {
            throw contractError(error)
        }
    }

    // MARK: Queries

    func openRange(from start: String, to end: String) throws(ContractError) -> RangeBatch {
        try beginRange(start, end)
        let cursor: RangeCursor
        do throws(SimulationError) {
            cursor = try session.simulator.openRange(from: StateKey(start), to: StateKey(end), in: namespace)
        } catch {
            throw contractError(error)
        }
        lastIterator &+= 1
        return try batch(lastIterator, OpenRange(cursor: cursor))
    }

    func nextBatch(of iterator: UInt32) throws(ContractError) -> RangeBatch {
        try session.meter.checkTime()
        guard let range = openRanges[iterator] else {
            throw .failure("unknown-iterator", "the range query is closed or was never opened; open it again")
        }
        return try batch(iterator, range)
    }

    func closeRange(_ iterator: UInt32) throws(ContractError) {
        try session.meter.checkTime()
        openRanges[iterator] = nil
    }

    func statePage(from start: String, to end: String, pageSize: Int32, bookmark: String) throws(ContractError) -> StatePage {
        let first = bookmark.utf8.isEmpty ? start : bookmark
        try beginRange(first, end)
        let cursor: RangeCursor
        do throws(SimulationError) {
            cursor = try session.simulator.openPage(from: StateKey(first), to: StateKey(end), in: namespace)
        } catch {
            throw contractError(error)
        }
        var entries: [StateEntry] = []
        while entries.count < pageSize {
            guard let entry = try next(cursor) else { return StatePage(entries: entries, bookmark: "") }
            entries.append(entry)
        }
        do throws(StateReadError) {
            return StatePage(entries: entries, bookmark: try cursor.followingKey()?.text ?? "")
        } catch {
            throw contractError(.state(error))
        }
    }

    /// Fills a batch as Fabric's peers do: one result more is read, recorded and kept for the next batch.
    private func batch(_ iterator: UInt32, _ range: OpenRange) throws(ContractError) -> RangeBatch {
        var entries: [StateEntry] = []
        if let lookAhead = range.lookAhead { entries.append(lookAhead) }
        openRanges[iterator] = nil
        while let entry = try next(range.cursor) {
            if entries.count == InvocationLimits.rangeBatch {
                openRanges[iterator] = OpenRange(cursor: range.cursor, lookAhead: entry)
                return RangeBatch(entries: entries, iterator: iterator)
            }
            entries.append(entry)
        }
        return RangeBatch(entries: entries, iterator: nil)
    }

    private func next(_ cursor: RangeCursor) throws(ContractError) -> StateEntry? {
        let result: (key: StateKey, value: VersionedValue)?
        do throws(StateReadError) {
            result = try cursor.next()
        } catch {
            throw contractError(.state(error))
        }
        guard let result else { return nil }
        try session.meter.charge(.rangeResults)
        return StateEntry(key: result.key.text, value: result.value.value)
    }

    // MARK: Events, other contracts, functions

    func setEvent(_ name: String, _ payload: [UInt8]) throws(ContractError) {
        try session.meter.checkTime()
        try session.meter.check(.eventBytes, name.utf8.count + payload.count)
        event = ChaincodeEvent(chaincode: namespace, transactionID: session.invocation.transaction, name: name, payload: payload)
    }

    func invoke(chaincode: String, arguments: [[UInt8]], channel: String) throws(ContractError) -> Response {
        try session.meter.checkTime()
        try session.meter.charge(.calls)
        guard channel.utf8.isEmpty || ChannelID(channel) == session.invocation.channel else {
            throw .failure(
                "call-refused", "calls to contracts of another channel are not supported; let the client call that channel and pass the result on")
        }
        let name = Namespace(chaincode)
        if let rejection = session.rejection(ofCallTo: name) { return rejection }
        if let reason = session.reasonAgainstCall(to: name) { throw .failure("call-refused", reason) }
        try session.meter.check(.callDepth, session.depth + 1)
        do throws(InvocationError) {
            return try session.enter(name, arguments: arguments, isInit: false, isFirst: false).response
        } catch {
            if case .state = error { session.fail(error) }
            throw .failure("call-refused", error.description)
        }
    }

    func sha256(_ bytes: [UInt8]) throws(ContractError) -> [UInt8] {
        try session.meter.checkTime()
        return SHA256.hash(bytes)
    }

    func isValidSignature(_ signature: [UInt8], message: [UInt8], publicKey: [UInt8]) throws(ContractError) -> Bool {
        try session.meter.checkTime()
        do throws(CryptoError) {
            return try PublicKey(x963: publicKey).isValid(signature: signature, for: message)
        } catch {
            // A malformed key verifies nothing.
            return false
        }
    }

    // MARK: Limits and errors

    func beginRead(_ key: String) throws(ContractError) {
        try session.meter.checkTime()
        try session.meter.check(.keyBytes, key.utf8.count)
        try session.meter.charge(.reads)
    }

    func beginWrite(_ key: String, _ value: [UInt8]) throws(ContractError) {
        try session.meter.checkTime()
        try session.meter.check(.keyBytes, key.utf8.count)
        try session.meter.check(.valueBytes, value.count)
        try session.meter.charge(.writes)
        try session.meter.charge(.writtenBytes, value.count)
    }

    func beginRange(_ start: String, _ end: String) throws(ContractError) {
        try session.meter.checkTime()
        try session.meter.check(.keyBytes, max(start.utf8.count, end.utf8.count))
        try session.meter.charge(.rangeQueries)
    }

    /// The code of what came before the snapshot with which the node joined.
    static var notHere: String { "not-here" }

    /// What the contract sees of an error; a failure of the state also ends the transaction.
    func contractError(_ error: SimulationError) -> ContractError {
        if case .state(let reason) = error {
            // Nothing is wrong with the node: it has joined with a snapshot and lacks what came before.
            if reason.firstBlock != nil { return .failure(Self.notHere, reason.reason) }
            session.fail(.state(reason))
            return .failure("state-unavailable", "the node cannot read its state; its operator has to repair it")
        }
        if case .privateValueMissing = error {
            session.note(.privateData)
            return .failure("private-data-missing", error.description)
        }
        return .failure("read-only", error.description)
    }
}

extension TransactionTime {
    init(_ timestamp: Timestamp) {
        self.init(seconds: timestamp.seconds, nanoseconds: timestamp.nanoseconds)
    }
}
