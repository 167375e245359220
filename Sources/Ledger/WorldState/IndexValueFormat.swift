import LedgerModel

/// The values of the indexes and of the savepoint, version 1; all numbers are big-endian and all widths fixed.
///
///     transaction  offset  width  field
///                       0      8  block number
///                       8      4  index of the transaction in the block, from 0
///                      12      1  validation code
///     block        offset  width  field
///                       0      4  segment
///                       4      8  offset of the frame in the segment file
///                      12      4  length of the block in bytes
///     savepoint    offset  width  field
///                       0      8  height: the number of blocks whose effects the database holds, at least 1
///                       8      4  segment  } where the frame of the last
///                      12      8  offset   } of these blocks ends
///                      20     32  header hash of the last block
///                      52   0/32  commit hash of the last block; absent for block 0
///     base         offset  width  field
///                       0      8  height: the number of blocks before the first stored one, at least 1
///                       8     32  header hash of the last of them
///                      40   0/32  header hash of the block before it; absent when that is block 0
///                           0/32  commit hash of the last of them; absent when that is block 0
///                            ...  name of the channel, to the end
///     The entry of a transaction whose id came with a snapshot is empty: where it stands is not known.
package enum IndexValueFormat {
    private static let hashSizeBytes = 32

    package static func encode(_ entry: TransactionEntry) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(entry.block)
        bytes.appendBigEndian(entry.index)
        bytes.append(entry.code.rawValue)
        return bytes
    }

    package static func decodeTransaction(_ bytes: [UInt8]) -> TransactionEntry? {
        guard bytes.count == 13, let code = ValidationCode(rawValue: bytes[12]) else { return nil }
        return TransactionEntry(
            block: bytes[0..<8].bigEndianNumber, index: UInt32(truncatingIfNeeded: bytes[8..<12].bigEndianNumber), code: code)
    }

    package static func encode(_ location: BlockLocation) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(location.position.segment)
        bytes.appendBigEndian(location.position.offset)
        bytes.appendBigEndian(location.lengthBytes)
        return bytes
    }

    package static func decodeLocation(_ bytes: [UInt8]) -> BlockLocation? {
        guard bytes.count == 16 else { return nil }
        return BlockLocation(
            position: BlockPosition(
                segment: UInt32(truncatingIfNeeded: bytes[0..<4].bigEndianNumber), offset: bytes[4..<12].bigEndianNumber),
            lengthBytes: UInt32(truncatingIfNeeded: bytes[12..<16].bigEndianNumber))
    }

    package static func encode(_ number: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(number)
        return bytes
    }

    package static func decodeNumber(_ bytes: [UInt8]) -> UInt64? { bytes.count == 8 ? bytes.bigEndianNumber : nil }

    package static func encode(_ base: LedgerBase) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(base.height)
        return bytes + base.blockHash + base.previousBlockHash + base.commitHash + Array(base.channelName.utf8)
    }

    package static func decodeBase(_ bytes: [UInt8]) -> LedgerBase? {
        guard bytes.count > 8 else { return nil }
        let height = bytes[0..<8].bigEndianNumber
        let size = self.hashSizeBytes
        let hashes = height == 1 ? size : 3 * size
        guard height > 0, bytes.count > 8 + hashes, let name = String(validating: bytes[(8 + hashes)...], as: UTF8.self) else { return nil }
        return LedgerBase(
            height: height, blockHash: Array(bytes[8..<8 + size]), previousBlockHash: height == 1 ? [] : Array(bytes[8 + size..<8 + 2 * size]),
            commitHash: height == 1 ? [] : Array(bytes[8 + 2 * size..<8 + hashes]), channelName: name)
    }

    package static func encode(_ head: LedgerHead) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(head.height)
        bytes.appendBigEndian(head.end.segment)
        bytes.appendBigEndian(head.end.offset)
        return bytes + head.blockHash + head.commitHash
    }

    package static func decodeHead(_ bytes: [UInt8]) -> LedgerHead? {
        guard bytes.count == 20 + self.hashSizeBytes || bytes.count == 20 + 2 * self.hashSizeBytes else { return nil }
        let height = bytes[0..<8].bigEndianNumber
        guard height > 0 else { return nil }
        let end = BlockPosition(segment: UInt32(truncatingIfNeeded: bytes[8..<12].bigEndianNumber), offset: bytes[12..<20].bigEndianNumber)
        return LedgerHead(height: height, blockHash: Array(bytes[20..<52]), commitHash: Array(bytes[52...]), end: end)
    }
}

/// Where a transaction stands, and its verdict.
package struct TransactionEntry: Hashable, Sendable {
    package var block: UInt64
    package var index: UInt32
    package var code: ValidationCode

    package init(block: UInt64, index: UInt32, code: ValidationCode) {
        self.block = block
        self.index = index
        self.code = code
    }
}

/// The end of the chain as the state database knows it.
package struct LedgerHead: Hashable, Sendable {
    /// The number of blocks, and the number of the next one.
    package var height: UInt64
    /// The header hash of the last block; empty when there is none.
    package var blockHash: [UInt8]
    /// The commit hash of the last block; empty when there is none and for block 0.
    package var commitHash: [UInt8]
    /// Where the last block ends in the block files.
    package var end: BlockPosition

    package init(height: UInt64, blockHash: [UInt8], commitHash: [UInt8], end: BlockPosition) {
        self.height = height
        self.blockHash = blockHash
        self.commitHash = commitHash
        self.end = end
    }

    /// A chain without blocks.
    static let empty = LedgerHead(height: 0, blockHash: [], commitHash: [], end: BlockPosition(segment: 0, offset: 0))
}

/// Where a ledger begins that was made from a snapshot.
package struct LedgerBase: Hashable, Sendable {
    /// The number of blocks before the first stored one, and the number of that one.
    package var height: UInt64
    /// The header hash of the snapshot's last block.
    package var blockHash: [UInt8]
    /// The header hash of the block before it; empty when there is none.
    package var previousBlockHash: [UInt8]
    /// The commit hash of the snapshot's last block; empty for block 0.
    package var commitHash: [UInt8]
    package var channelName: String

    package init(height: UInt64, blockHash: [UInt8], previousBlockHash: [UInt8], commitHash: [UInt8], channelName: String) {
        self.height = height
        self.blockHash = blockHash
        self.previousBlockHash = previousBlockHash
        self.commitHash = commitHash
        self.channelName = channelName
    }

    /// Where the files of a ledger with this base begin.
    package var checkpoint: BlockCheckpoint { BlockCheckpoint(height: self.height, end: BlockPosition(segment: 0, offset: 0)) }

    /// The number of the snapshot's last block.
    package var lastBlock: UInt64 { self.height - 1 }
}
