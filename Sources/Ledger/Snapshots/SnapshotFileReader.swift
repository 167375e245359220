import CryptoPrimitives

/// Reads the items of one data file of a snapshot from front to back; it holds one chunk and one item in memory.
struct SnapshotFileReader {
    private static let chunkSizeBytes = 64 << 10

    let name: String
    private let file: any BlockFile
    private let sizeBytes: UInt64
    /// Where the next item begins.
    private(set) var offset: UInt64 = 0
    private var chunk: [UInt8] = []
    private var chunkStart: UInt64 = 0

    /// Opens a file and steps over its format byte.
    init(_ name: SnapshotFile, in folder: String, files: any BlockFileIO) throws(SnapshotError) {
        self.name = name.rawValue
        let path = folder + "/" + name.rawValue
        do throws(FileError) {
            self.file = try files.open(path, for: .reading)
            self.sizeBytes = try self.file.sizeBytes()
        } catch {
            throw error.isMissing ? .missing(file: name.rawValue) : .file(error)
        }
        guard try self.byte() == SnapshotFileFormat.version else { throw self.damage(.unknownFormat, at: 0) }
    }

    var isAtEnd: Bool { self.offset >= self.sizeBytes }

    /// Bytes that are left; no count of items can be larger.
    var leftBytes: UInt64 { self.sizeBytes - min(self.sizeBytes, self.offset) }

    /// A number in base 128.
    mutating func number() throws(SnapshotError) -> UInt64 {
        let start = self.offset
        var bytes: [UInt8] = []
        while bytes.count < 10 {
            guard let byte = try self.byte() else { throw self.damage(.cutShort, at: start) }
            bytes.append(byte)
            if byte < 0x80 { break }
        }
        var reader = ByteReader(bytes[...])
        guard let number = reader.varint(), reader.rest.isEmpty else { throw self.damage(.number, at: start) }
        return number
    }

    /// A length and as many bytes; the length is believed only as far as the file reaches.
    mutating func sizedBytes(limit: Int) throws(SnapshotError) -> [UInt8] {
        let start = self.offset
        let count = try self.number()
        guard count <= self.leftBytes else { throw self.damage(.cutShort, at: start) }
        guard count <= UInt64(limit) else { throw self.damage(.overLimit, at: start) }
        let bytes = try self.bytes(Int(count))
        guard bytes.count == Int(count) else { throw self.damage(.cutShort, at: start) }
        return bytes
    }

    /// Requires that nothing follows.
    func finish() throws(SnapshotError) {
        guard self.isAtEnd else { throw self.damage(.surplus, at: self.offset) }
    }

    func damage(_ problem: SnapshotDamage.Problem, at offset: UInt64) -> SnapshotError {
        .damaged(SnapshotDamage(file: self.name, offset: offset, problem: problem))
    }

    private mutating func byte() throws(SnapshotError) -> UInt8? {
        let inChunk = self.offset - self.chunkStart
        if inChunk >= UInt64(self.chunk.count) {
            let (file, offset) = (self.file, self.offset)
            self.chunk = try snapshotFiles { () throws(FileError) in try file.read(Self.chunkSizeBytes, at: offset) }
            self.chunkStart = self.offset
            guard let first = self.chunk.first else { return nil }
            self.offset += 1
            return first
        }
        self.offset += 1
        return self.chunk[Int(inChunk)]
    }

    private mutating func bytes(_ count: Int) throws(SnapshotError) -> [UInt8] {
        let start = self.offset
        let inChunk = Int(start - self.chunkStart)
        self.offset += UInt64(count)
        if inChunk + count <= self.chunk.count { return Array(self.chunk[inChunk..<inChunk + count]) }
        let file = self.file
        return try snapshotFiles { () throws(FileError) in try file.read(count, at: start) }
    }
}

/// The SHA-256 of a file, read in chunks.
enum FileDigest {
    private static let chunkSizeBytes = 256 << 10

    /// The digest of a whole file and its size.
    static func sha256(_ path: String, files: any BlockFileIO) throws(FileError) -> (digest: [UInt8], sizeBytes: UInt64) {
        let file = try files.open(path, for: .reading)
        var hasher = SHA256.Hasher()
        var offset: UInt64 = 0
        while true {
            let bytes = try file.read(self.chunkSizeBytes, at: offset)
            if bytes.isEmpty { break }
            hasher.update(bytes)
            offset += UInt64(bytes.count)
        }
        return (hasher.finalize(), offset)
    }
}
