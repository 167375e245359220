import CryptoPrimitives

/// Writes the items of one data file of a snapshot from front to back, and hashes what it writes.
struct SnapshotFileWriter {
    private static let chunkSizeBytes = 64 << 10

    private let file: any BlockFile
    private var hasher = SHA256.Hasher()
    private var offset: UInt64 = 0
    private var chunk: [UInt8] = [SnapshotFileFormat.version]

    init(_ name: SnapshotFile, in folder: String, files: any BlockFileIO) throws(SnapshotError) {
        self.file = try snapshotFiles { () throws(FileError) in try files.create(folder + "/" + name.rawValue) }
    }

    mutating func append(_ number: UInt64) throws(SnapshotError) {
        self.chunk.appendVarint(number)
        try self.writeFullChunk()
    }

    mutating func append(sized bytes: [UInt8]) throws(SnapshotError) {
        self.chunk.appendVarint(UInt64(bytes.count))
        self.chunk += bytes
        try self.writeFullChunk()
    }

    /// Makes the file durable and gives the SHA-256 of its bytes.
    mutating func finish() throws(SnapshotError) -> [UInt8] {
        try self.write()
        let file = self.file
        try snapshotFiles { () throws(FileError) in try file.sync() }
        return self.hasher.finalize()
    }

    private mutating func writeFullChunk() throws(SnapshotError) {
        if self.chunk.count >= Self.chunkSizeBytes { try self.write() }
    }

    private mutating func write() throws(SnapshotError) {
        let (file, chunk, offset) = (self.file, self.chunk, self.offset)
        try snapshotFiles { () throws(FileError) in try file.write(chunk, at: offset) }
        self.hasher.update(chunk)
        self.offset += UInt64(chunk.count)
        self.chunk.removeAll(keepingCapacity: true)
    }
}
