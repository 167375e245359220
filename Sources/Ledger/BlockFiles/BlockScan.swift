/// Reads the blocks of a folder of segment files one after the other and checks every frame; it writes nothing and takes no lock.
///
/// A frame cut short at the very end is a torn write and ends the scan (see `tail`); any other damage is thrown, with its place.
package struct BlockScan {
    /// How the block files end.
    package enum Tail: Equatable, Sendable {
        /// With a whole frame.
        case clean
        /// With bytes of a frame that was never finished, and so never acknowledged.
        case torn(sizeBytes: UInt64)
    }

    private let folder: String
    private let files: any BlockFileIO
    private let lastSegment: UInt32?
    private var file: (any BlockFile)?
    private var fileSizeBytes: UInt64 = 0

    /// The number of the next block.
    package private(set) var height: UInt64
    /// Where the next block begins or will begin.
    package private(set) var position: BlockPosition
    /// Set once the scan has ended.
    package private(set) var tail: Tail?

    /// Prepares a scan from the first block, or from a checkpoint.
    ///
    /// - Throws: `BlockStoreError.segmentMissing` when the files have a gap, `.file` when the folder cannot be listed.
    package init(folder: String, files: any BlockFileIO, from checkpoint: BlockCheckpoint? = nil) throws(BlockStoreError) {
        self.folder = folder
        self.files = files
        self.height = checkpoint?.height ?? 0
        self.position = checkpoint?.end ?? BlockPosition(segment: 0, offset: 0)
        let segments = try filesystem { () throws(FileError) in try files.list(folder) }.compactMap(BlockFileFormat.segment(fileName:))
        for (index, segment) in segments.enumerated() where UInt32(truncatingIfNeeded: index) != segment {
            throw .segmentMissing(file: BlockFileFormat.fileName(segment: UInt32(truncatingIfNeeded: index)))
        }
        self.lastSegment = segments.last
    }

    /// The next block, or nil at the end, when `tail` tells how the files end.
    package mutating func next() throws(BlockStoreError) -> StoredBlock? {
        while self.tail == nil {
            guard let file = try self.openCurrent() else { break }
            let left = self.fileSizeBytes - min(self.fileSizeBytes, self.position.offset)
            if left == 0 {
                guard self.position.segment != self.lastSegment else {
                    self.tail = .clean
                    break
                }
                self.position = BlockPosition(segment: self.position.segment + 1, offset: 0)
                self.file = nil
            } else {
                return try self.readFrame(file, left: left)
            }
        }
        return nil
    }

    /// Opens the segment at `position` and steps over its header; nil when the scan ends here.
    private mutating func openCurrent() throws(BlockStoreError) -> (any BlockFile)? {
        if let file = self.file { return file }
        let segment = self.position.segment
        guard let last = self.lastSegment, segment <= last else {
            self.tail = .clean
            return nil
        }
        let path = self.folder + "/" + self.fileName
        let (file, size, header) = try filesystem { () throws(FileError) in
            let file = try self.files.open(path, for: .reading)
            return (file, try file.sizeBytes(), try file.read(BlockFileFormat.fileHeaderSizeBytes, at: 0))
        }
        self.file = file
        self.fileSizeBytes = size
        if header.count < BlockFileFormat.fileHeaderSizeBytes || header.allSatisfy({ $0 == 0 }) {
            guard segment == last, self.position.offset == 0, try self.isZero(file, from: UInt64(header.count)) else {
                throw self.damage(.cutShort, at: 0)
            }
            self.tail = size == 0 ? .clean : .torn(sizeBytes: size)
            return nil
        }
        guard let fields = BlockFileFormat.readFileHeader(header) else { throw self.damage(.fileHeader, at: 0) }
        guard fields.segment == segment else { throw self.damage(.wrongSegment, at: 0) }
        if self.position.offset == 0 {
            guard fields.firstBlock == self.height else { throw self.damage(.wrongFirstBlock, at: 0) }
            self.position.offset = UInt64(header.count)
        }
        return file
    }

    /// Reads the frame at `position`, where `left` more bytes follow in the file.
    private mutating func readFrame(_ file: any BlockFile, left: UInt64) throws(BlockStoreError) -> StoredBlock? {
        let start = self.position
        let headSize = BlockFileFormat.frameHeadSizeBytes
        let bytes = try filesystem { () throws(FileError) in try file.read(headSize, at: start.offset) }
        guard bytes.count == headSize else { return try self.endTorn(left: left) }
        guard let head = BlockFileFormat.readFrameHead(bytes) else {
            if bytes.allSatisfy({ $0 == 0 }), try self.isZero(file, from: start.offset) { return try self.endTorn(left: left) }
            let isFollowed = try self.hasFrameBehind(start.offset, in: file)
            throw self.damage(.frameHead, at: start.offset, isLastFrame: start.segment == self.lastSegment && !isFollowed)
        }
        guard head.number == self.height else { throw self.damage(.wrongNumber, at: start.offset) }
        guard left >= UInt64(headSize + head.lengthBytes) else { return try self.endTorn(left: left) }
        let block = try filesystem { () throws(FileError) in try file.read(head.lengthBytes, at: start.offset + UInt64(headSize)) }
        guard block.count == head.lengthBytes, BlockFileFormat.check(block) == head.checksum else {
            let isLast = start.segment == self.lastSegment && left == UInt64(headSize + head.lengthBytes)
            throw self.damage(.checksum, at: start.offset, isLastFrame: isLast)
        }
        let location = BlockLocation(position: start, lengthBytes: UInt32(truncatingIfNeeded: head.lengthBytes))
        self.position = location.end
        self.height += 1
        return StoredBlock(number: head.number, location: location, bytes: block)
    }

    /// Ends the scan at a frame that was cut short, which only the last file may hold.
    private mutating func endTorn(left: UInt64) throws(BlockStoreError) -> StoredBlock? {
        guard self.position.segment == self.lastSegment else { throw self.damage(.cutShort, at: self.position.offset) }
        self.tail = .torn(sizeBytes: left)
        return nil
    }

    /// Whether nothing but zeros follows in the file.
    private func isZero(_ file: any BlockFile, from start: UInt64) throws(BlockStoreError) -> Bool {
        var offset = start
        while true {
            let bytes = try filesystem { () throws(FileError) in try file.read(1 << 16, at: offset) }
            if bytes.isEmpty { return true }
            guard bytes.allSatisfy({ $0 == 0 }) else { return false }
            offset += UInt64(bytes.count)
        }
    }

    /// Whether the next frame begins anywhere behind an offset: then the frame at the offset was finished once.
    private func hasFrameBehind(_ start: UInt64, in file: any BlockFile) throws(BlockStoreError) -> Bool {
        let headSize = BlockFileFormat.frameHeadSizeBytes
        var number: [UInt8] = []
        number.appendBigEndian(self.height + 1)
        var offset = start + 1
        while true {
            let bytes = try filesystem { () throws(FileError) in try file.read((1 << 16) + headSize - 1, at: offset) }
            guard bytes.count >= headSize else { return false }
            for index in 0...(bytes.count - headSize) where bytes[(index + 4)..<(index + 12)].elementsEqual(number) {
                if BlockFileFormat.readFrameHead(Array(bytes[index..<(index + headSize)])) != nil { return true }
            }
            offset += UInt64(bytes.count - headSize + 1)
        }
    }

    private var fileName: String { BlockFileFormat.fileName(segment: self.position.segment) }

    private func damage(_ problem: BlockDamage.Problem, at offset: UInt64, isLastFrame: Bool = false) -> BlockStoreError {
        .damaged(BlockDamage(file: self.fileName, offset: offset, block: self.height, problem: problem, isLastFrame: isLastFrame))
    }
}

/// Runs file calls and reports their failure as the block store's.
func filesystem<Result>(_ calls: () throws(FileError) -> Result) throws(BlockStoreError) -> Result {
    do { return try calls() } catch { throw .file(error) }
}
