import Identity
import LedgerModel
import Testing

@testable import Ordering

@Suite struct MemberSnapshotTests {
    private let snapshot = MemberSnapshot(
        governance: [1, 2], configuration: OrderedBlock(number: 3, previousHash: [4], envelopes: [[5]]),
        dataHashes: [[UInt8](repeating: 6, count: 32)], blocks: [OrderedBlock(number: 5, previousHash: [7], envelopes: [[8], [9]])])

    @Test func `a snapshot has these bytes and no others`() throws {
        // number, previous hash and data hash of the header; the envelopes; five empty slots.
        let configuration = self.snapshot.configuration.serialized()
        let block = self.snapshot.blocks[0].serialized()
        #expect(configuration.count == 58 && block.count == 61, "\(configuration.count) \(block.count)")
        var golden = Array("SELVAGE-JOIN-1".utf8) + [0, 0, 0, 2, 1, 2]
        golden += [0, 0, 0, UInt8(configuration.count)] + configuration
        golden += [0, 0, 0, 1] + [UInt8](repeating: 6, count: 32)
        golden += [0, 0, 0, 1, 0, 0, 0, UInt8(block.count)] + block
        #expect(MemberSnapshotFormat.encode(self.snapshot) == golden)
        #expect(try MemberSnapshotFormat.decode(golden) == self.snapshot)
        for length in golden.indices {
            #expect(throws: MessageError.self) { try MemberSnapshotFormat.decode(Array(golden.prefix(length))) }
        }
        #expect(throws: MessageError.self) { try MemberSnapshotFormat.decode(golden + [0]) }
        // Counts and lengths beyond what is there cost nothing.
        for place in [14, 20, 82, 118] {
            var huge = golden
            for index in place..<place + 4 { huge[index] = 0xFF }
            #expect(throws: MessageError.self) { try MemberSnapshotFormat.decode(huge) }
        }
    }

    @Test func `the hash to compare depends on each of its parts`() throws {
        let genesis = OrderedBlock(number: 0, previousHash: [], envelopes: [[1]])
        let position = ChainPosition(genesis: genesis)
        let other = ChainPosition(genesis: OrderedBlock(number: 0, previousHash: [], envelopes: [[2]]))
        let (one, two) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        let hashes = [
            MemberSnapshot.trust(chain: one, position: position, governanceRoot: one),
            MemberSnapshot.trust(chain: two, position: position, governanceRoot: one),
            MemberSnapshot.trust(chain: one, position: other, governanceRoot: one),
            MemberSnapshot.trust(chain: one, position: position, governanceRoot: two),
        ]
        #expect(Set(hashes).count == 4 && hashes.allSatisfy { $0.count == 32 })
    }

    @Test func `a snapshot without blocks, of block 0 or with other blocks than its own is refused`() throws {
        let genesis = try MemberWorldPeople.plain.get()
        for blocks in [[], [genesis], self.snapshot.blocks] {
            let snapshot = MemberSnapshot(governance: [], configuration: genesis, dataHashes: [], blocks: blocks)
            #expect(throws: SnapshotRefusal.self) {
                try snapshot.rules(
                    genesis: genesis, trust: [UInt8](repeating: 0, count: 32), settings: OrderingSettings(),
                    verifier: DirectSignatureVerifier())
            }
        }
    }
}
