import Ledger
import Ordering

/// The pool log of one member: a file that grows with every sync and is written anew when most of it is in blocks.
package struct PoolLogFile: PoolLog {
    static let name = "pool-log"

    private let path: String
    private let folder: String
    private let files: any BlockFileIO
    private var file: any BlockFile
    package private(set) var sizeBytes: Int

    /// Opens the log or begins it; a torn end is cut off.
    ///
    /// - Returns: The log, and the envelopes in it.
    package static func open(folder: String, files: any BlockFileIO) throws -> (log: PoolLogFile, envelopes: [[UInt8]]) {
        let path = folder + "/" + self.name
        let isNew = !(try files.list(folder)).contains(self.name)
        let file = isNew ? try files.create(path) : try files.open(path, for: .writing)
        if isNew { try files.syncFolder(folder) }
        let size = try file.sizeBytes()
        guard size <= UInt64(MemberLimits.poolLogReadBytes) else { throw MemberFailure(reason: "\(path) is too large to be a pool log") }
        let bytes = isNew ? [] : try files.open(path, for: .reading).read(Int(size), at: 0)
        let (envelopes, end) = PoolLogFormat.read(bytes)
        var log = PoolLogFile(path: path, folder: folder, files: files, file: file, sizeBytes: end)
        // What was read may not be on the disk yet, and the file's name may not either: the member before may have been killed between
        // writing and syncing. What is promised on the strength of it must survive.
        if !isNew { try log.rewrite(envelopes) }
        return (log, envelopes)
    }

    package mutating func append(_ envelopes: [[UInt8]]) throws {
        let bytes = try Self.entries(envelopes)
        try self.file.write(bytes, at: UInt64(self.sizeBytes))
        try self.file.sync()
        self.sizeBytes += bytes.count
    }

    package mutating func rewrite(_ envelopes: [[UInt8]]) throws {
        let bytes = try Self.entries(envelopes)
        try HostFiles.write(bytes, to: self.path, mode: 0o600)
        self.file = try self.files.open(self.path, for: .writing)
        self.sizeBytes = bytes.count
    }

    private static func entries(_ envelopes: [[UInt8]]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for envelope in envelopes {
            guard let entry = PoolLogFormat.entry(envelope) else { throw MemberFailure(reason: "an envelope is too long for the pool log") }
            bytes += entry
        }
        return bytes
    }
}
