import Glibc

/// The machine's own file system, through plain system calls.
///
/// Calls interrupted by a signal are repeated. `close` is not repeated: on Linux the descriptor is gone whatever it returns.
package struct SystemFiles: BlockFileIO {
    package init() {}

    package func makeFolder(_ path: String) throws(FileError) {
        let isNew = mkdir(path, 0o750) == 0
        guard isNew || errno == EEXIST else { throw FileError(operation: "create the folder", path: path, code: errno) }
        // Whoever made an existing folder may have been killed before its name was durable.
        do { try self.syncFolder(Self.parent(of: path)) } catch {
            // A folder above ours that we may not read is not one that we have made.
            guard !isNew, error.code == EACCES || error.code == EPERM else { throw error }
        }
    }

    package func list(_ path: String) throws(FileError) -> [String] {
        guard let folder = opendir(path) else { throw FileError(operation: "list", path: path, code: errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                if errno != 0 { throw FileError(operation: "list", path: path, code: errno) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile {
        try SystemFile(path: path, flags: access == .reading ? O_RDONLY : O_RDWR, operation: "open")
    }

    package func create(_ path: String) throws(FileError) -> any BlockFile {
        try SystemFile(path: path, flags: O_RDWR | O_CREAT | O_EXCL, operation: "create")
    }

    package func syncFolder(_ path: String) throws(FileError) {
        try SystemFile(path: path, flags: O_RDONLY | O_DIRECTORY, operation: "open the folder").sync()
    }

    package func lock(_ path: String) throws(FileError) -> (any FolderLock)? {
        let file = try SystemFile(path: path + "/LOCK", flags: O_RDWR | O_CREAT, operation: "open the lock of")
        return try file.lockExclusively() ? SystemFolderLock(file: file) : nil
    }

    private static func parent(of path: String) -> String {
        var bytes = Array(path.utf8)
        while bytes.count > 1 && bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }
}

/// One open file descriptor.
private final class SystemFile: BlockFile {
    private let path: String
    private let descriptor: Int32
    private let isFolder: Bool

    init(path: String, flags: Int32, operation: String) throws(FileError) {
        self.path = path
        self.isFolder = flags & O_DIRECTORY != 0
        self.descriptor = try Self.repeated(operation, path) { Glibc.open(path, flags | O_CLOEXEC, 0o640) }
    }

    deinit { close(self.descriptor) }

    func sizeBytes() throws(FileError) -> UInt64 {
        var status = stat()
        _ = try self.repeated("inspect") { fstat(self.descriptor, &status) }
        return UInt64(max(0, status.st_size))
    }

    func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] {
        guard count > 0 else { return [] }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = pread(self.descriptor, rest.baseAddress, rest.count, off_t(clamping: offset) + off_t(filled))
                if got == 0 { return }
                if got > 0 {
                    filled += got
                } else if errno != EINTR {
                    code = errno
                    return
                }
            }
        }
        guard code == 0 else { throw FileError(operation: "read", path: self.path, code: code) }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) {
        let code: Int32 = bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                let put = pwrite(self.descriptor, rest.baseAddress, rest.count, off_t(clamping: offset) + off_t(written))
                if put > 0 {
                    written += put
                } else if put == 0 {
                    return EIO
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        guard code == 0 else { throw FileError(operation: "write", path: self.path, code: code) }
    }

    func sync() throws(FileError) {
        // A failed sync is never repeated: the kernel may have dropped the pages and would report success the second time.
        // Of a file's inode only what is needed to read it back, its size above all, has to be durable; its times would cost a journal commit.
        guard (self.isFolder ? fsync(self.descriptor) : fdatasync(self.descriptor)) == 0 else {
            throw FileError(operation: "sync", path: self.path, code: errno)
        }
    }

    func truncate(to sizeBytes: UInt64) throws(FileError) {
        _ = try self.repeated("truncate") { ftruncate(self.descriptor, off_t(clamping: sizeBytes)) }
    }

    /// Takes the lock of this file without waiting; false when another open file holds it.
    func lockExclusively() throws(FileError) -> Bool {
        while flock(self.descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw FileError(operation: "lock", path: self.path, code: errno) }
        }
        return true
    }

    private func repeated(_ operation: String, _ call: () -> Int32) throws(FileError) -> Int32 {
        try Self.repeated(operation, self.path, call)
    }

    private static func repeated(_ operation: String, _ path: String, _ call: () -> Int32) throws(FileError) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw FileError(operation: operation, path: path, code: errno) }
        }
    }
}

/// Holds the locked file open; closing it gives the lock back.
private final class SystemFolderLock: FolderLock {
    private let file: SystemFile

    init(file: SystemFile) { self.file = file }
}
