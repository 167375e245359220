import ChannelConfiguration
import LedgerModel
import TestSupport
import Testing
import Validation

@testable import Ledger
@testable import Node

/// Whose turn it is in the line of blocks.
@Suite struct CommitLineTests {
    private let folder: TemporaryFolder
    private let chain: RandomChain
    private let tip: CommitLine.Tip
    private let ledger: LedgerSnapshot
    private let pending: PendingBlock

    init() throws {
        self.folder = try TemporaryFolder("selvage-line")
        self.chain = try RandomChain(seed: 409)
        let (ledger, bundle) = try PlainChain.open(self.chain.genesis, at: self.folder.path(of: "ledger"))
        self.ledger = ledger.snapshot()
        self.tip = CommitLine.Tip(
            position: ChainPosition(genesis: self.chain.genesis), authority: BlockAuthority(bundle), commitHash: [], plans: PolicyPlans())
        // What is in a block means nothing to the line.
        self.pending = PendingBlock(try BlockValidator.acceptGenesis(self.chain.genesis, verifier: ToySignatures()).block)
    }

    private var office: CommitLine.Office { CommitLine.Office(position: self.tip.position, authority: self.tip.authority) }

    /// A line with some blocks that wait.
    private func line(_ count: UInt64) throws -> (CommitLine, [CommitLine.ID]) {
        var line = CommitLine(durable: self.tip, ledger: self.ledger, limitBytes: 1 << 20, limitBlocks: 16)
        var ids: [CommitLine.ID] = []
        for number in 1...count {
            let id = line.admit(number: number, sizeBytes: 10)
            ids.append(try #require(id))
        }
        return (line, ids)
    }

    @Test func `a block is read while the one before it is validated, and no earlier`() throws {
        var (line, ids) = try self.line(3)
        #expect(try line.beginReading(ids[1]) == nil)
        #expect(try line.beginReading(ids[0]) != nil)
        #expect(try line.beginReading(ids[1]) == nil)
        try line.read(ids[0], next: self.office)
        #expect(try line.beginReading(ids[1]) == nil)
        #expect(try line.beginValidation(ids[0]) != nil)
        #expect(try line.beginReading(ids[1]) != nil)
        try line.read(ids[1], next: self.office)
        // One block that has been read may wait; the next one is not read before that one is validated.
        #expect(try line.beginReading(ids[2]) == nil)
        #expect(try line.beginValidation(ids[1]) == nil)
        try line.validated(ids[0], tip: self.tip, pending: self.pending)
        #expect(try line.beginReading(ids[2]) == nil)
        #expect(try line.beginValidation(ids[1])?.pending != nil)
        #expect(try line.beginReading(ids[2]) != nil)
    }

    @Test func `nothing is validated that was not read`() throws {
        var (line, ids) = try self.line(2)
        #expect(try line.beginValidation(ids[0]) == nil)
        #expect(try line.beginReading(ids[0]) != nil)
        #expect(try line.beginValidation(ids[0]) == nil)
        try line.read(ids[0], next: self.office)
        #expect(try line.beginValidation(ids[0])?.pending == nil)
        try line.validated(ids[0], tip: self.tip, pending: self.pending)
        #expect(try line.beginValidation(ids[1]) == nil)
    }

    @Test func `behind a block that may change the configuration nothing is read before it is durable`() throws {
        var (line, ids) = try self.line(3)
        _ = try line.beginReading(ids[0])
        try line.read(ids[0], next: nil)
        _ = try line.beginValidation(ids[0])
        #expect(try line.beginReading(ids[1]) == nil)
        try line.validated(ids[0], tip: self.tip, pending: self.pending)
        #expect(try line.beginReading(ids[1]) == nil)
        #expect(try line.beginCommit(ids[0]) == true)
        #expect(try line.beginReading(ids[1]) == nil)
        #expect(try line.beginReading(ids[2]) == nil)
        try line.committed(ids[0], ledger: self.ledger)
        #expect(try line.beginReading(ids[1]) != nil)
    }

    @Test func `a block that fails takes those behind it along, in whatever stage they are`() throws {
        var (line, ids) = try self.line(3)
        _ = try line.beginReading(ids[0])
        try line.read(ids[0], next: self.office)
        _ = try line.beginValidation(ids[0])
        _ = try line.beginReading(ids[1])
        // One that cannot be read leaves the block before it alone.
        line.failed(ids[1])
        #expect(throws: CommitLineError.dropped) { try line.read(ids[1], next: self.office) }
        #expect(throws: CommitLineError.dropped) { _ = try line.beginReading(ids[2]) }
        try line.validated(ids[0], tip: self.tip, pending: self.pending)
        #expect(try line.beginCommit(ids[0]) == true)
        #expect(line.lastNumber == 1)
        let place = line.admit(number: 2, sizeBytes: 10)
        let again = try #require(place)
        #expect(try line.beginReading(again) != nil)
        line.failed(ids[0])
        #expect(throws: CommitLineError.dropped) { try line.read(again, next: self.office) }
        #expect(line.lastNumber == 0)
    }
}
