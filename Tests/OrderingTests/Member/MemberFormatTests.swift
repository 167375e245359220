import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct MemberFormatTests {
    private func outline(_ hashes: [[UInt8]]) throws -> CandidateOutline {
        let header = ExtendedHeader(
            chain: [UInt8](repeating: 1, count: 32), height: 5, parentID: [UInt8](repeating: 2, count: 32),
            parentCommitHash: [UInt8](repeating: 3, count: 32), txRoot: TransactionTree.root(ofEnvelopeHashes: hashes), txCount: UInt32(hashes.count),
            txSeqBase: 9, timeMs: 10, proposer: 2, committeeHash: [UInt8](repeating: 4, count: 32), configSeq: 0)
        return try found(
            CandidateOutline(
                previousHash: [UInt8](repeating: 5, count: 32), dataHash: [UInt8](repeating: 6, count: 32), header: header, lastConfig: 0,
                parentCertificate: [7, 8, 9], envelopeHashes: hashes))
    }

    @Test func `an outline has exactly these bytes`() throws {
        let hashes = [SHA256.hash([1]), SHA256.hash([2])]
        let bytes = CandidateOutlineFormat.encode(try self.outline(hashes))
        var expected: [UInt8] = [1] + [UInt8](repeating: 5, count: 32) + [UInt8](repeating: 6, count: 32)
        expected += ExtendedHeaderFormat.encode(try self.outline(hashes).header)
        expected += [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 7, 8, 9, 0, 0, 0, 2] + hashes[0] + hashes[1]
        #expect(bytes == expected)
        #expect(Hex.encode(SHA256.hash(bytes)) == "8d84e1ecd318f6d120caf6446af5b5d7835a02577f2cdbd740864b26fca54ce0")
        #expect(try CandidateOutlineFormat.decode(bytes, maxCount: 2) == self.outline(hashes))
    }

    @Test func `an outline that is cut, longer, changed in its hashes or too large is refused`() throws {
        let bytes = CandidateOutlineFormat.encode(try self.outline([SHA256.hash([1]), SHA256.hash([2])]))
        for length in 0..<bytes.count {
            #expect(throws: MessageError.self) { try CandidateOutlineFormat.decode(Array(bytes.prefix(length)), maxCount: 10) }
        }
        #expect(throws: MessageError.self) { try CandidateOutlineFormat.decode(bytes + [0], maxCount: 10) }
        #expect(throws: MessageError.self) { try CandidateOutlineFormat.decode(bytes, maxCount: 1) }
        for index in bytes.count - 64..<bytes.count {
            var altered = bytes
            altered[index] ^= 1
            #expect(throws: MessageError.self) { try CandidateOutlineFormat.decode(altered, maxCount: 10) }
        }
        var many = bytes
        many.replaceSubrange(bytes.count - 68..<bytes.count - 64, with: [255, 255, 255, 255])
        #expect(throws: MessageError.self) { try CandidateOutlineFormat.decode(many, maxCount: .max) }
    }

    @Test func `an outline leads to its block and to no other one`() throws {
        let envelopes: [[UInt8]] = [[1], [2]]
        let first = try self.outline(envelopes.map { SHA256.hash($0) })
        let block = OrderedBlock(number: 5, previousHash: first.previousHash, envelopes: envelopes)
        let candidate = try CandidateBlock(unsigned: block, header: first.header, lastConfig: 0, parentCertificate: [7, 8, 9])
        let outline = CandidateOutline(of: candidate)
        #expect(outline.filled(with: envelopes) == candidate)
        #expect(outline.filled(with: envelopes.reversed()) == nil)
        #expect(outline.filled(with: [[1]]) == nil)
        // Its data hash belongs to other envelopes: no block has the id.
        #expect(first.filled(with: envelopes) == nil)
    }

    @Test func `a pool log has exactly these bytes, and a torn or altered end is not read`() throws {
        let log = try found(PoolLogFormat.entry([0xAA, 0xBB])) + found(PoolLogFormat.entry([0xCC]))
        #expect(Hex.encode(log) == "0000000233cfeeb22e0447f8aabb00000001e1611d3730babb6ccc")
        #expect(PoolLogFormat.entry([]) == nil)
        #expect(PoolLogFormat.read(log).envelopes == [[0xAA, 0xBB], [0xCC]])
        for length in 0..<log.count {
            let (envelopes, end) = PoolLogFormat.read(Array(log.prefix(length)))
            #expect(envelopes == (length < 14 ? [] : [[0xAA, 0xBB]]))
            #expect(end == (length < 14 ? 0 : 14))
        }
        for index in log.indices {
            var altered = log
            altered[index] ^= 0x40
            let (envelopes, end) = PoolLogFormat.read(altered)
            #expect(envelopes == (index < 14 ? [] : [[0xAA, 0xBB]]))
            #expect(end == (index < 14 ? 0 : 14))
        }
    }
}
