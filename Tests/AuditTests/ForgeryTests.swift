import LedgerModel
import TestSupport
import Testing

@testable import Audit

/// Outcomes that all endorsers signed and no contract gave: only running the contract again can find them.
@Suite struct ForgeryTests {
    private static func write(_ value: String, in action: inout ChaincodeAction) throws {
        var set = try ReadWriteSet(serialized: action.results)
        for index in set.namespaces.indices where !set.namespaces[index].writes.isEmpty {
            set.namespaces[index].writes[0].value = Array(value.utf8)
        }
        action.results = set.serialized()
    }

    private static func forgedChannel() async throws -> TestChannel {
        let channel = try TestChannel()
        try await channel.define()
        try await channel.commit([channel.endorse("write", "balance", "100")])
        let forged = try channel.forge(channel.call("append", "balance", "0")) { try Self.write("1000000", in: &$0) }
        // Valid by signatures, policies and reads: that is the point.
        #expect(try await channel.commit([channel.endorse("write", "b", "one"), forged]) == [.valid, .valid])
        try await channel.commit([channel.endorse("append", "balance", "1")])
        channel.close()
        return channel
    }

    @Test func `a forged write set is found by re-execution, and the replay goes on`() async throws {
        let channel = try await Self.forgedChannel()
        let report = try await Auditor(catalogue: TestChannel.auditorContracts).audit(ledger: channel.path)
        #expect(!report.isGood)
        #expect(report.findingCount == 1)
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .reexecution)
        #expect(failure.block == 4 && failure.transaction == 1)
        #expect(failure.transactionID == report.transactions[6].id)
        #expect(failure.expected.contains("write of key 'balance' of notebook: value of 4 bytes"))
        #expect(failure.found.contains("value of 7 bytes"))
        #expect(!report.text.contains("1000000"))
        #expect(report.replayedBlocks == 6)
        // What follows builds on what the channel holds, and is no second failure.
        #expect(report.counts == AuditReport.Counts(equal: 6, different: 1, notReexecutable: 1, invalid: 0))
        #expect(report.verdict.hasPrefix("Verification failed at block 4, transaction 1"))
        guard case .equal = report.state else {
            Issue.record("the state is \(report.state)")
            return
        }
    }

    @Test func `an auditor that does not run contracts again misses it, and does not claim to have done so`() async throws {
        let channel = try await Self.forgedChannel()
        var options = AuditOptions()
        options.isReexecuting = false
        let report = try await Auditor(catalogue: TestChannel.auditorContracts, options: options).audit(ledger: channel.path)
        #expect(report.isGood)
        #expect(report.verdict.contains("re-execution not run"))
        #expect(report.counts.equal == 0)
    }

    @Test func `a forged response, event or read is found too`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        let response = try channel.forge(channel.call("write", "b", "one")) { $0.response.payload = Array("paid".utf8) }
        let event = try channel.forge(channel.call("write", "c", "one")) { $0.events = [] }
        let read = try channel.forge(channel.call("append", "d", "one")) { action in
            var set = try ReadWriteSet(serialized: action.results)
            for index in set.namespaces.indices where set.namespaces[index].namespace == "notebook" { set.namespaces[index].reads = [] }
            action.results = set.serialized()
        }
        let extra = try channel.forge(channel.call("write", "e", "one")) { action in
            var set = try ReadWriteSet(serialized: action.results)
            for index in set.namespaces.indices where set.namespaces[index].namespace == "notebook" {
                set.namespaces[index].writes.append(KeyWrite(key: "f", isDelete: false, value: [1]))
            }
            action.results = set.serialized()
        }
        #expect(try await channel.commit([response, event, read, extra]) == [.valid, .valid, .valid, .valid])
        channel.close()
        let report = try await Auditor(catalogue: TestChannel.auditorContracts).audit(ledger: channel.path)
        #expect(report.findings.map(\.rule) == [.reexecution, .reexecution, .reexecution, .reexecution])
        #expect(report.findings.map(\.transaction) == [0, 1, 2, 3])
        let items = ["the response's payload", "the event", "read of key 'd' of notebook", "write of key 'f' of notebook"]
        for (finding, item) in zip(report.findings, items) { #expect(finding.expected.hasPrefix(item), "\(finding)") }
        #expect(report.verdict.hasSuffix("(3 more)"))
    }
}
