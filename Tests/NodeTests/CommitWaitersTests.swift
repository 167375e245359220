import ContractVM
import Ledger
import LedgerModel
import SelvageClient
import Synchronization
import SystemContracts
import TestSupport
import Testing
import Validation

@testable import Node

private struct NoMore: Error, Equatable {}

/// The commit status as clients wait for it: nobody hangs, and nobody is told twice.
@Suite(.timeLimit(.minutes(20))) struct CommitWaitersTests {
    private static func status(_ id: TransactionID, _ block: UInt64 = 7) -> CommitStatus {
        CommitStatus(transaction: id, code: .valid, block: BlockNumber(block))
    }

    /// A task that waits, and has entered itself when this returns.
    private static func waiter(_ waiters: CommitWaiters, _ id: TransactionID) async -> Task<CommitStatus, any Error> {
        let (entered, signal) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await waiters.wait(for: id) {
                signal.finish()
                return nil
            }
        }
        for await _ in entered {}
        return task
    }

    @Test func `what the ledger knows is answered at once`() async throws {
        let waiters = CommitWaiters()
        #expect(try await waiters.wait(for: "a") { Self.status("a") } == Self.status("a"))
        // The ledger still answers when no more blocks come.
        waiters.fail(NoMore())
        #expect(try await waiters.wait(for: "a") { Self.status("a") } == Self.status("a"))
    }

    @Test func `an error of the ledger reaches the waiter`() async {
        await #expect(throws: NoMore()) { try await CommitWaiters().wait(for: "a") { throw NoMore() } }
    }

    @Test func `a waiter hears of its own transaction and of no other`() async throws {
        let waiters = CommitWaiters()
        let task = await Self.waiter(waiters, "a")
        let other = await Self.waiter(waiters, "b")
        waiters.resume([Self.status("a", 3), Self.status("c", 3)])
        #expect(try await task.value == Self.status("a", 3))
        waiters.resume([Self.status("b", 4)])
        #expect(try await other.value == Self.status("b", 4))
    }

    @Test func `a cancelled waiter is resumed, and the others of its transaction still wait`() async throws {
        let waiters = CommitWaiters()
        let task = await Self.waiter(waiters, "a")
        let other = await Self.waiter(waiters, "a")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        waiters.resume([Self.status("a")])
        #expect(try await other.value == Self.status("a"))
    }

    @Test func `a task that is cancelled before it waits does not wait`() async {
        let waiters = CommitWaiters()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await waiters.wait(for: "a") { nil }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `those who wait when the blocks end, and those who come later, get an error`() async {
        let waiters = CommitWaiters()
        let task = await Self.waiter(waiters, "a")
        waiters.fail(NoMore())
        await #expect(throws: NoMore()) { try await task.value }
        await #expect(throws: NoMore()) { try await waiters.wait(for: "b") { nil } }
    }

    @Test func `many waiters, some of whom leave, are each told once`() async {
        let waiters = CommitWaiters()
        let ids = (0..<20).map { TransactionID("t\($0)") }
        var tasks: [(id: TransactionID, task: Task<CommitStatus, any Error>)] = []
        for number in 0..<300 {
            let id = ids[number % ids.count]
            tasks.append((id, await Self.waiter(waiters, id)))
        }
        for (number, entry) in tasks.enumerated() where number % 3 == 0 { entry.task.cancel() }
        waiters.resume(ids.map { Self.status($0) })
        for (number, entry) in tasks.enumerated() {
            let status = try? await entry.task.value
            #expect(status == (number % 3 == 0 ? nil : Self.status(entry.id)))
        }
    }

    @Test func `cancelling, committing and ending at the same moment resumes each waiter exactly once`() async {
        // A waiter that is resumed twice ends the process, one that is never resumed the test.
        for round in 0..<200 {
            let waiters = CommitWaiters()
            let task = Task { try await waiters.wait(for: "a") { nil } }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { task.cancel() }
                group.addTask { waiters.resume([Self.status("a")]) }
                group.addTask { waiters.fail(NoMore()) }
            }
            switch await task.result {
            case .success(let status): #expect(status == Self.status("a"), "round \(round)")
            case .failure(let error): #expect(error is CancellationError || error is NoMore, "round \(round): \(error)")
            }
        }
    }
}

/// The same on a peer of a running network.
@Suite(.timeLimit(.minutes(20))) struct CommitStatusTests {
    @Test func `a peer tells the verdict again and again, also of an invalid transaction`() async throws {
        try await NodeNetwork().live { network in
            let endorsed = try await network.gateway.endorse(NodeNetwork.call("set", "a", "1"), by: [network.peers[0]])
            let first = try await network.commit(endorsed)
            #expect(first.code == .endorsementPolicyFailure)
            #expect(try await network.peers[0].commitStatus(of: endorsed.transaction) == first)
        }
    }

    @Test func `a waiter on a peer is told when its block comes`() async throws {
        try await NodeNetwork().live { network in
            let endorsed = try await network.endorse(NodeNetwork.call("set", "a", "1"))
            let peer = network.peers[1]
            let task = Task { try await peer.commitStatus(of: endorsed.transaction) }
            let status = try await network.commit(endorsed)
            #expect(try await task.value == status)
        }
    }

    @Test func `a verdict comes with its reason, also for who asks when the block is durable and not announced yet`() async throws {
        let nodes = try NodeNetwork()
        let collector = BlockCollector()
        let transaction = try await nodes.live(alsoTo: [collector]) { network in
            let endorsed = try await network.gateway.endorse(NodeNetwork.call("set", "a", "1"), by: [network.peers[0]])
            #expect(try await network.commit(endorsed).code == .endorsementPolicyFailure)
            return endorsed.transaction
        }
        let ledger = try Ledger.open(folder: nodes.folder.path(of: "quiet"))
        let genesis = try BlockValidator.acceptGenesis(nodes.genesis)
        try ledger.commit(genesis.block)
        let bundle = try #require(genesis.newBundle)
        let office = PeerOffice(
            ledger: ledger, identity: nodes.client, machine: ContractMachine(catalogue: SystemContracts.catalogue(contracts: []), now: { 0 }),
            bundle: bundle)
        for block in collector.blocks {
            let before = ledger.snapshot()
            let outcome = try await BlockValidator(bundle: bundle).validate(
                block, state: before, transactions: before, previousCommitHash: before.head.commitHash)
            try ledger.commit(outcome.block)
            guard block.number == collector.blocks.last?.number else {
                try office.publish(outcome)
                continue
            }
            async let status = office.status(of: transaction)
            for _ in 0..<100 { await Task.yield() }
            try office.publish(outcome)
            let told = try await status
            #expect(told.code == .endorsementPolicyFailure)
            #expect(told.reason?.contains("Org2MSP") == true)
        }
    }

    @Test func `whoever waits for what was never ordered hears the end of ordering`() async throws {
        let nodes = try NodeNetwork()
        let task = try await nodes.live { network in
            let peer = network.peers[0]
            return Task { try await peer.commitStatus(of: "never") }
        }
        do {
            _ = try await task.value
            Issue.record("a transaction that was never sent has a status")
        } catch NodeError.noMoreBlocks(let node, let reason) {
            #expect(node == "peer0")
            #expect(reason.contains("stopped"))
        }
    }
}
