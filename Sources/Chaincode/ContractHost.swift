/// What a node offers to a running contract; authors use `Context`, which wraps it.
///
/// One host serves one call of one contract. Every function may throw `limit-exceeded` (status 500), after which the transaction fails even if the
/// contract catches the error. All results are the same on every node with the same state.
public protocol ContractHost: AnyObject {
    /// The transaction's id, 64 hexadecimal digits.
    var transactionID: String { get }
    /// The channel's id.
    var channelID: String { get }
    /// The name under which this contract is defined; the namespace of its state.
    var chaincodeName: String { get }
    /// The time from the proposal; the client chose it.
    var timestamp: TransactionTime { get }
    /// All arguments; the first is the function's name.
    var arguments: [[UInt8]] { get }
    /// Who signed the proposal.
    var caller: Caller { get }

    /// Confidential input of this call that never reaches the ledger, or nil.
    func transient(_ name: String) throws(ContractError) -> [UInt8]?
    /// The committed value of a key, or nil.
    func getState(_ key: String) throws(ContractError) -> [UInt8]?
    /// Sets a key when the transaction commits; an empty value deletes.
    func putState(_ key: String, _ value: [UInt8]) throws(ContractError)
    /// Removes a key when the transaction commits.
    func deleteState(_ key: String) throws(ContractError)
    /// Opens a query of the committed keys from `start` (inclusive) to `end` (exclusive; empty = to the end of the namespace).
    func openRange(from start: String, to end: String) throws(ContractError) -> RangeBatch
    /// The next batch of an open query.
    func nextBatch(of iterator: UInt32) throws(ContractError) -> RangeBatch
    /// Ends a query early; an unknown iterator is ignored.
    func closeRange(_ iterator: UInt32) throws(ContractError)
    /// One page of a query; such a transaction may not write.
    func statePage(from start: String, to end: String, pageSize: Int32, bookmark: String) throws(ContractError) -> StatePage
    /// Past writes of a key, newest first.
    func history(of key: String) throws(ContractError) -> [HistoryEntry]
    /// One page of the past writes of a key, newest first.
    func historyPage(of key: String, pageSize: Int32, bookmark: String) throws(ContractError) -> KeyHistoryPage
    /// The one event of this transaction; a second call replaces the first.
    func setEvent(_ name: String, _ payload: [UInt8]) throws(ContractError)
    /// Calls another contract inside this transaction; an empty channel means this one.
    func invoke(chaincode: String, arguments: [[UInt8]], channel: String) throws(ContractError) -> Response
    /// The endorsement policy of a key (a serialised `common.SignaturePolicyEnvelope`), or nil.
    func validationParameter(of key: String) throws(ContractError) -> [UInt8]?
    /// Sets the endorsement policy of a key; empty bytes remove it.
    func setValidationParameter(of key: String, _ policy: [UInt8]) throws(ContractError)
    /// SHA-256, 32 bytes.
    func sha256(_ bytes: [UInt8]) throws(ContractError) -> [UInt8]
    /// Whether a P-256 ECDSA signature (DER, low s, over SHA-256 of the message) is valid under a public key in X9.63 form (65 bytes).
    func isValidSignature(_ signature: [UInt8], message: [UInt8], publicKey: [UInt8]) throws(ContractError) -> Bool
}
