import CryptoPrimitives
import LedgerModel

/// A snapshot in a folder: its metadata, and its files read from front to back.
package struct SnapshotFolder: Sendable {
    package let folder: String
    package let metadata: SnapshotMetadata
    let files: any BlockFileIO

    /// Reads the metadata and checks it against the snapshot's hash; whether the data files are whole is checked by `verifyHashes`.
    ///
    /// - Throws: `SnapshotError`, with the file and the offset.
    package init(_ folder: String, files: any BlockFileIO = SystemFiles()) throws(SnapshotError) {
        self.folder = folder
        self.files = files
        let signable = try Self.small(.signableMetadata, in: folder, files: files)
        let additional = try Self.small(.additionalMetadata, in: folder, files: files)
        self.metadata = try SnapshotMetadataFormat.decode(signable: signable, additional: additional)
        guard SHA256.hash(signable) == self.metadata.snapshotHash else {
            throw .wrongHash(file: SnapshotFile.signableMetadata.rawValue, sizeBytes: UInt64(signable.count))
        }
        let listed = self.metadata.fileHashes.map(\.file)
        for file in listed {
            if let partner = file.metadata ?? SnapshotFile.hashed.first(where: { $0.metadata == file }), !listed.contains(partner) {
                throw .missing(file: partner.rawValue)
            }
        }
        let names = try snapshotFiles { () throws(FileError) in try files.list(folder) }
        for file in SnapshotFile.hashed where names.contains(file.rawValue) && !listed.contains(file) {
            throw .damaged(SnapshotDamage(file: file.rawValue, offset: 0, problem: .unlisted))
        }
    }

    /// Whether a data file belongs to the snapshot.
    package func contains(_ file: SnapshotFile) -> Bool { self.metadata.fileHashes.contains { $0.file == file } }

    /// Compares every data file with its hash.
    package func verifyHashes(progress: (LedgerProgress) -> Void = { _ in }) throws(SnapshotError) {
        for (index, entry) in self.metadata.fileHashes.enumerated() {
            progress(LedgerProgress(work: "hash", done: UInt64(index), total: UInt64(self.metadata.fileHashes.count), unit: "files"))
            let found: (digest: [UInt8], sizeBytes: UInt64)
            do throws(FileError) { found = try FileDigest.sha256(self.folder + "/" + entry.file.rawValue, files: self.files) } catch {
                throw error.isMissing ? .missing(file: entry.file.rawValue) : .file(error)
            }
            guard found.digest == entry.hash else { throw .wrongHash(file: entry.file.rawValue, sizeBytes: found.sizeBytes) }
        }
    }

    /// The records of the public state, or of the hashed private state; none when the snapshot lacks that file.
    package func records(of file: SnapshotFile) throws(SnapshotError) -> SnapshotRecords? {
        guard self.contains(file) else { return nil }
        return try SnapshotRecords(
            file, in: self.folder, files: self.files, lastBlock: self.metadata.lastBlockNumber,
            isOrdered: self.metadata.stateDatabaseType == SnapshotMetadata.simpleDatabase)
    }

    /// The ids of all transactions; none when the snapshot lacks that file.
    package func transactionIDs() throws(SnapshotError) -> SnapshotTransactionIDs? {
        self.contains(.transactionIDs) ? try SnapshotTransactionIDs(in: self.folder, files: self.files) : nil
    }

    /// The configurations of collections that were committed; none when the snapshot lacks that file.
    package func configurationHistory() throws(SnapshotError) -> SnapshotConfigurationHistory? {
        self.contains(.configurationHistory)
            ? try SnapshotConfigurationHistory(in: self.folder, files: self.files, lastBlock: self.metadata.lastBlockNumber) : nil
    }

    private static func small(_ file: SnapshotFile, in folder: String, files: any BlockFileIO) throws(SnapshotError) -> [UInt8] {
        let limit = LedgerLimits.maximumSnapshotMetadataSizeBytes
        let bytes: [UInt8]
        do throws(FileError) { bytes = try files.open(folder + "/" + file.rawValue, for: .reading).read(limit + 1, at: 0) } catch {
            throw error.isMissing ? .missing(file: file.rawValue) : .file(error)
        }
        guard bytes.count <= limit else {
            throw .damaged(SnapshotDamage(file: file.rawValue, offset: UInt64(limit), problem: .overLimit))
        }
        return bytes
    }
}

/// How far a long piece of work is.
package struct LedgerProgress: Equatable, Sendable {
    /// What is being done, in a word.
    package var work: String
    package var done: UInt64
    /// 0 when it is not known.
    package var total: UInt64
    package var unit: String

    package init(work: String, done: UInt64, total: UInt64, unit: String) {
        self.work = work
        self.done = done
        self.total = total
        self.unit = unit
    }
}
