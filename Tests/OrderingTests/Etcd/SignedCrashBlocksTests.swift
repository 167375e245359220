import ChannelConfiguration
import Identity
import LedgerModel
import Testing
import Validation

@testable import Ordering

/// Blocks that one orderer signs.
struct SignedCrashBlocksTests {
    private let etcd: EtcdNetwork
    private let start: ChainPosition

    init() throws {
        self.etcd = try EtcdNetwork()
        self.start = ChainPosition(genesis: self.etcd.genesis)
    }

    @Test func `a block passes its own rules, a peer's, and a stock peer's`() throws {
        let block = try self.etcd.chain(of: 1)[0]
        #expect(try self.etcd.blocks().fault(in: block, after: self.start) == nil)
        for form in [BlockVerifier.Form.canonical, .fabric] {
            try BlockVerifier(bundle: self.etcd.bundle, form: form).verify(block, after: self.start)
        }
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        let value = try OrdererBlockMetadata(serialized: signatures.value)
        #expect(CrashCertificateFormat.decode(value.consenterMetadata)?.leadership == 5)
        #expect(CrashCertificateFormat.decode(value.consenterMetadata)?.timeMs == TestNetwork.nowMs)
    }

    @Test func `a channel of a committee takes no block that one orderer signed`() throws {
        let block = try self.etcd.chain(of: 1)[0]
        let network = self.etcd.network
        let moved = OrderedBlock(
            number: block.number, previousHash: network.genesis.headerHash, dataHash: block.dataHash, envelopes: block.envelopes,
            metadata: block.metadata)
        #expect(throws: BlockVerificationError.self) {
            try BlockVerifier(bundle: network.bundle, form: .canonical).verify(moved, after: ChainPosition(genesis: network.genesis))
        }
        #expect(throws: OrderingError.self) {
            try SignedCrashBlocks(bundle: network.bundle, identity: network.orderer, chain: network.chain)
        }
    }

    @Test func `only orderers of the channel sign blocks`() throws {
        #expect(throws: OrderingError.self) { try self.etcd.blocks(self.etcd.network.client) }
        #expect(throws: OrderingError.self) { try self.etcd.blocks(self.etcd.network.stranger) }
        _ = try self.etcd.blocks(self.etcd.network.otherOrderer)
    }

    @Test func `every change of a block is seen`() throws {
        let blocks = try self.etcd.blocks()
        let chain = try self.etcd.chain(of: 1, 2)
        let block = chain[0]
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        let entry = signatures.entries[0]
        var flipped = entry.signature
        flipped[10] ^= 1
        func signed(_ entries: [BlockSignatures.Entry], value: [UInt8]? = nil) -> OrderedBlock {
            block.with(.signatures, BlockSignatures(value: value ?? signatures.value, entries: entries).slot())
        }
        let plain = OrdererBlockMetadata(lastConfig: 0, consenterMetadata: []).serialized()
        let wrong = [
            chain[1], signed([]), signed([entry, entry]), signed([.init(signer: entry.signer, signature: flipped)]), signed([entry], value: plain),
            OrderedBlock(
                number: block.number, previousHash: block.previousHash, dataHash: block.dataHash, envelopes: chain[1].envelopes,
                metadata: block.metadata),
            OrderedBlock(number: 1, previousHash: [1], dataHash: block.dataHash, envelopes: block.envelopes, metadata: block.metadata),
        ]
        for block in wrong { #expect(blocks.fault(in: block, after: self.start) != nil) }
    }
}
