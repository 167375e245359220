/// What a running transaction can see and do; it lives for one call.
///
/// Reads show the state as it was committed before this transaction: a transaction never sees its own writes. Writes take effect when the transaction
/// commits, which fails if another transaction has changed in the meantime what this one read. Every function that reaches the host may throw
/// `limit-exceeded` (500) and, if the node's storage fails, `state-unavailable` (500).
public struct Context {
    /// The node's side, for libraries that need more than this type offers.
    public let host: any ContractHost
    /// Whether writes are refused, as in transactions declared with `.evaluate`.
    public let isReadOnly: Bool

    /// Wraps a host.
    public init(host: any ContractHost, isReadOnly: Bool = false) {
        self.host = host
        self.isReadOnly = isReadOnly
    }

    /// The transaction's id, 64 hexadecimal digits; unique on the channel.
    public var transactionID: String { host.transactionID }
    /// The channel's id.
    public var channelID: String { host.channelID }
    /// The name of this contract on the channel.
    public var chaincodeName: String { host.chaincodeName }
    /// The time that the client put into the proposal; endorsers accept 15 minutes of difference from their clocks.
    public var timestamp: TransactionTime { host.timestamp }
    /// Who signed the proposal.
    public var caller: Caller { host.caller }

    /// The name of the called function as sent; empty without arguments or when it is not text.
    public var functionName: String {
        host.arguments.first.flatMap { String(validating: $0, as: UTF8.self) } ?? ""
    }

    /// The arguments after the function's name, as sent.
    public var arguments: [[UInt8]] { Array(host.arguments.dropFirst()) }

    /// Confidential input that reaches the endorsers only and never the ledger, or nil if the caller sent none under this name.
    ///
    /// A transaction that uses it cannot be re-executed by an auditor.
    public func transient(_ name: String) throws(ContractError) -> [UInt8]? {
        try host.transient(name)
    }
}

// MARK: - State

extension Context {
    /// The committed value of a key, or nil if there is none.
    public func getState(_ key: String) throws(ContractError) -> [UInt8]? {
        try host.getState(key)
    }

    /// The committed value of a key; throws `not-found` (404) naming `item` when there is none.
    public func getState(_ key: String, orNotFound item: String) throws(ContractError) -> [UInt8] {
        guard let value = try host.getState(key) else { throw .notFound("not-found", item + " does not exist") }
        return value
    }

    /// Sets a key; an empty value deletes it. Throws `invalid-key` (400) for the empty key, `read-only` (400) in an evaluate transaction.
    public func putState(_ key: String, _ value: [UInt8]) throws(ContractError) {
        try checkWrite(key)
        try host.putState(key, value)
    }

    /// Removes a key, which need not exist. Throws as `putState` does.
    public func deleteState(_ key: String) throws(ContractError) {
        try checkWrite(key)
        try host.deleteState(key)
    }

    /// The committed value of a key as text, or nil; throws `not-text` (500) when it is not UTF-8.
    public func getString(_ key: String) throws(ContractError) -> String? {
        guard let bytes = try host.getState(key) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .failure("not-text", "the value of the key is not UTF-8; read it with getState")
        }
        return text
    }

    /// Sets a key to a text; the empty text deletes it.
    public func putString(_ key: String, _ value: String) throws(ContractError) {
        try putState(key, Array(value.utf8))
    }

    /// The committed value of a key as JSON, or nil; throws `not-json` (500) with the place when it is none.
    public func getJSON(_ key: String) throws(ContractError) -> JSONValue? {
        guard let bytes = try host.getState(key) else { return nil }
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .failure("not-json", "the value of the key is not the JSON this contract writes: " + error.description)
        }
    }

    /// Sets a key to a JSON document in its canonical encoding.
    public func putJSON(_ key: String, _ value: JSONValue) throws(ContractError) {
        try putState(key, value.encoded())
    }

    /// The key of a thing that is named by several parts; throws `invalid-key` (400) when a part holds U+0000 or U+10FFFF.
    public func compositeKey(_ objectType: String, _ attributes: String...) throws(ContractError) -> String {
        try CompositeKey(objectType, attributes).text
    }

    /// The parts of a composite key; throws `invalid-key` (400) when it is none.
    public func splitCompositeKey(_ key: String) throws(ContractError) -> CompositeKey {
        try CompositeKey(parsing: key)
    }

    /// The endorsement policy of a key (a serialised `common.SignaturePolicyEnvelope`), or nil when the contract's own policy holds for it.
    public func validationParameter(of key: String) throws(ContractError) -> [UInt8]? {
        try host.validationParameter(of: key)
    }

    /// Lets a policy of its own decide who must endorse later changes of this key; empty bytes remove the policy.
    public func setValidationParameter(of key: String, _ policy: [UInt8]) throws(ContractError) {
        try checkWrite(key)
        try host.setValidationParameter(of: key, policy)
    }

    private func checkWrite(_ key: String) throws(ContractError) {
        guard !isReadOnly else {
            throw .refused("read-only", "the transaction " + functionName + " is declared as evaluate and may not write; declare it with .submit")
        }
        guard !key.utf8.isEmpty else { throw .refused("invalid-key", "the empty key cannot be written") }
    }
}

// MARK: - Events, other contracts, functions of the host

extension Context {
    /// Attaches the one event that listeners see when this transaction commits; a second call replaces the first.
    ///
    /// Events of contracts called by this one are dropped. Throws `invalid-event` (400) for an empty name.
    public func setEvent(_ name: String, _ payload: [UInt8] = []) throws(ContractError) {
        guard !name.utf8.isEmpty else { throw .refused("invalid-event", "an event needs a name") }
        try host.setEvent(name, payload)
    }

    /// Calls another contract of this channel in the same transaction: what it reads and writes becomes part of it, in its own namespace.
    ///
    /// The response may be a refusal: check `isSuccess`. Throws `call-refused` (500) when the contract is unknown, is already running in this transaction, or
    /// lives on another channel.
    public func invoke(_ chaincode: String, _ arguments: [[UInt8]], channel: String = "") throws(ContractError) -> Response {
        try host.invoke(chaincode: chaincode, arguments: arguments, channel: channel)
    }

    /// Past writes of a key by valid transactions, newest first; for a key that changes often read pages with `historyPage`.
    ///
    /// The history is not protected against changes before the commit, and an auditor cannot re-execute a transaction that uses it. Throws
    /// `history-unavailable` (500) on a node without a history index.
    public func history(of key: String) throws(ContractError) -> [HistoryEntry] {
        try host.history(of: key)
    }

    /// SHA-256 of the bytes, 32 bytes.
    public func sha256(_ bytes: [UInt8]) throws(ContractError) -> [UInt8] {
        try host.sha256(bytes)
    }

    /// Whether a P-256 ECDSA signature (DER, low s, over SHA-256 of the message) is valid under a public key in X9.63 form (65 bytes).
    ///
    /// False for anything malformed.
    public func isValidSignature(_ signature: [UInt8], message: [UInt8], publicKey: [UInt8]) throws(ContractError) -> Bool {
        try host.isValidSignature(signature, message: message, publicKey: publicKey)
    }
}
