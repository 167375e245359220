import ChannelConfiguration
import CommitteeTestSupport
import Identity
import Ledger
import LedgerModel
import Synchronization
import TestSupport
import Testing
import Validation

@testable import Node

/// The pipeline leaves exactly what one block after the other leaves.
@Suite(.timeLimit(.minutes(2))) struct CommitPipelineTests {
    /// A chain with the ledger that the plain way made of it.
    private struct Plain {
        let genesis: OrderedBlock
        let blocks: [OrderedBlock]
        let ledger: Ledger
        let codes: Set<ValidationCode>
        let configurations: Int
        let seedText: String
    }

    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder("selvage-pipeline")
    }

    private static func open(_ genesis: OrderedBlock, at path: String) throws -> (ledger: Ledger, bundle: ChannelBundle) {
        let ledger = try Ledger.open(folder: path)
        let outcome = try BlockValidator.acceptGenesis(genesis, verifier: ToySignatures())
        try ledger.commit(outcome.block)
        return (ledger, try #require(outcome.newBundle))
    }

    /// Draws a chain and commits each block before the next is drawn, with nothing remembered from block to block.
    private func plain(seed: UInt64, length: Int) async throws -> Plain {
        var chain = try RandomChain(seed: seed)
        var (ledger, bundle) = try Self.open(chain.genesis, at: self.folder.path(of: "plain\(seed)"))
        var seen = [ledger.snapshot()]
        var blocks: [OrderedBlock] = []
        var codes: Set<ValidationCode> = []
        var configurations = 0
        for _ in 0..<length {
            let block = try chain.block(seen: Array(seen.suffix(3)))
            let before = ledger.snapshot()
            let outcome = try await BlockValidator(bundle: bundle).validate(
                block, state: before, transactions: before, previousCommitHash: before.head.commitHash)
            try ledger.commit(outcome.block)
            if let new = outcome.newBundle {
                bundle = new
                configurations += 1
            }
            codes.formUnion(outcome.block.codes)
            blocks.append(block)
            seen.append(ledger.snapshot())
        }
        return Plain(
            genesis: chain.genesis, blocks: blocks, ledger: ledger, codes: codes, configurations: configurations, seedText: chain.seedText)
    }

    /// Brings a chain into a fresh ledger through a pipeline.
    ///
    /// - Parameter view: What a block is validated against, when it is not what it should be.
    private func pipelined(
        _ plain: Plain, name: String, view: CommitPipeline.View? = nil, published: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> Ledger {
        let (ledger, bundle) = try Self.open(plain.genesis, at: self.folder.path(of: name))
        let pipeline = CommitPipeline(
            name: name, ledger: ledger, authority: BlockAuthority(bundle), position: ChainPosition(genesis: plain.genesis),
            verify: { _, _, _ in }, view: view ?? CommitPipeline.view
        ) { published($0.block.block.number.rawValue) }
        var rest = plain.blocks[...]
        try await pipeline.take { rest.popFirst() }
        return ledger
    }

    /// The first difference between two ledgers; nil when there is none.
    private func difference(_ one: Ledger, _ other: Ledger) throws -> String? {
        let (left, right) = (one.snapshot(), other.snapshot())
        guard left.height == right.height else { return "heights \(left.height) and \(right.height)" }
        for number in 0..<left.height where try left.blockBytes(BlockNumber(number)) != right.blockBytes(BlockNumber(number)) {
            return "block \(number)"
        }
        guard left.head.commitHash == right.head.commitHash else { return "the commit hash" }
        for name in ["", "_lifecycle", "a", "b", "c"] as [Namespace] {
            let scans = (try left.scan(name, from: "", to: nil), try right.scan(name, from: "", to: nil))
            while true {
                let (mine, theirs) = (try scans.0.next(), try scans.1.next())
                guard mine?.key == theirs?.key, mine?.value == theirs?.value else { return "the state of '\(name)'" }
                if mine == nil { break }
            }
        }
        return nil
    }

    @Test(arguments: [402, 403, 404] as [UInt64])
    func `a pipeline gives the codes, commit hashes and state of one block after the other`(seed: UInt64) async throws {
        let plain = try await self.plain(seed: seed, length: 24)
        let order = Mutex<[UInt64]>([])
        let overlaps = Mutex(0)
        let ledger = try await self.pipelined(plain, name: "line\(seed)") { basis in
            if basis.pending != nil { overlaps.withLock { $0 += 1 } }
            return CommitPipeline.view(basis)
        } published: { number in
            order.withLock { $0.append(number) }
        }
        #expect(try self.difference(plain.ledger, ledger) == nil, "\(plain.seedText)")
        #expect(order.withLock { $0 } == Array(1...24))
        // Without both the comparison would say little.
        #expect(overlaps.withLock { $0 } > 0)
        #expect(plain.configurations > 0)
        let expected: Set<ValidationCode> = [.valid, .duplicateTransactionID, .endorsementPolicyFailure, .mvccReadConflict, .phantomReadConflict]
        #expect(plain.codes.isSuperset(of: expected), "\(plain.codes)")
    }

    @Test func `the comparison finds a pipeline that does not see the block before`() async throws {
        var found = 0
        for seed in [401, 402, 403, 404] as [UInt64] {
            let plain = try await self.plain(seed: seed, length: 24)
            let ledger = try await self.pipelined(plain, name: "blind\(seed)") { $0.ledger }
            if try self.difference(plain.ledger, ledger) != nil { found += 1 }
        }
        #expect(found > 0)
    }

    @Test func `a committee that changes in a block judges the next one, whether blocks come at once or one by one`() async throws {
        let members = try CommitteeMembers()
        var chain = try CommitteeChain(members: members, committee: [1, 2, 3, 4])
        try chain.append()
        try chain.change(to: [1, 2, 3, 5])
        try chain.append()
        try chain.change(to: [1, 3, 5, 6], isNewEpoch: true)
        try chain.change(to: [3, 4, 5, 6])
        try chain.append()
        try chain.append()
        var hashes: [[UInt8]] = []
        for name in ["at once", "one by one"] {
            let ledger = try Ledger.open(folder: self.folder.path(of: name))
            let genesis = try BlockValidator.acceptGenesis(chain.blocks[0])
            try ledger.commit(genesis.block)
            let pipeline = CommitPipeline(
                name: name, ledger: ledger, authority: BlockAuthority(try #require(genesis.newBundle)),
                position: ChainPosition(genesis: chain.blocks[0])
            ) { _ in }
            var rest = chain.blocks.dropFirst()
            if name == "at once" {
                try await pipeline.take { rest.popFirst() }
            } else {
                for block in rest { try await pipeline.take(block) }
            }
            #expect(ledger.height == 8)
            hashes.append(ledger.snapshot().head.commitHash)
        }
        #expect(hashes[0] == hashes[1])
    }

    // MARK: Failures

    /// A pipeline over a fresh ledger that refuses the blocks of one number.
    private func refusing(
        _ number: UInt64, _ plain: Plain, name: String, limitBlocks: Int = 16, limitBytes: Int = 1 << 20
    ) throws -> (pipeline: CommitPipeline, ledger: Ledger, isRefusing: Flag) {
        let (ledger, bundle) = try Self.open(plain.genesis, at: self.folder.path(of: name))
        let isRefusing = Flag(true)
        let pipeline = CommitPipeline(
            name: name, ledger: ledger, authority: BlockAuthority(bundle), position: ChainPosition(genesis: plain.genesis),
            limitBytes: limitBytes, limitBlocks: limitBlocks,
            verify: { block, _, _ in
                if block.number.rawValue == number, isRefusing.value { throw BlockVerificationError.wrongDataHash(block.number) }
            }
        ) { _ in }
        return (pipeline, ledger, isRefusing)
    }

    @Test func `a refused block stops the line behind it, is named, and can be sent again`() async throws {
        let plain = try await self.plain(seed: 405, length: 8)
        let (pipeline, ledger, isRefusing) = try self.refusing(4, plain, name: "refusing")
        var rest = plain.blocks[...]
        do {
            try await pipeline.take { rest.popFirst() }
            Issue.record("taken")
        } catch {
            #expect("\(error)".hasPrefix("refusing refuses block 4: block 4"), "\(error)")
        }
        #expect(ledger.height == 4)
        isRefusing.set(false)
        var again = plain.blocks.dropFirst(3)
        try await pipeline.take { again.popFirst() }
        #expect(try self.difference(plain.ledger, ledger) == nil)
    }

    @Test func `a block that waits behind one that fails is dropped and says so`() async throws {
        let plain = try await self.plain(seed: 405, length: 3)
        let (pipeline, ledger, _) = try self.refusing(2, plain, name: "dropping")
        let tickets = [
            try await pipeline.admit(plain.blocks[0]), try await pipeline.admit(plain.blocks[1]), try await pipeline.admit(plain.blocks[2]),
        ].compactMap { $0 }
        try #require(tickets.count == 3)
        await #expect(throws: NodeError.self) {
            async let first: Void = pipeline.finish(tickets[0])
            async let third: Void = pipeline.finish(tickets[2])
            do { try await pipeline.finish(tickets[1]) } catch { #expect("\(error)".contains("refuses block 2")) }
            try await first
            do { try await third } catch {
                #expect("\(error)".contains("did not take block 3: a block before it was not committed"))
                throw error
            }
        }
        #expect(ledger.height == 2)
    }

    @Test func `a place that is given up frees the line`() async throws {
        let plain = try await self.plain(seed: 405, length: 3)
        let (pipeline, ledger, _) = try self.refusing(99, plain, name: "leaving")
        var ticket = try await pipeline.admit(plain.blocks[0])
        #expect(ticket != nil)
        ticket = nil
        for block in plain.blocks { try await pipeline.take(block) }
        #expect(try self.difference(plain.ledger, ledger) == nil)
    }

    @Test func `a sender whose task is cancelled leaves nothing behind`() async throws {
        let plain = try await self.plain(seed: 405, length: 3)
        let (pipeline, ledger, _) = try self.refusing(99, plain, name: "cancelled")
        let first = try #require(try await pipeline.admit(plain.blocks[0]))
        // Block 2 waits for block 1, which nobody works on.
        let waiting = Task { try await pipeline.take(plain.blocks[1]) }
        waiting.cancel()
        await #expect(throws: NodeError.self) { try await waiting.value }
        #expect(ledger.height == 1)
        try await pipeline.finish(first)
        for block in plain.blocks.dropFirst() { try await pipeline.take(block) }
        #expect(try self.difference(plain.ledger, ledger) == nil)
    }

    @Test func `a full line takes the next block when there is room, and the same block twice only once`() async throws {
        let plain = try await self.plain(seed: 405, length: 6)
        let (pipeline, ledger, _) = try self.refusing(99, plain, name: "full", limitBlocks: 2)
        let first = try #require(try await pipeline.admit(plain.blocks[0]))
        let second = try #require(try await pipeline.admit(plain.blocks[1]))
        let isAdmitted = Flag(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let third = try await pipeline.admit(plain.blocks[2])
                isAdmitted.set(true)
                if let third { try await pipeline.finish(third) }
            }
            group.addTask {
                // Waits until block 2 is durable, then knows it.
                let place = try await pipeline.admit(plain.blocks[1])
                #expect(place == nil)
                #expect(ledger.height >= 3)
            }
            await Task.yield()
            #expect(!isAdmitted.value)
            try await pipeline.finish(first)
            try await pipeline.finish(second)
            try await group.waitForAll()
        }
        #expect(isAdmitted.value)
        #expect(ledger.height == 4)
        await #expect(throws: NodeError.self) { try await pipeline.take(plain.blocks[4]) }
        let fork = OrderedBlock(number: 2, previousHash: [], envelopes: [[9]])
        await #expect(throws: NodeError.self) { try await pipeline.take(fork) }
    }
}

/// A flag that several tasks hold.
final class Flag: Sendable {
    private let flag: Mutex<Bool>

    init(_ value: Bool) { self.flag = Mutex(value) }

    var value: Bool { self.flag.withLock { $0 } }

    func set(_ value: Bool) { self.flag.withLock { $0 = value } }
}
