import ContractVM
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// The parts of a proposal, each of which a test may spoil, put together by the formulas of interop 4.1 to 4.3 alone.
struct ProposalParts {
    var type: Int32 = 3
    var timestamp: Timestamp? = TestNetwork.now
    var channel = TestNetwork.channel
    var epoch: UInt64 = 0
    /// Nil: the right one.
    var transactionID: TransactionID?
    /// Nil: the identity that signs.
    var creator: [UInt8]?
    var nonce: [UInt8] = Array(1...24)
    /// In the header's extension.
    var target: Namespace = "diary"
    /// In the payload; nil: the same.
    var callee: Namespace?
    var arguments: [[UInt8]]
    var transient: [TransientEntry] = []
    var isInit = false

    init(_ arguments: String...) {
        self.arguments = arguments.map { Array($0.utf8) }
    }

    func creator(_ identity: SigningIdentity) -> [UInt8] { self.creator ?? identity.serialized }

    func channelHeader(_ identity: SigningIdentity) -> [UInt8] {
        var target = Protos_ChaincodeHeaderExtension()
        target.chaincodeID.name = self.target.text
        let correct = TransactionID(Base16.encode(SHA256.hash(self.nonce + self.creator(identity))))
        var header = ChannelHeader(
            kind: .endorserTransaction, timestamp: self.timestamp, channelID: self.channel, transactionID: self.transactionID ?? correct,
            extensionBytes: target.encoded(), epoch: self.epoch)
        header.type = self.type
        return header.serialized()
    }

    func signatureHeader(_ identity: SigningIdentity) -> [UInt8] {
        SignatureHeader(creator: self.creator(identity), nonce: self.nonce).serialized()
    }

    var payload: ProposalPayload {
        ProposalPayload(chaincode: self.callee ?? self.target, arguments: self.arguments, isInit: self.isInit, transient: self.transient)
    }

    func proposal(_ identity: SigningIdentity) -> Proposal {
        Proposal(
            channelHeaderBytes: self.channelHeader(identity), signatureHeaderBytes: self.signatureHeader(identity),
            payloadBytes: self.payload.serialized())
    }

    func signed(by identity: SigningIdentity) throws -> SignedProposal {
        try Self.sign(self.proposal(identity).serialized(), by: identity)
    }

    static func sign(_ bytes: [UInt8], by identity: SigningIdentity) throws -> SignedProposal {
        SignedProposal(proposalBytes: bytes, signature: try identity.sign(bytes))
    }
}
