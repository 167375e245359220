/// Reads block files from front to back and goes on behind damage, where a scan would end.
struct BlockFileSurvey {
    enum Item {
        case block(StoredBlock)
        /// Damage, with the numbers of the blocks that are lost by it as far as that can be told.
        case damage(BlockDamage, lost: ClosedRange<UInt64>?)
        /// A segment file that is absent.
        case missing(segment: UInt32)
        /// Bytes of a frame that was never finished, at the end of the last file.
        case torn(file: String, offset: UInt64, sizeBytes: UInt64)
    }

    /// How far ahead of the expected number a frame behind damage may be.
    private static let maximumGap: UInt64 = 1 << 32
    private static let searchChunkBytes = 1 << 20

    private let folder: String
    private let files: any BlockFileIO
    private let segments: [UInt32]
    private var index = 0
    private var segment: UInt32 = 0
    private var file: (any BlockFile)?
    private var sizeBytes: UInt64 = 0
    private var offset: UInt64 = 0
    private var waiting: [Item] = []
    /// The number of the next block.
    private(set) var height: UInt64

    init(folder: String, files: any BlockFileIO, firstBlock: UInt64) throws(FileError) {
        self.folder = folder
        self.files = files
        self.height = firstBlock
        do { self.segments = try files.list(folder).compactMap(BlockFileFormat.segment(fileName:)) } catch {
            guard error.isMissing else { throw error }
            self.segments = []
        }
    }

    mutating func next() throws(FileError) -> Item? {
        while true {
            if !self.waiting.isEmpty { return self.waiting.removeFirst() }
            if let file = self.file {
                guard self.offset < self.sizeBytes else {
                    self.file = nil
                    self.index += 1
                    self.segment += 1
                    continue
                }
                if let item = try self.frame(file) { return item }
            } else {
                guard self.index < self.segments.count else { return nil }
                guard self.segments[self.index] == self.segment else {
                    self.segment += 1
                    return .missing(segment: self.segment - 1)
                }
                if let item = try self.openSegment() { return item }
            }
        }
    }

    private var isLast: Bool { self.index == self.segments.count - 1 }
    private var name: String { BlockFileFormat.fileName(segment: self.segment) }

    private func damage(_ problem: BlockDamage.Problem, at offset: UInt64, block: UInt64, isLastFrame: Bool = false) -> BlockDamage {
        BlockDamage(file: self.name, offset: offset, block: block, problem: problem, isLastFrame: isLastFrame)
    }

    private mutating func openSegment() throws(FileError) -> Item? {
        let file = try self.files.open(self.folder + "/" + self.name, for: .reading)
        self.file = file
        self.sizeBytes = try file.sizeBytes()
        self.offset = UInt64(BlockFileFormat.fileHeaderSizeBytes)
        let header = try file.read(BlockFileFormat.fileHeaderSizeBytes, at: 0)
        if self.isLast, header.allSatisfy({ $0 == 0 }), try self.isZero(file, from: 0) {
            // A file that was begun and never finished.
            let size = self.sizeBytes
            self.offset = size
            return size == 0 ? nil : .torn(file: self.name, offset: 0, sizeBytes: size)
        }
        guard header.count == BlockFileFormat.fileHeaderSizeBytes else {
            return .damage(self.damage(.cutShort, at: 0, block: self.height), lost: nil)
        }
        guard let fields = BlockFileFormat.readFileHeader(header) else {
            return .damage(self.damage(.fileHeader, at: 0, block: self.height), lost: nil)
        }
        guard fields.segment == self.segment else { return .damage(self.damage(.wrongSegment, at: 0, block: self.height), lost: nil) }
        guard fields.firstBlock != self.height else { return nil }
        return .damage(self.damage(.wrongFirstBlock, at: 0, block: self.height), lost: nil)
    }

    /// Reads what is at the present place of a file.
    private mutating func frame(_ file: any BlockFile) throws(FileError) -> Item? {
        let start = self.offset
        let left = self.sizeBytes - start
        let headSize = UInt64(BlockFileFormat.frameHeadSizeBytes)
        let bytes = try file.read(BlockFileFormat.frameHeadSizeBytes, at: start)
        guard bytes.count == BlockFileFormat.frameHeadSizeBytes else { return self.cutShort(at: start, left: left) }
        guard let head = BlockFileFormat.readFrameHead(bytes) else {
            if self.isLast, bytes.allSatisfy({ $0 == 0 }), try self.isZero(file, from: start) { return self.cutShort(at: start, left: left) }
            return try self.skipDamage(file, at: start)
        }
        guard head.number >= self.height, head.number - self.height < Self.maximumGap else {
            self.offset += headSize + UInt64(head.lengthBytes)
            return .damage(self.damage(.wrongNumber, at: start, block: self.height), lost: nil)
        }
        if head.number > self.height {
            let lost = self.height...(head.number - 1)
            let damage = self.damage(.wrongNumber, at: start, block: self.height)
            self.height = head.number
            return .damage(damage, lost: lost)
        }
        guard left >= headSize + UInt64(head.lengthBytes) else {
            if !self.isLast { self.height += 1 }
            return self.cutShort(at: start, left: left, lost: head.number...head.number)
        }
        let block = try file.read(head.lengthBytes, at: start + headSize)
        self.offset += headSize + UInt64(head.lengthBytes)
        self.height += 1
        guard block.count == head.lengthBytes, BlockFileFormat.check(block) == head.checksum else {
            let isLastFrame = self.isLast && self.offset == self.sizeBytes
            return .damage(self.damage(.checksum, at: start, block: head.number, isLastFrame: isLastFrame), lost: head.number...head.number)
        }
        let position = BlockPosition(segment: self.segment, offset: start)
        return .block(
            StoredBlock(
                number: head.number, location: BlockLocation(position: position, lengthBytes: UInt32(truncatingIfNeeded: head.lengthBytes)),
                bytes: block))
    }

    private mutating func cutShort(at start: UInt64, left: UInt64, lost: ClosedRange<UInt64>? = nil) -> Item {
        self.offset = self.sizeBytes
        if self.isLast { return .torn(file: self.name, offset: start, sizeBytes: left) }
        return .damage(self.damage(.cutShort, at: start, block: lost?.lowerBound ?? self.height), lost: lost)
    }

    /// Looks for the next whole head of a frame behind a damaged one.
    private mutating func skipDamage(_ file: any BlockFile, at start: UInt64) throws(FileError) -> Item {
        let headSize = BlockFileFormat.frameHeadSizeBytes
        var place = start + 1
        while place + UInt64(headSize) <= self.sizeBytes {
            let chunk = try file.read(Self.searchChunkBytes, at: place)
            guard chunk.count >= headSize else { break }
            for index in 0...(chunk.count - headSize) {
                // The upper half of a number is zero in every real chain: most places are passed with one look.
                guard chunk[index + 4] | chunk[index + 5] | chunk[index + 6] | chunk[index + 7] == 0,
                    let head = BlockFileFormat.readFrameHead(Array(chunk[index..<index + headSize])), head.number >= self.height
                else { continue }
                self.offset = place + UInt64(index)
                let damage = self.damage(.frameHead, at: start, block: self.height)
                let lost = head.number > self.height ? self.height...(head.number - 1) : nil
                self.height = head.number
                return .damage(damage, lost: lost)
            }
            place += UInt64(chunk.count - headSize + 1)
        }
        self.offset = self.sizeBytes
        return .damage(self.damage(.frameHead, at: start, block: self.height, isLastFrame: self.isLast), lost: nil)
    }

    private func isZero(_ file: any BlockFile, from start: UInt64) throws(FileError) -> Bool {
        var offset = start
        while true {
            let bytes = try file.read(1 << 16, at: offset)
            if bytes.isEmpty { return true }
            guard bytes.allSatisfy({ $0 == 0 }) else { return false }
            offset += UInt64(bytes.count)
        }
    }
}
