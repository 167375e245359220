import LedgerModel

/// A walk over the records of a file of state in a snapshot, namespace after namespace.
package struct SnapshotRecords {
    private let lastBlock: UInt64
    private let isOrdered: Bool
    private let isHashed: Bool
    /// The namespaces that are still to come, the next one last.
    private var rows: [(namespace: [UInt8], count: UInt64)]
    private var namespace: [UInt8] = []
    private var left: UInt64 = 0
    private var lastKey: [UInt8]?
    private var data: SnapshotFileReader
    /// Records in the whole file.
    package let count: UInt64

    /// Opens a data file and reads the metadata file beside it.
    package init(
        _ file: SnapshotFile, in folder: String, files: any BlockFileIO, lastBlock: UInt64 = .max, isOrdered: Bool = true
    ) throws(SnapshotError) {
        self.lastBlock = lastBlock
        self.isOrdered = isOrdered
        self.isHashed = file == .privateStateHashes
        self.data = try SnapshotFileReader(file, in: folder, files: files)
        guard let metadata = file.metadata else { throw .missing(file: file.rawValue) }
        var reader = try SnapshotFileReader(metadata, in: folder, files: files)
        let rowCount = try reader.number()
        // Each row takes two bytes at least, so a damaged count cannot make the list long.
        guard rowCount <= reader.leftBytes / 2 else { throw reader.damage(.count, at: 1) }
        var rows: [(namespace: [UInt8], count: UInt64)] = []
        var total: UInt64 = 0
        for _ in 0..<rowCount {
            let start = reader.offset
            let name = try reader.sizedBytes(limit: LedgerLimits.maximumNamespaceSizeBytes)
            let count = try reader.number()
            guard !self.isHashed || SnapshotFileFormat.readHashedNamespace(name) != nil else { throw reader.damage(.namespace, at: start) }
            if let last = rows.last, isOrdered ? !last.namespace.lexicographicallyPrecedes(name) : last.namespace == name {
                throw reader.damage(.order, at: start)
            }
            let sum = total.addingReportingOverflow(count)
            guard count > 0, !sum.overflow else { throw reader.damage(.count, at: start) }
            total = sum.partialValue
            rows.append((name, count))
        }
        try reader.finish()
        self.count = total
        self.rows = rows.reversed()
    }

    /// The next record with where it belongs; nil at the end of the file.
    package mutating func next() throws(SnapshotError) -> (address: StateAddress, value: VersionedValue)? {
        while self.left == 0 {
            guard let row = self.rows.popLast() else {
                try self.data.finish()
                return nil
            }
            (self.namespace, self.left) = row
            self.lastKey = nil
        }
        let start = self.data.offset
        guard !self.data.isAtEnd else { throw self.data.damage(.count, at: start) }
        let bytes = try self.data.sizedBytes(limit: LedgerLimits.maximumSnapshotRecordSizeBytes)
        guard let record = SnapshotRecordFormat.decode(bytes) else { throw self.data.damage(.record, at: start) }
        guard record.value.version.block <= self.lastBlock else { throw self.data.damage(.version, at: start) }
        if let lastKey = self.lastKey, self.isOrdered, !lastKey.lexicographicallyPrecedes(record.key) { throw self.data.damage(.order, at: start) }
        self.lastKey = record.key
        self.left -= 1
        guard self.isHashed else { return (.key(Namespace(utf8: self.namespace), StateKey(utf8: record.key)), record.value) }
        guard let name = SnapshotFileFormat.readHashedNamespace(self.namespace) else { throw self.data.damage(.namespace, at: start) }
        return (.hashed(name.namespace, name.collection, keyHash: record.key), record.value)
    }
}

/// A walk over the ids of the transactions in a snapshot.
package struct SnapshotTransactionIDs {
    private var data: SnapshotFileReader
    private var left: UInt64
    private var last: [UInt8]?
    package let count: UInt64

    package init(in folder: String, files: any BlockFileIO) throws(SnapshotError) {
        self.data = try SnapshotFileReader(.transactionIDs, in: folder, files: files)
        self.count = try SnapshotCount.read(.transactionIDsMetadata, in: folder, files: files)
        self.left = self.count
    }

    package mutating func next() throws(SnapshotError) -> TransactionID? {
        let start = self.data.offset
        guard self.left > 0 else {
            try self.data.finish()
            return nil
        }
        guard !self.data.isAtEnd else { throw self.data.damage(.count, at: start) }
        let id = try self.data.sizedBytes(limit: LedgerLimits.maximumTransactionIDSizeBytes)
        if let last = self.last, last.count > id.count || last.count == id.count && !last.lexicographicallyPrecedes(id) {
            throw self.data.damage(.order, at: start)
        }
        self.last = id
        self.left -= 1
        return TransactionID(utf8: id)
    }
}

/// A walk over the configurations of collections in a snapshot.
package struct SnapshotConfigurationHistory {
    private let lastBlock: UInt64
    private var data: SnapshotFileReader
    private var left: UInt64
    private var last: [UInt8]?

    package init(in folder: String, files: any BlockFileIO, lastBlock: UInt64 = .max) throws(SnapshotError) {
        self.lastBlock = lastBlock
        self.data = try SnapshotFileReader(.configurationHistory, in: folder, files: files)
        self.left = try SnapshotCount.read(.configurationHistoryMetadata, in: folder, files: files)
    }

    /// The next row: its key (see `SnapshotFileFormat`) and the package of collections.
    package mutating func next() throws(SnapshotError) -> (key: [UInt8], package: [UInt8])? {
        let start = self.data.offset
        guard self.left > 0 else {
            try self.data.finish()
            return nil
        }
        guard !self.data.isAtEnd else { throw self.data.damage(.count, at: start) }
        let key = try self.data.sizedBytes(limit: LedgerLimits.maximumNamespaceSizeBytes)
        guard let row = SnapshotFileFormat.readRowKey(key), row.block <= self.lastBlock else { throw self.data.damage(.row, at: start) }
        if let last = self.last, !last.lexicographicallyPrecedes(key) { throw self.data.damage(.order, at: start) }
        let package = try self.data.sizedBytes(limit: LedgerLimits.maximumSnapshotRecordSizeBytes)
        self.last = key
        self.left -= 1
        return (key, package)
    }
}

/// A metadata file that holds one number.
private enum SnapshotCount {
    static func read(_ file: SnapshotFile, in folder: String, files: any BlockFileIO) throws(SnapshotError) -> UInt64 {
        var reader = try SnapshotFileReader(file, in: folder, files: files)
        let count = try reader.number()
        guard count > 0 else { throw reader.damage(.count, at: 1) }
        try reader.finish()
        return count
    }
}
