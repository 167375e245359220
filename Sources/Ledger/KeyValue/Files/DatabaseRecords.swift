/// The records of a LevelDB log or manifest, and how the file ends.
///
///     file    = blocks of 32 KiB, the last one shorter
///     block   = piece* zeros, where less than 7 bytes are left
///     piece   = crc4 length2 type1 bytes      type 1 whole record, 2 first, 3 middle, 4 last piece; the crc, masked, covers type and bytes
///
/// Numbers are little-endian.
struct DatabaseRecords {
    enum End: Equatable {
        /// With a whole record.
        case whole
        /// With a record that was never finished, which begins at this offset: no record begins behind it.
        case torn(offset: Int)
        /// The bytes at this offset are damaged, and whole records follow: no crash does that.
        case damaged(offset: Int)
    }

    private static let blockSizeBytes = 32 << 10
    private static let headSizeBytes = 7
    private static let (whole, first, middle, last): (UInt8, UInt8, UInt8, UInt8) = (1, 2, 3, 4)

    private(set) var records: [[UInt8]] = []
    private(set) var end = End.whole

    /// - Parameter keepsRecords: Whether the records are wanted, not only the end.
    init(_ bytes: [UInt8], keepsRecords: Bool) {
        var position = 0
        /// Where the record begins whose pieces are being read.
        var begun: Int?
        var record: [UInt8] = []
        while position < bytes.count {
            let left = Self.blockSizeBytes - position % Self.blockSizeBytes
            if left < Self.headSizeBytes {
                position += left
                continue
            }
            guard let piece = Self.piece(in: bytes, at: position), piece.begins != (begun != nil) else {
                self.end = Self.end(of: bytes, brokenAt: position, recordAt: begun ?? position)
                return
            }
            if piece.begins { begun = position }
            if keepsRecords { record += bytes[(position + Self.headSizeBytes)..<piece.end] }
            position = piece.end
            if piece.finishes {
                if keepsRecords { self.records.append(record) }
                (begun, record) = (nil, [])
            }
        }
        if let begun { self.end = .torn(offset: begun) }
    }

    private struct Piece {
        var type: UInt8
        var end: Int
        var begins: Bool { self.type == DatabaseRecords.whole || self.type == DatabaseRecords.first }
        var finishes: Bool { self.type == DatabaseRecords.whole || self.type == DatabaseRecords.last }
    }

    /// The piece that begins at an offset; nil when none does.
    private static func piece(in bytes: [UInt8], at start: Int) -> Piece? {
        let blockEnd = min(bytes.count, start - start % self.blockSizeBytes + self.blockSizeBytes)
        let content = start + self.headSizeBytes
        guard content <= blockEnd, (self.whole...self.last).contains(bytes[start + 6]) else { return nil }
        let end = content + Int(bytes[start + 4]) + Int(bytes[start + 5]) << 8
        guard end <= blockEnd else { return nil }
        let stored = bytes[start..<(start + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return CRC32C.masked(bytes[(start + 6)..<end]) == stored ? Piece(type: bytes[start + 6], end: end) : nil
    }

    /// Tells an unfinished write from damage: behind the former no record begins.
    private static func end(of bytes: [UInt8], brokenAt broken: Int, recordAt record: Int) -> End {
        // In the block of the break a piece may begin anywhere; in later blocks pieces follow each other from the start.
        let nextBlock = broken - broken % self.blockSizeBytes + self.blockSizeBytes
        for start in broken..<min(nextBlock, bytes.count) where self.piece(in: bytes, at: start)?.begins == true {
            return .damaged(offset: broken)
        }
        for block in stride(from: nextBlock, to: bytes.count, by: self.blockSizeBytes) {
            var position = block
            while let piece = self.piece(in: bytes, at: position) {
                if piece.begins { return .damaged(offset: broken) }
                position = piece.end
            }
        }
        return .torn(offset: record)
    }
}
