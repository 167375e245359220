import Glibc

/// The block files of a ledger up to some place, to read only: what a store does to mend them is done to nothing.
struct BlockFilesView: BlockFileIO {
    private let files: any BlockFileIO
    private let end: BlockPosition?

    /// - Parameter end: What is behind is hidden; nil shows all.
    init(_ files: any BlockFileIO, upTo end: BlockPosition? = nil) {
        self.files = files
        self.end = end
    }

    func makeFolder(_ path: String) {}

    func syncFolder(_ path: String) {}

    func lock(_ path: String) -> (any FolderLock)? { ViewLock() }

    func list(_ path: String) throws(FileError) -> [String] {
        try self.files.list(path).filter { name in
            guard let segment = BlockFileFormat.segment(fileName: name), let end = self.end else { return true }
            return BlockPosition(segment: segment, offset: 0) < end
        }
    }

    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
        var limit = UInt64.max
        if let end = self.end, let segment = BlockFileFormat.segment(fileName: name) {
            guard BlockPosition(segment: segment, offset: 0) < end else { throw FileError(operation: "open", path: path, code: ENOENT) }
            if segment == end.segment { limit = end.offset }
        }
        return ViewFile(try self.files.open(path, for: .reading), limit: limit)
    }

    func create(_ path: String) throws(FileError) -> any BlockFile { throw FileError(operation: "create", path: path, code: EROFS) }
}

private final class ViewLock: FolderLock {}

private final class ViewFile: BlockFile {
    private let file: any BlockFile
    private let limit: UInt64

    init(_ file: any BlockFile, limit: UInt64) {
        self.file = file
        self.limit = limit
    }

    func sizeBytes() throws(FileError) -> UInt64 { min(try self.file.sizeBytes(), self.limit) }

    func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] {
        guard offset < self.limit else { return [] }
        return try self.file.read(Int(clamping: min(UInt64(clamping: count), self.limit - offset)), at: offset)
    }

    /// Does nothing: a store that is opened writes again what is there.
    func write(_ bytes: [UInt8], at offset: UInt64) {}

    func sync() {}

    func truncate(to sizeBytes: UInt64) {}
}
