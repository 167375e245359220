import Glibc

/// What the tools of the ledger need of a file system besides reading and writing: to move and to remove.
package protocol FolderIO: BlockFileIO {
    /// Gives a file or folder another name in the same file system, at once or not at all; what had that name before must be a file.
    func rename(_ from: String, to target: String) throws(FileError)

    /// Removes a file.
    func removeFile(_ path: String) throws(FileError)

    /// Removes a folder that is empty.
    func removeEmptyFolder(_ path: String) throws(FileError)
}

extension FolderIO {
    /// Whether a folder holds an entry.
    package func contains(_ name: String, in folder: String) throws(FileError) -> Bool { try self.list(folder).contains(name) }

    /// Removes a folder and the files in it, which may not hold folders; does nothing when it is missing.
    package func removeFolder(_ path: String) throws(FileError) {
        let names: [String]
        do { names = try self.list(path) } catch {
            if error.isMissing { return }
            throw error
        }
        for name in names { try self.removeFile(path + "/" + name) }
        try self.removeEmptyFolder(path)
    }

    /// Copies a file; unless the copy is temporary its content is durable then, and its name after `syncFolder`.
    package func copy(_ from: String, to target: String, isTemporary: Bool = false) throws(FileError) {
        let source = try self.open(from, for: .reading)
        let copy = try self.create(target)
        var offset: UInt64 = 0
        while true {
            let bytes = try source.read(256 << 10, at: offset)
            if bytes.isEmpty { break }
            try copy.write(bytes, at: offset)
            offset += UInt64(bytes.count)
        }
        if !isTemporary { try copy.sync() }
    }
}

extension SystemFiles: FolderIO {
    package func rename(_ from: String, to target: String) throws(FileError) {
        guard Glibc.rename(from, target) == 0 else { throw FileError(operation: "rename", path: from, code: errno) }
    }

    package func removeFile(_ path: String) throws(FileError) {
        guard unlink(path) == 0 else { throw FileError(operation: "remove", path: path, code: errno) }
    }

    package func removeEmptyFolder(_ path: String) throws(FileError) {
        guard rmdir(path) == 0 else { throw FileError(operation: "remove the folder", path: path, code: errno) }
    }
}
