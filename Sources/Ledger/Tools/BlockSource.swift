import LedgerModel

/// Blocks to mend a ledger with: those of another ledger's folder, or files with one serialised `common.Block` each.
struct BlockSource {
    /// Where a block can be had.
    private enum Place {
        case file(String)
        case frame(folder: String, BlockLocation)
    }

    let path: String
    private let files: any FolderIO
    private var places: [UInt64: Place] = [:]

    /// Looks for blocks of given numbers; what in the folder is no block is passed over.
    init(_ path: String, files: any FolderIO, numbers: Set<UInt64>) throws(FileError) {
        self.path = path
        self.files = files
        let names = try files.list(path)
        let folder = names.contains(LedgerLayout.blocks) ? path + "/" + LedgerLayout.blocks : path
        let segments = try files.list(folder).compactMap(BlockFileFormat.segment(fileName:))
        if let first = segments.first {
            let header = try files.open(folder + "/" + BlockFileFormat.fileName(segment: first), for: .reading)
                .read(BlockFileFormat.fileHeaderSizeBytes, at: 0)
            let start = BlockFileFormat.readFileHeader(header)?.firstBlock ?? 0
            var survey = try BlockFileSurvey(folder: folder, files: files, firstBlock: start)
            while let item = try survey.next() {
                guard case .block(let stored) = item, numbers.contains(stored.number) else { continue }
                self.places[stored.number] = .frame(folder: folder, stored.location)
            }
        } else {
            for name in names {
                guard let bytes = try Self.bytes(of: path + "/" + name, files: files), let block = try? OrderedBlock(serialized: bytes) else {
                    continue
                }
                if numbers.contains(block.number.rawValue) { self.places[block.number.rawValue] = .file(path + "/" + name) }
            }
        }
    }

    /// The serialised block of a number; nil when there is none.
    func block(_ number: UInt64) throws(FileError) -> [UInt8]? {
        switch self.places[number] {
        case nil: return nil
        case .file(let path): return try Self.bytes(of: path, files: self.files)
        case .frame(let folder, let location):
            let name = BlockFileFormat.fileName(segment: location.position.segment)
            return try self.files.open(folder + "/" + name, for: .reading)
                .read(Int(location.lengthBytes), at: location.position.offset + UInt64(BlockFileFormat.frameHeadSizeBytes))
        }
    }

    /// The content of a file that may be a block; nil for a folder and for what is too large.
    private static func bytes(of path: String, files: any FolderIO) throws(FileError) -> [UInt8]? {
        let file = try files.open(path, for: .reading)
        let size = try file.sizeBytes()
        guard size > 0, size <= UInt64(LedgerLimits.maximumBlockSizeBytes) else { return nil }
        return try? file.read(Int(size), at: 0)
    }
}
