import ChannelConfiguration
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// How many of a committee have to sign a block: n - f here, ceil((n + f + 1) / 2) where a stock tool writes the policy (interop 13.1).
@Suite struct QuorumTests {
    private static let sizes = 1...31

    private static func faults(_ count: Int) -> Int { (count - 1) / 3 }

    private static func stockQuorum(_ count: Int) -> Int { (count + Self.faults(count) + 2) / 2 }

    @Test(arguments: QuorumTests.sizes)
    func `our quorum is the stock one, and one more where three divides the size`(count: Int) {
        let (faults, ours, stock) = (Self.faults(count), CommitteeQuorum.size(of: count), Self.stockQuorum(count))
        #expect(CommitteeQuorum.faults(of: count) == faults)
        #expect(ours == count - faults)
        #expect(ours == stock + (count.isMultiple(of: 3) ? 1 : 0))
        for quorum in [ours, stock] {
            // Two quorums have an honest member in common, and the honest members are one.
            #expect(2 * quorum - count > faults)
            #expect(quorum <= count - faults)
        }
        #expect(3 * ours > 2 * count, "not more than two thirds")
    }

    @Test func `the policy of a committee of any size asks for its quorum of different members`() throws {
        let channel = try TestChannel(committee: Self.sizes.upperBound)
        let consenters = channel.bundle.consenters
        let identities = try consenters.map { try channel.bundle.membership.identity($0.serializedIdentity) }
        for count in Self.sizes {
            let policy = try CommitteeQuorum.policy(of: Array(consenters.prefix(count)))
            let quorum = CommitteeQuorum.size(of: count)
            for first in Set([0, count - quorum]) {
                let signers = Array(identities[first..<first + quorum])
                #expect(policy.evaluate(signers) == .satisfied, "\(count)")
                #expect(policy.evaluate(Array(signers.dropLast())) != .satisfied, "\(count)")
                // Nobody outside the committee fills a gap.
                #expect(policy.evaluate(signers.dropLast() + identities[count...]) != .satisfied, "\(count)")
            }
        }
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric-bft/blocks_peer1"), SharedData.reason))
    func `a real committee writes the stock quorum into its policy`() throws {
        var found: [Int: Int] = [:]
        for number in [0, 32, 36, 40, 44] {
            let name = String(repeating: "0", count: number < 10 ? 3 : 2) + "\(number).pb"
            let block = try OrderedBlock(serialized: #require(SharedData.read("vectors/fabric-bft/blocks_peer1/" + name)))
            let bundle = try ChannelBundle(block: block)
            let policy = try #require(bundle.signaturePolicy(BlockVerifier.policyPath))
            guard case .outOf(let quorum, _) = policy.rule else { return #expect(Bool(false), "block \(number)") }
            let count = bundle.consenters.count
            #expect(policy.principals.count == count)
            #expect(Int(quorum) == Self.stockQuorum(count))
            found[count] = Int(quorum)
        }
        #expect(found == [3: 2, 4: 3, 5: 4])
    }
}
