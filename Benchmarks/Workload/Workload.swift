import ChannelConfiguration
import Endorsement
import Ledger
import LedgerModel
import SelvageClient

/// A chain of blocks, made once and then given to every peer that is measured.
struct Workload {
    static let transactionsPerBlock = 500
    /// Keys in the state; each block changes other ones.
    static let assetCount: UInt64 = 10_000
    /// Brings an envelope to about 4,000 bytes.
    private static let noteBytes = 190

    let network: BenchmarkNetwork
    /// The definition of the contract and the first content of the state: never measured.
    let setUp: [OrderedBlock]
    /// The first is for warming up.
    let blocks: [OrderedBlock]
    /// Signed proposals of the same kind that no block holds, and the state to run them on.
    let proposals: [SignedProposal]
    let peer: BenchmarkPeer
    let averageEnvelopeBytes: Int

    init(rounds: Int) async throws {
        var network = try BenchmarkNetwork()
        let peer = try BenchmarkPeer(genesis: network.genesis, isParallel: true)
        func block(of calls: [ChaincodeCall]) async throws -> OrderedBlock {
            let snapshot = peer.ledger.snapshot()
            var envelopes: [Envelope] = []
            for call in calls { envelopes.append(try network.endorsed(network.draft(call), on: snapshot)) }
            let block = try network.order(envelopes)
            try await peer.commit(block)
            return block
        }
        let definition = try BenchmarkNetwork.definition()
        let approvals = try network.order(try network.approvals(of: definition, on: peer.ledger.snapshot()))
        try await peer.commit(approvals)
        self.setUp = [approvals, try await block(of: [try definition.commit()]), try await block(of: [Self.fill])]
        var blocks: [OrderedBlock] = []
        for round in 0...rounds { blocks.append(try await block(of: Self.changes(round: round))) }
        self.blocks = blocks
        self.proposals = try Self.changes(round: rounds + 1).map { try network.draft($0).signed(by: network.client) }
        self.network = network
        self.peer = peer
        let sizes = blocks[0].envelopes.map(\.count)
        self.averageEnvelopeBytes = sizes.reduce(0, +) / sizes.count
    }

    /// The call that gives the state its first content.
    static var fill: ChaincodeCall {
        ChaincodeCall(chaincode: Namespace(AssetContract().name), arguments: [Array("fill".utf8), Array("\(self.assetCount)".utf8)])
    }

    /// What a round does: every transaction changes another asset.
    static func changes(round: Int, count: Int = Workload.transactionsPerBlock) -> [ChaincodeCall] {
        (0..<count).map { index in
            // A step that is coprime to the count scatters the keys over the whole state.
            let asset = UInt64(round * count + index) * 7_919 % self.assetCount
            let value = (0..<AssetContract.valueBytes).map { UInt8(truncatingIfNeeded: $0 + index + round) }
            return ChaincodeCall(
                chaincode: Namespace(AssetContract().name),
                arguments: [
                    Array("change".utf8), Array(AssetContract.key(asset).utf8), value, [UInt8](repeating: 0x6E, count: self.noteBytes),
                ])
        }
    }
}
