import CryptoPrimitives

/// The bytes of a segment file, version 1; all numbers are big-endian.
///
///     file    = header frame*                       named "blocks-NNNNNNNN.segment", NNNNNNNN = segment number in decimal, from 0
///     header  offset  width  field
///                  0      8  "SELVBLK" and the version, 1
///                  8      4  segment number, as in the name
///                 12      8  number of the first block in this file
///                 20      8  check: the first 8 bytes of SHA-256 over bytes 0 ..< 20
///     frame   offset  width  field
///                  0      4  length n of the block in bytes, 1 ... `LedgerLimits.maximumBlockSizeBytes`
///                  4      8  block number
///                 12      8  the first 8 bytes of SHA-256 over the block
///                 20      8  check: the first 8 bytes of SHA-256 over bytes 0 ..< 20
///                 28      n  the serialised `common.Block`, with metadata slots 2 and 4 filled
///
/// Blocks follow each other without gaps, in a file and from file to file. The separate check of a frame's head means a damaged
/// length is never believed: a frame is *cut short* only if its head is whole and the file ends too early, or if fewer than
/// 28 bytes are left, or if nothing but zeros is left (a file that grew before its data arrived). Everything else is damage.
package enum BlockFileFormat {
    package static let fileHeaderSizeBytes = 28
    package static let frameHeadSizeBytes = 28

    private static let magic: [UInt8] = [0x53, 0x45, 0x4c, 0x56, 0x42, 0x4c, 0x4b, 0x01]
    private static let checkedSizeBytes = 20
    private static let namePrefix = "blocks-"
    private static let nameSuffix = ".segment"
    private static let nameDigits = 8

    /// What the head of a frame says about the block behind it.
    package struct FrameHead: Equatable, Sendable {
        package var number: UInt64
        package var lengthBytes: Int
        package var checksum: [UInt8]

        package init(number: UInt64, lengthBytes: Int, checksum: [UInt8]) {
            self.number = number
            self.lengthBytes = lengthBytes
            self.checksum = checksum
        }
    }

    package static func fileName(segment: UInt32) -> String {
        let digits = String(segment)
        return self.namePrefix + String(repeating: "0", count: max(0, self.nameDigits - digits.utf8.count)) + digits + self.nameSuffix
    }

    /// The segment number in a file name, or nil when the file is not one of ours.
    package static func segment(fileName: String) -> UInt32? {
        let digits = fileName.utf8.dropFirst(self.namePrefix.utf8.count).dropLast(self.nameSuffix.utf8.count)
        guard let segment = UInt32(String(decoding: Array(digits), as: UTF8.self)), segment <= LedgerLimits.maximumSegments else { return nil }
        return self.fileName(segment: segment) == fileName ? segment : nil
    }

    package static func fileHeader(segment: UInt32, firstBlock: UInt64) -> [UInt8] {
        var bytes = self.magic
        bytes.appendBigEndian(segment)
        bytes.appendBigEndian(firstBlock)
        return bytes + self.check(bytes)
    }

    /// Reads a whole file header; nil when it is damaged.
    package static func readFileHeader(_ bytes: [UInt8]) -> (segment: UInt32, firstBlock: UInt64)? {
        guard bytes.count == self.fileHeaderSizeBytes, Array(bytes.prefix(8)) == self.magic,
            Array(bytes.suffix(8)) == self.check(Array(bytes.prefix(self.checkedSizeBytes)))
        else { return nil }
        return (UInt32(truncatingIfNeeded: bytes[8..<12].bigEndianNumber), bytes[12..<20].bigEndianNumber)
    }

    /// The head that goes before a block; the caller has checked the length against the limit.
    package static func frameHead(number: UInt64, block: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.frameHeadSizeBytes)
        bytes.appendBigEndian(UInt32(truncatingIfNeeded: block.count))
        bytes.appendBigEndian(number)
        bytes.append(contentsOf: self.check(block))
        bytes.append(contentsOf: self.check(bytes))
        return bytes
    }

    /// Reads a whole frame head; nil when it is damaged.
    package static func readFrameHead(_ bytes: [UInt8]) -> FrameHead? {
        guard bytes.count == self.frameHeadSizeBytes,
            Array(bytes.suffix(8)) == self.check(Array(bytes.prefix(self.checkedSizeBytes)))
        else { return nil }
        let length = Int(truncatingIfNeeded: bytes[0..<4].bigEndianNumber)
        guard (1...LedgerLimits.maximumBlockSizeBytes).contains(length) else { return nil }
        return FrameHead(number: bytes[4..<12].bigEndianNumber, lengthBytes: length, checksum: Array(bytes[12..<20]))
    }

    /// The first 8 bytes of SHA-256.
    package static func check(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(bytes).prefix(8)) }
}
