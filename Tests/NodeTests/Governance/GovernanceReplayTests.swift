import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Node

/// Governance as anybody computes it from blocks; the demonstration's whole run has the report on a channel that elects.
@Suite struct GovernanceReplayTests {
    @Test func `a channel that elects nobody has no governance to follow`() throws {
        let genesis = try CommitteeWorld.shared.get().genesis
        #expect(throws: GovernanceReplayError.noGovernance("records")) { try GovernanceReplay(genesis: genesis) }
        let folder = try TemporaryFolder()
        let store = try BlockStore(folder: folder.path(of: "blocks"), files: SystemFiles())
        _ = try store.append(genesis.serialized(), number: 0)
        #expect(throws: CommitteeReportError.unreadable("\(GovernanceReplayError.noGovernance("records"))")) {
            try CommitteeReport(ledger: folder.path)
        }
    }

    @Test func `the state of a committee is told in one line for each member`() {
        let progress = CommitteeProgress()
        progress.update(2) { member in
            member.head = 7
            member.isRunning = true
        }
        progress.update(1) { member in
            member.failure = "the disk is full"
            member.refused[9] = 3
        }
        #expect(
            progress.snapshot.lines == [
                "member 1: block 0, stopped: the disk is full, refused 3 messages of member 9", "member 2: block 7, in office",
            ])
    }
}
