import LedgerModel
import Testing

@testable import Validation

/// A transaction that breaks several rules gets the code of the first check (interop 8.1).
@Suite struct CheckOrderTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let code: ValidationCode
        let apply: @Sendable (inout TestChannel.Draft) -> Void

        init(_ name: String, _ code: ValidationCode, _ apply: @escaping @Sendable (inout TestChannel.Draft) -> Void) {
            self.name = name
            self.code = code
            self.apply = apply
        }

        var testDescription: String { self.name }
    }

    private static func action(_ draft: inout TestChannel.Draft, _ change: @escaping (inout ChaincodeAction) -> Void) {
        let before = draft.action
        draft.action = { action in
            before?(&action)
            change(&action)
        }
    }

    /// In the order of checks. Where two write the same field the earlier check is applied last, and must win anyway.
    static let faults: [Fault] = [
        Fault("header type 0", .badCommonHeader) { $0.type = 0 },
        Fault("epoch 1", .badCommonHeader) { $0.epoch = 1 },
        Fault("signature of the creator", .badCreatorSignature) { $0.signature = [2] },
        Fault("another channel", .targetChainNotFound) { $0.channel = "other" },
        Fault("transaction id", .badProposalTransactionID) { $0.transactionID = "00" },
        Fault("proposal hash", .invalidEndorserTransaction) { $0.proposalHash = [1] },
        Fault("id in the ledger", .duplicateTransactionID) { $0.nonce = Array("known".utf8) },
        Fault("header extension", .badHeaderExtension) { $0.headerExtension = [0xFF] },
        Fault("no action", .badResponsePayload) { $0.actionBytes = [0xFF] },
        Fault("results", .badReadWriteSet) { draft in Self.action(&draft) { $0.results = [0xFF] } },
        Fault("no chaincode in the header", .invalidOtherReason) { $0.headerExtension = [] },
        Fault("no chaincode in the action", .invalidOtherReason) { draft in Self.action(&draft) { $0.chaincode = nil } },
        Fault("another chaincode in the action", .invalidChaincode) { draft in Self.action(&draft) { $0.chaincode = "b" } },
        Fault("no version", .invalidChaincode) { draft in Self.action(&draft) { $0.chaincodeVersion = "" } },
        Fault("event of another chaincode", .invalidOtherReason) { draft in
            Self.action(&draft) { $0.events = ChaincodeEvent(chaincode: "b", transactionID: "", name: "e", payload: []).serialized() }
        },
        Fault("a namespace twice", .illegalWriteSet) { $0.readWriteSet.namespaces += [NamespaceReadWriteSet(namespace: "a")] },
        Fault("one endorsement of two", .endorsementPolicyFailure) { $0.endorsers = [0] },
        Fault("a write to an undefined namespace", .invalidChaincode) { $0.readWriteSet.namespaces += [RuleBench.put("x", "k")] },
        Fault("a version that was not read", .mvccReadConflict) {
            $0.readWriteSet.namespaces[0].reads = [KeyRead(key: "k", version: StateVersion(block: 9, transaction: 9))]
        },
        Fault("a range that holds something else", .phantomReadConflict) {
            let read = KeyRead(key: "k", version: StateVersion(block: 9, transaction: 9))
            $0.readWriteSet.namespaces[0].rangeQueries = [RangeQuery(start: "k", end: "l", isExhausted: true, results: .raw([read]))]
        },
    ]

    private func draft() -> TestChannel.Draft { RuleBench.draft("n", [RuleBench.put("a", "k")]) }

    @Test(arguments: Self.faults)
    func `each fault alone gives its code, and with any later fault the same`(_ fault: Fault) async throws {
        var bench = try RuleBench()
        _ = try await bench.commit([RuleBench.draft("known", [RuleBench.put("a", "z")])], number: 4)
        let index = try #require(Self.faults.firstIndex { $0.name == fault.name })
        for later in Self.faults[index...] {
            var draft = self.draft()
            if later.name != fault.name { later.apply(&draft) }
            fault.apply(&draft)
            let verdict = try await bench.outcome([draft]).verdicts[0]
            #expect(verdict.code == fault.code, "\(fault.name) with \(later.name): \(verdict)")
        }
    }

    @Test func `without a fault it is valid`() async throws {
        #expect(try await RuleBench().codes([self.draft()]) == [.valid])
    }

    @Test func `the id is looked up before anything that is endorsed, and a repetition in the block after everything`() async throws {
        var bench = try RuleBench()
        // In the ledger: even a transaction that was invalid there keeps its id.
        var bad = self.draft()
        bad.endorsers = []
        #expect(try await bench.commit([bad], number: 4) == [.endorsementPolicyFailure])
        #expect(try await bench.codes([self.draft()]) == [.duplicateTransactionID])
        // In the block: the second is compared with those that passed phase A, whatever phase B says of them.
        let fresh = try RuleBench()
        var stale = self.draft()
        stale.readWriteSet.namespaces[0].reads = [KeyRead(key: "k", version: StateVersion(block: 9, transaction: 9))]
        #expect(try await fresh.codes([stale, self.draft()]) == [.mvccReadConflict, .duplicateTransactionID])
        #expect(try await fresh.codes([bad, self.draft()]) == [.endorsementPolicyFailure, .valid])
        #expect(try await fresh.codes([self.draft(), bad]) == [.valid, .endorsementPolicyFailure])
    }

    @Test func `a transaction without an id takes the id that it should have`() async throws {
        var bench = try RuleBench()
        var nameless = self.draft()
        nameless.transactionID = ""
        #expect(try await bench.commit([nameless], number: 4) == [.badProposalTransactionID])
        #expect(try await bench.codes([self.draft()]) == [.duplicateTransactionID])
    }

    @Test func `a proposal without content is no proposal`() async throws {
        var draft = self.draft()
        draft.proposal = []
        #expect(try await RuleBench().codes([draft]) == [.invalidEndorserTransaction])
    }
}
