import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import Synchronization
import TestSupport

/// A client and three peers of two organisations.
struct ClientFixture: Sendable {
    static let now = Timestamp(seconds: 1_750_000_000, nanoseconds: 5)
    static let shared = Result { try ClientFixture(seed: 0xC11E) }

    let client: SigningIdentity
    let peers: [SigningIdentity]

    init(seed: UInt64) throws {
        var random = SeededRandomSource(exactSeed: seed)
        var first = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "Org1MSP", domain: "org1.test", kind: .peer), random: &random,
            validity: .decade(from: Self.now))
        var second = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "Org2MSP", domain: "org2.test", kind: .peer), random: &random,
            validity: .decade(from: Self.now))
        self.client = try first.issue(commonName: "User1@org1.test", role: .client, random: &random)
        self.peers = [
            try first.issue(commonName: "peer0.org1.test", role: .peer, random: &random),
            try second.issue(commonName: "peer0.org2.test", role: .peer, random: &random),
            try second.issue(commonName: "peer1.org2.test", role: .peer, random: &random),
        ]
    }

    func gateway(orderer: any OrdererConnection, environment: any ClientEnvironment = CountingEnvironment()) -> Gateway {
        Gateway(identity: self.client, channel: "care", orderer: orderer, environment: environment)
    }

    func draft(_ call: ChaincodeCall = ChaincodeCall(chaincode: "diary", arguments: [[1], [2]]), transient: [TransientEntry] = []) -> ProposalDraft {
        ProposalDraft(
            channel: "care", call: call, transient: transient, creator: self.client.serialized, nonce: Array(1...24), timestamp: Self.now)
    }
}

/// The outcome that a fake peer endorses.
struct Simulated: Sendable {
    var hash = [UInt8](repeating: 7, count: 32)
    var set = ReadWriteSet(namespaces: [
        NamespaceReadWriteSet(
            namespace: "diary", reads: [KeyRead(key: "color", version: StateVersion(block: 3, transaction: 1))],
            writes: [KeyWrite(key: "color", isDelete: false, value: Array("blue".utf8))])
    ])
    /// Instead of the set.
    var resultBytes: [UInt8]?
    var event: [UInt8] = []
    var response = ChaincodeResponse(status: 200, payload: Array("done".utf8))
    var chaincode: Namespace? = "diary"
    var version = "1.0"

    /// The bytes that endorsers sign.
    var payload: [UInt8] {
        let action = ChaincodeAction(
            results: self.resultBytes ?? self.set.serialized(), events: self.event, response: self.response, chaincode: self.chaincode,
            chaincodeVersion: self.version)
        return ProposalResponsePayload(proposalHash: self.hash, actionBytes: action.serialized()).serialized()
    }

    func endorsed(by peer: SigningIdentity) throws -> ProposalResponse {
        let payload = self.payload
        return ProposalResponse(
            response: self.response, payload: payload,
            endorsement: Endorsement(endorser: peer.serialized, signature: try peer.sign(payload + peer.serialized)))
    }
}

/// A clock that stands still and nonces that count.
final class CountingEnvironment: ClientEnvironment {
    private let count = Mutex<UInt8>(0)

    func randomBytes(count: Int) -> [UInt8] {
        let next = self.count.withLock { value in
            value += 1
            return value
        }
        return [UInt8](repeating: next, count: count)
    }

    func now() -> Timestamp { ClientFixture.now }
}

/// What a fake connection throws.
struct FakeFailure: Error, CustomStringConvertible {
    let description: String
}

/// A peer that answers as told and remembers what it was asked.
final class FakePeer: PeerConnection {
    let name: String
    let mspID: MSPID
    private let answer: @Sendable (SignedProposal) throws -> ProposalResponse
    private let status: @Sendable (TransactionID) throws -> CommitStatus
    private let log = Mutex<(proposals: [SignedProposal], waits: [TransactionID])>(([], []))

    init(
        _ identity: SigningIdentity,
        status: @escaping @Sendable (TransactionID) throws -> CommitStatus = { .init(transaction: $0, code: .valid, block: 4) },
        answer: @escaping @Sendable (SignedProposal) throws -> ProposalResponse
    ) {
        self.name = identity.certificate.subjectCommonName ?? ""
        self.mspID = identity.mspID
        self.answer = answer
        self.status = status
    }

    var proposals: [SignedProposal] { self.log.withLock { $0.proposals } }
    var waits: [TransactionID] { self.log.withLock { $0.waits } }

    func process(_ proposal: SignedProposal) async throws -> ProposalResponse {
        self.log.withLock { $0.proposals.append(proposal) }
        return try self.answer(proposal)
    }

    func commitStatus(of transaction: TransactionID) async throws -> CommitStatus {
        self.log.withLock { $0.waits.append(transaction) }
        return try self.status(transaction)
    }
}

/// An ordering service that answers as told and remembers what it was sent.
final class FakeOrderer: OrdererConnection {
    private let reply: BroadcastReply
    private let log = Mutex<[Envelope]>([])

    init(_ reply: BroadcastReply = BroadcastReply(status: 200)) {
        self.reply = reply
    }

    var envelopes: [Envelope] { self.log.withLock { $0 } }

    func broadcast(_ envelope: Envelope) async throws -> BroadcastReply {
        self.log.withLock { $0.append(envelope) }
        return self.reply
    }
}
