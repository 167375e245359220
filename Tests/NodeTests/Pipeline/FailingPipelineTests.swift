import ChannelConfiguration
import Foundation
import Ledger
import LedgerModel
import Synchronization
import TestSupport
import Testing
import Validation

@testable import Node

/// The disk fails under a block while the next one is validated.
@Suite(.timeLimit(.minutes(2))) struct FailingPipelineTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder("selvage-failing")
    }

    /// What happened around a block under which the disk failed.
    private struct Outcome {
        let pipeline: CommitPipeline
        let ledger: Ledger
        let published: [UInt64]
        let error: (any Error)?
    }

    /// Brings a chain into a new ledger whose disk fails under one block, once the block behind it is being validated on top of it.
    private func run(_ plain: PlainChain, _ fault: FailingDisk.Fault, under number: UInt64, name: String) async throws -> Outcome {
        let disk = FailingDisk()
        let ledger = try disk.ledger(in: self.folder.path(of: name))
        let bundle = try PlainChain.begin(ledger, with: plain.genesis)
        let published = Mutex<[UInt64]>([])
        let pipeline = CommitPipeline(
            name: "peer0", ledger: ledger, authority: BlockAuthority(bundle), position: ChainPosition(genesis: plain.genesis),
            verify: { _, _, _ in },
            views: .init(state: { basis in
                if basis.pending != nil, basis.tip.position.number.rawValue == number { disk.open() }
                return CommitPipeline.Views().state(basis)
            })
        ) { outcome in
            let block = outcome.block.block.number.rawValue
            published.withLock { $0.append(block) }
            if block + 1 == number { disk.arm(fault) }
        }
        var rest = plain.blocks[...]
        var failure: (any Error)?
        do { try await pipeline.take { rest.popFirst() } } catch { failure = error }
        return Outcome(pipeline: pipeline, ledger: ledger, published: published.withLock { $0 }, error: failure)
    }

    private static func storageFailure(_ error: (any Error)?) -> (block: BlockNumber, reason: String)? {
        guard case .storageFailed("peer0", let block, let reason)? = error as? NodeError else { return nil }
        return (block, reason)
    }

    @Test(arguments: FailingDisk.Fault.told)
    func `what was validated ahead is thrown away, nothing of the failed block is visible, and a restart goes on`(fault: FailingDisk.Fault)
        async throws
    {
        let plain = try await PlainChain(seed: 407, length: 9, folder: self.folder.path(of: "plain"))
        // Behind a block that changes the configuration nothing is validated before it is durable.
        let number = try #require((3...6).first { !BlockVerifier.isConfiguration(plain.blocks[$0 - 1]) })
        let failed = BlockNumber(UInt64(number))
        do {
            let outcome = try await self.run(plain, fault, under: failed.rawValue, name: "failing")
            let failure = try #require(Self.storageFailure(outcome.error), "\(String(describing: outcome.error))")
            #expect(failure.block == failed)
            #expect(failure.reason.contains(String(cString: strerror(fault.code))), "\(failure.reason)")
            #expect("\(try #require(outcome.error))".contains("the block is not to blame"))
            #expect(outcome.published == Array(1..<failed.rawValue))
            #expect(outcome.ledger.height == failed.rawValue)
            #expect(try PlainChain.difference(plain.views[number - 1], outcome.ledger.snapshot()) == nil)
            // The block behind it is not taken on top of nothing.
            await #expect(throws: NodeError.self) { try await outcome.pipeline.take(plain.blocks[number]) }
            var again = plain.blocks.dropFirst(number - 1)
            if fault.canGoOn {
                try await outcome.pipeline.take { again.popFirst() }
                #expect(try plain.difference(of: outcome.ledger) == nil)
            } else {
                do {
                    try await outcome.pipeline.take { again.popFirst() }
                    Issue.record("a ledger that does not know what is on its disk goes on")
                } catch {
                    #expect(Self.storageFailure(error)?.reason.contains("open") == true, "\(error)")
                }
                #expect(outcome.ledger.height == failed.rawValue)
                #expect(try PlainChain.difference(plain.views[number - 1], outcome.ledger.snapshot()) == nil)
            }
        }
        try await self.restart(plain, fault, failed)
    }

    /// Opens the ledger again on a good disk, and brings the rest.
    private func restart(_ plain: PlainChain, _ fault: FailingDisk.Fault, _ failed: BlockNumber) async throws {
        let ledger = try Ledger.open(folder: self.folder.path(of: "failing"))
        let height = Int(ledger.height)
        #expect(fault.leavesBlock ? height == Int(failed.rawValue) + 1 : height == plain.blocks.count + 1)
        #expect(try PlainChain.difference(plain.views[height - 1], ledger.snapshot()) == nil)
        let first = try PlainChain.begin(ledger, with: plain.genesis)
        let history = ConfigurationHistory(ledger.snapshot(), channel: first.channelID, verifier: ToySignatures()) { first }
        let last = height == 1 ? plain.genesis : plain.blocks[height - 2]
        let pipeline = CommitPipeline(
            name: "peer0", ledger: ledger, authority: try history.authority(), position: try Self.position(after: last, plain),
            verify: { _, _, _ in }
        ) { _ in }
        var rest = plain.blocks.dropFirst(height - 1)
        try await pipeline.take { rest.popFirst() }
        #expect(try plain.difference(of: ledger) == nil)
    }

    private static func position(after block: OrderedBlock, _ plain: PlainChain) throws -> ChainPosition {
        try ChainPosition(after: block, chain: plain.genesis.headerHash)
    }

    @Test func `the comparison finds a database that loses the effects of a block and says nothing`() async throws {
        let plain = try await PlainChain(seed: 407, length: 9, folder: self.folder.path(of: "plain"))
        let number = try #require((3...6).first { !BlockVerifier.isConfiguration(plain.blocks[$0 - 1]) })
        let outcome = try await self.run(plain, .silenceAtBatch, under: UInt64(number), name: "failing")
        let found: String?
        do { found = try plain.difference(of: outcome.ledger) } catch { found = "\(error)" }
        #expect(found != nil || outcome.error != nil)
    }
}
