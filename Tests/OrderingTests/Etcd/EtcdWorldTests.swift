import Foundation
import TestSupport
import Testing

@testable import Ordering

/// Consenters on a model of etcd, under everything that networks, disks and processes do.
struct EtcdWorldTests {
    private static let seeds: UInt64 = ProcessInfo.processInfo.environment["SELVAGE_LONG_TESTS"] == nil ? 25 : 5_000

    @Test func `under every schedule there is one chain, and every acknowledged envelope is in it once`() throws {
        let network = try TestNetwork.shared.get()
        var blocks = 0
        for seed in 1...Self.seeds {
            var world = EtcdWorld(seed: SeededGenerator.seedOfEnvironment ?? seed, bug: nil, network: network)
            blocks += try world.run()
        }
        // A run that orders nothing would show nothing.
        #expect(blocks > Int(Self.seeds) * 10)
    }

    @Test(arguments: EtcdBug.allCases) func `a planted mistake is found`(bug: EtcdBug) throws {
        let network = try TestNetwork.shared.get()
        var found: EtcdViolation?
        for seed in 1...2_000 as ClosedRange<UInt64> where found == nil {
            var world = EtcdWorld(seed: seed, bug: bug, network: network)
            do throws(EtcdViolation) { _ = try world.run() } catch { found = error }
        }
        let violation = try #require(found, "no seed up to 2000 shows \(bug)")
        // The same seed without the mistake breaks nothing: it was the mistake that was found.
        var sound = EtcdWorld(seed: violation.seed, bug: nil, network: network)
        _ = try sound.run()
    }
}
