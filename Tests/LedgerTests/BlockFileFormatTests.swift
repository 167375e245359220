import CryptoPrimitives
import Ledger
import Testing

@Suite struct BlockFileFormatTests {
    @Test func `the golden file header has magic, version, segment, first block and check`() {
        let checked: [UInt8] = Array("SELVBLK".utf8) + [1] + [0, 0, 0, 3] + [0, 0, 0, 0, 0, 0, 1, 2]
        let header = BlockFileFormat.fileHeader(segment: 3, firstBlock: 258)
        #expect(header == checked + SHA256.hash(checked).prefix(8))
        #expect(Base16.encode(header) == "53454c56424c4b010000000300000000000001025e8ec372e7008411")
        let fields = BlockFileFormat.readFileHeader(header)
        #expect(fields?.segment == 3)
        #expect(fields?.firstBlock == 258)
    }

    @Test func `the golden frame head has length, number, checksum and check`() {
        let block: [UInt8] = Array("abc".utf8)
        let head = BlockFileFormat.frameHead(number: 7, block: block)
        #expect(Base16.encode(head) == "000000030000000000000007ba7816bf8f01cfea0788b1ce703edda3")
        #expect(
            BlockFileFormat.readFrameHead(head)
                == BlockFileFormat.FrameHead(number: 7, lengthBytes: 3, checksum: Array(SHA256.hash(block).prefix(8))))
    }

    @Test func `a head of any other size is refused`() {
        let head = BlockFileFormat.frameHead(number: 7, block: [1])
        for count in 0..<head.count { #expect(BlockFileFormat.readFrameHead(Array(head.prefix(count))) == nil) }
        #expect(BlockFileFormat.readFrameHead(head + [0]) == nil)
        #expect(BlockFileFormat.readFileHeader(Array(BlockFileFormat.fileHeader(segment: 0, firstBlock: 0).dropLast())) == nil)
    }

    @Test func `a length of zero or above the limit is refused though its check is right`() {
        for length in [UInt32(0), UInt32(LedgerLimits.maximumBlockSizeBytes + 1), .max] {
            var head = withUnsafeBytes(of: length.bigEndian) { Array($0) } + Array(repeating: 0, count: 16)
            head += SHA256.hash(head).prefix(8)
            #expect(BlockFileFormat.readFrameHead(head) == nil)
        }
    }

    @Test func `file names carry the segment number and nothing else is taken for one`() {
        #expect(BlockFileFormat.fileName(segment: 12) == "blocks-00000012.segment")
        #expect(BlockFileFormat.segment(fileName: "blocks-00000012.segment") == 12)
        for name in ["blocks-12.segment", "blocks-0000001x.segment", "blocks-00000012.segment~", "LOCK", "", "blocks-+0000012.segment"] {
            #expect(BlockFileFormat.segment(fileName: name) == nil)
        }
    }
}
