import Glibc

/// Keeps a checkpoint in a file, so that a listener goes on where it was after its process or the machine went down.
///
/// Each one is written beside the file, flushed to the disk, and put in its place under its name, so the file holds the old checkpoint or the
/// new one, whenever the process ends. One listener for one file.
public struct FileCheckpointer: Checkpointer {
    /// Why a checkpoint cannot be kept or read.
    public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// The system's reason.
        case file(path: String, reason: String)
        /// The file holds something else, or was cut off.
        case damaged(path: String)
        /// A transaction's id that cannot be written.
        case badTransaction(String)

        /// What is wrong, and what to do.
        public var description: String {
            switch self {
            case .file(let path, let reason): "checkpoint \(path): \(reason)"
            case .damaged(let path):
                "checkpoint \(path): it is no checkpoint or was damaged; put a copy in its place, or remove it and name the block to begin with"
            case .badTransaction(let id): "checkpoint: '\(id.prefix(16))' is no transaction's id"
            }
        }
    }

    /// The file; its folder must be there.
    public let path: String

    /// - Parameter path: Made when the first checkpoint is stored.
    public init(path: String) { self.path = path }

    private var draft: String { self.path + ".new" }

    /// The checkpoint in the file; nil when there is no file yet.
    ///
    /// - Throws: `Failure.damaged` for a file that holds none: nobody should go on from a guess.
    public func load() throws -> EventCheckpoint? {
        let file = open(self.path, O_RDONLY | O_CLOEXEC)
        if file < 0 {
            if errno == ENOENT { return nil }
            throw self.failure()
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: CheckpointFormat.longest + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
            if count < 0 && errno != EINTR { throw self.failure() }
            if count == 0 { break }
            filled += max(0, count)
        }
        guard let checkpoint = CheckpointFormat.decode(Array(bytes.prefix(filled))) else { throw Failure.damaged(path: self.path) }
        return checkpoint
    }

    /// Keeps a checkpoint; when this returns, it is on the disk.
    public func store(_ checkpoint: EventCheckpoint) throws {
        guard let bytes = CheckpointFormat.encode(checkpoint) else { throw Failure.badTransaction(checkpoint.transactionID ?? "") }
        let file = open(self.draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw self.failure() }
        do {
            defer { close(file) }
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + done }, bytes.count - done) }
                if count < 0 && errno != EINTR { throw self.failure() }
                done += max(0, count)
            }
            guard fsync(file) == 0 else { throw self.failure() }
        }
        guard rename(self.draft, self.path) == 0 else { throw self.failure() }
        try self.flushFolder()
    }

    /// The new name is on the disk only when the folder is.
    private func flushFolder() throws {
        let folder = self.path.lastIndex(of: "/").map { $0 == self.path.startIndex ? "/" : String(self.path[..<$0]) } ?? "."
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw self.failure() }
        defer { close(file) }
        guard fsync(file) == 0 else { throw self.failure() }
    }

    private func failure() -> Failure { .file(path: self.path, reason: String(cString: strerror(errno))) }
}
