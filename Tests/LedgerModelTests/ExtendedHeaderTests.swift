import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@Suite struct ExtendedHeaderTests {
    private func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    private var sample: ConsenterMetadata {
        ConsenterMetadata(
            header: ExtendedHeader(
                chain: self.hash(0xC1), epoch: 1, height: 0x0203, parentID: self.hash(0xA1), parentCommitHash: self.hash(0xA2),
                txRoot: self.hash(0xA3), txCount: 4, txSeqBase: 0x0506, timeMs: 1_700_000_000_000, proposer: 7,
                committeeHash: self.hash(0xA4), nextCommitteeHash: self.hash(0xA5), govRoot: self.hash(0xA6), evidenceRoot: self.hash(0xA7),
                checkpointHeight: 8, checkpointRoot: self.hash(0xA8), configSeq: 9), round: 10)
    }

    @Test func `the golden bytes of an extended header and its round`() throws {
        func repeated(_ byte: String) -> String { String(repeating: byte, count: 32) }
        let text = """
            01 \(repeated("c1")) 0000000000000001 0000000000000203 \(repeated("a1")) \(repeated("a2")) \(repeated("a3"))
            00000004 0000000000000506 0000018bcfe56800 00000007 \(repeated("a4")) \(repeated("a5")) \(repeated("a6")) \(repeated("a7"))
            0000000000000008 \(repeated("a8")) 0000000000000009 0000000a
            """
        let golden = try #require(Hex.decode(text))
        #expect(ExtendedHeaderFormat.encode(self.sample) == golden)
        #expect(golden.count == 349)
        #expect(ExtendedHeaderFormat.metadataBytes == 349)
        #expect(try ExtendedHeaderFormat.decode(golden) == self.sample)
    }

    @Test func `every other length and every other version is refused`() {
        let bytes = ExtendedHeaderFormat.encode(self.sample)
        for length in [0, 1, bytes.count - 1] {
            #expect(throws: MessageError.self) { try ExtendedHeaderFormat.decode(Array(bytes.prefix(length))) }
        }
        #expect(throws: MessageError.self) { try ExtendedHeaderFormat.decode(bytes + [0]) }
        #expect(throws: MessageError.self) { try ExtendedHeaderFormat.decode([2] + bytes.dropFirst()) }
    }

    @Test func `any bytes of the right length and version read back to themselves`() throws {
        var random = SeededGenerator(seed: 71)
        for _ in 0..<100 {
            let bytes = [ExtendedHeaderFormat.version] + random.bytes(count: ExtendedHeaderFormat.metadataBytes - 1)
            #expect(ExtendedHeaderFormat.encode(try ExtendedHeaderFormat.decode(bytes)) == bytes, "\(random)")
        }
    }

    @Test func `the block id covers both headers but not the round`() throws {
        let header = self.sample.header
        let id = ExtendedHeaderFormat.blockID(blockHeader: [1, 2, 3], header: header)
        let expected = SHA256.hash(Array("SELVAGE-HDR-1".utf8) + [1, 2, 3] + SHA256.hash(ExtendedHeaderFormat.encode(header)))
        #expect(id == expected)
        #expect(id != ExtendedHeaderFormat.blockID(blockHeader: [1, 2, 4], header: header))
        var other = header
        other.timeMs += 1
        #expect(id != ExtendedHeaderFormat.blockID(blockHeader: [1, 2, 3], header: other))
    }

    @Test func `the golden bytes of a certificate, and only they, are read`() throws {
        let certificate = CommitCertificate(
            height: 5, round: 1, blockID: self.hash(0xBB),
            entries: [
                CommitCertificate.Entry(consenter: 1, signature: [0x30, 0x01]), CommitCertificate.Entry(consenter: 3, signature: [0x30]),
            ])
        let text = "01 0000000000000005 00000001 \(String(repeating: "bb", count: 32)) 0002 00000001 02 3001 00000003 01 30"
        let golden = try #require(Hex.decode(text))
        #expect(CommitCertificateFormat.encode(certificate) == golden)
        #expect(try CommitCertificateFormat.decode(golden) == certificate)
        let lengths = 0..<golden.count
        for length in lengths { #expect(throws: MessageError.self) { try CommitCertificateFormat.decode(Array(golden.prefix(length))) } }
        #expect(throws: MessageError.self) { try CommitCertificateFormat.decode(golden + [0]) }
        let unordered = CommitCertificate(height: 5, round: 1, blockID: self.hash(0xBB), entries: certificate.entries.reversed())
        let bytes = try #require(CommitCertificateFormat.encode(unordered))
        #expect(throws: MessageError.self) { try CommitCertificateFormat.decode(bytes) }
        #expect(CommitCertificateFormat.hash(ofSlot: []) == ExtendedHeader.zeroHash)
        #expect(CommitCertificateFormat.hash(ofSlot: golden) == SHA256.hash(golden))
    }

    @Test func `a certificate that cannot be written is not`() {
        func certificate(_ signature: [UInt8], id: [UInt8]) -> CommitCertificate {
            CommitCertificate(height: 1, round: 0, blockID: id, entries: [CommitCertificate.Entry(consenter: 1, signature: signature)])
        }
        #expect(CommitCertificateFormat.encode(certificate([], id: self.hash(1))) == nil)
        #expect(CommitCertificateFormat.encode(certificate([UInt8](repeating: 1, count: 256), id: self.hash(1))) == nil)
        #expect(CommitCertificateFormat.encode(certificate([1], id: [1])) == nil)
    }

    @Test func `the golden bytes behind a committee's hash`() throws {
        let members = [
            CommitteeHashFormat.Member(consenter: 1, mspID: "A", publicKey: [0x04, 0x05]),
            CommitteeHashFormat.Member(consenter: 9, mspID: "BC", publicKey: [0x06]),
        ]
        let text = """
            53454c564147452d434d542d31 0000000000000002 00000002
            00000001 00000001 41 00000002 0405   00000009 00000002 4243 00000001 06
            """
        #expect(CommitteeHashFormat.hash(epoch: 2, members: members) == SHA256.hash(try #require(Hex.decode(text))))
    }
}

@Suite struct TransactionTreeTests {
    private func leaf(_ envelope: [UInt8]) -> [UInt8] { SHA256.hash([0] + SHA256.hash(envelope)) }
    private func inner(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { SHA256.hash([1] + left + right) }

    @Test func `the root of one, two and five envelopes is built as the grammar says`() {
        let envelopes: [[UInt8]] = [[1], [2, 2], [], [4], [5]]
        let leaves = envelopes.map { self.leaf($0) }
        #expect(TransactionTree.root(of: []) == SHA256.hash([]))
        #expect(TransactionTree.root(of: [[1]]) == leaves[0])
        #expect(TransactionTree.root(of: Array(envelopes[0..<2])) == self.inner(leaves[0], leaves[1]))
        let four = self.inner(self.inner(leaves[0], leaves[1]), self.inner(leaves[2], leaves[3]))
        #expect(TransactionTree.root(of: envelopes) == self.inner(four, leaves[4]))
    }

    @Test func `every envelope of every size up to 20 is proved, at its own place only`() throws {
        for count in 1...20 {
            let envelopes = (0..<count).map { [UInt8($0), 7] }
            let root = TransactionTree.root(of: envelopes)
            for index in 0..<count {
                let path = try #require(TransactionTree.path(to: index, in: envelopes))
                #expect(TransactionTree.verify(envelopes[index], at: index, of: count, path: path, root: root))
                #expect(!TransactionTree.verify([9, 9], at: index, of: count, path: path, root: root))
                #expect(!TransactionTree.verify(envelopes[index], at: index, of: count, path: path + path.prefix(1), root: root) || path.isEmpty)
                for other in 0..<count where other != index {
                    #expect(!TransactionTree.verify(envelopes[index], at: other, of: count, path: path, root: root))
                }
            }
        }
        #expect(TransactionTree.path(to: 1, in: [[1]]) == nil)
        #expect(!TransactionTree.verify([1], at: 0, of: 0, path: [], root: []))
        #expect(!TransactionTree.verify([1], at: -1, of: 1, path: [], root: []))
    }
}
