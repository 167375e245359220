/// What a contract answers: a status, a text and a payload.
public struct Response: Equatable, Sendable {
    /// 200 for success; 400 and above means that the transaction is refused and writes nothing.
    public var status: Int32
    /// Empty on success, otherwise the reason.
    public var message: String
    /// The result's bytes; their meaning belongs to the contract.
    public var payload: [UInt8]

    /// The status of every success.
    public static let success: Int32 = 200
    /// The lowest status that refuses a transaction.
    public static let firstRefusal: Int32 = 400

    /// Makes a response from its parts.
    public init(status: Int32 = Response.success, message: String = "", payload: [UInt8] = []) {
        self.status = status
        self.message = message
        self.payload = payload
    }

    /// The response that a thrown error becomes: its status, the text `code: message`, no payload.
    public init(_ error: ContractError) {
        self.init(status: error.status, message: error.description)
    }

    /// Whether the transaction may be endorsed, ordered and committed.
    public var isSuccess: Bool { status < Response.firstRefusal }
}
