import CryptoPrimitives
import LedgerModel

/// Writes the files of a snapshot into a folder: state in byte order of its addresses' names, then transaction ids, then the history of collections.
///
/// The caller gives the items in the order of `SnapshotFileFormat`. The metadata is written last: a folder without it is no snapshot.
struct SnapshotFolderWriter {
    let folder: String
    let files: any BlockFileIO
    private var fileHashes: [(file: SnapshotFile, hash: [UInt8])] = []

    init(_ folder: String, files: any BlockFileIO) {
        self.folder = folder
        self.files = files
    }

    /// Writes a file of state, unless there is nothing to write: the namespaces in byte order, and for each its records in byte order.
    mutating func writeState(
        _ file: SnapshotFile, namespaces: [[UInt8]], records: (Int, (SnapshotRecord) throws -> Void) throws -> Void
    ) throws {
        guard let metadataFile = file.metadata, !namespaces.isEmpty else { return }
        var data = try SnapshotFileWriter(file, in: self.folder, files: self.files)
        var rows: [(namespace: [UInt8], count: UInt64)] = []
        for (index, namespace) in namespaces.enumerated() {
            var count: UInt64 = 0
            try records(index) { record in
                try data.append(sized: SnapshotRecordFormat.encode(record))
                count += 1
            }
            if count > 0 { rows.append((namespace, count)) }
        }
        var metadata = try SnapshotFileWriter(metadataFile, in: self.folder, files: self.files)
        try metadata.append(UInt64(rows.count))
        for row in rows {
            try metadata.append(sized: row.namespace)
            try metadata.append(row.count)
        }
        self.fileHashes.append((file, try data.finish()))
        self.fileHashes.append((metadataFile, try metadata.finish()))
    }

    /// Writes a file of items that a second file counts, unless there are none.
    mutating func writeItems(_ file: SnapshotFile, items: (([UInt8]) throws -> Void) throws -> Void, perCount: UInt64 = 1) throws {
        guard let metadataFile = file.metadata else { return }
        var data: SnapshotFileWriter?
        var count: UInt64 = 0
        try items { item in
            if data == nil { data = try SnapshotFileWriter(file, in: self.folder, files: self.files) }
            try data?.append(sized: item)
            count += 1
        }
        guard var data else { return }
        var metadata = try SnapshotFileWriter(metadataFile, in: self.folder, files: self.files)
        try metadata.append(count / perCount)
        self.fileHashes.append((file, try data.finish()))
        self.fileHashes.append((metadataFile, try metadata.finish()))
    }

    /// Writes the two metadata files and makes all names durable.
    mutating func finish(
        channel: String, lastBlock: UInt64, lastBlockHash: [UInt8], previousBlockHash: [UInt8], commitHash: [UInt8]
    ) throws(SnapshotError) -> SnapshotMetadata {
        var metadata = SnapshotMetadata(
            channelName: channel, lastBlockNumber: lastBlock, lastBlockHash: lastBlockHash, previousBlockHash: previousBlockHash,
            fileHashes: SnapshotFile.hashed.compactMap { file in self.fileHashes.first { $0.file == file } },
            stateDatabaseType: SnapshotMetadata.simpleDatabase, snapshotHash: [], commitHash: commitHash)
        let signable = SnapshotMetadataFormat.encodeSignable(metadata)
        metadata.snapshotHash = SHA256.hash(signable)
        try self.write(.signableMetadata, signable)
        try self.write(
            .additionalMetadata, SnapshotMetadataFormat.encodeAdditional(snapshotHash: metadata.snapshotHash, commitHash: commitHash))
        let (files, folder) = (self.files, self.folder)
        try snapshotFiles { () throws(FileError) in try files.syncFolder(folder) }
        return metadata
    }

    private func write(_ name: SnapshotFile, _ bytes: [UInt8]) throws(SnapshotError) {
        try snapshotFiles { () throws(FileError) in
            let file = try self.files.create(self.folder + "/" + name.rawValue)
            try file.write(bytes, at: 0)
            try file.sync()
        }
    }
}
