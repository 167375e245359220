import Ledger

/// Remembers how many blocks of a member were durable, so that one that is damaged later is not taken for one that was never finished.
///
/// It is written after each block and not synced: a power failure may bring an older number back, or none, but never one that was not true. So
/// what it says can be relied on, and nothing follows from what it does not say.
struct StoredHeadFile {
    static let name = "stored-head"

    private let file: any BlockFile
    /// The number of frames that were durable, as found; 0 when nothing can be read.
    let height: UInt64

    /// - Parameter folder: The member's folder.
    init(folder: String, files: any BlockFileIO) throws(FileError) {
        let path = folder + "/" + Self.name
        try files.makeFolder(folder)
        if try files.list(folder).contains(Self.name) {
            self.height = StoredHeadFormat.decode(try files.open(path, for: .reading).read(StoredHeadFormat.sizeBytes, at: 0)) ?? 0
            self.file = try files.open(path, for: .writing)
        } else {
            self.height = 0
            self.file = try files.create(path)
        }
    }

    /// Notes what opening the block files has found. A number that is too high now, because files were lost, must not come back.
    func open(at height: UInt64) throws(FileError) {
        try self.note(height)
        if height < self.height { try self.file.sync() }
    }

    /// Notes that so many frames are durable.
    func note(_ height: UInt64) throws(FileError) { try self.file.write(StoredHeadFormat.encode(height: height), at: 0) }
}
