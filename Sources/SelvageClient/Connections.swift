import LedgerModel

/// A way to one peer.
package protocol PeerConnection: Sendable {
    /// The peer's name, for people.
    var name: String { get }
    /// The organisation whose identity the peer endorses with.
    var mspID: MSPID { get }

    /// Sends a proposal and returns the peer's answer, endorsed or not.
    ///
    /// - Throws: The peer's refusal when it did not even simulate, or the transport's error.
    func process(_ proposal: SignedProposal) async throws -> ProposalResponse

    /// How long it may take to answer, in seconds, which it sees to itself; nil where whoever asks has to.
    var answerSeconds: Int64? { get }

    /// Waits until the peer has committed the block that holds a transaction, and returns the verdict.
    func commitStatus(of transaction: TransactionID) async throws -> CommitStatus
}

/// A way to the ordering service.
package protocol OrdererConnection: Sendable {
    /// Sends one envelope and returns the service's answer; success means queued, not yet in a block.
    func broadcast(_ envelope: Envelope) async throws -> BroadcastReply

    /// How long it may take to answer, in seconds, which it sees to itself; nil where whoever asks has to.
    var answerSeconds: Int64? { get }
}

extension PeerConnection {
    package var answerSeconds: Int64? { nil }
}

extension OrdererConnection {
    package var answerSeconds: Int64? { nil }
}

/// The ordering service's answer to one envelope.
package struct BroadcastReply: Hashable, Sendable {
    /// A `common.Status` number; 200 is success.
    package let status: Int32
    /// The reason of a refusal.
    package let info: String
    /// A committee member's signed promise to have the envelope ordered, as its bytes; empty where none is given.
    package let receipt: [UInt8]

    package init(status: Int32, info: String = "", receipt: [UInt8] = []) {
        self.status = status
        self.info = info
        self.receipt = receipt
    }

    package var isSuccess: Bool { self.status == 200 }
}

/// What became of a transaction.
package struct CommitStatus: Hashable, Sendable {
    package let transaction: TransactionID
    package let code: ValidationCode
    /// The block that holds the transaction, valid or not.
    package let block: BlockNumber
    /// Why it is not valid, in the peer's words, if the peer still knows them.
    package let reason: String?

    package init(transaction: TransactionID, code: ValidationCode, block: BlockNumber, reason: String? = nil) {
        self.transaction = transaction
        self.code = code
        self.block = block
        self.reason = reason
    }

    package var isValid: Bool { self.code == .valid }
}
