import Glibc
import Identity

/// A file or folder that could not be written or read: which, and the system's reason.
package struct HostFileError: Error, Equatable, Sendable, CustomStringConvertible {
    package let path: String
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    init(path: String, code: Int32) {
        self.init(path: path, reason: String(cString: strerror(code)))
    }

    package var description: String { "\(self.path): \(self.reason)" }
}

extension FileTree {
    /// Writes all files below a folder; private keys are readable by their owner alone.
    package func write(to folder: String) throws(HostFileError) {
        try HostFiles.makeFolders(folder)
        for file in self.files {
            let path = folder + "/" + file.path
            if let slash = path.lastIndex(of: "/") { try HostFiles.makeFolders(String(path[..<slash])) }
            try HostFiles.write(file.bytes, to: path, mode: file.isSecret ? 0o600 : 0o644)
        }
    }
}

/// Whole files, written so that a reader sees the old content or the new one.
package enum HostFiles {
    /// Makes a folder and those above it, and their names durable; one that exists is left as it is.
    ///
    /// - Parameter mode: Of the last folder, if it is made.
    package static func makeFolders(_ path: String, mode: mode_t = 0o755) throws(HostFileError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        let names = path.split(separator: "/")
        for (index, name) in names.enumerated() {
            prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + name
            if mkdir(prefix, index == names.count - 1 ? mode : 0o755) == 0 {
                try self.syncFolder(of: prefix)
            } else if errno != EEXIST {
                throw HostFileError(path: prefix, code: errno)
            }
        }
    }

    /// Writes a file beside its final place, syncs it, renames it into place and syncs the folder: durable when this returns.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(HostFileError) {
        let temporary = path + ".new"
        // What an interrupted write has left may have another mode, or be a link to somewhere else.
        if unlink(temporary) != 0, errno != ENOENT { throw HostFileError(path: temporary, code: errno) }
        do throws(HostFileError) {
            try self.create(temporary, bytes, mode: mode)
            guard rename(temporary, path) == 0 else { throw HostFileError(path: path, code: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        try self.syncFolder(of: path)
    }

    private static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(HostFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw HostFileError(path: path, code: errno) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done) }
            if count < 0 {
                if errno == EINTR { continue }
                throw HostFileError(path: path, code: errno)
            }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw HostFileError(path: path, code: errno) }
    }

    /// Makes the name of a file or folder durable: without this a crash could bring the old one back, or none.
    static func syncFolder(of path: String) throws(HostFileError) {
        let folder: String
        switch path.lastIndex(of: "/") {
        case nil: folder = "."
        case path.startIndex?: folder = "/"
        case let slash?: folder = String(path[..<slash])
        }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostFileError(path: folder, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw HostFileError(path: folder, code: errno) }
    }

    /// Reads a whole file of at most `limit` bytes; nil when there is none.
    package static func read(_ path: String, limit: Int) throws(HostFileError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw HostFileError(path: path, code: errno)
        }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw HostFileError(path: path, code: errno)
            }
            if count == 0 { return content }
            content += buffer[..<count]
            guard content.count <= limit else { throw HostFileError(path: path, reason: "is larger than \(limit) bytes") }
        }
    }
}
