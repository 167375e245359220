import ContractVM
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import Audit

/// A whole ledger that a stock peer wrote, behind a stock ordering service.
@Suite struct FabricLedgerTests {
    @Test(.enabled(if: SharedData.isPresent, SharedData.reason))
    func `every block, verdict and commit hash of a Fabric ledger is confirmed`() async throws {
        let names = SharedData.list("vectors/fabric/blocks").filter { $0.hasSuffix(".pb") }
        let blocks = names.compactMap { SharedData.read("vectors/fabric/blocks/" + $0) }
        #expect(blocks.count == 74)
        let folder = try TemporaryFolder("audit-test")
        try LedgerFiles.write(blocks, to: folder.path)
        let report = try await Auditor(catalogue: ContractCatalogue(), options: AuditOptions()).audit(ledger: folder.path)
        #expect(report.findings == [])
        #expect(report.form == .fabric)
        #expect(report.replayedBlocks == 74)
        #expect(report.transactions.count == 112)
        #expect(report.counts.equal == 0 && report.counts.different == 0)
        #expect(report.counts.notReexecutable + report.counts.invalid == 112)
        #expect(report.invalidCodes.count >= 10)
        #expect(report.signatures.orderers.right >= 73)
    }

    @Test(.enabled(if: SharedData.isPresent, SharedData.reason))
    func `its lifecycle transactions are run again with equal results, from approvals to the upgrade`() async throws {
        let blocks = SharedData.list("vectors/fabric/blocks").compactMap { SharedData.read("vectors/fabric/blocks/" + $0) }
        let folder = try TemporaryFolder("audit-test")
        try LedgerFiles.write(blocks, to: folder.path)
        let catalogue = SystemContracts.catalogue(contracts: [])
        let report = try await Auditor(catalogue: catalogue, options: AuditOptions()).audit(ledger: folder.path)
        #expect(report.findings == [])
        #expect(report.counts.equal == 9 && report.counts.different == 0)
    }
}
