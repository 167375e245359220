import Endorsement
import LedgerModel

/// One endorser's work on a proposal with one get and one put of 100 bytes, beside one signature checked and one made.
struct EndorsementCase {
    private static let referenceCount = 500

    let workload: Workload
    let rounds: Int

    func run() async throws -> CaseReport {
        let reference = try SignatureReference()
        let endorser = self.workload.network.endorsers[0]
        let snapshot = self.workload.peer.ledger.snapshot()
        let proposals = self.workload.proposals
        var cost = Samples()
        var signature = Samples()
        for round in 0...self.rounds {
            let before = try reference.swiftCryptoVerification(count: Self.referenceCount) + reference.signing(count: Self.referenceCount)
            var endorsed = 0
            let time = try CPUTime.spent {
                for proposal in proposals where try endorser.process(proposal, on: snapshot, now: BenchmarkNetwork.now()).endorsement != nil {
                    endorsed += 1
                }
            }
            guard endorsed == proposals.count else { throw WorkloadError.refused("a proposal was not endorsed") }
            let after = try reference.swiftCryptoVerification(count: Self.referenceCount) + reference.signing(count: Self.referenceCount)
            // The first round warms up.
            if round == 0 { continue }
            cost.add(time / Double(proposals.count))
            signature.add((before + after) / 2)
        }
        return CaseReport(
            name: .endorsement, title: "a proposal checked, simulated (one get, one put of \(AssetContract.valueBytes) bytes) and signed",
            iterations: "\(self.rounds) rounds of \(proposals.count) proposals on one thread; identity caches are warm",
            figures: [
                Figure(
                    name: "one endorsement, CPU", value: cost.median / 1e6, unit: "ms",
                    reference: Figure.Reference(
                        name: "1 check and 1 signature by swift-crypto, ms", value: signature.median / 1e6, ratio: (cost / signature).median))
            ])
    }
}
