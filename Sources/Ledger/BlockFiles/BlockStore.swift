import Synchronization

/// The append-only store of blocks in segment files: one writer, any number of concurrent readers.
///
/// A block is durable when `append` returns. Whatever crash follows, opening the folder again finds every block whose `append`
/// returned, and perhaps one more. The store does not look inside blocks and keeps no index: a block is read by the location that
/// `append` or a scan gave for it.
package final class BlockStore: Sendable {
    /// What only the writer may touch.
    private struct Writer {
        var file: (any BlockFile)?
        var end: BlockPosition
        var height: UInt64
        /// Why no more blocks are taken.
        var stoppedBecause: String?
    }

    package let folder: String
    /// Bytes of an unfinished write that opening the store removed.
    package let droppedBytes: UInt64

    private let files: any BlockFileIO
    private let lock: any FolderLock
    private let segmentSizeBytes: UInt64
    private let writer: Mutex<Writer>
    private let readers = Mutex<[UInt32: any BlockFile]>([:])

    /// Opens a folder, creating it if it is missing, and removes what an interrupted write left at the end.
    ///
    /// - Parameters:
    ///   - checkpoint: Up to where blocks are known to be acknowledged. Without it all blocks are read and checked, and only an
    ///     incomplete last frame is removed; with it only later blocks are read, and a damaged last frame right behind it is removed too,
    ///     because it was not acknowledged.
    ///   - acknowledgedHeight: Where there is no checkpoint: the blocks below are known to have been durable. A damaged last frame is removed
    ///     if its block is not one of them; nil when nothing is known, and every damage is reported.
    /// - Throws: `.locked`, `.damaged` with the place, `.blocksMissing`, `.segmentMissing`, `.file`.
    package init(
        folder: String, files: any BlockFileIO, checkpoint: BlockCheckpoint? = nil, acknowledgedHeight: UInt64? = nil,
        segmentSizeBytes: UInt64 = LedgerLimits.segmentSizeBytes
    ) throws(BlockStoreError) {
        let lock = try filesystem { () throws(FileError) in
            try files.makeFolder(folder)
            return try files.lock(folder)
        }
        guard let lock else { throw .locked(folder: folder) }
        if let checkpoint { try Self.require(checkpoint, folder: folder, files: files) }
        var scan = try BlockScan(folder: folder, files: files, from: checkpoint)
        var hasDamagedEnd = false
        var last: BlockLocation?
        do {
            while let stored = try scan.next() { last = stored.location }
        } catch {
            let isUnacknowledged = checkpoint.map { scan.height == $0.height } ?? acknowledgedHeight.map { scan.height >= $0 } ?? false
            guard case .damaged(let damage) = error, damage.isLastFrame, isUnacknowledged else { throw error }
            hasDamagedEnd = true
        }
        self.folder = folder
        self.files = files
        self.lock = lock
        self.segmentSizeBytes = segmentSizeBytes
        self.droppedBytes = hasDamagedEnd || scan.tail != .clean ? try Self.cut(folder, files, at: scan.position) : 0
        if scan.position > checkpoint?.end ?? BlockPosition(segment: 0, offset: 0) {
            try Self.writeAgain(folder, files, segment: scan.position.segment, lastFrame: last)
        }
        self.writer = Mutex(Writer(file: nil, end: scan.position, height: scan.height, stoppedBecause: nil))
    }

    /// The number of the next block.
    package var height: UInt64 { self.writer.withLock { $0.height } }

    /// Stores the next block and returns when it is durable.
    ///
    /// - Throws: `.file` when the disk is full: the block is not stored, everything before it is, and the call may be repeated. After a
    ///   failed sync or a failed clean-up the store takes no more blocks (`.stopped`) until it is opened again.
    package func append(_ block: [UInt8], number: UInt64) throws(BlockStoreError) -> BlockLocation {
        try self.writer.withLock { (writer: inout sending Writer) throws(BlockStoreError) in
            if let reason = writer.stoppedBecause { throw .stopped(reason: reason) }
            guard number == writer.height else { throw .outOfSequence(expected: writer.height, found: number) }
            guard (1...LedgerLimits.maximumBlockSizeBytes).contains(block.count) else {
                throw .sizeOutOfRange(number: number, sizeBytes: block.count)
            }
            let file = try self.fileForNextFrame(&writer)
            let start = writer.end
            do throws(FileError) {
                try file.write(BlockFileFormat.frameHead(number: number, block: block), at: start.offset)
                try file.write(block, at: start.offset + UInt64(BlockFileFormat.frameHeadSizeBytes))
            } catch {
                do { try file.truncate(to: start.offset) } catch { writer.stoppedBecause = "a failed write could not be undone: \(error)" }
                throw .file(error)
            }
            try Self.sync(file, &writer)
            let location = BlockLocation(position: start, lengthBytes: UInt32(truncatingIfNeeded: block.count))
            writer.end = location.end
            writer.height += 1
            return location
        }
    }

    /// Reads one block and checks it against its checksum.
    ///
    /// - Throws: `.damaged` with the place when the bytes are not those that were written.
    package func read(_ number: UInt64, at location: BlockLocation) throws(BlockStoreError) -> [UInt8] {
        let position = location.position
        let headSize = BlockFileFormat.frameHeadSizeBytes
        let length = min(Int(location.lengthBytes), LedgerLimits.maximumBlockSizeBytes)
        let (head, block) = try filesystem { () throws(FileError) in
            let file = try self.reader(of: position.segment)
            return (try file.read(headSize, at: position.offset), try file.read(length, at: position.offset &+ UInt64(headSize)))
        }
        let problem: BlockDamage.Problem?
        if head.count < headSize || block.count < length {
            problem = .cutShort
        } else if let fields = BlockFileFormat.readFrameHead(head) {
            let isExpected = fields.number == number && fields.lengthBytes == length
            problem = !isExpected ? .wrongNumber : BlockFileFormat.check(block) == fields.checksum ? nil : .checksum
        } else {
            problem = .frameHead
        }
        guard let problem else { return block }
        let name = BlockFileFormat.fileName(segment: position.segment)
        throw .damaged(BlockDamage(file: name, offset: position.offset, block: number, problem: problem))
    }

    /// Reads the stored blocks in order, from the first or from a checkpoint on.
    package func scan(from checkpoint: BlockCheckpoint? = nil) throws(BlockStoreError) -> BlockScan {
        try BlockScan(folder: self.folder, files: self.files, from: checkpoint)
    }

    /// The file into which the next frame goes; begins a new segment when the present one is full.
    private func fileForNextFrame(_ writer: inout Writer) throws(BlockStoreError) -> any BlockFile {
        if writer.end.offset >= self.segmentSizeBytes {
            guard writer.end.segment < LedgerLimits.maximumSegments else { throw .tooManySegments }
            writer.end = BlockPosition(segment: writer.end.segment + 1, offset: 0)
            writer.file = nil
        }
        if let file = writer.file { return file }
        let path = self.path(of: writer.end.segment)
        let isNew = writer.end.offset == 0
        let file = try filesystem { () throws(FileError) in
            do throws(FileError) { return try self.files.open(path, for: .writing) } catch {
                guard isNew, error.isMissing else { throw error }
                return try self.files.create(path)
            }
        }
        if isNew {
            let header = BlockFileFormat.fileHeader(segment: writer.end.segment, firstBlock: writer.height)
            try filesystem { () throws(FileError) in
                try file.truncate(to: 0)
                try file.write(header, at: 0)
            }
            try Self.sync(file, &writer)
            // Without this a crash could lose the name of a file whose content is safe.
            do { try self.files.syncFolder(self.folder) } catch {
                writer.stoppedBecause = "a sync failed: \(error)"
                throw .file(error)
            }
            writer.end.offset = UInt64(header.count)
        }
        writer.file = file
        return file
    }

    /// After a failed sync nobody knows what is on the disk, so nothing more is written.
    private static func sync(_ file: any BlockFile, _ writer: inout Writer) throws(BlockStoreError) {
        do { try file.sync() } catch {
            writer.stoppedBecause = "a sync failed: \(error)"
            throw .file(error)
        }
    }

    /// An open file for reading a segment; the least recent segments are closed first.
    private func reader(of segment: UInt32) throws(FileError) -> any BlockFile {
        if let file = self.readers.withLock({ $0[segment] }) { return file }
        let file = try self.files.open(self.path(of: segment), for: .reading)
        self.readers.withLock { readers in
            if readers.count >= LedgerLimits.maximumOpenSegments, let oldest = readers.keys.min() { readers[oldest] = nil }
            readers[segment] = file
        }
        return file
    }

    private func path(of segment: UInt32) -> String { self.folder + "/" + BlockFileFormat.fileName(segment: segment) }

    /// Removes everything from a position to the end of its file, which is the last one.
    private static func cut(_ folder: String, _ files: any BlockFileIO, at position: BlockPosition) throws(BlockStoreError) -> UInt64 {
        try filesystem { () throws(FileError) in
            let file = try files.open(folder + "/" + BlockFileFormat.fileName(segment: position.segment), for: .writing)
            let size = try file.sizeBytes()
            try file.truncate(to: position.offset)
            try file.sync()
            return size - min(size, position.offset)
        }
    }

    /// Makes durable what was found behind the acknowledged blocks.
    ///
    /// That it can be read does not mean that it is on the disk: the process before this one may have been killed between writing and
    /// syncing, or its sync may have failed, after which a sync alone would report success and write nothing. Only the newest frame, and
    /// the header and the name of the newest file, can be in that state.
    private static func writeAgain(
        _ folder: String, _ files: any BlockFileIO, segment: UInt32, lastFrame: BlockLocation?
    ) throws(BlockStoreError) {
        try filesystem { () throws(FileError) in
            let file = try files.open(folder + "/" + BlockFileFormat.fileName(segment: segment), for: .writing)
            try file.write(try file.read(BlockFileFormat.fileHeaderSizeBytes, at: 0), at: 0)
            if let frame = lastFrame, frame.position.segment == segment {
                let size = Int(clamping: frame.end.offset - frame.position.offset)
                try file.write(try file.read(size, at: frame.position.offset), at: frame.position.offset)
            }
            try file.sync()
            try files.syncFolder(folder)
        }
    }

    /// Makes sure that the files reach as far as blocks were acknowledged.
    private static func require(_ checkpoint: BlockCheckpoint, folder: String, files: any BlockFileIO) throws(BlockStoreError) {
        // A ledger that began from a snapshot and has no block of its own has no file yet.
        guard checkpoint.height > 0, checkpoint.end > BlockPosition(segment: 0, offset: 0) else { return }
        let name = BlockFileFormat.fileName(segment: checkpoint.end.segment)
        let size: UInt64
        do { size = try files.open(folder + "/" + name, for: .reading).sizeBytes() } catch {
            guard error.isMissing else { throw .file(error) }
            throw .blocksMissing(acknowledgedHeight: checkpoint.height, found: "do not include \(name)")
        }
        guard size >= checkpoint.end.offset else {
            throw .blocksMissing(
                acknowledgedHeight: checkpoint.height, found: "end early: \(name) has \(size) of at least \(checkpoint.end.offset) bytes")
        }
    }
}
