import Ledger

/// A folder in memory with one file, which can only be read.
struct FuzzFiles: BlockFileIO {
    let name: String
    let bytes: [UInt8]

    func list(_ path: String) throws(FileError) -> [String] { [self.name] }

    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile { FuzzFile(bytes: self.bytes) }

    func makeFolder(_ path: String) throws(FileError) {}

    func create(_ path: String) throws(FileError) -> any BlockFile { throw FuzzFile.readOnly }

    func syncFolder(_ path: String) throws(FileError) {}

    func lock(_ path: String) throws(FileError) -> (any FolderLock)? { nil }
}

private final class FuzzFile: BlockFile {
    /// EROFS.
    static let readOnly = FileError(operation: "write", path: "in memory", code: 30)

    private let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    func sizeBytes() throws(FileError) -> UInt64 { UInt64(self.bytes.count) }

    func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] {
        guard offset < UInt64(self.bytes.count) else { return [] }
        return Array(self.bytes[Int(offset)...].prefix(count))
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) { throw Self.readOnly }

    func sync() throws(FileError) { throw Self.readOnly }

    func truncate(to sizeBytes: UInt64) throws(FileError) { throw Self.readOnly }
}
