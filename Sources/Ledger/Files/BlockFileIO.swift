/// The file system as the block store sees it: a seam, so that tests can tear writes, fail syncs and fill the disk.
///
/// Paths are plain byte-for-byte Unix paths. Every call is synchronous.
package protocol BlockFileIO: Sendable {
    /// Creates a folder if it is missing and makes its name durable.
    func makeFolder(_ path: String) throws(FileError)

    /// The names in a folder, sorted.
    func list(_ path: String) throws(FileError) -> [String]

    /// Opens an existing file.
    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile

    /// Creates an empty file; its name is durable only after `syncFolder`.
    func create(_ path: String) throws(FileError) -> any BlockFile

    /// Makes the names in a folder durable.
    func syncFolder(_ path: String) throws(FileError)

    /// Takes the exclusive lock of a folder, or returns nil when someone else holds it; it is given back when the lock is released from memory.
    func lock(_ path: String) throws(FileError) -> (any FolderLock)?
}

/// What a file is opened for.
package enum FileAccess: Sendable {
    case reading
    case writing
}

/// One open file; it is closed when it is released from memory.
package protocol BlockFile: AnyObject, Sendable {
    /// The present size of the file in bytes.
    func sizeBytes() throws(FileError) -> UInt64

    /// Reads at an offset; the result is shorter than asked only where the file ends.
    func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8]

    /// Writes all bytes at an offset; after an error any prefix of them may be in the file.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError)

    /// Makes everything written so far durable. After an error nothing is known about it.
    func sync() throws(FileError)

    /// Cuts the file to a size.
    func truncate(to sizeBytes: UInt64) throws(FileError)
}

/// Proof that a folder belongs to this process alone; dropping it gives the folder back.
package protocol FolderLock: AnyObject, Sendable {}
