import Chaincode
import CryptoPrimitives
import LedgerModel
import Node
import SelvageClient
import SystemContracts

/// The main job, told while it runs: each stage does its work with the real parts and tells what came out.
final class Story {
    let network: Network
    let narrator: Narrator
    let records: [MedicalRecord]
    /// Where the run keeps its files.
    let directory: String
    let progress: (String) -> Void
    var institutions: [Subject] = []
    var doctors: [Subject] = []
    var patients: [Subject] = []
    var consignments: [Consignment] = []

    init(network: Network, narrator: Narrator, records: [MedicalRecord], directory: String, progress: @escaping (String) -> Void) {
        self.network = network
        self.narrator = narrator
        self.records = records
        self.directory = directory
        self.progress = progress
    }

    /// The two peers that endorse what this story submits: those of the hospitals.
    var endorsers: [PeerNode] { Array(self.network.peers.prefix(2)) }

    /// Seconds since 1970.
    var seconds: Int64 { self.network.environment.now().seconds }

    func randomID() -> String { Base16.encode(self.network.environment.randomBytes(count: 16)) }

    static func call(_ contract: String, _ arguments: String...) -> ChaincodeCall {
        ChaincodeCall(chaincode: Namespace(contract), arguments: arguments.map { Array($0.utf8) })
    }

    /// Submits a call, endorsed by both hospitals, and waits for every peer.
    @discardableResult
    func submit(_ call: ChaincodeCall, transient: [TransientEntry] = [], as subject: Gateway) async throws -> (
        status: CommitStatus, result: [UInt8]
    ) {
        let submitted = try await subject.submit(call, transient: transient, endorsedBy: self.endorsers)
        try await self.waitForEverybody(submitted.status.transaction)
        return submitted
    }

    /// Waits until every peer has committed a transaction: what comes next may ask any of them.
    func waitForEverybody(_ transaction: TransactionID) async throws {
        let peers = self.network.allPeers
        try await self.network.wait("all peers have transaction \(transaction.text.prefix(8))…") {
            for peer in peers { _ = try await peer.commitStatus(of: transaction) }
        }
    }

    /// Evaluates a call and reads its JSON answer.
    func ask(_ call: ChaincodeCall, as subject: Gateway) async throws -> JSONValue {
        try JSONValue(parsing: try await subject.evaluate(call, on: self.endorsers[0]))
    }
}
