import LedgerModel
import Testing
import Validation

@testable import Ordering

/// Peers do not know governance: to them it is a call of a chaincode that nobody defined.
@Suite struct GovernanceValidationTests {
    /// A world state without any chaincode.
    private struct EmptyState: StateReading, TransactionIndexReading {
        final class NoScan: StateScan {
            func next() -> (key: StateKey, value: VersionedValue)? { nil }
        }

        func value(at address: StateAddress) -> VersionedValue? { nil }
        func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) -> any StateScan { NoScan() }
        func contains(_ id: TransactionID) -> Bool { false }
    }

    @Test func `peers give governance transactions code 25, as stock Fabric does, and write nothing`() async throws {
        var world = try GovernanceWorld()
        try world.advance(to: 2)
        let envelopes = [try world.envelope(.heartbeat(height: 3)), try world.envelope(.evidence(world.doublePrevote(2)))]
        let block = OrderedBlock(number: 3, previousHash: world.blocks[1].headerHash, envelopes: envelopes)
        let outcome = try await BlockValidator(bundle: world.plane.bundle).validate(
            block, state: EmptyState(), transactions: EmptyState(), previousCommitHash: [])
        #expect(outcome.block.codes == [.invalidChaincode, .invalidChaincode])
        #expect(outcome.block.codes.map(\.rawValue) == [25, 25])
        #expect(outcome.block.updates.isEmpty)
    }
}
