import ChannelConfiguration
import CommitteeTestSupport
import ContractVM
import Ledger
import LedgerModel
import TestSupport
import Testing
import Validation

@testable import Audit

/// Ledgers of channels that changed their committee.
@Suite struct CommitteeLedgerTests {
    private let members: CommitteeMembers
    private let folder: TemporaryFolder

    init() throws {
        self.members = try CommitteeMembers()
        self.folder = try TemporaryFolder("audit-committee")
    }

    private func chain() throws -> CommitteeChain {
        var chain = try CommitteeChain(members: self.members, committee: [1, 2, 3, 4])
        try chain.append()
        try chain.change(to: [1, 2, 3, 5])
        try chain.append()
        try chain.change(to: [1, 2, 3, 5, 6], isNewEpoch: true)
        try chain.change(to: [2, 3, 5, 6])
        try chain.append()
        return chain
    }

    /// Commits blocks as a peer would.
    private func write(_ blocks: [OrderedBlock]) async throws {
        let ledger = try Ledger.open(folder: self.folder.path)
        let first = try BlockValidator.acceptGenesis(blocks[0])
        try ledger.commit(first.block)
        var bundle = try #require(first.newBundle)
        for block in blocks.dropFirst() {
            let snapshot = ledger.snapshot()
            let outcome = try await BlockValidator(bundle: bundle).validate(
                block, state: snapshot, transactions: snapshot, previousCommitHash: snapshot.head.commitHash)
            try ledger.commit(outcome.block)
            bundle = outcome.newBundle ?? bundle
        }
    }

    private func audit() async throws -> AuditReport {
        try await Auditor(catalogue: ContractCatalogue()).audit(ledger: self.folder.path)
    }

    @Test func `changes of the committee are followed and told, and governance is counted by its name`() async throws {
        try await self.write(try self.chain().blocks)
        let report = try await self.audit()
        #expect(report.findings == [])
        #expect(report.replayedBlocks == 7)
        #expect(report.form == .canonical)
        #expect(report.committees.map(\.firstBlock) == [1, 3, 5, 6])
        #expect(report.committees.map { $0.members.map(\.consenter) } == [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 5, 6], [2, 3, 5, 6]])
        #expect(report.committees.map(\.quorum) == [3, 3, 4, 3])
        #expect(report.counts == AuditReport.Counts(equal: 0, different: 0, notReexecutable: 4, invalid: 0, governance: 6))
        #expect(report.counts.governance + report.counts.notReexecutable == report.transactions.count)
        #expect(report.invalidCodes == [])
        #expect(report.text.contains("Committee from block 1: 4 members, 3 of them sign\n"))
        #expect(report.text.contains("Committee from block 3: 4 members, 3 of them sign; in 5 (Ord5MSP), out 4 (Ord4MSP)\n"))
        #expect(report.text.contains("Committee from block 5: 5 members, 4 of them sign; in 6 (Ord6MSP)\n"))
        #expect(report.text.contains("Committee from block 6: 4 members, 3 of them sign; out 1 (Ord1MSP)\n"))
        #expect(report.text.contains("0 invalid, 6 governance"))
        #expect(try report.json().contains("\"firstBlock\" : 6"))
        // Six blocks of three, three, three, three, four and three signers, and the certificates of all but the last.
        #expect(report.signatures.orderers.right == 19 + 16)
        guard case .equal(_, 7) = report.state else {
            Issue.record("the state is \(report.state)")
            return
        }
    }

    @Test func `a block of the old committee is found, though a peer has stored it`() async throws {
        var chain = try CommitteeChain(members: self.members, committee: [1, 2, 3, 4])
        try chain.append()
        try chain.change(to: [3, 4, 5, 6])
        let former = try ChannelBundle(block: chain.blocks[0])
        try chain.append {
            $0.signers = [1, 2, 3]
            $0.header.committeeHash = try CommitteeChain.committeeHash(former, epoch: 0)
        }
        try await self.write(chain.blocks)
        let report = try await self.audit()
        #expect(report.firstFailure?.rule == .quorum)
        #expect(report.firstFailure?.block == 3)
        #expect(report.replayedBlocks == 3)
    }

    @Test func `a change that the committee did not consent to ends the replay before it`() async throws {
        var chain = try CommitteeChain(members: self.members, committee: [1, 2, 3, 4])
        try chain.append()
        let (forced, _) = try chain.changeBlock(to: [1, 2, 3, 5], consents: [1, 2])
        let stored = chain.blocks + [forced]
        try LedgerFiles.write(stored.map { $0.serialized() }, to: self.folder.path)
        let report = try await self.audit()
        let failure = try #require(report.findings.first { $0.block == 2 })
        #expect(failure.rule == .configuration)
        #expect(failure.found.contains("/Channel/Orderer/BlockValidation"))
        #expect(report.replayedBlocks == 2)
        #expect(report.committees.count == 1)
    }

    @Test func `an envelope for governance that is not well-formed is invalid like any other`() async throws {
        var chain = try CommitteeChain(members: self.members, committee: [1])
        var unsigned = try Envelope(serialized: self.members.governanceEnvelope("x"))
        unsigned.signature = [1]
        let other = try self.members.envelope("y", chaincode: "undefined", endorsers: [self.members.peer])
        try chain.append {
            $0.envelopes = [unsigned.serialized(), other, try self.members.governanceEnvelope("z")]
            $0.header.txRoot = TransactionTree.root(of: $0.envelopes)
            $0.header.txCount = 3
        }
        try await self.write(chain.blocks)
        let report = try await self.audit()
        #expect(report.findings == [])
        #expect(report.counts == AuditReport.Counts(equal: 0, different: 0, notReexecutable: 1, invalid: 2, governance: 1))
        #expect(report.invalidCodes.map(\.name) == ["BAD_CREATOR_SIGNATURE", "INVALID_CHAINCODE"])
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric-bft/blocks_peer1"), SharedData.reason))
    func `the ledger of a stock network is followed through every change of its committee`() async throws {
        let names = SharedData.list("vectors/fabric-bft/blocks_peer1").filter { $0.hasSuffix(".pb") }
        let blocks = names.compactMap { SharedData.read("vectors/fabric-bft/blocks_peer1/" + $0) }
        try LedgerFiles.write(blocks, to: self.folder.path)
        let report = try await self.audit()
        #expect(report.findings == [])
        #expect(report.form == .fabric)
        #expect(Int(report.replayedBlocks) == blocks.count && blocks.count > 40)
        // Block 19 changes something else.
        #expect(report.committees.map(\.firstBlock) == [1, 33, 37, 41, 45])
        #expect(report.committees.map { $0.members.map(\.consenter) } == [[1, 2, 3, 4], [1, 2, 3], [1, 2, 3, 5], [1, 2, 3, 5, 4], [1, 3, 5, 4]])
        #expect(report.committees.map(\.quorum) == [3, 2, 3, 4, 3])
    }
}
