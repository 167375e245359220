import LedgerModel

extension Ledger {
    /// The configuration in the snapshot from which the ledger in a folder began, a serialised `common.ConfigEnvelope`.
    ///
    /// It is read from the copy in the ledger's folder, whose hashes were verified when the ledger began and are not verified again: hold it
    /// against something that is trusted.
    /// - Throws: `LedgerError.snapshot` when the copy cannot be read or is not of that snapshot, `.stateDamaged` when it has no configuration.
    package static func baseConfiguration(
        of base: LedgerBase, folder: String, files: any BlockFileIO = SystemFiles()
    ) throws(LedgerError) -> [UInt8] {
        do throws(SnapshotError) {
            let snapshot = try SnapshotFolder(folder + "/" + LedgerLayout.base, files: files)
            guard snapshot.metadata.lastBlockHash == base.blockHash else {
                throw .damaged(SnapshotDamage(file: SnapshotFile.signableMetadata.rawValue, offset: 0, problem: .chain))
            }
            guard var records = try snapshot.records(of: .publicState) else { throw .missing(file: SnapshotFile.publicState.rawValue) }
            // Its namespace is the empty one and comes first.
            while let record = try records.next() {
                if record.address == .key(Namespace(""), ConfigurationState.key) { return record.value.value }
            }
        } catch { throw .snapshot(error) }
        throw .stateDamaged(reason: "the snapshot at block \(base.lastBlock) holds no configuration")
    }
}
