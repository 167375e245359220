import ChannelConfiguration
import Identity
import LedgerModel
import Testing

@testable import Ordering

struct CommitteeOfOneTests {
    let network: TestNetwork

    init() throws {
        self.network = try TestNetwork.shared.get()
    }

    private func header(_ block: OrderedBlock) throws -> ExtendedHeader {
        let value = try BlockSignatures(slot: block.metadata(.signatures)).value
        return try ExtendedHeaderFormat.decode(OrdererBlockMetadata(serialized: value).consenterMetadata).header
    }

    @Test func `blocks continue the chain in canonical form`() throws {
        var consenter = try self.network.consenter()
        var parent = self.network.genesis
        for number in 1...5 as ClosedRange<UInt8> {
            let decision = try #require(consenter.order(self.network.batch(number, number + 100), now: TestNetwork.now).first)
            #expect(decision.block.number == BlockNumber(UInt64(number)))
            #expect(try CanonicalBlock.fault(in: decision.block, after: parent, in: self.network) == nil)
            #expect(try OrderedBlock(serialized: decision.block.serialized()) == decision.block)
            #expect(decision.signingGuard.height == decision.block.number)
            #expect(decision.signingGuard.blockID == consenter.position.blockID)
            parent = decision.block
        }
        #expect(consenter.position.nextSequence == 10)
        #expect(consenter.unavailability == nil)
    }

    @Test func `the policy BlockValidation accepts the signature`() throws {
        var consenter = try self.network.consenter()
        let block = try #require(consenter.order(self.network.batch(1), now: TestNetwork.now).first).block
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        let signed = try signatures.entries.map {
            SignedMessage(
                identity: try #require(self.network.bundle.consenter(id: 1)).serializedIdentity,
                message: signatures.signedBytes(of: $0, blockHeader: block.headerBytes), signature: $0.signature)
        }
        #expect(try self.network.bundle.evaluate(policy: "/Channel/Orderer/BlockValidation", signed) == .satisfied)
    }

    @Test func `block time is the clock's, and always later than the parent's`() throws {
        var consenter = try self.network.consenter()
        let times = [TestNetwork.now, TestNetwork.now, Timestamp(seconds: 5), Timestamp(seconds: TestNetwork.now.seconds + 1)]
        let headers = try times.map { try self.header(#require(consenter.order(self.network.batch(1), now: $0).first).block).timeMs }
        let now = TestNetwork.nowMs
        #expect(headers == [now, now + 1, now + 2, now + 750])
    }

    @Test func `a restart continues where the last block ends`() throws {
        var first = try self.network.consenter()
        _ = try first.order(self.network.batch(1, 2), now: TestNetwork.now)
        let last = try #require(first.order(self.network.batch(3), now: TestNetwork.now).first)
        // As a peer keeps it: with verdicts in slot 2 and a commit hash in slot 4.
        let stored = last.block.with(.transactionsFilter, [0]).with(.commitHash, [1, 2, 3])
        let guardBytes = SigningGuardFormat.encode(last.signingGuard)
        var second = try self.network.consenter(
            after: OrderedBlock(serialized: stored.serialized()), signingGuard: SigningGuardFormat.decode(guardBytes))
        #expect(second.position == first.position)
        let batch = try self.network.batch(4)
        let next = try #require(second.order(batch, now: TestNetwork.now).first)
        #expect(next.block.number == 3)
        #expect(try self.header(next.block).txSeqBase == 3)
        #expect(try CanonicalBlock.fault(in: next.block, after: stored, in: self.network) == nil)
        // The one that never stopped makes the same block but for the random part of the signature.
        let same = try #require(first.order(batch, now: TestNetwork.now).first)
        #expect(same.block.headerBytes == next.block.headerBytes && same.signingGuard == next.signingGuard)
    }

    @Test func `a node with an old ledger refuses to start`() throws {
        var consenter = try self.network.consenter()
        let first = try #require(consenter.order(self.network.batch(1), now: TestNetwork.now).first)
        let second = try #require(consenter.order(self.network.batch(2), now: TestNetwork.now).first)
        #expect(throws: OrderingError.ledgerBehindGuard(ledger: 1, signed: 2)) {
            try self.network.consenter(after: first.block, signingGuard: second.signingGuard)
        }
    }

    @Test func `two different blocks of one height are never signed`() throws {
        var consenter = try self.network.consenter()
        let copy = consenter
        let first = try #require(consenter.order(self.network.batch(1), now: TestNetwork.now).first)
        // The ledger lost block 1, the guard is still there.
        #expect(throws: OrderingError.ledgerBehindGuard(ledger: 0, signed: 1)) { try self.network.consenter(signingGuard: first.signingGuard) }
        var other = copy
        let fork = try #require(other.order(self.network.batch(2), now: TestNetwork.now).first)
        #expect(throws: OrderingError.ledgerContradictsGuard(1)) {
            try self.network.consenter(after: fork.block, signingGuard: first.signingGuard)
        }
    }

    @Test func `only the channel's one consenter may sign`() throws {
        func start(_ identity: SigningIdentity, _ bundle: ChannelBundle) throws {
            _ = try CommitteeOfOne(identity: identity, bundle: bundle, after: self.network.genesis, chain: self.network.chain, signingGuard: nil)
        }
        #expect(throws: OrderingError.self) { try start(self.network.otherOrderer, self.network.bundle) }
        #expect(throws: OrderingError.self) { try start(self.network.client, self.network.bundle) }
        var profile = self.network.profile
        profile.consenters.append(
            Consenter(id: 2, host: "localhost", port: 7051, mspID: "ClinicMSP", identity: self.network.otherOrderer.certificate.pem))
        let two = try ChannelBundle(block: profile.genesisBlock())
        #expect(throws: OrderingError.self) { try start(self.network.orderer, two) }
        let raft = try self.network.bundle { $0.type = "etcdraft" }
        #expect(throws: OrderingError.self) { try start(self.network.orderer, raft) }
    }

    @Test func `a block of another chain, a foreign guard and an unreadable block are refused`() throws {
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(throws: OrderingError.unusableLastBlock(0, reason: "it is the first block of another chain")) {
            try CommitteeOfOne(
                identity: self.network.orderer, bundle: self.network.bundle, after: self.network.genesis, chain: zero, signingGuard: nil)
        }
        #expect(throws: OrderingError.foreignGuard) {
            try self.network.consenter(signingGuard: SigningGuard(chain: self.network.chain, consenter: 2))
        }
        #expect(throws: OrderingError.foreignGuard) { try self.network.consenter(signingGuard: SigningGuard(chain: zero, consenter: 1)) }
        let damaged = OrderedBlock(number: 3, previousHash: zero, envelopes: [[1]]).with(.signatures, [0xFF])
        #expect(throws: OrderingError.self) { try self.network.consenter(after: damaged) }
    }

    @Test func `empty batches, configurations and the end of the numbers are refused`() throws {
        var consenter = try self.network.consenter()
        #expect(throws: OrderingError.emptyBatch) { try consenter.order(Batch([]), now: TestNetwork.now) }
        #expect(throws: OrderingError.configurationUpdate) {
            try consenter.order(Batch([.plain(1, size: 1, isConfiguration: true)]), now: TestNetwork.now)
        }
        let lastOfAll = OrderedBlock(number: BlockNumber(.max), previousHash: [], envelopes: [[1]])
        var atTheEnd = try self.network.consenter(after: lastOfAll)
        #expect(throws: OrderingError.exhausted(BlockNumber(.max))) { try atTheEnd.order(self.network.batch(1), now: TestNetwork.now) }
        // The refusals have used up nothing.
        #expect(try consenter.order(self.network.batch(1), now: TestNetwork.now).first?.block.number == 1)
    }

    @Test func `moments become milliseconds without overflow`() {
        #expect(TestNetwork.now.millisecondsSince1970 == TestNetwork.nowMs)
        #expect(Timestamp(seconds: -1).millisecondsSince1970 == 0)
        #expect(Timestamp(seconds: .max).millisecondsSince1970 == .max)
        #expect(Timestamp(seconds: 1, nanoseconds: -5).millisecondsSince1970 == 1_000)
        #expect(Timestamp(seconds: 1, nanoseconds: .max).millisecondsSince1970 == 1_999)
    }
}
