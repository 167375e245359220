import ChannelConfiguration
import LedgerModel
import Testing
import Validation

@testable import Ledger
@testable import Node

/// A drawn chain with the ledger that the plain way made of it: one block after the other, with nothing remembered from block to block.
struct PlainChain {
    let genesis: OrderedBlock
    let blocks: [OrderedBlock]
    let ledger: Ledger
    /// The ledger after block 0 and after each of `blocks`.
    let views: [LedgerSnapshot]
    let codes: Set<ValidationCode>
    /// The numbers of the blocks that brought a configuration, and what the configurations changed.
    let configurations: Set<UInt64>
    let changes: Set<RandomChain.Change>
    let seedText: String

    /// The blocks that may be validated while the one before them is not durable.
    var mayBeAhead: [UInt64] { self.blocks.dropFirst().map(\.number.rawValue).filter { !self.configurations.contains($0 - 1) } }

    /// Draws a chain and commits each block before the next is drawn.
    init(seed: UInt64, length: Int, folder: String) async throws {
        var chain = try RandomChain(seed: seed)
        var (ledger, bundle) = try Self.open(chain.genesis, at: folder)
        var seen = [ledger.snapshot()]
        var blocks: [OrderedBlock] = []
        var codes: Set<ValidationCode> = []
        var configurations: Set<UInt64> = []
        for _ in 0..<length {
            let block = try chain.block(seen: Array(seen.suffix(3)))
            let before = ledger.snapshot()
            let outcome = try await BlockValidator(bundle: bundle).validate(
                block, state: before, transactions: before, previousCommitHash: before.head.commitHash)
            try ledger.commit(outcome.block)
            if let new = outcome.newBundle {
                bundle = new
                configurations.insert(block.number.rawValue)
            }
            codes.formUnion(outcome.block.codes)
            blocks.append(block)
            seen.append(ledger.snapshot())
        }
        self.genesis = chain.genesis
        self.blocks = blocks
        self.ledger = ledger
        self.views = seen
        self.codes = codes
        self.configurations = configurations
        self.changes = Set(chain.changes)
        self.seedText = chain.seedText
    }

    /// A new ledger with the genesis block.
    ///
    /// - Parameter pace: Lets the disk wait for what is validated meanwhile; the state is in memory then.
    static func open(_ genesis: OrderedBlock, at path: String, _ pace: Pace? = nil) throws -> (ledger: Ledger, bundle: ChannelBundle) {
        let ledger: Ledger
        if let pace {
            try SystemFiles().makeFolder(path)
            ledger = try Ledger.over(InMemoryStore(), folder: path, blockFiles: PacedFiles(pace: pace), lock: nil)
        } else {
            ledger = try Ledger.open(folder: path)
        }
        return (ledger, try self.begin(ledger, with: genesis))
    }

    /// Commits the genesis block.
    static func begin(_ ledger: Ledger, with genesis: OrderedBlock) throws -> ChannelBundle {
        let outcome = try BlockValidator.acceptGenesis(genesis, verifier: ToySignatures())
        if ledger.height == 0 { try ledger.commit(outcome.block) }
        return try #require(outcome.newBundle)
    }

    /// The first difference of a ledger to this one's; nil when there is none.
    func difference(of ledger: Ledger) throws -> String? { try Self.difference(self.ledger.snapshot(), ledger.snapshot()) }

    /// The first difference between two ledgers; nil when there is none.
    static func difference(_ left: LedgerSnapshot, _ right: LedgerSnapshot) throws -> String? {
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
}
